"""``wavecom tail``, as a process that Ctrl-C ends."""

import json
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest

from cli.client import TRIES
from cli.client import Api as Client
from cli.tail import MAX_POLLED_OLDER, Watch
from tests.integration.conftest import Api, MakeApi, attempted
from tests.integration.test_cli import Wavecom
from tests.integration.test_cli_trouble import Gateway
from tests.standins.http_service import Fault

SECONDS = 30
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


@contextmanager
def tailing(api: Api, *arguments: str) -> Iterator[Tail]:
    tail = Tail(Wavecom.of(api).process("tail", "--interval", "0.1", *arguments))
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
    return [(before, notification["status"]) for before, notification in watch.poll()]


def test_it_shows_earlier_ones_then_new_ones_and_their_changes_until_ctrl_c(api: Api):
    first = api.created()["_id"]

    with tailing(api) as tail:
        assert f"{first}  EMAIL  MEDIUM    QUEUED" in tail.line()
        second = api.created()["_id"]
        assert second in tail.line()
        attempted(api, first)

        assert "QUEUED → SENT" in tail.line_with(first)
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
    assert "Polling again" in err
    assert token not in err


def test_changes_of_what_has_left_the_first_page_are_told_in_turn(api: Api, watch: Watch):
    old = [api.created()["_id"] for _ in range(MAX_POLLED_OLDER + 1)]
    assert _told(watch) == [(None, "QUEUED")] * len(old)
    _many_more(api, 150)
    _many_more(api, 150)
    assert len(_told(watch)) == 300

    for identifier in old:
        attempted(api, identifier)

    assert [each for each in _told(watch) if each[0]] == [("QUEUED", "SENT")] * MAX_POLLED_OLDER
    found = [each for _ in range(100) for each in _told(watch)]
    assert found == [("QUEUED", "SENT")]


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
