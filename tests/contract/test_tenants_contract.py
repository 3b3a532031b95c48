"""What every store of the tenants' policies does, the fake included."""

from collections.abc import Callable

import pytest

from tests.contract.adapters import FAKE_AND_MONGO
from tests.contract.caches import end_caches
from tests.fakes import FakeTenants
from wavecom.adapters.mongo import tenants as adapter
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.tenants import MongoTenants
from wavecom.domain.notifications.enums import OnUnknown
from wavecom.domain.tenants import TenantPolicy
from wavecom.ports.tenants import Tenants

PORT = Tenants

DEFAULT, HOLD = TenantPolicy(), TenantPolicy(on_unknown=OnUnknown.HOLD)


@pytest.fixture(params=FAKE_AND_MONGO)
def make_tenants(request: pytest.FixtureRequest) -> Callable[[], Tenants]:
    """Return a function that gives the policies, each time as another process would see them."""
    if request.param == "fake":
        fake = FakeTenants()
        return lambda: fake
    mongo: Mongo = request.getfixturevalue("mongo")
    return lambda: MongoTenants(mongo)


@pytest.fixture
def tenants(make_tenants) -> Tenants:
    return make_tenants()


def test_a_tenant_that_has_chosen_nothing_has_the_default_policy(tenants) -> None:
    assert tenants.get("bank-a") == DEFAULT


def test_a_policy_holds_at_once_for_whoever_stored_it(tenants) -> None:
    assert tenants.get("bank-a") == DEFAULT

    tenants.put("bank-a", HOLD)
    assert tenants.get("bank-a") == HOLD

    tenants.put("bank-a", DEFAULT)
    assert tenants.get("bank-a") == DEFAULT


def test_every_process_sees_a_policy(make_tenants) -> None:
    make_tenants().put("bank-a", HOLD)

    assert make_tenants().get("bank-a") == HOLD


def test_a_tenant_has_its_own_policy_and_so_has_its_test_world(make_tenants) -> None:
    make_tenants().put("bank-a", HOLD)

    tenants = make_tenants()
    assert [tenants.get(each) for each in ("bank-a", "bank-b", "bank-a~test", "bank")] == [HOLD, *[DEFAULT] * 3]


def test_other_processes_see_a_changed_policy_when_their_cache_ends(mongo: Mongo, monkeypatch) -> None:
    here, there = MongoTenants(mongo), MongoTenants(mongo)
    assert there.get("bank-a") == DEFAULT

    here.put("bank-a", HOLD)
    assert there.get("bank-a") == DEFAULT, "a request needs no look-up of its own"
    end_caches(monkeypatch, adapter)

    assert there.get("bank-a") == HOLD
