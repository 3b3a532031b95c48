"""What every rate limit of requests does, the fake included."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pymongo
import pytest

from tests.builders import NOON
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeRateLimits
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.rate_limits import MongoRateLimits
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.rate_limits import Allowance
from wavecom.ports.tenants import RateLimits

PORT = RateLimits

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(params=FAKE_AND_MONGO)
def make_limits(request: pytest.FixtureRequest) -> Callable[[], RateLimits]:
    """Return a function that gives the limits, each time as another process would have them."""
    if request.param == "fake":
        fake = FakeRateLimits()
        return lambda: fake
    mongo: Mongo = request.getfixturevalue("mongo")
    return lambda: MongoRateLimits(mongo)


@pytest.fixture
def limits(make_limits) -> RateLimits:
    return make_limits()


def test_a_request_within_the_limit_is_told_what_is_left_and_until_when(limits) -> None:
    answers = [limits.take("key", limit=2, at=NOON + 10 * SECOND) for _ in range(4)]

    assert answers == [
        Allowance(allowed=allowed, limit=2, remaining=remaining, resets_in=50 * SECOND)
        for allowed, remaining in ((True, 1), (True, 0), (False, 0), (False, 0))
    ]


def test_of_no_requests_none_is_allowed(limits) -> None:
    assert limits.take("key", limit=0, at=NOON) == Allowance(allowed=False, limit=0, remaining=0, resets_in=MINUTE)


def test_each_minute_begins_anew(limits) -> None:
    last = NOON + MINUTE - timedelta(milliseconds=1)
    answers = [limits.take("key", limit=1, at=at) for at in (NOON, last, NOON + MINUTE)]

    assert [each.allowed for each in answers] == [True, False, True]
    assert [each.resets_in for each in answers] == [MINUTE, timedelta(milliseconds=1), MINUTE]


def test_a_request_that_comes_late_counts_in_its_own_minute(limits) -> None:
    limits.take("key", limit=1, at=NOON + MINUTE)

    assert limits.take("key", limit=1, at=NOON).allowed
    assert not limits.take("key", limit=1, at=NOON).allowed


def test_keys_do_not_share_their_requests(limits) -> None:
    limits.take("key", limit=1, at=NOON)

    assert limits.take("ke", limit=1, at=NOON).allowed
    assert limits.take("key|", limit=1, at=NOON).allowed
    assert not limits.take("key", limit=1, at=NOON).allowed


def test_requests_beyond_the_limit_count_too(limits) -> None:
    for _ in range(3):
        limits.take("key", limit=1, at=NOON)

    assert limits.take("key", limit=5, at=NOON).remaining == 1


def test_all_processes_count_together_and_no_request_is_counted_twice(make_limits) -> None:
    processes = [make_limits() for _ in range(3)]
    processes[0].take("key", limit=41, at=NOON)

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda n: processes[n % 3].take("key", limit=41, at=NOON), range(120)))

    assert sorted(each.remaining for each in answers if each.allowed) == list(range(40))
    assert sum(not each.allowed for each in answers) == 80


def test_of_many_that_begin_a_minute_at_once_no_more_than_the_limit_are_allowed(make_limits) -> None:
    """The development database counts twice now and then where two begin a minute, which allows less and never more."""
    processes = [make_limits() for _ in range(3)]

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda n: processes[n % 3].take("key", limit=5, at=NOON), range(30)))

    allowed = [each.remaining for each in answers if each.allowed]
    assert len(set(allowed)) == len(allowed)
    assert 1 <= len(allowed) <= 5


@pytest.mark.servers
def test_without_the_database_nothing_is_allowed() -> None:
    mongo = Mongo("mongodb://127.0.0.1:9/?directConnection=true", "nothing")

    with pymongo.timeout(0.3), pytest.raises(StoreUnavailableError):
        MongoRateLimits(mongo).take("key", limit=100, at=NOON)

    mongo.close()
