"""The feed as server-sent events: a real client on a real server, which ends, resumes, stalls and comes in numbers."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import api as server
from local import event_stream
from local.api import asgi
from tests.integration.api_process import api_process
from tests.integration.conftest import TENANT, Api, MakeApi, MakeKey, MakeServices, serve
from wavecom.adapters.mongo.client import Mongo

STREAM = {"Accept": "text/event-stream"}
PATIENCE = 20.0


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@dataclass(frozen=True)
class Stream:
    """An open stream, whose answer was good."""

    answer: httpx.Response
    lines: Iterator[str]

    def messages(self) -> Iterator[dict[str, str]]:
        """Yield what comes: the fields of each event, or a comment under the name ""."""
        fields: dict[str, str] = {}
        for line in self.lines:
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            elif fields:
                yield fields
                fields = {}

    def events(self, count: int) -> list[dict[str, str]]:
        return list(islice((each for each in self.messages() if "data" in each), count))


@contextmanager
def streaming(url: str, headers: dict[str, str] | None = None, **parameters: Any) -> Iterator[Stream]:
    with (
        httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client,
        client.stream("GET", "/api/events", headers={**STREAM, **(headers or {})}, params=parameters) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        yield Stream(answer, answer.iter_lines())


def refused(api: Api, headers: dict[str, str]) -> httpx.Response:
    return api.get("/api/events", headers={**STREAM, **headers})


def once_there_is_room(api: Api) -> str:
    """Return the beginning of a stream, which the server may not have had room for at first."""
    until = time.monotonic() + PATIENCE
    while True:
        with httpx.stream("GET", f"{url_of(api)}/api/events", headers=STREAM, trust_env=False) as answer:
            if answer.status_code == 200:
                return next(answer.iter_text())
        assert answer.status_code == 503
        assert time.monotonic() < until
        time.sleep(0.1)


def url_of(api: Api) -> str:
    return str(api.client.base_url)


def create_some(api: Api, count: int) -> list[str]:
    ids = []
    for _ in range(count):
        ids.append(api.created()["_id"])
        api.clock.advance(timedelta(milliseconds=1))
    return ids


def test_events_come_as_they_do_in_a_page_and_as_they_happen(api: Api):
    api.get("/api/events")
    earlier = create_some(api, 2)

    with streaming(url_of(api)) as stream:
        found = stream.events(2)
        later = create_some(api, 1)
        found += stream.events(1)

    pages = api.get("/api/events").json()["data"]["events"]
    assert stream.answer.headers["content-type"] == "text/event-stream"
    assert stream.answer.headers["cache-control"] == "no-store"
    assert [json.loads(each["data"]) for each in found] == pages
    assert [each["id"] for each in found] == [each["cursor"] for each in pages]
    assert {each["event"] for each in found} == {"notification.queued"}
    assert [each["data"]["notificationId"] for each in pages] == [*earlier, *later]


def test_kinds_are_chosen_and_latest_leaves_out_what_was_before(api: Api):
    api.get("/api/events")
    create_some(api, 1)
    api.get("/api/events")
    with streaming(url_of(api), after="latest", types="notification.cancelled") as stream:
        due = (api.clock() + timedelta(hours=1)).isoformat()
        cancelled = api.created(scheduledAt=due)["_id"]
        create_some(api, 1)
        api.post(f"/api/notifications/{cancelled}/cancel")

        (event,) = stream.events(1)

    assert json.loads(event["data"])["data"]["notificationId"] == cancelled


def test_a_client_that_comes_back_misses_nothing_and_sees_nothing_twice(api: Api):
    api.get("/api/events")
    found: list[str] = []
    last = {"Last-Event-ID": "0"}
    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(create_some, api, 40)
        while len(found) < 40:
            with streaming(url_of(api), last, after="999", wait="20") as stream:  # the id goes before the parameter
                events = stream.events(min(7, 40 - len(found)))
            found += [json.loads(each["data"])["data"]["notificationId"] for each in events]
            last = {"Last-Event-ID": events[-1]["id"]}
        created = writing.result()

    assert found == created


def test_a_refusal_comes_before_the_stream(make_api: MakeApi, make_key: MakeKey):
    api = make_api("http", token=make_key(rate_limit=3))

    answers = [
        refused(api, {"Authorization": "Bearer wc_wrong"}),
        refused(api, {"Last-Event-ID": "4711"}),
        refused(api, {"Last-Event-ID": "here"}),
        api.get("/api/events"),
        refused(api, {}),
    ]

    assert [each.status_code for each in answers] == [401, 410, 422, 200, 429]
    assert answers[1].json()["error"]["code"] == "CURSOR_EXPIRED"
    assert {each.headers["content-type"] for each in answers} == {"application/json"}


def test_on_aws_a_stream_is_refused_and_a_page_is_not(make_api: MakeApi):
    api = make_api("lambda")

    answer = refused(api, {})

    assert (answer.status_code, answer.json()["error"]["code"]) == (406, "NOT_ACCEPTABLE")
    assert "wait=20" in answer.json()["error"]["message"]
    assert api.get("/api/events", headers={"Accept": "text/event-stream, application/json"}).status_code == 200


def test_streams_are_bounded_and_hold_no_worker(api: Api, monkeypatch: pytest.MonkeyPatch, make_api: MakeApi):
    monkeypatch.setattr(server, "THREADS", 1)
    api = make_api("http")
    with ExitStack() as open_streams:
        for _ in range(event_stream.STREAMS_MAX):
            open_streams.enter_context(streaming(url_of(api)))

        answer = refused(api, {})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "OVERLOADED")
        assert answer.headers["retry-after"] == "5"
        assert api.create().status_code == 201
        assert api.get("/api/events").status_code == 200

    assert once_there_is_room(api).startswith("id: 1\n")


def test_a_comment_keeps_it_alive_until_its_key_is_revoked(
    make_api: MakeApi, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.2)
    token = make_key()
    api = make_api("http", token=token)
    with streaming(url_of(api), {"Authorization": f"Bearer {token}"}) as stream:
        messages = stream.messages()
        assert next(messages) == next(messages) == {"": ""}
        api.services.keys.revoke(token.split("_")[1], api.services.clock())

        assert set(map(str, messages)) <= {"{'': ''}"}  # and it ends


def test_it_ends_when_the_server_stops(make_services: MakeServices):
    with ExitStack() as open_streams:
        with serve(asgi(make_services())) as port:
            stream = open_streams.enter_context(streaming(f"http://localhost:{port}"))
            started = time.monotonic()
        assert time.monotonic() - started < 5
        assert list(stream.messages()) == []


def store_events(mongo: Mongo, count: int) -> None:
    """Store a feed of 2.5 KB an event."""
    now = datetime.now(UTC)
    mongo.database.tenants.insert_one({"_id": TENANT, "events": {"feedUntil": now + timedelta(days=14)}})
    mongo.database.feeds.insert_one({"_id": TENANT, "last": count})
    mongo.database.events.insert_many(
        {
            "_id": f"evt_{number:024x}_1",
            "tenantId": TENANT,
            "type": "endpoint.test",
            "at": now,
            "data": {"text": "x" * 2_500},
            "position": number,
        }
        for number in range(1, count + 1)
    )


@contextmanager
def asking(port: int, headers: str = "") -> Iterator[socket.socket]:
    """Ask for a stream, and take nothing of it yet."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", port))
        head = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{headers}\r\n"
        connection.sendall(head.encode())
        yield connection


def test_a_slow_reader_costs_no_memory_and_misses_nothing(
    mongo: Mongo, mongodb_uri: str, make_key: MakeKey, tmp_path: Path
):
    """20 MB of events for one that takes none for a while: the server keeps a page of them and what sockets hold."""
    count = 8_000
    store_events(mongo, count)
    key = f"Authorization: Bearer {make_key()}\r\n"
    with api_process(mongo, mongodb_uri, tmp_path) as process:
        with asking(process.port, key) as connection:
            assert connection.recv(1).startswith(b"H")
        process.forget_peak()
        before = process.megabytes()
        with asking(process.port, key) as connection:
            time.sleep(4)
            grown = process.peak_megabytes() - before

            received = b""
            while f"id: {count}\n".encode() not in received[-6_000:]:
                received += connection.recv(1 << 20)

    ids = [int(line[4:]) for line in received.split(b"\n") if line.startswith(b"id: ")]
    assert ids == list(range(1, count + 1))
    print(f"{grown:.1f} MB")
    assert grown < 10


def test_a_reader_that_takes_nothing_is_cut_off(api: Api, mongo: Mongo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(event_stream, "STALL_SECONDS", 0.5)
    monkeypatch.setattr(event_stream, "STREAMS_MAX", 1)
    store_events(mongo, 4_000)
    with asking(api.client.base_url.port or 0) as connection:
        assert connection.recv(1) == b"H"  # it has begun
        assert once_there_is_room(api).startswith("id: 1\n")
        received = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(1 << 20):
                received += part
    assert b"id: 1\n" in received
    assert b"id: 4000\n" not in received


def test_a_reader_that_takes_nothing_does_not_hold_up_the_stop(make_services: MakeServices, mongo: Mongo):
    store_events(mongo, 4_000)
    with ExitStack() as open_streams:
        with serve(asgi(make_services())) as port:
            open_streams.enter_context(asking(port))
            time.sleep(3)
            started = time.monotonic()
        assert time.monotonic() - started < 6
