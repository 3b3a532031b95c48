"""What every keeper of suppression lists does, the fake included."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, pending
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeSuppressions
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.domain.categories import Category
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression
from wavecom.ports.suppressions import Suppressions

PORT = Suppressions

PHONE = "+12025550123"
TOKEN = "ab" * 32


@pytest.fixture(params=FAKE_AND_MONGO)
def suppressions(request: pytest.FixtureRequest) -> Suppressions:
    if request.param == "fake":
        return FakeSuppressions()
    return MongoSuppressions(request.getfixturevalue("mongo"))


def a_suppression(
    recipient: str = "user@example.com",
    channel: Channel = Channel.EMAIL,
    tenant: str = "bank-a",
    reason: SuppressionReason = SuppressionReason.HARD_BOUNCE,
    **changes,
) -> Suppression:
    return Suppression(
        tenant_id=tenant,
        channel=channel,
        recipient=recipient,
        reason=reason,
        **{"created_at": NOON, "notification_id": "a" * 24, **changes},
    )


@pytest.mark.parametrize(
    "listed",
    [
        a_suppression(),
        a_suppression("Größe@bücher.example", reason=SuppressionReason.COMPLAINT),
        a_suppression(PHONE, Channel.SMS, reason=SuppressionReason.MANUAL, notification_id=None),
        a_suppression(TOKEN, Channel.PUSH),
    ],
    ids=lambda each: each.channel,
)
def test_an_address_comes_back_as_it_was_added(suppressions: Suppressions, listed: Suppression) -> None:
    suppressions.add([listed])

    assert suppressions.page("bank-a", limit=10) == [listed]
    assert suppressions.get("bank-a", listed.id) == listed
    assert suppressions.get("bank-b", listed.id) is None
    assert suppressions.get("bank-a", "0" * 32) is None


def test_one_that_is_there_already_stays_as_it_is(suppressions: Suppressions) -> None:
    suppressions.add([a_suppression()])

    suppressions.add(
        [a_suppression(reason=SuppressionReason.MANUAL, created_at=NOON + timedelta(days=1), notification_id=None)]
    )

    assert suppressions.page("bank-a", limit=10) == [a_suppression()]


def test_the_same_address_twice_in_one_call_is_there_once(suppressions: Suppressions) -> None:
    suppressions.add([a_suppression(), a_suppression(reason=SuppressionReason.COMPLAINT)])

    assert suppressions.page("bank-a", limit=10) == [a_suppression()]


def test_nothing_may_be_added_and_nothing_asked_for(suppressions: Suppressions) -> None:
    suppressions.add([])

    assert suppressions.among([]) == {}
    assert suppressions.page("bank-a", limit=10) == []


def test_of_a_batch_each_is_named_with_the_reason_on_its_list(suppressions: Suppressions) -> None:
    complained, dead, free = (
        pending(),
        pending(channel=Channel.SMS, recipient=PHONE),
        pending(recipient="c@example.com"),
    )
    suppressions.add([a_suppression(reason=SuppressionReason.COMPLAINT), a_suppression(PHONE, Channel.SMS)])

    found = suppressions.among([complained, dead, free])

    assert found == {complained.id: SuppressionReason.COMPLAINT, dead.id: SuppressionReason.HARD_BOUNCE}


def test_of_a_batch_those_on_their_tenants_list_are_named(suppressions: Suppressions) -> None:
    suppressions.add(
        [a_suppression(), a_suppression(PHONE, Channel.SMS), a_suppression("b@example.com", tenant="bank-b")]
    )
    listed = [pending(), pending(), pending(channel=Channel.SMS, recipient=PHONE)]
    theirs = pending(tenant="bank-b", recipient="b@example.com")
    free = [
        pending(recipient="b@example.com"),
        pending(tenant="bank-b"),
        pending(tenant="bank-a~test"),
        pending(channel=Channel.PUSH, recipient=PHONE),
    ]

    assert suppressions.among([*free, *listed, theirs]).keys() == {each.id for each in [*listed, theirs]}


@pytest.mark.parametrize("recipient", ["USER@example.com", "user@EXAMPLE.COM", "uSER@eXAMPLE.cOM"])
def test_the_case_of_an_email_address_does_not_matter(suppressions: Suppressions, recipient: str) -> None:
    suppressions.add([a_suppression(recipient)])
    notification = pending()

    assert suppressions.among([notification]).keys() == {notification.id}
    assert suppressions.page("bank-a", limit=1)[0].recipient == recipient


def test_two_mailboxes_that_only_look_alike_are_two(suppressions: Suppressions) -> None:
    suppressions.add([a_suppression("strasse@example.com")])

    assert suppressions.among([pending(recipient="straße@example.com")]) == {}


def test_the_case_of_an_fcm_token_does_matter(suppressions: Suppressions) -> None:
    suppressions.add([a_suppression("abc:" + "Ab" * 60, Channel.PUSH)])

    assert suppressions.among([pending(channel=Channel.PUSH, recipient="abc:" + "ab" * 60)]) == {}


def test_an_address_can_be_taken_off_once_and_by_its_tenant_alone(suppressions: Suppressions) -> None:
    listed = a_suppression()
    suppressions.add([listed])

    assert suppressions.remove("bank-b", listed.id, NOON) is False
    assert suppressions.remove("bank-a~test", listed.id, NOON) is False
    assert suppressions.remove("bank-a", listed.id, NOON) is True
    assert suppressions.remove("bank-a", listed.id, NOON) is False
    assert suppressions.among([pending()]) == {}
    suppressions.add([listed])
    assert suppressions.page("bank-a", limit=10) == [listed], "it can be put back"


def test_pages_are_in_the_order_of_ids_and_of_one_tenant(suppressions: Suppressions) -> None:
    listed = [a_suppression(f"r{number}@example.com") for number in range(25)]
    suppressions.add([*listed, *(a_suppression(each.recipient, tenant="bank-b") for each in listed)])
    expected = sorted(each.id for each in listed)

    pages, after = [], None
    while page := suppressions.page("bank-a", limit=10, after=after):
        pages.append([each.id for each in page])
        after = page[-1].id

    assert [len(page) for page in pages] == [10, 10, 5]
    assert [each for page in pages for each in page] == expected
    assert suppressions.page("bank-a", limit=10, after="f" * 32) == []


def test_an_id_says_nothing_of_the_recipient_and_fits_a_url() -> None:
    listed = a_suppression(PHONE, Channel.SMS)

    assert len(listed.id) == 32
    assert set(listed.id) <= set("0123456789abcdef")
    assert listed.id != a_suppression(PHONE, Channel.PUSH).id


def test_many_at_once_put_one_address_on_the_list_once(mongo: Mongo) -> None:
    reasons = list(SuppressionReason) * 10

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda reason: MongoSuppressions(mongo).add([a_suppression(reason=reason)]), reasons))

    assert len(MongoSuppressions(mongo).page("bank-a", limit=10)) == 1


OFFERS = Category(id="offers", name="Offers", transactional=False)
LEFT = a_suppression(reason=SuppressionReason.UNSUBSCRIBED, category="offers", notification_id=None)


def test_who_left_a_category_gets_everything_else(suppressions: Suppressions) -> None:
    offer, other = pending(category=OFFERS), pending(category=replace(OFFERS, id="news"))
    plain, receipt = pending(), pending(category=replace(OFFERS, transactional=True))
    to_another = pending(category=OFFERS, recipient="other@example.com")
    of_another, by_sms = (
        pending(category=OFFERS, tenant="bank-b"),
        pending(category=OFFERS, channel=Channel.SMS, recipient=PHONE),
    )

    suppressions.add([LEFT])

    waiting = [offer, other, plain, receipt, to_another, of_another, by_sms]
    assert suppressions.among(waiting) == {offer.id: SuppressionReason.UNSUBSCRIBED}


def test_the_letters_case_of_who_left_does_not_matter(suppressions: Suppressions) -> None:
    suppressions.add([replace(LEFT, recipient="User@example.com")])

    offer = pending(category=OFFERS)
    assert suppressions.among([offer]) == {offer.id: SuppressionReason.UNSUBSCRIBED}


def test_a_suppression_for_everything_is_named_before_one_for_a_category(suppressions: Suppressions) -> None:
    suppressions.add([LEFT, a_suppression()])

    offer, plain = pending(category=OFFERS), pending()
    assert suppressions.among([offer, plain]) == dict.fromkeys((offer.id, plain.id), SuppressionReason.HARD_BOUNCE)


def test_both_are_on_the_list_and_each_is_taken_off_alone(suppressions: Suppressions) -> None:
    suppressions.add([LEFT, a_suppression()])
    assert LEFT.id != a_suppression().id
    assert suppressions.get("bank-a", LEFT.id) == LEFT
    assert {each.id for each in suppressions.page("bank-a", limit=10)} == {LEFT.id, a_suppression().id}

    assert suppressions.remove("bank-a", LEFT.id, NOON)

    offer = pending(category=OFFERS)
    assert suppressions.among([offer]) == {offer.id: SuppressionReason.HARD_BOUNCE}


def test_ids_are_looked_up_together(suppressions: Suppressions) -> None:
    suppressions.add([LEFT, a_suppression()])

    asked = [LEFT.id, a_suppression(PHONE, Channel.SMS).id]
    assert suppressions.present("bank-a", asked) == {LEFT.id}
    assert suppressions.present("bank-b", asked) == set()
    assert suppressions.present("bank-a", []) == set()
