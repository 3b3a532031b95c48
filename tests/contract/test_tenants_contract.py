"""What every store of the tenants' policies does, the fake included."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.contract.adapters import FAKE_AND_MONGO
from tests.contract.caches import end_caches
from tests.fakes import FakeTenants
from wavecom.adapters.mongo import tenants as adapter
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.tenants import MongoTenants
from wavecom.domain.categories import Category
from wavecom.domain.notifications.enums import Channel, OnUnknown
from wavecom.domain.senders import NO_SENDERS, Sender, Senders
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

    tenants.choose_on_unknown("bank-a", OnUnknown.HOLD)
    assert tenants.get("bank-a") == HOLD

    tenants.choose_on_unknown("bank-a", OnUnknown.RESEND)
    assert tenants.get("bank-a") == DEFAULT


def test_a_contact_is_chosen_and_taken_back_and_leaves_the_rest(tenants) -> None:
    tenants.choose_on_unknown("bank-a", OnUnknown.HOLD)
    tenants.choose_contact("bank-a", "operations@bank.example")
    assert tenants.latest("bank-a") == replace(HOLD, contact="operations@bank.example")

    tenants.choose_contact("bank-a", None)
    assert tenants.get("bank-a") == HOLD


def test_every_process_sees_a_policy(make_tenants) -> None:
    make_tenants().choose_on_unknown("bank-a", OnUnknown.HOLD)

    assert make_tenants().get("bank-a") == HOLD


def test_a_tenant_has_its_own_policy_and_so_has_its_test_world(make_tenants) -> None:
    make_tenants().choose_on_unknown("bank-a", OnUnknown.HOLD)

    tenants = make_tenants()
    assert [tenants.get(each) for each in ("bank-a", "bank-b", "bank-a~test", "bank")] == [HOLD, *[DEFAULT] * 3]


def test_other_processes_see_a_changed_policy_when_their_cache_ends(mongo: Mongo, monkeypatch) -> None:
    here, there = MongoTenants(mongo), MongoTenants(mongo)
    assert there.get("bank-a") == DEFAULT

    here.choose_on_unknown("bank-a", OnUnknown.HOLD)
    assert there.get("bank-a") == DEFAULT, "a request needs no look-up of its own"
    end_caches(monkeypatch, adapter)

    assert there.get("bank-a") == HOLD


BILLING = Sender(
    id="billing",
    channel=Channel.EMAIL,
    address="billing@bank.example",
    name="Bank Billing",
    reply_to="help@bank.example",
    providers=("ses", "smtp"),
)
ALERTS = Sender(id="alerts", channel=Channel.EMAIL, address="alerts@bank.example")
SHORT = Sender(id="short", channel=Channel.SMS, address="72345")


def senders_of(tenants: Tenants, tenant_id: str = "bank-a") -> Senders:
    assert tenants.latest(tenant_id) == tenants.get(tenant_id)
    return tenants.latest(tenant_id).senders


def test_a_tenant_has_no_senders_at_first(tenants) -> None:
    assert senders_of(tenants) == NO_SENDERS


def test_senders_are_stored_whole_in_the_order_of_their_ids(make_tenants) -> None:
    tenants = make_tenants()
    for each in (SHORT, BILLING, ALERTS):
        tenants.put_sender("bank-a", each, default=each is not ALERTS)

    senders = senders_of(make_tenants())
    assert list(senders.by_id.values()) == [ALERTS, BILLING, SHORT]
    assert senders.defaults == {Channel.EMAIL: "billing", Channel.SMS: "short"}
    assert senders_of(make_tenants(), "bank-b") == NO_SENDERS


def test_a_channel_has_one_default(tenants) -> None:
    tenants.put_sender("bank-a", BILLING, default=True)
    tenants.put_sender("bank-a", ALERTS, default=True)
    assert senders_of(tenants).defaults == {Channel.EMAIL: "alerts"}

    tenants.put_sender("bank-a", BILLING, default=False)
    assert senders_of(tenants).defaults == {Channel.EMAIL: "alerts"}

    tenants.put_sender("bank-a", ALERTS, default=False)
    assert senders_of(tenants).defaults == {}


def test_a_stored_sender_replaces_the_one_with_its_id(tenants) -> None:
    tenants.put_sender("bank-a", BILLING, default=False)
    plain = Sender(id="billing", channel=Channel.EMAIL, address="invoices@bank.example")
    tenants.put_sender("bank-a", plain, default=False)

    assert dict(senders_of(tenants).by_id) == {"billing": plain}


def test_a_removed_sender_is_no_default_any_more(tenants) -> None:
    tenants.put_sender("bank-a", BILLING, default=True)

    assert tenants.remove_sender("bank-a", BILLING)
    assert not tenants.remove_sender("bank-a", BILLING)
    assert senders_of(tenants) == NO_SENDERS
    tenants.put_sender("bank-a", BILLING, default=False)
    assert senders_of(tenants).defaults == {}


def test_policy_and_senders_do_not_change_each_other(tenants) -> None:
    tenants.choose_on_unknown("bank-a", OnUnknown.HOLD)
    tenants.put_sender("bank-a", BILLING, default=True)
    assert tenants.get("bank-a").on_unknown is OnUnknown.HOLD

    tenants.choose_on_unknown("bank-a", OnUnknown.RESEND)
    assert senders_of(tenants).chosen(Channel.EMAIL, None) == BILLING


def test_a_sender_leaves_the_policy_at_its_default(tenants) -> None:
    tenants.put_sender("bank-a", BILLING, default=True)

    assert tenants.get("bank-a").on_unknown is DEFAULT.on_unknown


OFFERS = Category(id="offers", name="Angebote & mehr", transactional=False)
RECEIPTS = Category(id="receipts", name="Receipts", transactional=True)


def test_categories_are_stored_whole_in_the_order_of_their_ids(make_tenants) -> None:
    for each in (RECEIPTS, OFFERS):
        make_tenants().put_category("bank-a", each)

    tenants = make_tenants()
    assert tenants.latest("bank-a") == tenants.get("bank-a")
    assert list(tenants.get("bank-a").categories.items()) == [("offers", OFFERS), ("receipts", RECEIPTS)]
    assert [tenants.get(each).categories for each in ("bank-b", "bank-a~test")] == [{}, {}]


def test_a_category_is_replaced_and_removed(tenants) -> None:
    tenants.put_sender("bank-a", BILLING, default=True)
    tenants.put_category("bank-a", OFFERS)
    tenants.put_category("bank-a", replace(OFFERS, name="Offers"))
    assert tenants.get("bank-a").categories["offers"].name == "Offers"

    assert tenants.remove_category("bank-a", "offers")
    assert not tenants.remove_category("bank-a", "offers")
    assert tenants.get("bank-a").categories == {}
    assert senders_of(tenants).by_id == {"billing": BILLING}
