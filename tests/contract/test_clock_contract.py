"""What every clock does, the one that tests move by hand included."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import ManualClock
from tests.contract.adapters import FAKE_AND_MONGO
from wavecom.adapters.mongo.clock import MongoClock
from wavecom.ports.system import Clock

PORT = Clock

NEAR = timedelta(milliseconds=250)
MILLISECOND = timedelta(milliseconds=1)


@dataclass
class Adapter:
    """A clock that begins at the present moment, and a way to let time pass for it."""

    clock: Clock
    wait: Callable[[timedelta], None]


@pytest.fixture(params=FAKE_AND_MONGO)
def timed(request: pytest.FixtureRequest) -> Adapter:
    if request.param == "fake":
        fake = ManualClock(datetime.now(UTC))
        return Adapter(fake, fake.advance)
    return Adapter(MongoClock(request.getfixturevalue("mongo")), lambda by: time.sleep(by.total_seconds()))


def test_it_is_now(timed: Adapter) -> None:
    assert abs(timed.clock() - datetime.now(UTC)) < NEAR


def test_moments_are_to_the_millisecond_in_utc_and_in_order(timed: Adapter) -> None:
    moments = []
    for _ in range(500):
        timed.wait(timedelta(microseconds=10))
        moments.append(timed.clock())

    assert {moment.microsecond % 1_000 for moment in moments} == {0}
    assert {moment.tzinfo for moment in moments} == {UTC}
    assert moments == sorted(moments)


def test_time_passes(timed: Adapter) -> None:
    before = timed.clock()

    timed.wait(20 * MILLISECOND)

    assert timed.clock() - before >= 19 * MILLISECOND


def test_many_threads_are_told_the_same_time(timed: Adapter) -> None:
    def differences(_: int) -> tuple[timedelta, timedelta]:
        """Return how far the clock is from the machine's, before and after it is asked: a thread may be held up."""
        before = datetime.now(UTC)
        told = timed.clock()
        return told - datetime.now(UTC), told - before

    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(differences, range(200)))

    assert max(least for least, _ in found) - min(most for _, most in found) < NEAR
