"""The ledger's own check, and what only an audit trail shows, on a real database."""

from datetime import datetime, timedelta

import pytest
from bson import ObjectId

from tests.builders import TIMINGS, ManualClock, a_draft, a_result, now
from tests.fakes import FakeSystem
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.ledger_checks import MongoLedgerChecks
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.application.operate.ledger import CLOSED_AFTER, MINUTE, Ledger
from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome


class Accounts:
    """Checks, and the store and counters that they compare."""

    def __init__(self, mongo: Mongo) -> None:
        self.mongo = mongo
        self.counters = MongoCounters(mongo)
        self.store = MongoNotificationStore(mongo, self.counters)
        self.checks = MongoLedgerChecks(mongo, self.counters)

    def sent(self, at: datetime) -> Notification:
        change = lifecycle.create(a_draft(), tenant_id="bank-a", at=at, timings=TIMINGS)
        self.store.add([change])
        claim = lifecycle.claim(change.after, retry_counts={0}, token="t", at=at, timings=TIMINGS)
        assert claim is not None
        self.store.save([claim])
        (saved,) = self.store.save([settlement.settle(claim.after, a_result(Outcome.ACCEPTED), at=at, timings=TIMINGS)])
        return saved.after

    def counter(self, minute: datetime) -> dict:
        return {"tenantId": "bank-a", "minute": minute}


@pytest.fixture
def accounts(mongo: Mongo) -> Accounts:
    return Accounts(mongo)


@pytest.fixture
def minute() -> datetime:
    """A minute that is closed, some minutes ago."""
    return now().replace(second=0, microsecond=0) - timedelta(minutes=10)


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
