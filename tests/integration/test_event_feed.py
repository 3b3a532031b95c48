"""The feed of events: read in order, without a gap, however many writers and readers there are."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.client_session import ClientSession

from tests.builders import TIMINGS, ManualClock, a_draft
from tests.integration.conftest import Api, MakeApi, MakeKey
from tests.webhook_parts import WebhookParts
from wavecom.adapters.mongo.client import Mongo
from wavecom.application.events.feed import CursorExpiredError, ReadFeed
from wavecom.domain.events.event import KEPT_FOR, EventType, event_about
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.change import Change, combine

TENANT = "bank-a"


def read_all(api: Api, **parameters: Any) -> list[dict[str, Any]]:
    """Read to the end, some events a page."""
    events: list[dict[str, Any]] = []
    while True:
        data = api.get("/api/events", params=parameters).json()["data"]
        if not data["events"]:
            return events
        events += data["events"]
        parameters["after"] = data["nextCursor"]


def test_events_come_in_order_from_the_first_reading(api: Api) -> None:
    api.created()  # before anybody reads
    first = api.get("/api/events").json()["data"]
    ids = []
    for _ in range(5):
        ids.append(api.created()["_id"])
        api.clock.advance(timedelta(milliseconds=1))

    events = read_all(api, after=first["nextCursor"], limit=2)

    assert first["events"] == []
    assert [each["data"]["notificationId"] for each in events] == ids
    assert {each["type"] for each in events} == {"notification.queued"}
    assert read_all(api, after=events[2]["cursor"]) == events[3:]
    assert read_all(api) == events


def test_a_reader_may_begin_with_what_comes_next(api: Api) -> None:
    api.get("/api/events")
    api.created()
    read_all(api)
    latest = api.get("/api/events", params={"after": "latest"}).json()["data"]
    created = api.created()["_id"]

    assert latest["events"] == []
    assert [each["data"]["notificationId"] for each in read_all(api, after=latest["nextCursor"])] == [created]
    for wrong in ("newest", "-1", "1" * 17):
        assert api.get("/api/events", params={"after": wrong}).status_code == 422


@pytest.mark.parametrize(
    "types", ["notification.cancelled, notification.sent", ["notification.cancelled", "notification.sent"]]
)
def test_kinds_of_events_are_chosen(make_api: MakeApi, over: str, types: Any) -> None:
    quick_api = make_api(over)
    quick_api.get("/api/events")
    scheduled = [quick_api.created(scheduledAt=(quick_api.clock() + timedelta(hours=1)).isoformat()) for _ in range(2)]
    for each in scheduled:
        quick_api.created()
        quick_api.post(f"/api/notifications/{each['_id']}/cancel")
        quick_api.clock.advance(timedelta(milliseconds=1))

    events = read_all(quick_api, types=types, limit=1)

    assert [each["data"]["notificationId"] for each in events] == [each["_id"] for each in scheduled]
    assert quick_api.get("/api/events", params={"types": "notification.read"}).status_code == 422


def test_a_tenant_reads_its_own_events_only(make_api: MakeApi, make_key: MakeKey) -> None:
    ours, theirs = make_api(token=make_key("bank-a")), make_api(token=make_key("bank-b"))
    for each in (ours, theirs):
        each.get("/api/events")
    mine = ours.created()["_id"]

    assert [each["data"]["notificationId"] for each in read_all(ours)] == [mine]
    assert read_all(theirs) == []


def test_a_reading_waits_for_an_event(make_api: MakeApi) -> None:
    quick_api = make_api("http")
    cursor = quick_api.get("/api/events").json()["data"]["nextCursor"]

    with ThreadPoolExecutor(1) as later:
        reading = later.submit(quick_api.get, "/api/events", params={"after": cursor, "wait": 20})
        time.sleep(0.3)
        created = quick_api.created()

        events = reading.result(15).json()["data"]["events"]

    assert [each["data"]["notificationId"] for each in events] == [created["_id"]]


def test_an_expired_cursor_is_told_with_the_oldest(quick_api: Api, mongo: Mongo) -> None:
    quick_api.get("/api/events")
    for _ in range(5):
        quick_api.created()
        quick_api.clock.advance(timedelta(milliseconds=1))
    events = read_all(quick_api)
    mongo.database.events.delete_many({"_id": {"$in": [each["id"] for each in events[:3]]}})

    answer = quick_api.get("/api/events", params={"after": events[0]["cursor"]})

    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "CURSOR_EXPIRED")
    (detail,) = answer.json()["error"]["details"]
    assert detail == {"field": "after", "message": events[2]["cursor"]}
    assert read_all(quick_api, after=detail["message"]) == events[3:]
    assert read_all(quick_api) == events[3:]


def test_a_cursor_after_which_all_has_expired_is_told(quick_api: Api, mongo: Mongo) -> None:
    quick_api.get("/api/events")
    for _ in range(3):
        quick_api.created()
    events = read_all(quick_api)
    mongo.database.events.delete_many({})

    assert quick_api.get("/api/events", params={"after": events[0]["cursor"]}).status_code == 410
    assert quick_api.get("/api/events", params={"after": events[2]["cursor"]}).json()["data"]["events"] == []


def test_an_event_that_is_committed_late_is_not_missed(parts: WebhookParts, mongo: Mongo) -> None:
    """A writer that began first and commits last gets a later position than what was read meanwhile."""
    parts.wanted.read_feed(TENANT)
    at = datetime.now(UTC)
    late, early = (event_about(EventType.ENDPOINT_TEST, TENANT, {}, at + timedelta(seconds=n)) for n in (0, 1))
    written, read = threading.Event(), threading.Event()

    def write_late(session: ClientSession) -> None:
        mongo.database.events.insert_one(
            {"_id": late.id, "tenantId": TENANT, "type": late.type.value, "at": late.at, "data": {}, "position": 0},
            session=session,
        )
        written.set()
        read.wait(10)

    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(mongo.transaction, write_late)
        assert written.wait(10)
        parts.events.add([early])
        first = parts.feed.read(TENANT, after=0, types=(), limit=10, wait=timedelta(0))
        read.set()
        writing.result(20)
    second = parts.feed.read(TENANT, after=first.next, types=(), limit=10, wait=timedelta(0))

    assert [event.id for _, event in first.events] == [early.id]
    assert [event.id for _, event in second.events] == [late.id]


def later(seconds: float) -> bool:
    time.sleep(seconds)
    return True


def test_many_writers_and_readers_miss_nothing(parts: WebhookParts, clock: ManualClock) -> None:
    """50 writers, and readers that stop at any point and go on from where they were, see the whole audit trail."""
    parts.wanted.read_feed(TENANT)
    done = threading.Event()
    written: list[Change] = []
    lock = threading.Lock()

    def write(number: int) -> None:
        chance = random.Random(number)
        for _ in range(4):
            created = lifecycle.create(a_draft(), tenant_id=TENANT, at=clock(), timings=TIMINGS)
            queued = combine(created, lifecycle.enqueue(created.after, at=clock(), timings=TIMINGS))
            parts.store.add([queued], may_commit=lambda: later(chance.random() / 20))
            with lock:
                written.append(queued)

    def read(number: int) -> list[str]:
        chance, seen, after = random.Random(number), list[str](), 0
        while True:
            was_done = done.is_set()
            page = parts.feed.read(TENANT, after=after, types=(), limit=chance.randint(1, 30), wait=timedelta(0))
            seen += [event.id for _, event in page.events]
            if chance.random() < 0.2:
                continue  # killed before it could note the cursor: it reads the same again
            after = page.next
            if was_done and not page.events:
                return seen

    with ThreadPoolExecutor(60) as threads:
        readers = [threads.submit(read, number) for number in range(8)]
        for writer in [threads.submit(write, number) for number in range(50)]:
            writer.result(120)
        done.set()
        seen = [each.result(120) for each in readers]

    expected = {f"evt_{each.after.id}_2" for each in written}
    assert len(expected) == 200
    for each in seen:
        assert set(each) == expected
    assert _in_order(seen)


def _in_order(seen: list[list[str]]) -> bool:
    """Return whether all readers saw the events in one order, apart from those that they read again."""
    orders = [list(dict.fromkeys(each)) for each in seen]
    return all(each == orders[0] for each in orders)


def test_readers_beyond_those_that_may_wait_get_an_answer_at_once(parts: WebhookParts) -> None:
    feed = ReadFeed(events=parts.events, wanted=parts.wanted)
    feed._waiting = threading.Semaphore(0)

    started = time.monotonic()
    feed.read(TENANT, after=0, types=(), limit=1, wait=timedelta(seconds=20))

    assert time.monotonic() - started < 10


def test_a_reader_that_was_away_too_long_is_told_that_it_missed_something(
    parts: WebhookParts, clock: ManualClock, mongo: Mongo
) -> None:
    parts.wanted.read_feed(TENANT)
    parts.events.add([event_about(EventType.ENDPOINT_TEST, TENANT, {}, clock())])
    cursor = parts.feed.read(TENANT, after=0, types=(), limit=10, wait=timedelta(0)).next
    parts.events.add([event_about(EventType.ENDPOINT_TEST, TENANT, {}, clock())])
    mongo.database.events.delete_many({})  # both expired, the second one unread
    clock.advance(KEPT_FOR)

    with pytest.raises(CursorExpiredError) as told:
        parts.feed.read(TENANT, after=cursor, types=(), limit=10, wait=timedelta(0))
    new = event_about(EventType.ENDPOINT_TEST, TENANT, {}, clock())
    parts.wanted.forget(TENANT)
    parts.events.add([new])

    page = parts.feed.read(TENANT, after=told.value.oldest, types=(), limit=10, wait=timedelta(0))
    assert [event.id for _, event in page.events] == [new.id]
    with pytest.raises(CursorExpiredError):
        parts.feed.read(TENANT, after=cursor, types=(), limit=10, wait=timedelta(0))


def test_a_cursor_of_elsewhere_is_none(parts: WebhookParts) -> None:
    parts.wanted.read_feed(TENANT)

    with pytest.raises(CursorExpiredError) as told:
        parts.feed.read(TENANT, after=4711, types=(), limit=10, wait=timedelta(0))

    assert told.value.oldest == 0
