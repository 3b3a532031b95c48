"""What every keeper of endpoints does, the fake included."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pymongo
import pytest

from tests.builders import NOON, ManualClock, an_endpoint
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeEndpoints
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.events.wanted import MongoWantedEvents
from wavecom.adapters.mongo.webhooks.endpoints import PURPOSE, MongoEndpoints
from wavecom.adapters.sealing import Seal
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.events.event import EventType
from wavecom.domain.webhooks.endpoint import DisabledReason, Endpoint, OldSecret, Recovery, new_secret
from wavecom.ports.webhooks import Endpoints

PORT = Endpoints

KEY = "k" * 32
LATER = NOON + timedelta(hours=1)
RECOVERY = Recovery(since=NOON - timedelta(days=1), until=NOON)
FULL = an_endpoint(
    types=tuple(EventType),
    updated_at=LATER,
    description="Our ledger",
    headers={"Authorization": "Bearer s3cret", "X-Weg": "rechts"},
    metadata=True,
    old_secret=OldSecret(secret=new_secret(), until=LATER),
    disabled=DisabledReason.FAILING,
    failing_since=NOON,
    quick=True,
    slow_until=LATER,
    notice_due=True,
    recovery=replace(RECOVERY, after=(NOON - timedelta(hours=1), "evt_0123456789abcdef01234567_2")),
)


def on_mongo(mongo: Mongo, *keys: str) -> MongoEndpoints:
    return MongoEndpoints(mongo, MongoWantedEvents(mongo, ManualClock()), Seal(keys or (KEY,), PURPOSE))


@pytest.fixture(params=FAKE_AND_MONGO)
def endpoints(request: pytest.FixtureRequest) -> Endpoints:
    if request.param == "fake":
        return FakeEndpoints()
    return on_mongo(request.getfixturevalue("mongo"))


def added(endpoints: Endpoints, **changes) -> Endpoint:
    endpoint = an_endpoint(**changes)
    assert endpoints.add(endpoint, most=20)
    return endpoint


def changed(endpoint: Endpoint, **changes) -> Endpoint:
    return replace(endpoint, **{"updated_at": endpoint.updated_at + timedelta(milliseconds=1), **changes})


@pytest.mark.parametrize("endpoint", [an_endpoint(), FULL], ids=["plain", "with everything"])
def test_an_endpoint_comes_back_as_it_was_added(endpoints: Endpoints, endpoint: Endpoint) -> None:
    assert endpoints.add(endpoint, most=1)

    assert endpoints.get("bank-a", endpoint.id) == endpoint
    assert endpoints.of(["bank-a"]) == [endpoint]


def test_a_replaced_endpoint_comes_back_with_everything_and_without(endpoints: Endpoints) -> None:
    plain = added(endpoints)
    full = replace(FULL, id=plain.id)

    assert endpoints.replace(plain, full)
    assert endpoints.get("bank-a", plain.id) == full

    again = replace(plain, updated_at=LATER + timedelta(hours=1))
    assert endpoints.replace(full, again)
    assert endpoints.get("bank-a", plain.id) == again


def test_endpoints_come_in_the_order_of_their_ids(endpoints: Endpoints) -> None:
    made = [added(endpoints, tenant=tenant) for tenant in ("bank-b", "bank-a", "bank-c", "bank-a")]
    wanted = [each for each in made if each.tenant_id != "bank-c"]

    assert endpoints.of(["bank-a", "bank-b", "bank-z"]) == sorted(wanted, key=lambda each: each.id)
    assert endpoints.of([]) == []


def test_no_tenant_gets_or_changes_another_ones(endpoints: Endpoints) -> None:
    theirs = added(endpoints, tenant="bank-b")
    ours = replace(theirs, tenant_id="bank-a")

    assert endpoints.get("bank-a", theirs.id) is None
    assert not endpoints.remove("bank-a", theirs.id)
    assert not endpoints.replace(ours, changed(ours, url="https://evil.example/"))
    assert endpoints.get("bank-b", theirs.id) == theirs


def test_a_tenant_has_so_many_and_no_more(endpoints: Endpoints) -> None:
    first = added(endpoints)
    added(endpoints, tenant="bank-b")

    assert endpoints.add(an_endpoint(), most=2)
    assert not endpoints.add(an_endpoint(), most=2)
    assert endpoints.remove("bank-a", first.id)
    assert endpoints.add(an_endpoint(), most=2)
    assert len(endpoints.of(["bank-a"])) == 2


@pytest.mark.parametrize("present", [0, 1])
def test_many_adds_at_once_do_not_exceed_the_most(endpoints: Endpoints, present: int) -> None:
    """Those that want the same events as the one before change nothing for the tenant, and count all the same."""
    for _ in range(present):
        added(endpoints)

    with ThreadPoolExecutor(16) as threads:
        done = list(threads.map(lambda _: endpoints.add(an_endpoint(), most=3), range(16)))

    assert sum(done) == 3 - present
    assert len(endpoints.of(["bank-a"])) == 3


def test_an_endpoint_that_is_gone_is_not_replaced(endpoints: Endpoints) -> None:
    endpoint = added(endpoints)
    assert endpoints.remove("bank-a", endpoint.id)

    assert not endpoints.replace(endpoint, changed(endpoint, description="again"))
    assert not endpoints.remove("bank-a", endpoint.id)
    assert endpoints.of(["bank-a"]) == []


@pytest.mark.parametrize("after", [timedelta(milliseconds=1), timedelta(0)], ids=["later", "in the same millisecond"])
def test_an_endpoint_that_was_changed_meanwhile_is_not_replaced(endpoints: Endpoints, after: timedelta) -> None:
    endpoint = added(endpoints)
    first = replace(endpoint, description="first", updated_at=endpoint.updated_at + after)
    assert endpoints.replace(endpoint, first)

    assert not endpoints.replace(endpoint, replace(endpoint, description="second", updated_at=LATER))

    assert endpoints.get("bank-a", endpoint.id) == first


def test_of_many_changes_at_once_one_is_made(endpoints: Endpoints) -> None:
    endpoint = added(endpoints)
    wishes = [changed(endpoint, description=str(number)) for number in range(8)]

    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda wish: endpoints.replace(endpoint, wish), wishes))

    assert sum(done) == 1
    assert endpoints.get("bank-a", endpoint.id) == wishes[done.index(True)]


def test_health_is_noted_and_is_no_change(endpoints: Endpoints) -> None:
    endpoint = added(endpoints)

    endpoints.note_health(endpoint, failing_since=LATER, quick=False)
    assert endpoints.get("bank-a", endpoint.id) == replace(endpoint, failing_since=LATER)

    endpoints.note_health(endpoint, failing_since=None, quick=True)
    assert endpoints.get("bank-a", endpoint.id) == replace(endpoint, quick=True)
    assert endpoints.replace(endpoint, changed(endpoint))


def test_a_change_leaves_what_was_noted_meanwhile(endpoints: Endpoints) -> None:
    before = added(endpoints, recovery=RECOVERY)
    further = replace(RECOVERY, after=(NOON, "evt_0123456789abcdef01234567_2"))
    endpoints.note_health(before, failing_since=LATER, quick=True)
    endpoints.note_recovery(before, further)

    after = changed(before, description="Our ledger")
    assert endpoints.replace(before, after)

    noted = replace(after, failing_since=LATER, quick=True, recovery=further)
    assert endpoints.get("bank-a", before.id) == noted
    ended = changed(noted, failing_since=None, recovery=None)
    assert endpoints.replace(noted, ended)
    assert endpoints.get("bank-a", before.id) == ended


def test_an_endpoint_is_disabled_once(endpoints: Endpoints) -> None:
    endpoint = added(endpoints, failing_since=NOON)
    endpoints.note_health(endpoint, failing_since=NOON, quick=True)

    assert endpoints.disable(endpoint, DisabledReason.FAILING, LATER)

    found = endpoints.get("bank-a", endpoint.id)
    assert found == replace(endpoint, quick=True, disabled=DisabledReason.FAILING, notice_due=True, updated_at=LATER)
    assert not endpoints.disable(endpoint, DisabledReason.FAILING, LATER)
    assert not endpoints.disable(an_endpoint(), DisabledReason.GONE, LATER)


def test_an_endpoint_that_has_succeeded_meanwhile_is_disabled_only_if_it_is_gone(endpoints: Endpoints) -> None:
    seen = added(endpoints, failing_since=NOON)
    endpoints.note_health(seen, failing_since=None, quick=True)

    assert not endpoints.disable(seen, DisabledReason.FAILING, LATER)
    assert endpoints.disable(seen, DisabledReason.GONE, LATER)


def test_an_endpoint_that_was_changed_meanwhile_is_not_disabled(endpoints: Endpoints) -> None:
    seen = added(endpoints)
    assert endpoints.replace(seen, changed(seen, url="https://new.example/hook"))

    assert not endpoints.disable(seen, DisabledReason.GONE, LATER)


def test_a_tenant_is_to_be_told_of_what_we_have_disabled_and_once(endpoints: Endpoints) -> None:
    seen, by_client = added(endpoints), added(endpoints, disabled=DisabledReason.BY_CLIENT)
    assert endpoints.with_notice_due(limit=10) == []

    endpoints.disable(seen, DisabledReason.GONE, LATER)

    (due,) = endpoints.with_notice_due(limit=10)
    assert due == endpoints.get("bank-a", seen.id)
    endpoints.note_told(due)
    assert endpoints.with_notice_due(limit=10) == []
    assert endpoints.get("bank-a", by_client.id) == by_client


def test_what_was_disabled_anew_meanwhile_is_still_to_be_told(endpoints: Endpoints) -> None:
    seen = added(endpoints)
    endpoints.disable(seen, DisabledReason.GONE, LATER)
    (due,) = endpoints.with_notice_due(limit=10)
    again = changed(due, disabled=None, notice_due=False)
    assert endpoints.replace(due, again)
    assert endpoints.disable(again, DisabledReason.GONE, LATER + timedelta(hours=1))

    endpoints.note_told(due)

    assert len(endpoints.with_notice_due(limit=10)) == 1


def test_health_of_an_endpoint_that_is_gone_makes_none(endpoints: Endpoints) -> None:
    endpoint = added(endpoints)
    endpoints.remove("bank-a", endpoint.id)

    endpoints.note_health(endpoint, failing_since=NOON, quick=True)
    endpoints.note_recovery(replace(endpoint, recovery=RECOVERY), None)

    assert endpoints.of(["bank-a"]) == []


def test_recoveries_are_found_some_at_a_time(endpoints: Endpoints) -> None:
    recovering = [added(endpoints, tenant=tenant, recovery=RECOVERY) for tenant in ("bank-a", "bank-b", "bank-b")]
    added(endpoints)

    found = endpoints.recovering(limit=10)

    assert sorted(found, key=lambda each: each.id) == sorted(recovering, key=lambda each: each.id)
    assert len(endpoints.recovering(limit=2)) == 2


def test_a_recovery_goes_on_and_ends(endpoints: Endpoints) -> None:
    endpoint = added(endpoints, recovery=RECOVERY)
    further = replace(RECOVERY, after=(NOON, "evt_0123456789abcdef01234567_2"))

    endpoints.note_recovery(endpoint, further)
    (found,) = endpoints.recovering(limit=10)
    endpoints.note_recovery(found, None)

    assert found == replace(endpoint, recovery=further)
    assert endpoints.recovering(limit=10) == []
    assert endpoints.get("bank-a", endpoint.id) == replace(endpoint, recovery=None)


def test_a_recovery_that_began_meanwhile_stays(endpoints: Endpoints) -> None:
    before = added(endpoints, recovery=RECOVERY)
    another = Recovery(since=NOON - timedelta(days=3), until=LATER)
    endpoints.replace(before, changed(before, recovery=another))

    endpoints.note_recovery(before, None)

    assert [each.recovery for each in endpoints.recovering(limit=10)] == [another]


@pytest.fixture(params=FAKE_AND_MONGO)
def endpoints_down(request: pytest.FixtureRequest) -> Endpoints:
    if request.param == "fake":
        fake = FakeEndpoints()
        fake.down = True
        return fake
    return on_mongo(request.getfixturevalue("mongo_down"))


@pytest.mark.parametrize(
    "call",
    [
        lambda each: each.add(an_endpoint(), most=1),
        lambda each: each.replace(FULL, changed(FULL)),
        lambda each: each.remove("bank-a", FULL.id),
        lambda each: each.get("bank-a", FULL.id),
        lambda each: each.of(["bank-a"]),
        lambda each: each.disable(FULL, DisabledReason.GONE, LATER),
        lambda each: each.with_notice_due(limit=1),
        lambda each: each.note_told(FULL),
        lambda each: each.note_health(FULL, failing_since=None, quick=True),
        lambda each: each.recovering(limit=1),
        lambda each: each.note_recovery(FULL, None),
    ],
    ids=[
        "add",
        "replace",
        "remove",
        "get",
        "of",
        "disable",
        "with_notice_due",
        "note_told",
        "note_health",
        "recovering",
        "note_recovery",
    ],
)
def test_a_database_that_is_down_is_said_so(endpoints_down: Endpoints, call: Callable[[Endpoints], object]) -> None:
    with pymongo.timeout(0.2), pytest.raises(StoreUnavailableError):
        call(endpoints_down)


def test_secrets_and_headers_cannot_be_read_from_the_database(mongo: Mongo) -> None:
    on_mongo(mongo).add(FULL, most=1)

    (document,) = mongo.database.webhookendpoints.find()

    assert FULL.old_secret is not None
    for secret in (FULL.secret, FULL.old_secret.secret, "Bearer", "s3cret", "Authorization", "rechts"):
        assert secret not in str(document)


def test_secrets_are_opened_with_an_earlier_key(mongo: Mongo) -> None:
    on_mongo(mongo, KEY).add(FULL, most=1)

    changed_key = on_mongo(mongo, "n" * 32, KEY)

    assert changed_key.get("bank-a", FULL.id) == FULL
    assert changed_key.replace(FULL, changed(FULL))
    assert on_mongo(mongo, "n" * 32).get("bank-a", FULL.id) == changed(FULL)


def test_secrets_of_an_unknown_key_are_no_answer(mongo: Mongo) -> None:
    on_mongo(mongo, KEY).add(FULL, most=1)

    with pytest.raises(StoreUnavailableError, match="SEALING_KEY"):
        on_mongo(mongo, "n" * 32).get("bank-a", FULL.id)
