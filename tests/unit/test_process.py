"""What a process of ours is like before its first event; each test looks at a fresh one."""

import json
import os
import subprocess
import sys
from typing import Any

from local.config import PROJECT


def in_a_fresh_process(code: str) -> Any:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "shared")])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_garbage_collector_does_not_go_through_every_batch() -> None:
    threshold, frozen = in_a_fresh_process(
        "import gc, json\n"
        "from wavecom.bootstrap import collect_garbage_rarely\n"
        "collect_garbage_rarely()\n"
        "print(json.dumps([gc.get_threshold()[0], gc.get_freeze_count()]))"
    )

    assert threshold == 50_000
    assert frozen > 10_000, "what is loaded is never looked at again"


def test_it_is_so_from_the_first_event_on() -> None:
    assert (
        in_a_fresh_process(
            "import gc, json\n"
            "from wavecom.bootstrap import entry_point\n"
            "from wavecom.bootstrap import process\n"
            "process.container = lambda _: type('C', (), {'settings': type('S', (), {'tracing': False})})\n"
            "handler = entry_point('api', lambda event, context: gc.get_threshold()[0])\n"
            "print(json.dumps(handler({}, None)))"
        )
        == 50_000
    )


def test_a_consumer_loads_nothing_of_cryptography() -> None:
    """Most of a cold start is imports, and this one takes as long as reading the settings."""
    assert (
        in_a_fresh_process(
            "import json, sys\n"
            "import functions.deliver.handler\n"
            "print(json.dumps([name for name in sys.modules if name.startswith('cryptography')]))"
        )
        == []
    )


def test_the_api_knows_what_providers_take_without_their_clients() -> None:
    loaded, told = in_a_fresh_process(
        "import json, os, sys\n"
        "fcm = {'kind': 'fcm', 'name': 'fcm', 'serviceAccount': {'project_id': 'p'}}\n"
        "ses = {'kind': 'ses', 'name': 'ses', 'sender': 'no-reply@bank.example'}\n"
        "os.environ.update(MONGODB_URI='mongodb://localhost', PROVIDERS=json.dumps([fcm, ses]))\n"
        "from wavecom.bootstrap import container\n"
        "from wavecom.domain.notifications.enums import Channel\n"
        "from wavecom.bootstrap.api import Api\n"
        "recipient_check = Api(container()).recipient_check\n"
        "asked = [(Channel.PUSH, 'ab' * 32), (Channel.PUSH, 'a:' + 'b' * 140), (Channel.EMAIL, 'ü@example.com'),"
        " (Channel.EMAIL, 'u@example.com'), (Channel.SMS, '+12025550123')]\n"
        "told = [recipient_check.problem_of('bank-a', *each, None) is None for each in asked]\n"
        "told.append(recipient_check.problem_of('bank-a~test', *asked[0], None) is None)\n"
        "names = ('wavecom.adapters.providers.', 'boto3', 'httpx', 'google', 'email_validator', 'phonenumbers')\n"
        "print(json.dumps([[each for each in sys.modules if each.startswith(names)], told]))"
    )

    assert sorted(loaded) == [
        f"wavecom.adapters.providers.{each}"
        for each in (
            "configuration",
            "email",
            "email.address",
            "email.body",
            "email.message",
            "email.origin",
            "recipients",
            "senders",
            "sms",
            "sms.senders",
        )
    ]
    assert told == [False, True, False, True, True, True]
