"""The ledger: the result of everything a minute accepted, and the check of the counters."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavecom.domain.degradation import check_answers
from wavecom.domain.ledger.counting import minute_of
from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.change import UNFINISHED
from wavecom.domain.notifications.enums import Status
from wavecom.ports.ledger import Counters, LedgerChecks
from wavecom.ports.system import Clock, SystemState

logger = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
CLOSED_AFTER = timedelta(minutes=2)
"""The time after its end at which a minute is closed: none of its requests are running any more."""
MAX_CHECKED_PER_RUN = 10
"""Minutes that one run checks, so that it catches up after a pause in bounded time."""
KEPT_BY_MINUTE = timedelta(hours=1)
"""The time for which the ledger is kept by minute; older minutes are folded into the totals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """Counts of the notifications that one minute (or all time, ``minute`` None) accepted, by result."""

    minute: datetime | None
    accepted: int
    sent: int
    failed: int
    cancelled: int
    expired: int
    in_flight: int

    @property
    def balanced(self) -> bool:
        """True if everything accepted is accounted for."""
        return self.accepted == self.sent + self.failed + self.cancelled + self.expired + self.in_flight


def line(minute: datetime | None, totals: Totals) -> LedgerLine:
    """Return the ledger line of counter sums. A sent notification stays sent, whatever its receipt says."""
    by_status = totals.by_status()
    return LedgerLine(
        minute=minute,
        accepted=sum(totals.by_channel("created").values()),
        sent=sum(by_status[status] for status in (Status.SENT, Status.DELIVERED, Status.UNDELIVERED)),
        failed=by_status[Status.FAILED],
        cancelled=by_status[Status.CANCELLED],
        expired=by_status[Status.EXPIRED],
        in_flight=sum(by_status[status] for status in UNFINISHED),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Shows the ledger, and checks it against the notifications."""

    counters: Counters
    checks: LedgerChecks
    system: SystemState
    clock: Clock

    def lines(self, tenant_id: str | None, back: timedelta) -> tuple[list[LedgerLine], LedgerLine]:
        """Return a tenant's lines (or all) of the time ``back``, an hour at the most, and the line of all time.

        Raises `OverloadedError` while the load is high.
        """
        check_answers(self.system.level())
        since, earliest = self.clock() - back, minute_of(self.clock() - KEPT_BY_MINUTE)
        minutes: Mapping[datetime, Totals] = self.counters.minutes(tenant_id, max(since, earliest))
        lines = [line(minute, minutes[minute]) for minute in sorted(minutes)]
        return [each for each in lines if each.accepted], line(None, self.counters.totals(tenant_id))

    def check(self) -> list[Mismatch]:
        """Check the closed minutes that were not checked yet, and return the mismatches."""
        last = minute_of(self.clock() - CLOSED_AFTER)
        first = max(self.checks.checked_until() or last - MINUTE, last - KEPT_BY_MINUTE)
        found: list[Mismatch] = []
        for _ in range(MAX_CHECKED_PER_RUN):
            if first >= last:
                break
            mismatches = self.checks.mismatches(first)
            _log(mismatches)  # before its minute counts as checked
            found += mismatches
            first += MINUTE
            self.checks.set_checked_until(first)
        return found


def _log(mismatches: Sequence[Mismatch]) -> None:
    for each in mismatches:
        logger.error(
            "Ledger mismatch",
            extra={
                "tenant_id": each.tenant_id,
                "minute": each.minute.isoformat(),
                "status": each.status.value,
                "counted": each.counted,
                "stored": each.stored,
            },
        )
