"""The database's clock against a machine's wrong one.

A database that is five minutes ahead is, to a process, the same as a machine that is five minutes behind.
"""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pymongo
import pytest

from tests.builders import TIMINGS, claimed
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.clock import ASK_INTERVAL, MongoClock

PROJECT = Path(__file__).parents[2]
NEAR = timedelta(milliseconds=250)


class Elsewhere(Mongo):
    """A database in another time: what it says of its own clock is ``ahead`` of the truth, and takes ``takes``."""

    def __init__(self, mongo: Mongo, ahead: timedelta, takes: timedelta = timedelta(0)) -> None:
        self.ahead, self.takes = ahead, takes
        self.asked = 0
        self._admin = mongo.database.client.admin
        self.database: Any = SimpleNamespace(client=SimpleNamespace(admin=self))

    def command(self, name: str) -> dict[str, Any]:
        self.asked += 1
        time.sleep(self.takes.total_seconds() / 2)
        answer = self._admin.command(name)
        time.sleep(self.takes.total_seconds() / 2)
        return {**answer, "localTime": answer["localTime"] + self.ahead}


def lease_end(at: datetime) -> datetime:
    """Return until when a consumer holds what it claims at ``at``."""
    lease = claimed(at).state.lease
    assert lease is not None
    return lease.until


def off_by(clock: MongoClock) -> timedelta:
    """Return how far a clock is from the truth, which on this machine is the machine's own clock."""
    return clock() - datetime.now(UTC)


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(minutes=-5), timedelta(days=-400), timedelta(0)])
def test_a_wrong_clock_is_put_right(mongo: Mongo, ahead: timedelta) -> None:
    clock = MongoClock(Elsewhere(mongo, ahead))

    assert abs(off_by(clock) - ahead) < NEAR


def test_the_way_to_the_database_and_back_does_not_count(mongo: Mongo) -> None:
    clock = MongoClock(Elsewhere(mongo, timedelta(minutes=5), takes=timedelta(milliseconds=800)))

    assert abs(off_by(clock) - timedelta(minutes=5)) < NEAR


def test_the_database_is_asked_seldom_however_many_want_to_know(mongo: Mongo) -> None:
    elsewhere = Elsewhere(mongo, timedelta(minutes=5), takes=timedelta(milliseconds=100))
    clock = MongoClock(elsewhere)

    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: off_by(clock), range(400)))

    assert elsewhere.asked == 1
    assert all(abs(each - timedelta(minutes=5)) < NEAR for each in found), "nobody went by the wrong clock at first"


def test_a_clock_that_is_very_wrong_is_told_of(mongo: Mongo, caplog: pytest.LogCaptureFixture) -> None:
    MongoClock(Elsewhere(mongo, timedelta(seconds=1)))()
    assert caplog.records == []

    MongoClock(Elsewhere(mongo, timedelta(minutes=-5)))()

    (record,) = caplog.records
    assert (record.levelno, record.message) == (
        logging.WARNING,
        "This machine's clock is wrong and is corrected",
    )
    assert record.__dict__["difference_seconds"] == pytest.approx(-300, abs=0.3)


def test_without_the_database_the_machines_own_clock_goes_on_and_is_corrected_as_soon_as_it_answers(
    mongo: Mongo, dead_mongo: Mongo
) -> None:
    elsewhere = Elsewhere(dead_mongo, timedelta(minutes=5))
    clock = MongoClock(elsewhere)

    with pymongo.timeout(0.2):
        assert abs(off_by(clock)) < NEAR
    elsewhere._admin = mongo.database.client.admin

    assert abs(off_by(clock) - timedelta(minutes=5)) < NEAR


def test_a_machine_that_is_behind_holds_its_leases_as_long_as_any_other(mongo: Mongo) -> None:
    clocks = [MongoClock(Elsewhere(mongo, ahead)) for ahead in (timedelta(0), timedelta(0))]

    ends = [lease_end(clock()) for clock in clocks]

    assert abs(ends[0] - ends[1]) < NEAR
    assert ends[0] - clocks[1]() > TIMINGS.lease - NEAR


@pytest.mark.slow
def test_a_database_whose_clock_moves_is_followed(mongo: Mongo) -> None:
    elsewhere = Elsewhere(mongo, timedelta(0))
    clock = MongoClock(elsewhere)
    clock()
    elsewhere.ahead = timedelta(minutes=3)

    time.sleep(ASK_INTERVAL.total_seconds() + 0.1)

    assert abs(off_by(clock) - timedelta(minutes=3)) < NEAR
    assert elsewhere.asked == 2
