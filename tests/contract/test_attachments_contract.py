"""What every store of attachments does, the fake included."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.builders import NOON, an_attachment, created
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeAttachments
from wavecom.adapters.mongo.attachments.records import MongoAttachments
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.domain.content.attachments import Attachment, Scan, StoredAttachment
from wavecom.ports.content import Attachments

PORT = Attachments

LATER = NOON + timedelta(days=1)
MUCH_LATER = NOON + timedelta(days=90)


@dataclass
class Store:
    """The attachments, and a way to give one to a notification."""

    attachments: Attachments
    attach: Callable[[Attachment], None]


@pytest.fixture(params=FAKE_AND_MONGO)
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        fake = FakeAttachments()
        return Store(fake, lambda attachment: fake.attached.add(attachment.id))
    mongo: Mongo = request.getfixturevalue("mongo")
    notifications = MongoNotificationStore(mongo, MongoCounters(mongo))

    def attach(attachment: Attachment) -> None:
        notifications.add([created(attachments=(an_attachment(), attachment))])

    return Store(MongoAttachments(mongo), attach)


@pytest.fixture
def attachments(store: Store) -> Attachments:
    return store.attachments


def stored(tenant: str = "bank-a", scanned: Scan | None = None, due_at=LATER) -> StoredAttachment:
    return StoredAttachment(tenant_id=tenant, attachment=an_attachment(scanned=scanned), created_at=NOON, due_at=due_at)


@pytest.mark.parametrize("scanned", [None, *Scan])
def test_an_attachment_comes_back_as_it_was_stored(attachments, scanned) -> None:
    given = stored(scanned=scanned)

    attachments.add(given)

    assert attachments.get("bank-a", given.attachment.id) == given


def test_no_tenant_gets_another_ones(attachments) -> None:
    attachments.add(theirs := stored("bank-b"))
    attachments.add(ours := stored())

    assert attachments.get("bank-a", theirs.attachment.id) is None
    found = attachments.use("bank-a", [theirs.attachment.id, ours.attachment.id], until=MUCH_LATER)

    assert [each.attachment for each in found] == [ours.attachment]
    assert attachments.get("bank-b", theirs.attachment.id) == theirs


def test_use_keeps_them_for_longer_and_never_for_less(attachments) -> None:
    attachments.add(given := stored())
    ids = [given.attachment.id, "0" * 24]

    (used,) = attachments.use("bank-a", ids, until=MUCH_LATER)
    attachments.use("bank-a", ids, until=LATER)

    assert used == replace(given, due_at=MUCH_LATER)
    assert attachments.get("bank-a", given.attachment.id) == used


def test_what_is_checked_is_known(attachments) -> None:
    attachments.add(one := stored())
    attachments.add(other := stored())

    attachments.set_checked([one.attachment.id])

    found = attachments.use("bank-a", [one.attachment.id, other.attachment.id], until=LATER)
    assert {each.attachment.id: each.checked for each in found} == {one.attachment.id: True, other.attachment.id: False}


def test_scans_are_kept(attachments) -> None:
    attachments.add(pending := stored(scanned=Scan.PENDING))
    attachments.add(clean := stored(scanned=Scan.PENDING))
    attachments.add(unscanned := stored("bank-b"))

    attachments.set_scanned(clean.attachment.id, Scan.CLEAN)

    ids = [each.attachment.id for each in (pending, clean, unscanned)]
    assert attachments.scans([*ids, "0" * 24]) == dict(zip(ids, (Scan.PENDING, Scan.CLEAN, None), strict=True))


def test_those_that_are_due_come_first_the_longest_due(attachments) -> None:
    all_of = [stored(due_at=NOON + timedelta(minutes=minutes)) for minutes in (3, 1, 2, 9)]
    for each in all_of:
        attachments.add(each)

    at = NOON + timedelta(minutes=3)
    assert attachments.due(at, limit=10) == [all_of[1], all_of[2], all_of[0]]
    assert attachments.due(at, limit=1) == [all_of[1]]


def test_it_knows_what_a_notification_has(store) -> None:
    store.attachments.add(used := stored())
    store.attachments.add(unused := stored())

    store.attach(used.attachment)

    assert store.attachments.is_attached(used.attachment.id)
    assert not store.attachments.is_attached(unused.attachment.id)


def test_what_is_removed_is_no_ones_and_stays_due_until_it_is_forgotten(attachments) -> None:
    attachments.add(given := stored())

    assert attachments.remove(given)

    assert attachments.get("bank-a", given.attachment.id) is None
    assert attachments.use("bank-a", [given.attachment.id], until=MUCH_LATER) == []
    assert attachments.due(LATER, limit=10) == [replace(given, removing=True)]
    attachments.forget([given.attachment.id])
    assert attachments.due(LATER, limit=10) == []


def test_what_was_used_meanwhile_is_neither_removed_nor_postponed(attachments) -> None:
    attachments.add(given := stored())
    (used,) = attachments.use("bank-a", [given.attachment.id], until=MUCH_LATER)

    assert not attachments.remove(given)
    attachments.postpone(given, LATER + timedelta(hours=1))

    assert attachments.get("bank-a", given.attachment.id) == used
    attachments.postpone(used, MUCH_LATER + timedelta(days=1))
    assert attachments.due(MUCH_LATER, limit=10) == []
