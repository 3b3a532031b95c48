"""``wavecom tail``, as a process that Ctrl-C ends."""

import json
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest

from cli.client import TRIES
from cli.client import Api as Client
from cli.tail import MAX_OLDER, Watch
from tests.integration.conftest import Api, MakeApi, attempted
from tests.integration.test_cli import Wavecom
from tests.integration.test_cli_trouble import Gateway
from tests.standins.http_service import Fault, Reply, Request, json_reply

SECONDS = 30
UNSEEN = "507f1f77bcf86cd799439011"
ITEM = {"type": "EMAIL", "recipient": "user@example.com", "subject": "Hi", "message": "Hello"}


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@dataclass
class Tail:
    """A running tail, line by line."""

    process: "subprocess.Popen[str]"
    _lines: "queue.Queue[str]" = field(default_factory=queue.Queue)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def line(self) -> str:
        return self._lines.get(timeout=SECONDS)

    def line_with(self, text: str) -> str:
        """Return the next line that has ``text``."""
        while text not in (line := self.line()):
            pass
        return line

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)


def tailing(api: Api, *arguments: str) -> AbstractContextManager[Tail]:
    return tailing_at(Wavecom.of(api).url, *arguments)


@contextmanager
def tailing_at(url: str, *arguments: str) -> Iterator[Tail]:
    tail = Tail(Wavecom(url).process("tail", "--interval", "0.1", *arguments))
    reader = threading.Thread(target=tail.read)
    reader.start()
    try:
        yield tail
    finally:
        tail.process.kill()
        tail.process.wait()
        reader.join()
        for pipe in (tail.process.stdout, tail.process.stderr):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def watch(api: Api) -> Iterator[Watch]:
    with Client(str(api.client.base_url), None, say=lambda _: None) as client:
        yield Watch(client, {})


def _told(watch: Watch) -> list[tuple[str | None, str]]:
    return [(before, notification["status"]) for before, notification in watch.look()]


def test_it_shows_earlier_ones_then_new_ones_and_their_changes_until_ctrl_c(api: Api):
    first = api.created()["_id"]

    with tailing(api) as tail:
        assert f"{first}  EMAIL  MEDIUM    QUEUED" in tail.line()
        second = api.created()["_id"]
        assert second in tail.line()
        attempted(api, first)

        _see_sent(tail, first)
        assert tail.end() == 0


def test_as_json_it_prints_a_document_a_line(api: Api):
    earlier = api.created()["_id"]
    with tailing(api, "--json", "--last", "1", "--type", "email") as tail:
        assert json.loads(tail.line())["notification"]["_id"] == earlier
        api.created(type="SMS", recipient="+12025550123", subject=None)
        identifier = api.created(message="two\nlines\x1b[0m")["_id"]
        new = json.loads(tail.line())
        attempted(api, identifier)
        changes = [json.loads(tail.line())]
        while changes[-1]["notification"]["status"] != "SENT":
            changes.append(json.loads(tail.line()))

        assert (new["event"], new["before"], new["notification"]["_id"]) == ("new", None, identifier)
        for before, change in pairwise([new, *changes]):
            assert (change["event"], change["before"]) == ("changed", before["notification"]["status"])
            assert change["notification"]["_id"] == identifier
        assert tail.end() == 0


def test_what_does_not_exist_at_the_start_ends_it(api: Api):
    process = Wavecom("http://127.0.0.1:1").process("tail")

    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 4
    assert "Nothing answers" in err


def test_an_outage_does_not_end_it_and_a_revoked_key_does(make_api: MakeApi, make_key: Callable[..., str]):
    api = make_api("http", development_tenant=None)
    token = make_key()
    with Gateway(api) as gateway:
        process = Wavecom(gateway.url, token).process("tail", "--interval", "0.1", "--json")
        assert process.stderr is not None
        gateway.wait_for(3)
        gateway.follow(*[Fault.HANG_UP] * TRIES)
        told = process.stderr.readline(), process.stderr.readline()
        gateway.wait_for(gateway.count + TRIES)
        api.services.keys.revoke(token.split("_")[1], api.services.clock())
        out, err = process.communicate(timeout=SECONDS)

    assert all("broke off" in line for line in told)
    assert process.returncode == 3
    assert json.loads(out)["error"]["code"] == "UNAUTHENTICATED"
    assert "ing again" in err
    assert token not in err


def test_changes_of_what_has_left_the_first_page_are_told_in_turn(api: Api, watch: Watch):
    old = [api.created()["_id"] for _ in range(MAX_OLDER + 1)]
    assert _told(watch) == [(None, "QUEUED")] * len(old)
    _many_more(api, 150)
    _many_more(api, 150)
    assert len(_told(watch)) == 300

    for identifier in old:
        attempted(api, identifier)

    assert _told(watch) == []  # nobody has said that they may have changed
    watch.expect([*old, UNSEEN])
    assert _told(watch) == [("QUEUED", "SENT")] * MAX_OLDER
    assert _told(watch) == [("QUEUED", "SENT")]
    assert (_told(watch), watch.due) == ([], {})


def test_all_that_is_unfinished_is_asked_for_in_turn(api: Api, watch: Watch):
    old = [api.created()["_id"] for _ in range(MAX_OLDER + 1)]
    _told(watch)
    _many_more(api, 150)
    _told(watch)
    attempted(api, old[-1])

    found = []
    for _ in range(100):
        watch.expect_unfinished()
        found += _told(watch)

    assert found == [("QUEUED", "SENT")]


class Lists(Gateway):
    """Knows how often notifications were asked for, and says of cursors that they have expired, when it is told to."""

    expired = 0

    def asked(self) -> int:
        return sum(each.target.startswith("/api/notifications") for each in self.requests)

    def answer(self, request: Request) -> Reply:
        if self.expired and request.target.startswith("/api/events"):
            self.expired -= 1
            details = [{"field": "after", "message": "0"}]
            error = {"code": "CURSOR_EXPIRED", "message": "No longer kept", "details": details}
            return json_reply(410, {"success": False, "error": error, "requestId": "r"})
        return super().answer(request)


def _see_sent(tail: Tail, notification_id: str) -> None:
    """Read lines until one says that a notification is SENT; it may have been seen PROCESSING before."""
    while "→ SENT" not in tail.line_with(notification_id):
        pass


def test_once_events_are_written_it_asks_only_when_something_happened(api: Api):
    first = api.created()["_id"]
    with Lists(api) as gateway, tailing_at(gateway.url) as tail:
        assert first in tail.line()
        until = time.monotonic() + SECONDS
        while not any("wait=20" in each.target for each in gateway.requests):
            assert time.monotonic() < until
            time.sleep(0.1)
        before = gateway.asked()
        time.sleep(2)
        assert gateway.asked() == before

        attempted(api, first)

        started = time.monotonic()
        _see_sent(tail, first)
        assert time.monotonic() - started < 10, "without events it looks every 20 seconds"
        second = api.created()["_id"]
        assert second in tail.line()
        assert gateway.asked() <= before + 6
        assert tail.end() == 0


def test_a_gap_is_told_and_it_goes_on(api: Api):
    first = api.created()["_id"]
    with Lists(api) as gateway, tailing_at(gateway.url) as tail:
        assert first in tail.line()
        gateway.expired = 1
        assert tail.process.stderr is not None
        assert "no longer kept; going on" in tail.process.stderr.readline()

        attempted(api, first)

        _see_sent(tail, first)
        assert tail.end() == 0


def test_more_than_it_can_catch_up_with_is_said_to_be_left_out(api: Api, watch: Watch):
    assert _told(watch) == []
    _many_more(api, 500)

    assert (len(_told(watch)), watch.left_out) == (500, False)
    _many_more(api, 500)
    _many_more(api, 10)
    assert (len(_told(watch)), watch.left_out) == (500, True)
    assert len(watch.seen) == 1_000


def _many_more(api: Api, count: int) -> None:
    api.clock.advance(timedelta(seconds=1))
    assert api.batch(*[ITEM] * count).status_code == 207
