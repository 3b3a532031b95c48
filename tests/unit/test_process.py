"""What a process of ours is like before its first event; each test looks at a fresh one."""

import json
import subprocess
import sys
from typing import Any


def in_a_fresh_process(code: str) -> Any:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
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
            "import wavecom.bootstrap\n"
            "wavecom.bootstrap.container = lambda: type('C', (), {'settings': type('S', (), {'tracing': False})})\n"
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
