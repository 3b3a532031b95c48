"""The ledger against the notifications, on a real database."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from bson import ObjectId

from tests.builders import ASKED, TIMINGS, ManualClock, a_draft, a_result, now
from tests.fakes import FakeSystem
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.ledger_checks import MongoLedgerChecks
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.application.operate.ledger import CLOSED_AFTER, MINUTE, Ledger
from wavecom.domain import reports
from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel, OnUnknown, Priority, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason

TENANTS = ("bank-a", "bank-b", "bank-a~test")
Step = Callable[[Notification, datetime], Change | None]


class Accounts:
    """Books, and the store and counters that they compare."""

    def __init__(self, mongo: Mongo) -> None:
        self.mongo = mongo
        self.counters = MongoCounters(mongo)
        self.store = MongoNotificationStore(mongo, self.counters)
        self.checks = MongoLedgerChecks(mongo, self.counters)

    def accepted(self, at: datetime, tenant: str = "bank-a", **changes) -> Notification:
        created = lifecycle.create(a_draft(**changes), tenant_id=tenant, at=at, timings=TIMINGS)
        self.store.add([created])
        return created.after

    def saves(self, change: Change) -> Notification:
        (saved,) = self.store.save([change])
        return saved.after

    def sent(self, at: datetime) -> Notification:
        claimed = self.saves(_claim(self.accepted(at), at))
        return self.saves(settlement.settle(claimed, a_result(Outcome.ACCEPTED), at=at, timings=TIMINGS))

    def counter(self, minute: datetime, tenant: str = "bank-a") -> dict:
        return {"tenantId": tenant, "minute": minute}


def _claim(notification: Notification, at: datetime) -> Change:
    count = notification.state.retry_count
    claim = lifecycle.claim(notification, retry_counts={count}, token="t", at=at, timings=TIMINGS)
    assert claim is not None
    return claim


def _settled(outcome: Outcome) -> Callable[[Notification, datetime], Change]:
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


@pytest.fixture
def accounts(mongo: Mongo) -> Accounts:
    return Accounts(mongo)


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


def test_a_counter_that_was_tampered_with_is_named(accounts: Accounts, minute: datetime) -> None:
    for _ in range(3):
        accounts.sent(minute)
    accounts.accepted(minute, "bank-b")
    accounts.sent(minute + MINUTE)

    accounts.mongo.database.counters.update_one(accounts.counter(minute), {"$inc": {"cells.SENT:EMAIL:HIGH": 2}})

    assert accounts.checks.mismatches(minute) == [
        Mismatch(tenant_id="bank-a", minute=minute, status=Status.SENT, counted=5, stored=3)
    ]
    assert accounts.checks.mismatches(minute + MINUTE) == []


def test_a_notification_that_was_deleted_is_missed(accounts: Accounts, minute: datetime) -> None:
    accounts.sent(minute)
    gone = accounts.sent(minute + timedelta(milliseconds=59_999))

    accounts.mongo.database.notifications.delete_one({"_id": ObjectId(gone.id)})

    assert accounts.checks.mismatches(minute) == [
        Mismatch(tenant_id="bank-a", minute=minute, status=Status.SENT, counted=2, stored=1)
    ]


def test_a_notification_that_nobody_accepted_is_found(accounts: Accounts, minute: datetime) -> None:
    document = accounts.mongo.database.notifications.find_one({"_id": ObjectId(accounts.sent(minute).id)})
    assert document is not None
    forged = {**document, "_id": ObjectId(f"{document['_id']!s:.8}{'f' * 16}"), "tenantId": "bank-b"}
    accounts.mongo.database.notifications.insert_one(forged)

    assert accounts.checks.mismatches(minute) == [
        Mismatch(tenant_id="bank-b", minute=minute, status=Status.SENT, counted=0, stored=1)
    ]


def test_a_status_that_was_set_by_hand_is_found_on_both_lines(accounts: Accounts, minute: datetime) -> None:
    notification = accounts.sent(minute)

    where = {"_id": ObjectId(notification.id)}
    accounts.mongo.database.notifications.update_one(where, {"$set": {"status": "FAILED"}})

    found = {(each.status, each.counted, each.stored) for each in accounts.checks.mismatches(minute)}
    assert found == {(Status.SENT, 1, 0), (Status.FAILED, 0, 1)}


def test_counters_that_are_gone_are_missed(accounts: Accounts, minute: datetime) -> None:
    accounts.sent(minute)

    accounts.mongo.database.counters.delete_many(accounts.counter(minute))

    assert [(each.status, each.counted, each.stored) for each in accounts.checks.mismatches(minute)] == [
        (Status.SENT, 0, 1)
    ]


def test_while_consumers_move_things_at_the_same_time_there_is_no_false_alarm(mongo: Mongo, minute: datetime) -> None:
    main = Accounts(mongo)
    notifications = [main.accepted(minute) for _ in range(240)]
    over = threading.Event()
    alarms: list[Mismatch] = []

    def consume(part: list[Notification]) -> None:
        own, at = Accounts(mongo), minute + 5 * MINUTE
        for start in range(0, len(part), 10):
            claims = own.store.save([_claim(each, at) for each in part[start : start + 10]])
            own.store.save([_settled(Outcome.ACCEPTED)(change.after, at) for change in claims])

    def fold() -> None:
        while not over.is_set():
            main.counters.roll_up(minute - timedelta(hours=2), minute + 20 * MINUTE)

    checks = 0
    with ThreadPoolExecutor(5) as threads:
        consuming = [threads.submit(consume, notifications[number::3]) for number in range(3)]
        folding = threads.submit(fold)
        while not all(each.done() for each in consuming):
            alarms += main.checks.mismatches(minute)
            checks += 1
        over.set()
        for each in (*consuming, folding):
            each.result()

    assert alarms == []
    assert checks > 3, "nothing was looked at while it moved"
    assert main.checks.mismatches(minute) == []
    assert main.counters.totals("bank-a").by_status()[Status.SENT] == 240


def test_how_far_it_was_checked_is_remembered_for_every_process(mongo: Mongo, minute: datetime) -> None:
    here, there = Accounts(mongo), Accounts(mongo)
    assert here.checks.checked_until() is None

    here.checks.set_checked_until(minute)

    assert there.checks.checked_until() == minute
    there.checks.set_checked_until(minute + MINUTE)
    assert here.checks.checked_until() == minute + MINUTE


def test_the_ledger_finds_a_tampered_minute_once_by_itself(mongo: Mongo, minute: datetime) -> None:
    accounts, clock = Accounts(mongo), ManualClock(minute)
    ledger = Ledger(counters=accounts.counters, checks=accounts.checks, system=FakeSystem(), clock=clock)
    accounts.sent(minute)
    accounts.checks.set_checked_until(minute)
    mongo.database.counters.update_one(accounts.counter(minute), {"$inc": {"cells.SENT:EMAIL:HIGH": -1}})

    found = []
    for _ in range(6):
        clock.advance(MINUTE)
        found += ledger.check()

    assert clock() - minute > MINUTE + CLOSED_AFTER
    assert found == [Mismatch(tenant_id="bank-a", minute=minute, status=Status.SENT, counted=0, stored=1)]


def test_a_life_that_was_touched_up_everywhere_but_in_one_place_is_still_found(
    accounts: Accounts, minute: datetime
) -> None:
    notification = accounts.sent(minute)
    forged = notification.changed(status=Status.CANCELLED)

    accounts.mongo.database.notifications.update_one(
        {"_id": ObjectId(forged.id)}, {"$set": {"status": forged.state.status.value}}
    )
    accounts.mongo.database.counters.update_one(
        accounts.counter(minute), {"$inc": {"cells.SENT:EMAIL:HIGH": -1, "cells.CANCELLED:EMAIL:HIGH": 1}}
    )

    assert accounts.checks.mismatches(minute) == [], "the books agree"
    trail = accounts.store.audit_trail(forged)
    assert trail[-1].status is not forged.state.status, "the trail does not"
