"""The ledger's lines, and the check of each closed minute, against fakes."""

from datetime import datetime, timedelta

import pytest

from tests.builders import NOON, TIMINGS, ManualClock, a_draft, a_result
from tests.fakes import FakeLedgerChecks, FakeStore, FakeSystem
from wavecom.application.operate.ledger import (
    CLOSED_AFTER,
    KEPT_BY_MINUTE,
    MAX_CHECKED_PER_RUN,
    MINUTE,
    Ledger,
    LedgerLine,
)
from wavecom.domain import reports
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport

HALF_A_MINUTE = timedelta(seconds=30)


class Accounts:
    """A ledger and everything around it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FakeStore()
        self.checks = FakeLedgerChecks(self.store)
        self.ledger = Ledger(counters=self.store.counters, checks=self.checks, system=FakeSystem(), clock=self.clock)

    def accepted(self, tenant: str = "bank-a", at: datetime | None = None, **changes) -> Notification:
        created = lifecycle.create(a_draft(**changes), tenant_id=tenant, at=at or self.clock(), timings=TIMINGS)
        self.store.add([created])
        return created.after

    def attempted(self, notification: Notification, outcome: Outcome) -> Notification:
        at = self.clock()
        claim = lifecycle.claim(notification, retry_counts={0}, token="t", at=at, timings=TIMINGS)
        return self.saves(settlement.settle(self.saves(claim), a_result(outcome), at=at, timings=TIMINGS))

    def reported(self, notification: Notification, delivery_outcome: DeliveryOutcome) -> Notification:
        report = DeliveryReport(
            notification_id=notification.id,
            provider="simulated-email",
            delivery_outcome=delivery_outcome,
            reason=None,
            suppression_reason=None,
            at=self.clock(),
        )
        return self.saves(reports.apply_report(notification, report, at=self.clock()))

    def saves(self, change: Change | None) -> Notification:
        assert change is not None
        (saved,) = self.store.save([change])
        return saved.after

    def lines(self, tenant: str | None = "bank-a") -> tuple[list[LedgerLine], LedgerLine]:
        return self.ledger.lines(tenant, KEPT_BY_MINUTE)

    def closed(self, minute: datetime) -> None:
        """Let just so much time pass that a minute is closed."""
        self.clock.at = minute + MINUTE + CLOSED_AFTER


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def a_line(minute: datetime | None, **counts: int) -> LedgerLine:
    fields = ("accepted", "sent", "failed", "cancelled", "expired", "in_flight")
    return LedgerLine(minute=minute, **{name: counts.get(name, 0) for name in fields})


def miscounted(accounts: Accounts, minute: datetime, tenant: str = "bank-a") -> Mismatch:
    """Count what is not stored, and return what a check must find."""
    accounts.store.counters.add(tenant, {"cells.SENT:EMAIL:HIGH": 3}, minute)
    return Mismatch(tenant_id=tenant, minute=minute, status=Status.SENT, counted=3, stored=0)


def test_a_line_says_what_became_of_everything_that_a_minute_took_in(accounts: Accounts) -> None:
    sent, delivered, bounced = [accounts.attempted(accounts.accepted(), Outcome.ACCEPTED) for _ in range(3)]
    accounts.reported(delivered, DeliveryOutcome.DELIVERED)
    accounts.reported(bounced, DeliveryOutcome.UNDELIVERED)
    accounts.attempted(accounts.accepted(), Outcome.PERMANENT)
    accounts.attempted(accounts.accepted(), Outcome.TRANSIENT)
    accounts.saves(lifecycle.cancel(accounts.accepted(), at=NOON))
    late = accounts.accepted(expires_at=NOON + timedelta(seconds=1))
    accounts.saves(lifecycle.expire(late, at=NOON + timedelta(seconds=1)))
    accounts.accepted()

    lines, total = accounts.lines()

    expected = {"accepted": 8, "sent": 3, "failed": 1, "cancelled": 1, "expired": 1, "in_flight": 2}
    assert lines == [a_line(NOON, **expected)]
    assert total == a_line(None, **expected)
    assert lines[0].balanced
    assert sent.state.status is Status.SENT


def test_what_happens_later_counts_in_the_line_of_the_minute_of_acceptance(accounts: Accounts) -> None:
    first = accounts.accepted()
    accounts.clock.advance(5 * MINUTE)
    accounts.accepted()
    accounts.attempted(first, Outcome.PERMANENT)

    lines, total = accounts.lines()

    assert lines == [a_line(NOON, accepted=1, failed=1), a_line(NOON + 5 * MINUTE, accepted=1, in_flight=1)]
    assert total == a_line(None, accepted=2, failed=1, in_flight=1)


def test_a_replay_takes_it_out_of_the_failed_again(accounts: Accounts) -> None:
    dead = accounts.attempted(accounts.accepted(), Outcome.PERMANENT)
    accounts.clock.advance(10 * MINUTE)
    accounts.saves(
        lifecycle.replay(dead, at=accounts.clock(), timings=TIMINGS, request=lifecycle.Replay(by="key-1", key="k"))
    )

    assert accounts.lines()[0] == [a_line(NOON, accepted=1, in_flight=1)]


def test_a_tenant_sees_its_own_lines_and_nobody_asked_for_sees_all(accounts: Accounts) -> None:
    for tenant in ("bank-a", "bank-b", "bank-b", "bank-a~test"):
        accounts.accepted(tenant)

    accepted = {tenant: accounts.lines(tenant)[1].accepted for tenant in ("bank-a", "bank-b", "bank-c", None)}

    assert accepted == {"bank-a": 1, "bank-b": 2, "bank-c": 0, None: 4}


def test_lines_begin_where_they_are_asked_to_and_go_back_an_hour_at_the_most(accounts: Accounts) -> None:
    for minutes in (0, 30, 59, 60, 61):
        accounts.accepted(at=NOON - minutes * MINUTE)

    hour, everything = accounts.ledger.lines("bank-a", 3 * KEPT_BY_MINUTE)
    half, _ = accounts.ledger.lines("bank-a", 30 * MINUTE)

    assert [each.minute for each in hour] == [NOON - minutes * MINUTE for minutes in (60, 59, 30, 0)]
    assert [each.minute for each in half] == [NOON - 30 * MINUTE, NOON]
    assert everything.accepted == 5


def test_minutes_that_took_in_nothing_have_no_line(accounts: Accounts) -> None:
    accounts.store.counters.add("bank-a", {"http.GET": 5}, NOON)

    assert accounts.lines() == ([], a_line(None))


def test_a_line_that_does_not_add_up_is_not_balanced(accounts: Accounts) -> None:
    accounts.accepted()
    accounts.store.counters.add("bank-a", {"cells.SENT:EMAIL:HIGH": 1}, NOON)

    (line,), total = accounts.lines()

    assert not line.balanced
    assert not total.balanced


def test_each_closed_minute_is_checked_once(accounts: Accounts) -> None:
    accounts.closed(NOON)
    accounts.ledger.check()
    for _ in range(6):
        accounts.clock.advance(HALF_A_MINUTE)
        accounts.ledger.check()

    assert accounts.checks.checked == [NOON + minutes * MINUTE for minutes in range(4)]


def test_a_minute_is_not_checked_before_it_is_closed(accounts: Accounts) -> None:
    accounts.checks.set_checked_until(NOON)
    accounts.closed(NOON)
    accounts.clock.advance(-timedelta(milliseconds=1))

    accounts.ledger.check()
    assert accounts.checks.checked == []
    accounts.clock.advance(timedelta(milliseconds=1))
    accounts.ledger.check()

    assert accounts.checks.checked == [NOON]


def test_after_a_pause_it_catches_up_a_part_at_a_time(accounts: Accounts) -> None:
    accounts.checks.set_checked_until(NOON)
    accounts.closed(NOON + 24 * MINUTE)

    counts = []
    for _ in range(4):
        accounts.ledger.check()
        counts.append(len(accounts.checks.checked))

    assert counts == [MAX_CHECKED_PER_RUN, 2 * MAX_CHECKED_PER_RUN, 25, 25]
    assert accounts.checks.checked == [NOON + minutes * MINUTE for minutes in range(25)]


def test_after_a_long_pause_it_goes_back_as_far_as_the_minutes_are_kept(accounts: Accounts) -> None:
    accounts.checks.set_checked_until(NOON - 24 * KEPT_BY_MINUTE)
    accounts.closed(NOON)

    accounts.ledger.check()

    assert accounts.checks.checked[0] == NOON + MINUTE - KEPT_BY_MINUTE


def test_a_clock_that_went_back_checks_nothing_twice(accounts: Accounts) -> None:
    accounts.closed(NOON)
    accounts.ledger.check()
    accounts.clock.advance(-5 * MINUTE)

    accounts.ledger.check()

    assert accounts.checks.checked == [NOON]


def test_what_does_not_agree_is_returned_and_logged_with_its_minute_and_tenant(
    accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    accounts.checks.set_checked_until(NOON)
    second = NOON + MINUTE
    wrong = [miscounted(accounts, NOON), miscounted(accounts, second, "bank-b")]
    accounts.closed(second)

    found = accounts.ledger.check()

    assert found == wrong
    logged = [record.__dict__ for record in caplog.records if record.levelname == "ERROR"]
    assert [(each["tenant_id"], each["minute"], each["status"]) for each in logged] == [
        ("bank-a", NOON.isoformat(), "SENT"),
        ("bank-b", second.isoformat(), "SENT"),
    ]
    assert (logged[0]["counted"], logged[0]["stored"]) == (3, 0)
    assert accounts.ledger.check() == []


class FailingChecks(FakeLedgerChecks):
    """Checks that fail from one minute on."""

    def __init__(self, store: FakeStore, fails_from: datetime) -> None:
        super().__init__(store)
        self.fails_from: datetime | None = fails_from

    def mismatches(self, minute: datetime) -> list[Mismatch]:
        if self.fails_from is not None and minute >= self.fails_from:
            raise StoreUnavailableError("down")
        return super().mismatches(minute)


def test_a_mismatch_is_told_though_the_database_fails_at_the_minute_after_it(
    accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    checks = FailingChecks(accounts.store, fails_from=NOON + MINUTE)
    checks.set_checked_until(NOON)
    miscounted(accounts, NOON)
    ledger = Ledger(counters=accounts.store.counters, checks=checks, system=FakeSystem(), clock=accounts.clock)
    accounts.closed(NOON + MINUTE)

    try:
        told = ledger.check()
    except StoreUnavailableError:
        told = []
    checks.fails_from = None
    told += ledger.check()

    assert "Ledger mismatch" in caplog.text, "or it is never told: its minute counts as checked"
    assert checks.checked.count(NOON + MINUTE) == 1
