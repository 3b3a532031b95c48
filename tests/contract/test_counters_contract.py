"""What all counters do, the fake included: sums of what was added, the same before and after they are folded."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeCounters
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.enums import Channel
from wavecom.ports.ledger import Counters

PORT = Counters

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
EMAIL = {"created.EMAIL": 1}
LATER = NOON + 3 * HOUR
"""When everything of noon is old enough to be folded."""


@pytest.fixture(params=FAKE_AND_MONGO)
def make_counters(request: pytest.FixtureRequest) -> Callable[[], Counters]:
    """Return a function that gives the counters, each time as another process would have them."""
    if request.param == "fake":
        fake = FakeCounters()
        return lambda: fake
    mongo: Mongo = request.getfixturevalue("mongo")
    return lambda: MongoCounters(mongo)


@pytest.fixture
def counters(make_counters) -> Counters:
    return make_counters()


def sums(totals: Mapping[object, Totals]) -> dict[object, dict[str, int]]:
    return {key: counts(each) for key, each in totals.items()}


def counts(totals: Totals) -> dict[str, int]:
    return {name: count for name, count in totals.values.items() if count}


def test_where_nothing_was_counted_there_are_no_sums(counters) -> None:
    assert counts(counters.totals("bank-a")) == counts(counters.totals(None)) == {}
    assert counters.minutes(None, NOON) == counters.by_tenant(NOON) == {}
    assert counters.roll_up(NOON, LATER) == 0


def test_a_tenant_has_its_own_sums_and_none_asks_for_all(counters) -> None:
    counters.add("bank-a", {"created.EMAIL": 2, "sent.EMAIL": 1}, NOON)
    counters.add("bank-a~test", EMAIL, NOON)
    counters.add("bank-b", {"created.SMS": 5}, NOON)

    assert counts(counters.totals("bank-a")) == {"created.EMAIL": 2, "sent.EMAIL": 1}
    assert counts(counters.totals("bank-a~test")) == EMAIL
    assert counts(counters.totals("bank-c")) == {}
    assert counts(counters.totals(None)) == {"created.EMAIL": 3, "sent.EMAIL": 1, "created.SMS": 5}


def test_what_several_processes_add_is_summed_up(make_counters) -> None:
    for number in range(1, 4):
        make_counters().add("bank-a", {"created.EMAIL": number, "cells.QUEUED:EMAIL:HIGH": 1}, NOON)
    make_counters().add("bank-a", {"cells.QUEUED:EMAIL:HIGH": -2}, NOON + MINUTE)

    assert counts(make_counters().totals("bank-a")) == {"created.EMAIL": 6, "cells.QUEUED:EMAIL:HIGH": 1}


def test_a_moment_counts_in_its_minute(counters) -> None:
    for seconds in (0, 59.999, 60):
        counters.add("bank-a", EMAIL, NOON + seconds * SECOND)

    assert sums(counters.minutes("bank-a", NOON)) == {NOON: {"created.EMAIL": 2}, NOON + MINUTE: EMAIL}


def test_minutes_begin_with_the_one_of_the_moment_that_is_asked_for(counters) -> None:
    for minutes in (0, 1, 2):
        counters.add("bank-a", EMAIL, NOON + minutes * MINUTE)

    assert counters.minutes("bank-a", NOON + MINUTE + 59 * SECOND).keys() == {NOON + MINUTE, NOON + 2 * MINUTE}


def test_minutes_are_those_of_a_tenant_or_of_all(counters) -> None:
    counters.add("bank-a", EMAIL, NOON)
    counters.add("bank-b", EMAIL, NOON)
    counters.add("bank-b", EMAIL, NOON + MINUTE)

    assert sums(counters.minutes("bank-a", NOON)) == {NOON: EMAIL}
    assert sums(counters.minutes(None, NOON)) == {NOON: {"created.EMAIL": 2}, NOON + MINUTE: EMAIL}


def test_sums_of_late_are_told_by_tenant_and_who_counted_nothing_is_not(counters) -> None:
    counters.add("bank-a", EMAIL, NOON)
    for tenant, minutes in (("bank-a", 5), ("bank-b", 5), ("bank-b", 6), ("bank-c", 4)):
        counters.add(tenant, {"created.EMAIL": 2}, NOON + minutes * MINUTE)

    by_tenant = counters.by_tenant(NOON + 5 * MINUTE + 30 * SECOND)

    assert sums(by_tenant) == {"bank-a": {"created.EMAIL": 2}, "bank-b": {"created.EMAIL": 4}}


def test_folding_changes_no_sum(make_counters) -> None:
    for minutes in range(0, 180, 20):
        for _ in range(2):
            make_counters().add("bank-a", {"created.EMAIL": 1, "cells.SENT:EMAIL:HIGH": 1}, NOON + minutes * MINUTE)
        make_counters().add("bank-b", {"cells.SENT:EMAIL:HIGH": -1}, NOON + minutes * MINUTE)
    counters = make_counters()
    since = NOON + 2 * HOUR
    before = [sums({tenant: counters.totals(tenant) for tenant in ("bank-a", "bank-b", None)})]
    before += [sums(counters.minutes(None, since)), sums(counters.by_tenant(since))]

    assert counters.roll_up(NOON + HOUR, LATER) > 0

    after = [sums({tenant: counters.totals(tenant) for tenant in ("bank-a", "bank-b", None)})]
    after += [sums(counters.minutes(None, since)), sums(counters.by_tenant(since))]
    assert after == before
    assert counts(counters.totals("bank-a")).keys() == {"created.EMAIL", "cells.SENT:EMAIL:HIGH"}


def test_minutes_older_than_the_limit_are_folded_and_no_other(counters) -> None:
    for minutes in (-1, 0, 1):
        counters.add("bank-a", EMAIL, NOON + minutes * MINUTE)

    assert counters.roll_up(NOON, LATER) > 0

    assert counters.minutes("bank-a", NOON - HOUR).keys() == {NOON, NOON + MINUTE}
    assert counters.roll_up(NOON, LATER) == 0, "all is folded"


def test_a_writer_that_comes_late_is_folded_by_the_next_run(counters) -> None:
    for _ in range(2):
        counters.add("bank-a", EMAIL, NOON)
        assert counters.roll_up(NOON + HOUR, LATER) > 0

    assert counts(counters.totals("bank-a")) == {"created.EMAIL": 2}
    assert counters.minutes("bank-a", NOON) == {}


def test_nothing_is_lost_when_folding_meets_writing(make_counters) -> None:
    def write(_: int) -> None:
        counters = make_counters()
        for _ in range(30):
            counters.add("bank-a", EMAIL, NOON)

    def fold(_: int) -> None:
        counters = make_counters()
        for _ in range(10):
            counters.roll_up(NOON + HOUR, LATER)

    with ThreadPoolExecutor(8) as threads:
        writing = [threads.submit(write, number) for number in range(6)]
        folding = [threads.submit(fold, number) for number in range(2)]
        for each in (*writing, *folding):
            each.result()

    assert make_counters().totals("bank-a").by_channel("created")[Channel.EMAIL] == 180
