"""What every check of the ledger finds, the fake's included, and that it raises no false alarm."""

import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from bson import ObjectId

from tests.builders import ASKED, TIMINGS, a_draft, a_result, now
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeLedgerChecks, FakeStore, as_if_stored
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.ledger_checks import MongoLedgerChecks
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.domain import reports
from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel, OnUnknown, Priority, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.ports.ledger import Counters, LedgerChecks
from wavecom.ports.notifications import NotificationStore

PORT = LedgerChecks

MINUTE = timedelta(minutes=1)
TENANTS = ("bank-a", "bank-b", "bank-a~test")
Step = Callable[[Notification, datetime], Change | None]


class Accounts(ABC):
    """Checks, the store and counters that they compare, and what may befall these behind the application's back."""

    store: NotificationStore
    counters: Counters
    checks: LedgerChecks

    @abstractmethod
    def of_another_process(self) -> "Accounts": ...

    @abstractmethod
    def delete(self, notification: Notification) -> None: ...

    @abstractmethod
    def set_status(self, notification: Notification, status: Status) -> None: ...

    @abstractmethod
    def copy_to(self, tenant: str, notification: Notification) -> None: ...

    @abstractmethod
    def delete_counters(self, minute: datetime) -> None: ...

    def accepted(self, at: datetime, tenant: str = "bank-a", **changes) -> Notification:
        created = lifecycle.create(a_draft(**changes), tenant_id=tenant, at=at, timings=TIMINGS)
        self.store.add([created])
        return created.after

    def saves(self, change: Change) -> Notification:
        (saved,) = self.store.save([change])
        return saved.after

    def sent(self, at: datetime) -> Notification:
        claimed = self.saves(claimed_by_one(self.accepted(at), at))
        return self.saves(accepted_by_provider(claimed, at))


class FakeAccounts(Accounts):
    def __init__(self) -> None:
        self.store = self._store = FakeStore()
        self.counters = self._store.counters
        self.checks = FakeLedgerChecks(self._store)

    def of_another_process(self) -> Accounts:
        return self

    def delete(self, notification: Notification) -> None:
        del self._store.notifications[notification.id]

    def set_status(self, notification: Notification, status: Status) -> None:
        self._store.notifications[notification.id] = notification.changed(status=status)

    def copy_to(self, tenant: str, notification: Notification) -> None:
        as_if_stored(self._store, replace(notification, id="f" * 24, tenant_id=tenant))

    def delete_counters(self, minute: datetime) -> None:
        for tenant, totals in self.counters.by_tenant(minute).items():
            self.counters.add(tenant, {name: -count for name, count in totals.values.items()}, minute)


class MongoAccounts(Accounts):
    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        counters = MongoCounters(mongo)
        self.counters = counters
        self.store = MongoNotificationStore(mongo, counters)
        self.checks = MongoLedgerChecks(mongo, counters)

    def of_another_process(self) -> Accounts:
        return MongoAccounts(self._mongo)

    def delete(self, notification: Notification) -> None:
        self._mongo.database.notifications.delete_one({"_id": ObjectId(notification.id)})

    def set_status(self, notification: Notification, status: Status) -> None:
        where = {"_id": ObjectId(notification.id)}
        self._mongo.database.notifications.update_one(where, {"$set": {"status": status.value}})

    def copy_to(self, tenant: str, notification: Notification) -> None:
        document = self._mongo.database.notifications.find_one({"_id": ObjectId(notification.id)})
        assert document is not None
        copied = {**document, "_id": ObjectId(f"{notification.id:.8}{'f' * 16}"), "tenantId": tenant}
        self._mongo.database.notifications.insert_one(copied)

    def delete_counters(self, minute: datetime) -> None:
        self._mongo.database.counters.delete_many({"minute": minute})


def _claim(notification: Notification, at: datetime) -> Change | None:
    count = notification.state.retry_count
    return lifecycle.claim(notification, retry_counts={count}, token="t", at=at, timings=TIMINGS)


def claimed_by_one(notification: Notification, at: datetime) -> Change:
    change = _claim(notification, at)
    assert change is not None
    return change


def accepted_by_provider(notification: Notification, at: datetime) -> Change:
    return settlement.settle(notification, a_result(Outcome.ACCEPTED), at=at, timings=TIMINGS)


def _settled(outcome: Outcome) -> Step:
    return lambda each, at: settlement.settle(each, a_result(outcome), at=at, timings=TIMINGS)


def _reported(delivery_outcome: DeliveryOutcome) -> Step:
    def step(notification: Notification, at: datetime) -> Change | None:
        report = DeliveryReport(
            notification_id=notification.id,
            provider="simulated-email",
            delivery_outcome=delivery_outcome,
            reason=None,
            suppression_reason=None,
            at=at,
        )
        return reports.apply_report(notification, report, at=at)

    return step


STEPS: dict[Status, list[Step]] = {
    Status.PENDING: [
        lambda each, at: lifecycle.enqueue(each, at=at, timings=TIMINGS),
        _claim,
        lambda each, at: lifecycle.cancel(each, at=at),
    ],
    Status.QUEUED: [_claim, _claim, _claim, lambda each, at: lifecycle.cancel(each, at=at)],
    Status.PROCESSING: [
        *(_settled(outcome) for outcome in Outcome),
        lambda each, at: settlement.begin(each, provider="simulated-email", idempotent=False, at=at),
        lambda each, at: settlement.abandon(each, at=at, timings=TIMINGS),
        lambda each, at: settlement.release(each, at=at, timings=TIMINGS),
        lambda each, at: settlement.suppress(each, reason=SuppressionReason.MANUAL, at=at, timings=TIMINGS),
    ],
    Status.RETRYING: [
        lambda each, at: _claim(each, max(at, each.state.retry_at or at)),
        _reported(DeliveryOutcome.DELIVERED),
        _reported(DeliveryOutcome.ACCEPTED),
        _reported(DeliveryOutcome.UNDELIVERED),
        lambda each, at: lifecycle.cancel(each, at=at),
    ],
    Status.SENT: [_reported(DeliveryOutcome.DELIVERED), _reported(DeliveryOutcome.UNDELIVERED)],
    Status.FAILED: [
        lambda each, at: lifecycle.replay(each, at=at, timings=TIMINGS, request=ASKED),
        _reported(DeliveryOutcome.DELIVERED),
        _reported(DeliveryOutcome.ACCEPTED),
        _reported(DeliveryOutcome.UNDELIVERED),
    ],
}


@pytest.fixture(params=FAKE_AND_MONGO)
def accounts(request: pytest.FixtureRequest) -> Accounts:
    return FakeAccounts() if request.param == "fake" else MongoAccounts(request.getfixturevalue("mongo"))


@pytest.fixture
def minute() -> datetime:
    """A minute that is closed, some minutes ago."""
    return now().replace(second=0, microsecond=0) - timedelta(minutes=10)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_true_books_agree_after_a_random_life(accounts: Accounts, minute: datetime, seed: int) -> None:
    chance = random.Random(seed)
    living = [
        accounts.accepted(
            minute + timedelta(milliseconds=chance.choice([0, 1, 29_999, 59_999])) + chance.randrange(3) * MINUTE,
            chance.choice(TENANTS),
            channel=chance.choice(list(Channel)),
            priority=chance.choice(list(Priority)),
            on_unknown=chance.choice(list(OnUnknown)),
            max_retries=chance.randrange(4),
        )
        for _ in range(60)
    ]

    for second in range(400):
        index = chance.randrange(len(living))
        steps = STEPS.get(living[index].state.status)
        at = minute + 5 * MINUTE + timedelta(seconds=second)
        if steps and (change := chance.choice(steps)(living[index], at)):
            living[index] = accounts.saves(change)
        if second % 100 == 0:
            accounts.counters.roll_up(at - timedelta(hours=2), at)

    assert len({each.state.status for each in living}) >= 5, "the life was too plain to show anything"
    assert [found for number in range(-1, 9) for found in accounts.checks.mismatches(minute + number * MINUTE)] == []


def test_of_nothing_there_is_nothing_to_find(accounts: Accounts, minute: datetime) -> None:
    accounts.accepted(minute + MINUTE)

    assert accounts.checks.mismatches(minute) == []


def test_a_counter_that_was_tampered_with_is_named(accounts: Accounts, minute: datetime) -> None:
    for _ in range(3):
        accounts.sent(minute)
    accounts.accepted(minute, "bank-b")
    accounts.sent(minute + MINUTE)

    accounts.counters.add("bank-a", {"cells.SENT:EMAIL:HIGH": 2}, minute)

    assert accounts.checks.mismatches(minute) == [
        Mismatch(tenant_id="bank-a", minute=minute, status=Status.SENT, counted=5, stored=3)
    ]
    assert accounts.checks.mismatches(minute + MINUTE) == []


def test_a_notification_that_was_deleted_is_missed(accounts: Accounts, minute: datetime) -> None:
    accounts.sent(minute)
    gone = accounts.sent(minute + timedelta(milliseconds=59_999))

    accounts.delete(gone)

    assert accounts.checks.mismatches(minute) == [
        Mismatch(tenant_id="bank-a", minute=minute, status=Status.SENT, counted=2, stored=1)
    ]


def test_a_notification_that_nobody_accepted_is_found(accounts: Accounts, minute: datetime) -> None:
    accounts.copy_to("bank-b", accounts.sent(minute))

    assert accounts.checks.mismatches(minute) == [
        Mismatch(tenant_id="bank-b", minute=minute, status=Status.SENT, counted=0, stored=1)
    ]


def test_a_status_that_was_set_by_hand_is_found_on_both_lines(accounts: Accounts, minute: datetime) -> None:
    accounts.set_status(accounts.sent(minute), Status.FAILED)

    found = {(each.status, each.counted, each.stored) for each in accounts.checks.mismatches(minute)}
    assert found == {(Status.SENT, 1, 0), (Status.FAILED, 0, 1)}


def test_counters_that_are_gone_are_missed(accounts: Accounts, minute: datetime) -> None:
    accounts.sent(minute)

    accounts.delete_counters(minute)

    assert [(each.status, each.counted, each.stored) for each in accounts.checks.mismatches(minute)] == [
        (Status.SENT, 0, 1)
    ]


def test_while_consumers_move_things_at_the_same_time_there_is_no_false_alarm(
    accounts: Accounts, minute: datetime
) -> None:
    notifications = [accounts.accepted(minute) for _ in range(240)]
    over = threading.Event()
    alarms: list[Mismatch] = []

    def consume(part: list[Notification]) -> None:
        own, at = accounts.of_another_process(), minute + 5 * MINUTE
        for start in range(0, len(part), 10):
            claims = own.store.save([claimed_by_one(each, at) for each in part[start : start + 10]])
            own.store.save([accepted_by_provider(change.after, at) for change in claims])

    def fold() -> None:
        while not over.is_set():
            accounts.counters.roll_up(minute - timedelta(hours=2), minute + 20 * MINUTE)

    checks = 0
    with ThreadPoolExecutor(5) as threads:
        consuming = [threads.submit(consume, notifications[number::3]) for number in range(3)]
        folding = threads.submit(fold)
        while not all(each.done() for each in consuming):
            alarms += accounts.checks.mismatches(minute)
            checks += 1
        over.set()
        for each in (*consuming, folding):
            each.result()

    assert alarms == []
    assert checks > 3, "nothing was looked at while it moved"
    assert accounts.checks.mismatches(minute) == []
    assert accounts.counters.totals("bank-a").by_status()[Status.SENT] == 240


def test_how_far_it_was_checked_is_remembered_for_every_process(accounts: Accounts, minute: datetime) -> None:
    here, there = accounts, accounts.of_another_process()
    assert here.checks.checked_until() is None

    here.checks.set_checked_until(minute)

    assert there.checks.checked_until() == minute
    there.checks.set_checked_until(minute + MINUTE)
    assert here.checks.checked_until() == minute + MINUTE
