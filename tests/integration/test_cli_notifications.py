"""``wavecom send``, ``status`` and ``list``, against the API."""

import os
import pty
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from tests.integration.conftest import Api, MakeApi, attempted
from tests.integration.test_cli import SCRIPT, Wavecom
from wavecom.domain.providers.outcomes import Outcome

HOSTILE = "one\x1b[2J\x1b]0;owned\x07\x9b31m\u202etwo\r[bold red]three[/]\n\x7ffour"
EMAIL = ["--type", "email", "--to", "user@example.com", "--subject", "Hi", "--message", "Hello"]


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@pytest.fixture
def wavecom(api: Api) -> Wavecom:
    return Wavecom.of(api)


@contextmanager
def delivering(api: Api, *outcomes: Outcome) -> Iterator[None]:
    """Deliver the first notification that comes, as consumers do."""

    def deliver() -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            found = api.mongo.database.notifications.find_one({"status": "QUEUED"})
            if found:
                for outcome in outcomes:
                    time.sleep(0.3)
                    attempted(api, str(found["_id"]), outcome, takes=timedelta(milliseconds=120))
                return
            time.sleep(0.02)

    thread = threading.Thread(target=deliver)
    thread.start()
    yield
    thread.join()


def test_what_is_sent_has_every_option(api: Api, wavecom: Wavecom):
    options = ["--priority", "high", "--metadata", '{"order": 17}', "--max-retries", "1", "--on-unknown", "hold"]

    created = wavecom.json("send", *EMAIL, *options, "--schedule", "1h", "--expires", "2h")

    assert (created["type"], created["recipient"], created["subject"]) == ("EMAIL", "user@example.com", "Hi")
    assert (created["priority"], created["maxRetries"], created["onUnknown"]) == ("HIGH", 1, "hold")
    assert created["metadata"] == {"order": 17}
    assert created["scheduledAt"] < created["expiresAt"]
    assert api.stored() == 1
    assert wavecom("send", *EMAIL, "--schedule", "2h", "--expires", "1h").exit_code == 3  # not after its schedule


def test_the_text_may_come_from_stdin(api: Api, wavecom: Wavecom):
    created = wavecom.json("send", *EMAIL[:-1], "-", stdin="Zwei\nZeilen ✓\n")

    assert created["message"] == "Zwei\nZeilen ✓"


def test_without_json_it_prints_status_and_id(api: Api, wavecom: Wavecom):
    assert re.fullmatch("QUEUED [0-9a-f]{24}\n", wavecom.ok("send", *EMAIL))


def test_the_same_idempotency_key_sends_once_and_no_key_sends_each_time(api: Api, wavecom: Wavecom):
    first = wavecom("send", *EMAIL, "--idempotency-key", "order-17")
    again = wavecom("send", *EMAIL, "--idempotency-key", "order-17")

    assert again.stdout == first.stdout
    assert "used before" in again.stderr
    assert "used before" not in first.stderr
    assert api.stored() == 1
    wavecom.ok("send", *EMAIL)
    wavecom.ok("send", *EMAIL)
    assert api.stored() == 3


def test_wait_follows_until_it_is_sent(api: Api, wavecom: Wavecom):
    with delivering(api, Outcome.ACCEPTED):
        result = wavecom("send", *EMAIL, "--wait", "--interval", "0.1")

    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [re.split(r" {2,}", line)[1] for line in lines] == ["PENDING", "QUEUED", "PROCESSING", "SENT"]
    assert "+120 ms" in lines[-1]
    assert "Accepted as" in result.stderr


def test_wait_exits_with_1_where_it_failed(api: Api, wavecom: Wavecom):
    with delivering(api, Outcome.PERMANENT):
        ended = wavecom.json("send", *EMAIL, "--wait", "--interval", "0.1", exit_code=1)

    assert (ended["status"], ended["cause"]) == ("FAILED", "permanent")


def test_wait_gives_up_after_its_time(api: Api, wavecom: Wavecom):
    result = wavecom("send", *EMAIL, "--wait", "--wait-seconds", "0.5", "--interval", "0.1")

    assert result.exit_code == 1
    assert "Still QUEUED after 0.5 s" in result.stderr


def test_status_shows_fields_attempts_and_timeline_with_durations(api: Api, wavecom: Wavecom):
    identifier = api.created(metadata={"order": 17})["_id"]
    api.clock.advance(timedelta(seconds=90))
    attempted(api, identifier, Outcome.TRANSIENT, takes=timedelta(seconds=2))

    text = wavecom.ok("status", identifier)

    assert re.search(r"(?m)^status +RETRYING$", text)
    assert re.search(r"(?m)^retries +1 of 3$", text)
    assert re.search(r"(?m)^next attempt +20\d\d-", text)
    assert re.search(r"(?m)^metadata order +17$", text)
    assert re.search(r"simulated-email +transient +some_code +12 ms", text)
    assert re.search(r"QUEUED +1 min 30 s +Added to queue", text)
    assert re.search(r"PROCESSING +2.0 s +Worker started processing", text)
    assert re.search(r"RETRYING +Attempt failed.*provider=simulated-email", text)
    assert wavecom.json("status", identifier) == api.get(f"/api/notifications/{identifier}").json()["data"]


@pytest.mark.parametrize(("outcome", "exit_code"), [(Outcome.ACCEPTED, 0), (Outcome.PERMANENT, 1)])
def test_status_follows_and_says_how_it_ended(api: Api, wavecom: Wavecom, outcome: Outcome, exit_code: int):
    identifier = api.created()["_id"]

    with delivering(api, outcome):
        found = wavecom.json("status", identifier, "--follow", "--interval", "0.1", exit_code=exit_code)

    assert [each["status"] for each in found["logs"]][:3] == ["PENDING", "QUEUED", "PROCESSING"]
    assert wavecom("status", identifier).exit_code == 0
    assert wavecom("status", identifier, "--follow").exit_code == exit_code


def test_list_filters_and_says_that_there_is_more(api: Api, wavecom: Wavecom):
    low, high = api.created(priority="LOW")["_id"], api.created(priority="HIGH")["_id"]
    attempted(api, high)

    assert [each["_id"] for each in wavecom.json("list", "--priority", "low")["notifications"]] == [low]
    assert [each["_id"] for each in wavecom.json("list", "--status", "SENT")["notifications"]] == [high]
    assert wavecom.json("list", "--type", "sms") == {"notifications": [], "more": False}
    result = wavecom("list", "--limit", "1")
    assert len(result.stdout.splitlines()) == 1
    assert "There are more" in result.stderr


def test_list_all_goes_through_every_page(api: Api, wavecom: Wavecom):
    item = {"type": "EMAIL", "recipient": "user@example.com", "subject": "Hi", "message": "Hello"}
    assert api.batch(*[item] * 230).status_code == 207

    everything = wavecom.json("list", "--all")
    assert (len({each["_id"] for each in everything["notifications"]}), everything["more"]) == (230, False)
    some = wavecom.json("list", "--limit", "150")
    assert (len(some["notifications"]), some["more"]) == (150, True)
    assert len(wavecom.ok("list", "--all").splitlines()) == 230


def test_a_recipient_is_found_however_it_is_written(api: Api, wavecom: Wavecom):
    sms = api.created(type="SMS", recipient="+12025550123", subject=None)["_id"]
    email = api.created(recipient="user+tag@example.com")["_id"]

    for written, identifier in {"+1 202 555 0123": sms, "user+tag@EXAMPLE.com": email}.items():
        found = wavecom.json("list", "--recipient", written)["notifications"]
        assert [each["_id"] for each in found] == [identifier]
    assert wavecom.json("list", "--recipient", "nobody@example.com")["notifications"] == []


@pytest.mark.parametrize(
    "text", ["Prix\u202f: 12\u00a0€\u00a0", "👨\u200d👩\u200d👧", "ご注文\u3000完了", "\U0001fae8", "می\u200cشود"]
)
def test_what_languages_need_is_shown_as_it_is(api: Api, wavecom: Wavecom, text: str):
    created = api.created(subject=text)

    assert f"subject     {text}\n" in wavecom.ok("status", created["_id"])


def test_nothing_in_a_message_reaches_the_terminal_as_a_command(api: Api, wavecom: Wavecom):
    created = api.created(message=HOSTILE, metadata={"k\x1b[1m": "v\x1b[0m"})

    result = wavecom("status", created["_id"])

    shown = result.stdout
    assert set(shown) & set("\x1b\x07\x9b\x7f\r") == set()
    assert "\u2068one\\x1b[2J\\x1b]0;owned\\x07\\x9b31m\u202etwo\\r[bold red]three[/]\u2069\n" in shown
    assert r"\x7ffour" in shown
    assert r"k\x1b[1m" in shown
    document = wavecom("status", created["_id"], "--json").stdout
    assert document.isascii()
    assert set(document) & set("\x1b\x07\x7f\r") == set()
    assert wavecom.json("status", created["_id"])["notification"]["message"] == HOSTILE


def test_on_a_terminal_it_is_coloured_and_redrawn_and_messages_still_do_nothing(api: Api, wavecom: Wavecom):
    identifier = api.created(message=HOSTILE)["_id"]
    ours, theirs = pty.openpty()

    process = wavecom.process(
        "status", identifier, "--follow", "--interval", "0.1", stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = _read(ours, until="QUEUED for")
    attempted(api, identifier)
    shown += _read(ours)
    os.close(ours)

    assert process.wait(20) == 0
    assert "\x1b[32mSENT" in shown
    assert "\x1b[2J" not in shown
    assert "\x1b]0;" not in shown
    assert "\u2068one" in shown


def test_ctrl_c_ends_following_as_shells_expect(api: Api, wavecom: Wavecom):
    process = wavecom.process("status", api.created()["_id"], "--follow", "--interval", "0.1")
    assert process.stdout is not None
    assert "PENDING" in process.stdout.readline()

    process.send_signal(signal.SIGINT)

    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "Interrupted.\n"


def test_a_reader_that_has_seen_enough_and_a_plain_terminal_cause_no_stack_trace(api: Api, wavecom: Wavecom):
    api.batch(*[{"type": "EMAIL", "recipient": "jürgen@example.com", "subject": "Hi", "message": "Hello"}] * 400)

    shown = subprocess.run(
        f"PYTHONIOENCODING=ascii {SCRIPT} list --all | head -n 1",
        env={**os.environ, "WAVECOM_URL": wavecom.url},
        shell=True,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert r"j\xfcrgen@example.com" in shown.stdout
    assert shown.stderr == ""


def _read(descriptor: int, until: str | None = None) -> str:
    """Read from a terminal to its end, or until something was shown."""
    shown = b""
    while until is None or until not in shown.decode(errors="replace"):
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # Linux answers EIO once the other side has closed
            part = b""
        if not part:
            assert until is None, shown.decode()
            break
        shown += part
    return shown.decode()
