"""Read the counters, and compare them with the notifications."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.ledger.totals import Totals


class Counters(Protocol):
    """Sums over the counters that `NotificationStore` moves, and the counters of HTTP requests."""

    def totals(self, tenant_id: str | None) -> Totals:
        """Return a tenant's sums since the beginning, or those of all tenants together for None."""

    def minutes(self, tenant_id: str | None, since: datetime) -> dict[datetime, Totals]:
        """Return the sums of each minute from ``since`` on, which must be within the last hour."""

    def by_tenant(self, since: datetime) -> dict[str, Totals]:
        """Return each tenant's sums over the minutes from the minute of ``since`` on."""

    def add(self, tenant_id: str, deltas: Mapping[str, int], at: datetime) -> None:
        """Add ``deltas`` to a tenant's counters of the minute of ``at``."""

    def roll_up(self, before: datetime, now: datetime) -> int:
        """Fold minutes older than ``before`` into the totals and return the number of folded documents."""


class LedgerChecks(Protocol):
    """Compares the counters with the notifications."""

    def mismatches(self, minute: datetime) -> list[Mismatch]:
        """Compare the counters of one minute's accepted notifications with the notifications, in one snapshot."""

    def checked_until(self) -> datetime | None:
        """Return the end of the last minute that was checked."""

    def set_checked_until(self, minute: datetime) -> None:
        """Store the end of the last minute that was checked."""
