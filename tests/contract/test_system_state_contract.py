"""What every store of the service's own state does, the fake included."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.builders import NOON, now
from tests.contract.adapters import FAKE_AND_MONGO
from tests.contract.caches import end_caches
from tests.fakes import FakeSystem
from wavecom.adapters.mongo import system as adapter
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.domain.degradation import Level
from wavecom.ports.system import SystemState

PORT = SystemState

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass
class Adapter:
    """A function that gives the state as another process sees it, and one that reads the heartbeats."""

    make: Callable[[], SystemState]
    beats: Callable[[], dict[str, datetime]]


@pytest.fixture(params=FAKE_AND_MONGO)
def stored(request: pytest.FixtureRequest) -> Adapter:
    if request.param == "fake":
        fake = FakeSystem()
        return Adapter(lambda: fake, lambda: fake.beats)
    mongo: Mongo = request.getfixturevalue("mongo")

    def beats() -> dict[str, datetime]:
        found = mongo.database.system.find({"_id": {"$regex": "^heartbeat:"}})
        return {each["_id"].removeprefix("heartbeat:"): each["at"] for each in found}

    return Adapter(lambda: MongoSystemState(mongo, now), beats)


@pytest.fixture
def system(stored: Adapter) -> SystemState:
    return stored.make()


def test_where_nothing_is_stored_the_load_is_normal_and_no_sandbox_is_known(system) -> None:
    assert system.level() is Level.NORMAL
    assert system.sandboxes(NOON - timedelta(days=100)) == {}


@pytest.mark.parametrize("level", Level)
def test_every_process_sees_the_level_that_was_stored_last(stored: Adapter, level: Level) -> None:
    stored.make().set_level(Level.ELEVATED, now() - SECOND)
    stored.make().set_level(level, now())

    assert stored.make().level() is level


def test_a_level_that_nobody_has_confirmed_for_five_minutes_is_not_believed(stored: Adapter) -> None:
    stored.make().set_level(Level.EXTREME, now() - 5 * MINUTE + 30 * SECOND)
    assert stored.make().level() is Level.EXTREME

    stored.make().set_level(Level.EXTREME, now() - 5 * MINUTE)
    assert stored.make().level() is Level.NORMAL


def test_a_function_beats_as_often_as_it_likes_and_its_last_beat_is_kept(stored: Adapter) -> None:
    system = stored.make()
    system.set_level(Level.HIGH, now())
    system.set_sandbox("ses", NOON, in_sandbox=True)

    for name, seconds in (("observe", 0), ("sweep", 1), ("observe", 2)):
        system.beat(name, NOON + seconds * SECOND)

    assert stored.beats() == {"observe": NOON + 2 * SECOND, "sweep": NOON + SECOND}
    assert stored.make().level() is Level.HIGH
    assert stored.make().sandboxes(NOON - SECOND) == {"ses": True}


def test_sandboxes_are_those_of_providers_that_answered_after_a_moment(stored: Adapter) -> None:
    for seconds, provider, in_sandbox in ((0, "ses", True), (1, "sns", False), (2, "sms", True)):
        stored.make().set_sandbox(provider, NOON + seconds * SECOND, in_sandbox=in_sandbox)

    system = stored.make()
    assert system.sandboxes(NOON - SECOND) == {"ses": True, "sns": False, "sms": True}
    assert system.sandboxes(NOON + SECOND) == {"sms": True}
    assert system.sandboxes(NOON + 2 * SECOND) == {}


def test_a_provider_that_says_something_else_later_is_believed(stored: Adapter) -> None:
    system = stored.make()
    system.set_sandbox("ses", NOON, in_sandbox=True)
    system.set_sandbox("ses-2", NOON, in_sandbox=True)

    system.set_sandbox("ses", NOON + SECOND, in_sandbox=False)

    assert stored.make().sandboxes(NOON - SECOND) == {"ses": False, "ses-2": True}


def test_other_processes_see_a_level_when_their_cache_ends(mongo: Mongo, monkeypatch) -> None:
    here, there = MongoSystemState(mongo, now), MongoSystemState(mongo, now)
    assert there.level() is Level.NORMAL

    here.set_level(Level.EXTREME, now())
    assert there.level() is Level.NORMAL, "a request needs no look-up of its own"
    end_caches(monkeypatch, adapter)

    assert there.level() is Level.EXTREME
