"""What every notification store does, the fake included."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from bson import ObjectId

from tests.builders import ASKED, NOON, TIMINGS, a_result, an_attachment, claimed, created, pending
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeStore
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.domain.categories import Category
from wavecom.domain.content.attachments import Scan
from wavecom.domain.content.content import TemplateUse
from wavecom.domain.content.push import PushOptions
from wavecom.domain.dead_letters import DeadLetterFilter
from wavecom.domain.errors import IdempotencyKeyTakenError, StoreUnavailableError
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel, OnUnknown, Priority, Status
from wavecom.domain.notifications.lists import AuditRange, ListFilter, Position
from wavecom.domain.notifications.notification import Idempotency, Notification
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.senders import Sender
from wavecom.ports.ledger import Counters
from wavecom.ports.notifications import NotificationStore

PORT = NotificationStore

BANK_A = ListFilter(tenant_id="bank-a")
MakeStore = Callable[[], tuple[NotificationStore, Counters]]


@pytest.fixture(params=FAKE_AND_MONGO)
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Return a function that gives a store and its counters, each time as another process would see them."""
    if request.param == "fake":
        fake = FakeStore()
        return lambda: (fake, fake.counters)
    mongo: Mongo = request.getfixturevalue("mongo")

    def make() -> tuple[NotificationStore, Counters]:
        counters = MongoCounters(mongo)
        return MongoNotificationStore(mongo, counters), counters

    return make


@pytest.fixture
def store(make_store: MakeStore) -> NotificationStore:
    return make_store()[0]


@pytest.fixture
def counters(make_store: MakeStore) -> Counters:
    return make_store()[1]


def added(store: NotificationStore, **changes) -> Notification:
    change = created(**changes)
    store.add([change])
    return change.after


def a_claim(notification: Notification, token: str = "token") -> Change:
    change = lifecycle.claim(notification, retry_counts={0}, token=token, at=NOON, timings=TIMINGS)
    assert change is not None
    return change


def stored_as(store: NotificationStore, notification: Notification) -> Notification:
    stored = store.get("bank-a", notification.id)
    assert stored is not None
    return stored


def test_a_notification_comes_back_as_it_was_added(store: NotificationStore) -> None:
    notification = added(
        store,
        channel=Channel.SMS,
        recipient="+12025550123",
        subject=None,
        metadata={"userId": "12345", "nested": {"list": [1, 2.5, None, True]}},
        scheduled_at=NOON + timedelta(hours=1),
        expires_at=NOON + timedelta(hours=2),
        max_retries=1,
        on_unknown=OnUnknown.HOLD,
        idempotency=Idempotency(key="k", fingerprint="f", index=0),
    )

    assert store.get("bank-a", notification.id) == notification
    assert list(store.get_many([notification.id, "0" * 24])) == [notification]


def test_a_whole_life_comes_back_with_its_trail(store: NotificationStore) -> None:
    change = created()
    store.add([change])
    for step in (
        lambda n: lifecycle.enqueue(n, at=NOON, timings=TIMINGS),
        lambda n: lifecycle.claim(n, retry_counts={0}, token="t", at=NOON, timings=TIMINGS),
        lambda n: settlement.settle(n, a_result(Outcome.TRANSIENT), at=NOON, timings=TIMINGS),
        lambda n: lifecycle.claim(n, retry_counts={1}, token="u", at=n.state.retry_at, timings=TIMINGS),
        lambda n: settlement.settle(n, a_result(Outcome.ACCEPTED), at=n.state.updated_at, timings=TIMINGS),
    ):
        moved = step(change.after)
        assert moved is not None
        (change,) = store.save([moved])

        assert store.get("bank-a", change.after.id) == change.after

    trail = store.audit_trail(change.after)
    assert [entry.sequence for entry in trail] == [1, 2, 3, 4, 5, 6]
    assert [entry.status for entry in trail] == [
        Status.PENDING,
        Status.QUEUED,
        Status.PROCESSING,
        Status.RETRYING,
        Status.PROCESSING,
        Status.SENT,
    ]
    assert trail[-1].metadata["provider"] == "simulated-email"


def test_another_tenant_gets_nothing(store: NotificationStore) -> None:
    notification = added(store, idempotency=Idempotency(key="k", fingerprint="f", index=0))

    assert store.get("bank-b", notification.id) is None
    assert store.page(ListFilter(tenant_id="bank-b"), limit=10) == []
    assert store.find_by_idempotency_keys("bank-b", ["k"]) == []


def test_of_two_changes_from_the_same_state_only_the_first_is_written(store: NotificationStore) -> None:
    notification = added(store)

    assert len(store.save([lifecycle.enqueue(notification, at=NOON, timings=TIMINGS)])) == 1
    assert store.save([lifecycle.cancel(notification, at=NOON)]) == []

    stored = stored_as(store, notification)
    assert stored.state.status is Status.QUEUED
    assert len(store.audit_trail(stored)) == 2


def test_a_change_that_lost_its_race_does_not_take_the_others_with_it(store: NotificationStore) -> None:
    moved, still = added(store), added(store)
    store.save([lifecycle.cancel(moved, at=NOON)])

    saved = store.save([lifecycle.enqueue(each, at=NOON, timings=TIMINGS) for each in (moved, still)])

    assert [change.after.id for change in saved] == [still.id]
    assert stored_as(store, moved).state.status is Status.CANCELLED
    assert stored_as(store, still).state.status is Status.QUEUED


@pytest.mark.parametrize("_time", range(10))
def test_claimed_by_many_at_once_it_is_given_to_one(make_store: MakeStore, _time: int) -> None:
    store, _ = make_store()
    notifications = [added(store) for _ in range(5)]
    stores = [make_store()[0] for _ in range(8)]
    together = threading.Barrier(len(stores))

    def claim(number: int) -> list[str]:
        changes = [a_claim(each, f"consumer-{number}") for each in notifications]
        together.wait()
        return [change.after.id for change in stores[number].save(changes)]

    with ThreadPoolExecutor(len(stores)) as consumers:
        won = [notification_id for ids in consumers.map(claim, range(len(stores))) for notification_id in ids]

    assert sorted(won) == sorted(each.id for each in notifications)
    assert all(len(store.audit_trail(each)) == 3 for each in store.get_many(won))


def test_an_idempotency_key_is_taken_once_a_tenant_and_nothing_of_the_call_is_written(
    store: NotificationStore, counters: Counters
) -> None:
    key = Idempotency(key="k", fingerprint="f", index=0)
    first = added(store, idempotency=key)
    other, same_key = created(), created(idempotency=key)

    with pytest.raises(IdempotencyKeyTakenError):
        store.add([other, same_key])

    added(store, tenant="bank-b", idempotency=key)
    assert store.find_by_idempotency_keys("bank-a", ["k", "other"]) == [first]
    assert store.get("bank-a", other.after.id) is None
    assert counters.totals("bank-a").total() == 1


def test_what_is_added_is_seen_by_nobody_until_its_condition_holds(
    make_store: MakeStore,
) -> None:
    store, another = make_store()[0], make_store()[0]
    change = created()
    seen: list[Notification] = []

    def holds() -> bool:
        seen.extend(another.get_many([change.after.id]))
        return True

    assert store.add([change], may_commit=holds)

    assert seen == []
    assert another.get_many([change.after.id]) == [change.after]


def test_nothing_is_added_where_its_condition_does_not_hold(
    make_store: MakeStore,
) -> None:
    store, counters = make_store()
    change = created()

    assert not store.add([change], may_commit=lambda: False)

    assert store.get_many([change.after.id]) == []
    assert store.audit_trail(change.after) == []
    assert counters.totals("bank-a").total() == 0
    assert store.add([change]), "it can be tried again"


def test_the_condition_is_not_asked_where_an_idempotency_key_is_taken(store: NotificationStore) -> None:
    key = Idempotency(key="k", fingerprint="f", index=0)
    added(store, idempotency=key)
    asked: list[bool] = []

    def may_commit() -> bool:
        asked.append(True)
        return True

    with pytest.raises(IdempotencyKeyTakenError):
        store.add([created(idempotency=key)], may_commit=may_commit)

    assert asked == []


def test_content_comes_back_whole_for_who_sends_it_and_without_its_html_in_lists(store: NotificationStore) -> None:
    use = TemplateUse(id="paid", version=3, locale="de-CH")
    given = added(store, html="<p>Grüezi</p>", template=use)
    failed = settlement.settle(
        a_claim(given).after, a_result(Outcome.PERMANENT), at=NOON, timings=TIMINGS, others_may_accept=False
    )
    assert len(store.save([a_claim(given)])) == len(store.save([failed])) == 1

    assert stored_as(store, given).content.html == "<p>Grüezi</p>"
    assert [each.content.html for each in store.get_many([given.id])] == ["<p>Grüezi</p>"]
    lists = [
        store.page(BANK_A, limit=1),
        store.dead_letters(DeadLetterFilter(tenant_id="bank-a"), limit=1),
        store.range(AuditRange(tenant_id="bank-a", since=NOON, until=NOON + timedelta(hours=1)), limit=1),
    ]
    other = added(store, html="<p>x</p>")
    lists.append(store.overdue(NOON + timedelta(days=1), limit=1))
    assert [[each.content.html for each in found] for found in lists] == [[None]] * 4
    assert [each.template for (each,) in lists] == [use, use, use, None]
    assert stored_as(store, other).content.html == "<p>x</p>"


@pytest.mark.parametrize(
    "options",
    [
        PushOptions(link="bank://pay/1"),
        PushOptions(
            data={"account": "4711", "a-b": ""},
            link="https://bank.example/pay",
            sound="default",
            badge=0,
            image="https://bank.example/a.png",
            collapse_key="pay",
        ),
    ],
)
def test_what_a_push_message_carries_comes_back_whole_in_lists_too(
    store: NotificationStore, options: PushOptions
) -> None:
    given = added(store, channel=Channel.PUSH, recipient="ab" * 32, push=options)

    assert stored_as(store, given).content == given.content
    assert [each.content.push for each in store.page(BANK_A, limit=1)] == [options]


def test_attachments_come_back_in_their_order(store: NotificationStore) -> None:
    attachments = (an_attachment(scanned=Scan.PENDING), an_attachment(b"x", "Übersicht.txt", "text/plain"))

    given = added(store, attachments=attachments)

    assert stored_as(store, given).content.attachments == attachments
    assert [each.content.attachments for each in store.page(BANK_A, limit=1)] == [attachments]


def test_the_sender_comes_back_whole(store: NotificationStore) -> None:
    whole = Sender(
        id="billing",
        channel=Channel.EMAIL,
        address="billing@bank.example",
        name="Müller & Söhne",
        reply_to="help@bank.example",
        providers=("ses", "smtp"),
    )
    for sender in (whole, Sender(id="short", channel=Channel.SMS, address="72345"), None):
        assert (
            stored_as(store, added(store, sender=sender, channel=sender.channel if sender else Channel.EMAIL)).sender
            == sender
        )


def test_the_category_and_its_link_come_back_whole(store: NotificationStore) -> None:
    offers = Category(id="offers", name="Angebote", transactional=False)
    given = added(store, category=offers, unsubscribe_url="https://links.example/u/abc")

    stored = stored_as(store, given)
    assert (stored.category, stored.content.unsubscribe_url) == (offers, "https://links.example/u/abc")


def test_pages_are_newest_first_and_a_position_goes_on_where_it_stopped(store: NotificationStore) -> None:
    same_moment = [added(store, at=NOON + timedelta(minutes=index // 3)) for index in range(9)]
    expected = sorted(same_moment, key=lambda each: (each.created_at, each.id), reverse=True)

    first = store.page(BANK_A, limit=4)
    rest = store.page(BANK_A, limit=10, after=Position(first[-1].created_at, first[-1].id))

    assert first + rest == expected
    assert store.page(BANK_A, limit=3, skip=2) == expected[2:5]
    assert store.page(BANK_A, limit=3, skip=9) == []


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ({"status": Status.PENDING}, 3),
        ({"status": Status.SENT}, 0),
        ({"channel": Channel.SMS}, 2),
        ({"priority": Priority.LOW}, 2),
        ({"channel": Channel.SMS, "priority": Priority.LOW}, 1),
        ({"status": Status.PENDING, "channel": Channel.EMAIL, "priority": Priority.LOW}, 1),
    ],
)
def test_lists_are_filtered_and_the_counters_know_how_many_match(
    store: NotificationStore, counters: Counters, where, count
) -> None:
    added(store, channel=Channel.SMS, priority=Priority.HIGH)
    added(store, channel=Channel.SMS, priority=Priority.LOW)
    added(store, channel=Channel.EMAIL, priority=Priority.LOW)

    assert len(store.page(replace(BANK_A, **where), limit=10)) == count
    assert counters.totals("bank-a").cells(where.get("status"), where.get("channel"), where.get("priority")) == count


def test_overdue_are_those_whose_time_has_come_the_longest_overdue_first(store: NotificationStore) -> None:
    later, sooner = added(store, at=NOON + timedelta(seconds=1)), added(store)
    added(store, at=NOON + timedelta(hours=1))
    finished = added(store)
    store.save([lifecycle.cancel(finished, at=NOON)])

    overdue = store.overdue(NOON + timedelta(seconds=1) + TIMINGS.pending, limit=10)

    assert overdue == [sooner, later]
    assert store.overdue(NOON + timedelta(hours=9), limit=1) == [sooner]


def test_counters_move_with_their_changes(store: NotificationStore, counters: Counters) -> None:
    notification = added(store)
    (change,) = store.save([a_claim(notification)])
    store.save([settlement.settle(change.after, a_result(Outcome.ACCEPTED), at=NOON, timings=TIMINGS)])
    store.save([lifecycle.cancel(notification, at=NOON)])  # lost its race: counts nothing
    added(store, tenant="bank-b")

    totals = counters.totals("bank-a")

    assert {status: count for status, count in totals.by_status().items() if count} == {Status.SENT: 1}
    assert totals.by_channel("sent")[Channel.EMAIL] == 1
    assert totals.providers() == {"simulated-email": {"delivered": 1}}
    assert counters.totals(None).total() == 2
    assert counters.minutes("bank-a", NOON)[NOON].total() == 1
    assert counters.minutes("bank-a", NOON + timedelta(minutes=1)) == {}


def test_counters_stay_right_when_many_write_at_once(
    make_store: MakeStore,
) -> None:
    def write(_: int) -> None:
        store, _counters = make_store()
        for _ in range(5):
            store.save([lifecycle.enqueue(added(store), at=NOON, timings=TIMINGS)])

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))

    totals = make_store()[1].totals("bank-a")
    assert totals.by_status()[Status.QUEUED] == totals.total() == 40


def test_a_replay_takes_a_notification_out_of_retention(store: NotificationStore) -> None:
    notification = added(store)
    (change,) = store.save([a_claim(notification)])
    (change,) = store.save([settlement.settle(change.after, a_result(Outcome.PERMANENT), at=NOON, timings=TIMINGS)])

    store.save([lifecycle.replay(change.after, at=NOON, timings=TIMINGS, request=ASKED)])

    stored = stored_as(store, notification)
    assert (stored.state.status, stored.state.failed_at, stored.state.cause) == (Status.QUEUED, None, None)
    assert stored.state.due_at is not None


def test_a_document_of_a_newer_release_does_not_stop_the_others(mongo: Mongo) -> None:
    store = MongoNotificationStore(mongo, MongoCounters(mongo))
    strange, plain = added(store), added(store)
    mongo.database.notifications.update_one(
        {"_id": ObjectId(strange.id)}, {"$set": {"onUnknown": "newer_policy", "dueAt": NOON - timedelta(days=1)}}
    )

    assert store.get_many([strange.id, plain.id]) == [plain]
    assert store.overdue(NOON + timedelta(minutes=1), limit=1) == []
    assert store.overdue(NOON + timedelta(minutes=1), limit=1) == [plain]


@pytest.mark.servers
def test_an_unreachable_database_is_said_so_in_time() -> None:
    mongo = Mongo("mongodb://127.0.0.1:9/?directConnection=true&serverSelectionTimeoutMS=200", uuid.uuid4().hex)
    store = MongoNotificationStore(mongo, MongoCounters(mongo))

    with pytest.raises(StoreUnavailableError):
        store.ping(timedelta(seconds=1))

    mongo.close()


def test_a_new_notification_cannot_be_saved_and_a_stored_one_keeps_its_lease(store: NotificationStore) -> None:
    holder = claimed()
    store.add([Change(before=None, after=pending())])

    assert store.save([Change(before=holder, after=holder)]) == []


def test_the_tenants_that_wrote_to_a_recipient_are_known_by_the_sender(store) -> None:
    number, own = "+12025550123", Sender(id="own", channel=Channel.SMS, address="+12025550199")

    def wrote(tenant: str, provider: str | None = "twilio", **changes) -> None:
        sms = {"tenant": tenant, "channel": Channel.SMS, "recipient": number, "subject": None, **changes}
        notification = added(store, **sms)
        if provider is not None:
            claim = lifecycle.claim(notification, retry_counts={0}, token="token", at=NOON, timings=TIMINGS)
            assert claim is not None
            assert store.save([claim])
            result = a_result(Outcome.ACCEPTED, provider=provider)
            assert store.save([settlement.settle(claim.after, result, at=NOON, timings=TIMINGS)])

    wrote("own-number", sender=own)
    wrote("providers-number")
    wrote("both", sender=own)
    wrote("both")
    wrote("another-provider", provider="sns")
    wrote("not-sent", provider=None)
    wrote("to-another", recipient="+12025550124")
    wrote("by-push", channel=Channel.PUSH)
    wrote("tests~test")

    def found(*senders: str, provider: str | None = None) -> list[str]:
        return store.tenants_that_wrote(Channel.SMS, number, senders=senders, provider=provider)

    assert found(own.address) == ["both", "own-number"]
    assert found("+12025550100", provider="twilio") == ["both", "providers-number"]
    assert found(own.address, provider="twilio") == ["both", "own-number", "providers-number"]
    assert found("+12025550100") == []
