"""What every keeper of events does, the fake included."""

import itertools
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import pymongo
import pytest

from tests.builders import NOON, ManualClock, an_event
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeEvents, FakeWantedEvents
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.events.events import MongoEvents
from wavecom.adapters.mongo.events.wanted import MongoWantedEvents
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.events.event import FAN_OUT_MARGIN, Event, EventType, event_about
from wavecom.ports.events import Events, WantedEvents

PORT = Events

SOON = timedelta(milliseconds=1)
LATER = NOON + timedelta(hours=1)


@dataclass
class Parts:
    """The events, and who wants them."""

    events: Events
    wanted: WantedEvents


@pytest.fixture(params=FAKE_AND_MONGO)
def parts(request: pytest.FixtureRequest) -> Parts:
    if request.param == "fake":
        fake = FakeWantedEvents(ManualClock())
        return Parts(FakeEvents(fake), fake)
    mongo: Mongo = request.getfixturevalue("mongo")
    wanted = MongoWantedEvents(mongo, ManualClock())
    return Parts(MongoEvents(mongo, wanted), wanted)


@pytest.fixture
def events(parts: Parts) -> Events:
    """The events of tenants of which one's feed is read."""
    parts.wanted.read_feed("bank-a")
    return parts.events


def in_turn(count: int, step: timedelta = SOON, **changes) -> list[Event]:
    """Return events of which each is later than the one before, or of one time with ids in their order."""
    found = [an_event(NOON + step * number, **changes) for number in range(count)]
    return sorted(found, key=lambda each: (each.at, each.id))


def read(events: Events, *, tenant: str = "bank-a", after: int = 0, types=(), limit: int = 1_000) -> list[Event]:
    """Return the events of one page."""
    return [event for _, event in events.feed(tenant, after=after, types=types, limit=limit).events]


def ids(found) -> list[str]:
    return [each.id for each in found]


@pytest.mark.parametrize(
    "event",
    [
        an_event(),
        an_event(notification_id=None, due_at=None, type=EventType.ENDPOINT_TEST, data={}),
        event_about(EventType.ENDPOINT_DISABLED, "bank-a", {"failingSince": None, "nested": {"a": [1]}}, NOON),
    ],
    ids=["of a notification", "without more", "of an endpoint"],
)
def test_an_event_comes_back_as_it_was_added(events: Events, event: Event) -> None:
    events.add([event])

    assert events.get_many([event.id, "evt_000000000000000000000000_1"]) == [event]
    assert read(events) == [event]
    assert events.between("bank-a", NOON, LATER, after=None, limit=10) == [event]


def test_nothing_to_do_is_no_error(events: Events) -> None:
    events.add([])
    events.passed_on([])
    events.postpone([], LATER)

    assert events.get_many([]) == []
    assert events.overdue(LATER, limit=10) == []


def test_positions_follow_one_another_in_the_order_of_time(events: Events) -> None:
    added = in_turn(20)
    events.add(random.Random(1).sample(added, len(added)))

    page = events.feed("bank-a", after=0, types=(), limit=100)

    assert page.events == tuple(enumerate(added, 1))
    assert (page.first, page.next) == (1, 20)


def test_a_later_reading_gives_the_same_positions(events: Events) -> None:
    events.add(in_turn(10))

    assert events.feed("bank-a", after=0, types=(), limit=100) == events.feed("bank-a", after=0, types=(), limit=100)


def test_what_is_added_after_a_reading_comes_after_what_was_read(events: Events) -> None:
    early, late = an_event(NOON), an_event(NOON - timedelta(hours=1))
    events.add([early])
    first = events.feed("bank-a", after=0, types=(), limit=10)

    events.add([late])
    second = events.feed("bank-a", after=first.next, types=(), limit=10)

    assert [first.events, second.events] == [((1, early),), ((2, late),)]


def test_pages_are_bounded_and_leave_nothing_out(events: Events) -> None:
    added = in_turn(7)
    events.add(added)
    found, sizes, after = [], [], 0
    while page := events.feed("bank-a", after=after, types=(), limit=3):
        if not page.events:
            break
        found += [event for _, event in page.events]
        sizes.append(len(page.events))
        assert page.first == after + 1
        after = page.next

    assert (found, sizes) == (added, [3, 3, 1])
    assert (page.next, page.first) == (7, 0)


def test_a_reading_gives_positions_to_more_than_it_returns(events: Events) -> None:
    """A backlog of more events than one transaction takes is placed by one reading."""
    added = in_turn(1_200)
    events.add(added)

    pages = [events.feed("bank-a", after=after, types=(), limit=400) for after in (0, 400, 800)]

    positions = [position for page in pages for position, _ in page.events]
    assert positions == list(range(1, 1_201))
    assert {event.id for page in pages for _, event in page.events} == {each.id for each in added}


def test_kinds_are_chosen_and_the_others_passed_over(events: Events) -> None:
    kinds = (EventType.NOTIFICATION_QUEUED, EventType.NOTIFICATION_SENT, EventType.NOTIFICATION_FAILED)
    added = [an_event(NOON + SOON * number, type=kind) for number, kind in enumerate(kinds * 5)]
    events.add(added)

    page = events.feed("bank-a", after=0, types={kinds[1], kinds[2]}, limit=4)

    assert [position for position, _ in page.events] == [2, 3, 5, 6]
    assert (page.first, page.next) == (1, 6)
    assert ids(read(events, types=[kinds[0]])) == ids(each for each in added if each.type is kinds[0])
    assert read(events, types=[EventType.ENDPOINT_TEST]) == []


def test_a_reading_without_a_match_moves_past_what_it_looked_at(events: Events) -> None:
    events.add(in_turn(5))

    page = events.feed("bank-a", after=0, types=[EventType.ENDPOINT_TEST], limit=100)

    assert (page.events, page.first, page.next) == ((), 1, 5)


def test_tenants_have_feeds_and_positions_of_their_own(parts: Parts, events: Events) -> None:
    parts.wanted.read_feed("bank-b")
    ours, theirs = in_turn(3), in_turn(3, tenant="bank-b")
    events.add([each for pair in zip(ours, theirs, strict=True) for each in pair])

    assert events.feed("bank-a", after=0, types=(), limit=10).events == tuple(enumerate(ours, 1))
    assert events.feed("bank-b", after=0, types=(), limit=10).events == tuple(enumerate(theirs, 1))
    assert events.between("bank-b", NOON, LATER, after=None, limit=10) == theirs


def test_a_feed_that_nobody_reads_has_no_events(parts: Parts) -> None:
    event = an_event(tenant="bank-c")
    parts.events.add([event])

    assert read(parts.events, tenant="bank-c") == []
    assert parts.events.oldest("bank-c") == 0
    assert parts.events.get_many([event.id]) == [event]


def test_many_readers_and_writers_give_each_position_once(events: Events) -> None:
    batches = [in_turn(10) for _ in range(12)]

    def follow(_: int) -> list[tuple[int, str]]:
        seen, after = list[tuple[int, str]](), 0
        while len(seen) < 120:
            page = events.feed("bank-a", after=after, types=(), limit=25)
            seen += [(position, event.id) for position, event in page.events]
            after = page.next
        return seen

    with ThreadPoolExecutor(10) as threads:
        readers = [threads.submit(follow, number) for number in range(6)]
        list(threads.map(events.add, [[each] for batch in batches for each in batch]))
        seen = [each.result(60) for each in readers]

    assert [position for position, _ in seen[0]] == list(range(1, 121))
    assert all(each == seen[0] for each in seen)
    assert {event_id for _, event_id in seen[0]} == {each.id for batch in batches for each in batch}


def test_the_oldest_position_is_the_one_before_what_is_kept(events: Events) -> None:
    assert events.oldest("bank-a") == 0

    events.add(in_turn(3))
    read(events)

    assert events.oldest("bank-a") == 0
    assert events.oldest("bank-b") == 0


def test_overdue_events_come_in_the_order_of_their_time(events: Events) -> None:
    added = [replace(each, due_at=NOON + timedelta(seconds=n)) for n, each in enumerate(in_turn(5))]
    wanted_by_nobody = an_event(due_at=None)
    events.add([*reversed(added), wanted_by_nobody])

    assert events.overdue(NOON - SOON, limit=10) == []
    assert events.overdue(NOON + timedelta(seconds=3), limit=10) == added[:4]
    assert events.overdue(LATER, limit=2) == added[:2]


def test_events_are_overdue_whatever_their_tenant(events: Events) -> None:
    added = [an_event(tenant=tenant) for tenant in ("bank-a", "bank-b")]
    events.add(added)

    assert set(ids(events.overdue(NOON + FAN_OUT_MARGIN, limit=10))) == set(ids(added))


def test_what_was_passed_on_is_overdue_no_more(events: Events) -> None:
    passed, left = in_turn(2)
    events.add([passed, left])

    events.passed_on([passed.id])

    assert events.overdue(LATER, limit=10) == [left]
    assert events.get_many([passed.id]) == [replace(passed, due_at=None)]
    assert read(events) == [replace(passed, due_at=None), left]


def test_what_is_postponed_is_overdue_later(events: Events) -> None:
    postponed, left = in_turn(2)
    events.add([postponed, left])

    events.postpone([postponed.id], LATER)

    assert events.overdue(LATER - SOON, limit=10) == [left]
    assert events.overdue(LATER, limit=10) == [left, replace(postponed, due_at=LATER)]


def test_what_was_passed_on_is_not_postponed(events: Events) -> None:
    event = an_event()
    events.add([event])
    events.passed_on([event.id])

    events.postpone([event.id], NOON)

    assert events.overdue(LATER, limit=10) == []


def test_between_takes_both_ends_and_nothing_outside(events: Events) -> None:
    before, first, middle, last, after = in_turn(5)
    events.add([after, last, middle, first, before])

    assert events.between("bank-a", first.at, last.at, after=None, limit=10) == [first, middle, last]


@pytest.mark.parametrize("step", [SOON, timedelta(0)], ids=["of many times", "of one millisecond"])
@pytest.mark.parametrize("limit", [1, 7, 25, 100])
def test_between_pages_by_time_and_id(events: Events, step: timedelta, limit: int) -> None:
    added = in_turn(25, step)
    events.add(random.Random(1).sample(added, len(added)))
    pages, after = [], None
    while page := events.between("bank-a", NOON, LATER, after=after, limit=limit):
        pages.append(page)
        after = (page[-1].at, page[-1].id)

    assert list(itertools.chain(*pages)) == added
    assert {len(each) for each in pages[:-1]} <= {limit}


def test_between_pages_through_groups_of_one_millisecond(events: Events) -> None:
    added = sorted((an_event(NOON + SOON * (number // 4)) for number in range(20)), key=lambda each: (each.at, each.id))
    events.add(added)
    found, after = [], None
    while page := events.between("bank-a", NOON, LATER, after=after, limit=3):
        found += page
        after = (page[-1].at, page[-1].id)

    assert found == added


@pytest.fixture(params=FAKE_AND_MONGO)
def events_down(request: pytest.FixtureRequest) -> Events:
    if request.param == "fake":
        fake = FakeEvents()
        fake.down = True
        return fake
    mongo: Mongo = request.getfixturevalue("mongo_down")
    return MongoEvents(mongo, MongoWantedEvents(mongo, ManualClock()))


@pytest.mark.parametrize(
    "call",
    [
        lambda each: each.add([an_event()]),
        lambda each: each.get_many(["id"]),
        lambda each: each.passed_on(["id"]),
        lambda each: each.overdue(NOON, limit=1),
        lambda each: each.postpone(["id"], LATER),
        lambda each: each.between("bank-a", NOON, LATER, after=None, limit=1),
        lambda each: each.feed("bank-a", after=0, types=(), limit=1),
        lambda each: each.oldest("bank-a"),
    ],
    ids=["add", "get_many", "passed_on", "overdue", "postpone", "between", "feed", "oldest"],
)
def test_a_database_that_is_down_is_said_so(events_down: Events, call: Callable[[Events], object]) -> None:
    with pymongo.timeout(0.2), pytest.raises(StoreUnavailableError):
        call(events_down)


def test_expired_events_leave_a_gap_that_shows(parts: Parts, mongo_or_fake_forget) -> None:
    parts.wanted.read_feed("bank-a")
    added = in_turn(5)
    parts.events.add(added)
    read(parts.events)

    mongo_or_fake_forget(ids(added[:3]))

    assert parts.events.oldest("bank-a") == 3
    assert parts.events.feed("bank-a", after=0, types=(), limit=10).first == 4
    mongo_or_fake_forget(ids(added[3:]))
    assert parts.events.oldest("bank-a") == 5
    parts.events.add([again := an_event(LATER)])
    assert parts.events.feed("bank-a", after=5, types=(), limit=10).events == ((6, again),)


@pytest.fixture
def mongo_or_fake_forget(request: pytest.FixtureRequest, parts: Parts):
    """Return a function that removes events as their age does."""
    if isinstance(parts.events, FakeEvents):
        return parts.events.forget
    mongo: Mongo = request.getfixturevalue("mongo")
    return lambda event_ids: mongo.database.events.delete_many({"_id": {"$in": event_ids}})
