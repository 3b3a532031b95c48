"""What every count of failing endpoints does, the fake included."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOON, ManualClock
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeFailingEndpoints
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.events.wanted import MongoWantedEvents
from wavecom.adapters.mongo.webhooks.endpoints import PURPOSE, MongoEndpoints
from wavecom.adapters.mongo.webhooks.failing import MongoFailingEndpoints
from wavecom.adapters.sealing import Seal
from wavecom.domain.webhooks.endpoint import DisabledReason, Endpoint, new_endpoint_id, new_secret
from wavecom.ports.webhooks import FailingEndpoints

PORT = FailingEndpoints
HOUR = timedelta(hours=1)


def an_endpoint(**changes: Any) -> Endpoint:
    fields: dict[str, Any] = {
        "id": new_endpoint_id(),
        "tenant_id": "bank-a",
        "url": "https://bank.example/hook",
        "types": (),
    }
    return Endpoint(**{**fields, "secret": new_secret(), "created_at": NOON, "updated_at": NOON, **changes})


@pytest.fixture(params=FAKE_AND_MONGO)
def watched(request: pytest.FixtureRequest) -> tuple[FailingEndpoints, Callable[[Endpoint], object]]:
    """Return the count, and a function that stores an endpoint."""
    if request.param == "fake":
        fake = FakeFailingEndpoints()
        return fake, fake.add
    mongo: Mongo = request.getfixturevalue("mongo")
    endpoints = MongoEndpoints(mongo, MongoWantedEvents(mongo, ManualClock()), Seal(["k" * 32], PURPOSE))
    return MongoFailingEndpoints(mongo), lambda endpoint: endpoints.add(endpoint, most=10)


def test_endpoints_that_have_failed_since_then_count(watched) -> None:
    failing, add = watched
    add(an_endpoint(failing_since=NOON - 2 * HOUR))
    add(an_endpoint(failing_since=NOON - HOUR, tenant_id="bank-b"))
    add(an_endpoint(failing_since=NOON - HOUR + timedelta(milliseconds=1)))
    add(an_endpoint())

    assert failing.count(NOON - HOUR, most=10) == 2


@pytest.mark.parametrize("reason", DisabledReason)
def test_disabled_endpoints_do_not_count(watched, reason: DisabledReason) -> None:
    failing, add = watched
    add(an_endpoint(failing_since=NOON - 2 * HOUR, disabled=reason))

    assert failing.count(NOON - HOUR, most=10) == 0


def test_no_more_are_counted_than_asked_for(watched) -> None:
    failing, add = watched
    for _ in range(3):
        add(an_endpoint(failing_since=NOON - 2 * HOUR))

    assert failing.count(NOON - HOUR, most=2) == 2
