"""What every store of API keys does, the fake included."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from tests.builders import NOON
from tests.contract.adapters import FAKE_AND_MONGO
from tests.contract.caches import end_caches
from tests.fakes import FakeApiKeys
from wavecom.adapters.mongo import api_keys as adapter
from wavecom.adapters.mongo.api_keys import MongoApiKeys
from wavecom.adapters.mongo.client import Mongo
from wavecom.domain.api_keys import ApiKey, Role
from wavecom.domain.errors import StoreUnavailableError
from wavecom.ports.tenants import ApiKeys

PORT = ApiKeys

SECOND = timedelta(seconds=1)
HELD = 3
"""Ids that are not too many to hold."""


@dataclass
class Adapter:
    """Keys, ``HELD`` ids at the most, and another process's view of them, which has cached nothing yet."""

    keys: ApiKeys
    of_another_process: Callable[[], ApiKeys]


@pytest.fixture(params=FAKE_AND_MONGO)
def stored(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    if request.param == "fake":
        fake = FakeApiKeys(ids_held=HELD)
        return Adapter(fake, lambda: fake)
    mongo: Mongo = request.getfixturevalue("mongo")
    monkeypatch.setattr(adapter, "IDS_LIMIT", HELD)
    return Adapter(MongoApiKeys(mongo), lambda: MongoApiKeys(mongo))


@pytest.fixture
def keys(stored: Adapter) -> ApiKeys:
    return stored.keys


def a_key(number: int = 0, *, tenant: str = "bank-a", at: datetime = NOON, **changes) -> ApiKey:
    values = {"secret_hash": "ab" * 32, "name": "shop «Été»", "role": Role.TENANT, **changes}
    return ApiKey(key_id=f"{number:012x}", tenant_id=tenant, created_at=at, **values)


@pytest.mark.parametrize(
    "key",
    [
        a_key(),
        a_key(role=Role.OPERATOR, rate_limit=7, tenant="bank-a~test"),
        a_key(revoked_at=NOON + SECOND, rate_limit=1_000_000),
    ],
    ids=["plain", "operator", "revoked"],
)
def test_a_key_comes_back_as_it_was_added(stored: Adapter, key: ApiKey) -> None:
    stored.keys.add(key)

    for keys in (stored.keys, stored.of_another_process()):
        assert keys.get(key.key_id) == key
        assert keys.all(None) == [key]


def test_a_key_that_nobody_made_is_none(keys) -> None:
    keys.add(a_key(1))

    assert keys.get(a_key(2).key_id) is None
    assert keys.get("") is None


def test_a_key_that_is_made_after_it_was_asked_for_is_found(keys) -> None:
    assert keys.get(a_key().key_id) is None

    keys.add(a_key())

    assert keys.get(a_key().key_id) == a_key()


def test_no_key_takes_the_place_of_another(stored: Adapter) -> None:
    stored.keys.add(a_key())

    with pytest.raises(StoreUnavailableError):
        stored.keys.add(a_key(tenant="bank-b", secret_hash="cd" * 32))

    assert stored.of_another_process().get(a_key().key_id) == a_key()


def test_keys_are_listed_newest_first_by_tenant_with_its_test_keys(keys) -> None:
    tenants = ("bank-a", "bank-b", "bank-a~test", "bank", "bank-a")
    made = [a_key(number, tenant=tenant, at=NOON + number * SECOND) for number, tenant in enumerate(tenants)]
    for number in (2, 0, 4, 1, 3):
        keys.add(made[number])

    assert keys.all("bank-a") == [made[4], made[2], made[0]]
    assert keys.all("bank-b") == [made[1]]
    assert keys.all("bank-a~test") == [made[2]]
    assert keys.all("bank-c") == []
    assert keys.all(None) == made[::-1]


def test_a_list_ends_with_the_thousandth_key(keys) -> None:
    made = [a_key(number, at=NOON + number * SECOND) for number in range(1_003)]
    for each in made:
        keys.add(each)

    for listed in (keys.all("bank-a"), keys.all(None)):
        assert listed == made[:2:-1]
        assert len(listed) == 1_000


def test_revoked_keys_are_listed_with_the_time_of_it(keys) -> None:
    keys.add(a_key())

    keys.revoke(a_key().key_id, NOON + SECOND)

    assert keys.all("bank-a") == [replace(a_key(), revoked_at=NOON + SECOND)]


def test_whoever_revokes_a_key_finds_it_revoked_at_once(stored: Adapter) -> None:
    key, other = a_key(1), a_key(2)
    stored.keys.add(key)
    stored.keys.add(other)
    assert stored.keys.get(key.key_id) == key, "it may be cached from here on"

    assert stored.keys.revoke(key.key_id, NOON + SECOND) is True

    for keys in (stored.keys, stored.of_another_process()):
        assert keys.get(key.key_id) == replace(key, revoked_at=NOON + SECOND)
        assert keys.get(other.key_id) == other


def test_a_key_is_revoked_once(keys) -> None:
    keys.add(a_key())
    keys.revoke(a_key().key_id, NOON + SECOND)

    assert keys.revoke(a_key().key_id, NOON + 2 * SECOND) is True

    assert keys.get(a_key().key_id) == replace(a_key(), revoked_at=NOON + SECOND)


def test_a_key_that_does_not_exist_cannot_be_revoked(stored: Adapter) -> None:
    assert stored.keys.revoke(a_key().key_id, NOON) is False

    assert stored.of_another_process().get(a_key().key_id) is None
    assert stored.keys.all(None) == []


def test_ids_are_those_of_all_keys_or_none_where_they_are_too_many_to_hold(keys) -> None:
    assert keys.ids() == frozenset()
    made = [a_key(number, tenant=f"bank-{number}") for number in range(HELD + 1)]

    for each in made[:HELD]:
        keys.add(each)
    keys.revoke(made[0].key_id, NOON)

    assert keys.ids() == {each.key_id for each in made[:HELD]}
    keys.add(made[HELD])
    assert keys.ids() is None


def test_another_process_finds_a_key_revoked_when_its_cache_ends(mongo: Mongo, monkeypatch) -> None:
    here, there = MongoApiKeys(mongo), MongoApiKeys(mongo)
    here.add(a_key())
    assert there.get(a_key().key_id) == a_key()

    here.revoke(a_key().key_id, NOON + SECOND)
    assert there.get(a_key().key_id) == a_key(), "a request needs no look-up of its own"
    end_caches(monkeypatch, adapter)

    assert there.get(a_key().key_id) == replace(a_key(), revoked_at=NOON + SECOND)
