"""What every pace does, the fake included, and that MongoPace keeps its limits over all consumers together."""

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pymongo
import pytest

from tests.builders import ManualClock, now
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakePace
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.providers.pace import CATCH_UP, REFRESH, RESERVE_AHEAD, MongoPace
from wavecom.domain.providers.limits import Slots
from wavecom.ports.providers import Pace

PORT = Pace

SECOND = timedelta(seconds=1)
STEP = timedelta(milliseconds=100)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(params=FAKE_AND_MONGO)
def pace(request: pytest.FixtureRequest) -> Pace:
    return FakePace() if request.param == "fake" else MongoPace(request.getfixturevalue("mongo"))


@pytest.fixture
def make_pace(mongo: Mongo) -> Callable[[], Pace]:
    """Return a function that gives a pace as another process would have it."""
    return lambda: MongoPace(mongo)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(now())


def times(slots: Slots) -> list[datetime]:
    return [slots.first + index * slots.every for index in range(slots.count)]


def taken(pace: Pace, at: datetime, *, requested: int, per_second: float | None, provider: str = "ses") -> Slots:
    return pace.take(provider, requested=requested, per_second=per_second, at=at)


def test_without_a_limit_everything_is_granted_at_once(pace: Pace, clock: ManualClock) -> None:
    slots = taken(pace, clock(), requested=5_000, per_second=None)

    assert (slots.count, slots.first, slots.every) == (5_000, clock(), timedelta(0))


@pytest.mark.parametrize("per_second", [None, 10.0])
def test_during_a_pause_nothing_is_granted_and_the_wait_says_how_long(
    pace: Pace, clock: ManualClock, per_second
) -> None:
    pace.pause("ses", clock() + 7 * SECOND)

    assert taken(pace, clock(), requested=5, per_second=per_second).count == 0
    assert taken(pace, clock(), requested=5, per_second=per_second).wait == 7 * SECOND
    clock.advance(3 * SECOND)
    assert taken(pace, clock(), requested=5, per_second=per_second).wait == 4 * SECOND
    clock.advance(4 * SECOND)
    assert taken(pace, clock(), requested=5, per_second=per_second).count > 0


@pytest.mark.parametrize("per_second", [None, 10.0])
def test_a_shorter_pause_does_not_cut_a_longer_one_short(pace: Pace, clock: ManualClock, per_second) -> None:
    pace.pause("ses", clock() + 30 * SECOND)
    pace.pause("ses", clock() + SECOND)

    clock.advance(2 * SECOND)

    assert taken(pace, clock(), requested=1, per_second=per_second).count == 0


def test_a_pause_holds_for_one_provider_alone(pace: Pace, clock: ManualClock) -> None:
    pace.pause("ses", clock() + 7 * SECOND)

    assert taken(pace, clock(), requested=3, per_second=None, provider="sendgrid").count == 3


@pytest.fixture(params=[50.0, 100.0, 14.0, 0.5])
def per_second(request: pytest.FixtureRequest) -> float:
    rate: float = request.param
    return rate


def test_many_consumers_at_once_get_the_limit_no_more_and_no_less(
    make_pace: Callable[[], Pace], clock: ManualClock, per_second: float
) -> None:
    consumers = [make_pace() for _ in range(6)]
    start, seconds = clock(), 4 if per_second > 1 else 10
    granted: list[datetime] = []
    with ThreadPoolExecutor(len(consumers)) as threads:
        for _ in range(seconds * 10):
            together = threading.Barrier(len(consumers))

            def ask(consumer: Pace, together: threading.Barrier = together) -> list[datetime]:
                together.wait()
                return times(taken(consumer, clock(), requested=40, per_second=per_second))

            granted += [each for found in threads.map(ask, consumers) for each in found]
            clock.advance(STEP)

    every = timedelta(seconds=1 / per_second)
    granted.sort()
    gaps = [later - earlier for earlier, later in itertools.pairwise(granted)]
    within = [each for each in granted if each < start + seconds * SECOND]
    assert len(within) <= per_second * seconds + 1
    assert all(gap >= every - MICROSECOND for gap in gaps), "never two in one slot"
    assert len(within) >= 0.99 * per_second * seconds - 1, "no slot unused"


def test_no_slot_lies_further_ahead_than_a_thread_may_wait(
    make_pace: Callable[[], Pace], clock: ManualClock, per_second: float
) -> None:
    pace = make_pace()
    for _ in range(30):
        slots = taken(pace, clock(), requested=1_000, per_second=per_second)

        assert all(clock() - CATCH_UP <= each <= clock() + RESERVE_AHEAD for each in times(slots))
        clock.advance(STEP)


@pytest.mark.parametrize("per_second", [50.0, 14.0, 300.0])
def test_consumers_that_ask_for_one_at_a_time_get_the_limit_too(
    make_pace: Callable[[], Pace], clock: ManualClock, per_second
) -> None:
    pace = make_pace()

    granted: list[datetime] = []
    while len(granted) < 200 and (slots := taken(pace, clock(), requested=1, per_second=per_second)):
        granted += times(slots)
        if slots.count == 0:
            clock.advance(slots.wait)

    used = (granted[-1] - granted[0]).total_seconds()
    assert 199 / used <= per_second * 1.0001
    assert 199 / used >= per_second * 0.98, "no slot unused"


def test_two_consumers_share_one_limit_and_each_may_use_what_the_other_leaves(
    make_pace: Callable[[], Pace], clock: ManualClock
) -> None:
    first, second = make_pace(), make_pace()

    some, others = (taken(each, clock(), requested=30, per_second=50.0) for each in (first, second))
    nothing = taken(first, clock(), requested=30, per_second=50.0)

    assert (some.count, others.count) == (30, 20)
    assert others.first == some.first + 30 * some.every
    assert nothing.count <= 1
    clock.advance(SECOND)
    assert taken(second, clock(), requested=100, per_second=50.0).count >= 49


def test_the_wait_leads_to_where_there_are_slots_again(make_pace: Callable[[], Pace], clock: ManualClock) -> None:
    pace = make_pace()
    slots = taken(pace, clock(), requested=1_000, per_second=10.0)
    assert slots.wait > timedelta(0)

    clock.advance(slots.wait)

    assert taken(pace, clock(), requested=1, per_second=10.0).count == 1


def test_time_in_which_nobody_asked_is_not_made_up_for(make_pace: Callable[[], Pace], clock: ManualClock) -> None:
    pace = make_pace()
    taken(pace, clock(), requested=1, per_second=50.0)
    clock.advance(timedelta(hours=1))

    late = taken(pace, clock(), requested=10_000, per_second=50.0)

    assert late.first >= clock() - CATCH_UP
    assert late.count <= 50 * (RESERVE_AHEAD + CATCH_UP) / SECOND + 1


def test_a_limit_below_one_a_second_is_kept(make_pace: Callable[[], Pace], clock: ManualClock) -> None:
    pace, granted = make_pace(), 0
    for _ in range(60):
        granted += taken(pace, clock(), requested=100, per_second=0.1).count
        clock.advance(SECOND)

    assert granted in (6, 7)


def test_a_changed_limit_holds_from_the_next_reservation_on(make_pace: Callable[[], Pace], clock: ManualClock) -> None:
    pace = make_pace()
    taken(pace, clock(), requested=1_000, per_second=10.0)
    clock.advance(SECOND)

    faster = taken(pace, clock(), requested=1_000, per_second=100.0)

    assert faster.every == timedelta(milliseconds=10)
    assert faster.count >= 90


def test_a_pause_is_known_to_other_consumers_within_their_refresh(
    make_pace: Callable[[], Pace], clock: ManualClock
) -> None:
    here, there = make_pace(), make_pace()
    assert taken(there, clock(), requested=1, per_second=None).count == 1

    here.pause("ses", clock() + 7 * SECOND)
    time.sleep(REFRESH.total_seconds() + 0.05)

    assert taken(there, clock(), requested=1, per_second=None).wait == 7 * SECOND
    assert taken(there, clock(), requested=1, per_second=10.0).count == 0, "with a limit it is known at once"


def test_slots_reserved_before_a_pause_do_not_end_it(make_pace: Callable[[], Pace], clock: ManualClock) -> None:
    pace = make_pace()
    taken(pace, clock(), requested=1_000, per_second=10.0)
    pace.pause("ses", clock() + 5 * SECOND)

    clock.advance(2 * SECOND)

    assert taken(pace, clock(), requested=1, per_second=10.0).wait == 3 * SECOND


@pytest.mark.servers
def test_without_the_database_a_limited_provider_is_not_called(clock: ManualClock) -> None:
    mongo = Mongo("mongodb://127.0.0.1:9/?directConnection=true", "nothing")

    with pymongo.timeout(0.3):
        slots = taken(MongoPace(mongo), clock(), requested=5, per_second=10.0)

    assert slots.count == 0
    assert slots.wait > timedelta(0)
    mongo.close()
