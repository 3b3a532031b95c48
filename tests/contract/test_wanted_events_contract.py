"""What everything that knows the wanted events does, the fake included."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pymongo
import pytest

from tests.builders import NOON, ManualClock, an_endpoint
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeEndpoints, FakeWantedEvents
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.events.wanted import FEED_WRITTEN_FOR, MongoWantedEvents
from wavecom.adapters.mongo.webhooks.endpoints import PURPOSE, MongoEndpoints
from wavecom.adapters.sealing import Seal
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.events.event import EventType, Wanted
from wavecom.ports.events import WantedEvents
from wavecom.ports.webhooks import Endpoints

PORT = WantedEvents

QUEUED, SENT, FAILED = EventType.NOTIFICATION_QUEUED, EventType.NOTIFICATION_SENT, EventType.NOTIFICATION_FAILED


@dataclass
class Parts:
    """The wanted events, and the endpoints that want them."""

    wanted: WantedEvents
    endpoints: Endpoints
    clock: ManualClock


@pytest.fixture(params=FAKE_AND_MONGO)
def parts(request: pytest.FixtureRequest) -> Parts:
    clock = ManualClock()
    if request.param == "fake":
        fake = FakeWantedEvents(clock)
        return Parts(fake, FakeEndpoints(fake), clock)
    mongo: Mongo = request.getfixturevalue("mongo")
    wanted = MongoWantedEvents(mongo, clock)
    return Parts(wanted, MongoEndpoints(mongo, wanted, Seal(["k" * 32], PURPOSE)), clock)


def by_endpoints(*types: EventType) -> Wanted:
    return Wanted(by_endpoints=frozenset(types))


def test_a_tenant_that_wants_nothing_is_left_out(parts: Parts) -> None:
    parts.endpoints.add(an_endpoint(), most=20)

    assert parts.wanted.of(["bank-b"]) == {}
    assert set(parts.wanted.of(["bank-a", "bank-b", "bank-a"])) == {"bank-a"}
    assert parts.wanted.of([]) == {}


def test_types_follow_every_change_of_the_endpoints(parts: Parts) -> None:
    first, second = an_endpoint(types=(QUEUED, SENT)), an_endpoint(types=(SENT, FAILED))
    seen = [dict(parts.wanted.of(["bank-a"]))]

    for change in (
        lambda: parts.endpoints.add(first, most=20),
        lambda: parts.endpoints.add(second, most=20),
        lambda: parts.endpoints.replace(first, replace(first, types=(QUEUED,), updated_at=NOON + timedelta(seconds=1))),
        lambda: parts.endpoints.remove("bank-a", second.id),
        lambda: parts.endpoints.remove("bank-a", first.id),
    ):
        assert change()
        seen.append(dict(parts.wanted.of(["bank-a"])))

    assert seen == [
        {},
        {"bank-a": by_endpoints(QUEUED, SENT)},
        {"bank-a": by_endpoints(QUEUED, SENT, FAILED)},
        {"bank-a": by_endpoints(QUEUED, SENT, FAILED)},
        {"bank-a": by_endpoints(QUEUED)},
        {},
    ]


def test_an_endpoint_that_was_refused_wants_nothing(parts: Parts) -> None:
    parts.endpoints.add(an_endpoint(), most=1)

    assert not parts.endpoints.add(an_endpoint(types=(FAILED,)), most=1)

    assert parts.wanted.of(["bank-a"]) == {"bank-a": by_endpoints(QUEUED)}


def test_a_feed_is_written_from_its_first_reading(parts: Parts) -> None:
    assert parts.wanted.of(["bank-a"]) == {}

    assert not parts.wanted.read_feed("bank-a")
    assert parts.wanted.read_feed("bank-a")

    assert parts.wanted.of(["bank-a", "bank-b"]) == {"bank-a": Wanted(by_feed=True)}


def test_a_feed_that_nobody_reads_is_written_no_more(parts: Parts) -> None:
    parts.wanted.read_feed("bank-a")
    parts.clock.advance(FEED_WRITTEN_FOR)

    assert not parts.wanted.read_feed("bank-a")
    assert parts.wanted.of(["bank-a"]) == {"bank-a": Wanted(by_feed=True)}


def test_a_feed_that_is_read_now_and_then_stays(parts: Parts) -> None:
    parts.wanted.read_feed("bank-a")

    for _ in range(5):
        parts.clock.advance(FEED_WRITTEN_FOR - timedelta(days=1, seconds=1))
        assert parts.wanted.read_feed("bank-a")


def test_a_feed_and_endpoints_want_beside_each_other(parts: Parts) -> None:
    parts.wanted.read_feed("bank-a")
    parts.endpoints.add(an_endpoint(types=(FAILED,)), most=20)

    assert parts.wanted.of(["bank-a"]) == {"bank-a": Wanted(by_endpoints=frozenset({FAILED}), by_feed=True)}


def test_a_feed_that_ends_is_noticed_by_another_process(mongo: Mongo) -> None:
    clock = ManualClock()
    MongoWantedEvents(mongo, clock).read_feed("bank-a")

    before = MongoWantedEvents(mongo, clock).of(["bank-a"])
    clock.advance(FEED_WRITTEN_FOR)
    after = MongoWantedEvents(mongo, clock).of(["bank-a"])

    assert (before, after) == ({"bank-a": Wanted(by_feed=True)}, {})


@pytest.fixture(params=FAKE_AND_MONGO)
def wanted_down(request: pytest.FixtureRequest) -> WantedEvents:
    if request.param == "fake":
        fake = FakeWantedEvents()
        fake.down = True
        return fake
    return MongoWantedEvents(request.getfixturevalue("mongo_down"), ManualClock())


def test_a_database_that_is_down_is_said_so(wanted_down: WantedEvents) -> None:
    with pymongo.timeout(0.2), pytest.raises(StoreUnavailableError):
        wanted_down.of(["bank-a"])
    with pymongo.timeout(0.2), pytest.raises(StoreUnavailableError):
        wanted_down.read_feed("bank-a")


class _Counted:
    """A collection that counts its searches."""

    def __init__(self, collection: Any) -> None:
        self.searches = 0
        self._collection = collection

    def find(self, *arguments: Any) -> Any:
        self.searches += 1
        return self._collection.find(*arguments)


def test_many_tenants_cost_one_look_up_and_then_none(mongo: Mongo) -> None:
    wanted = MongoWantedEvents(mongo, ManualClock())
    wanted.read_feed("bank-7")
    counted = wanted._tenants = _Counted(mongo.database.tenants)  # type: ignore[assignment]
    tenants = [f"bank-{number}" for number in range(50)]

    found = [wanted.of(tenants) for _ in range(3)]

    assert found == [{"bank-7": Wanted(by_feed=True)}] * 3
    assert counted.searches == 1
