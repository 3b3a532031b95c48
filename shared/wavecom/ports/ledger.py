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
        """Return each tenant's sums over the minutes that begin at ``since``'s or later."""

    def add(self, tenant_id: str, deltas: Mapping[str, int], at: datetime) -> None:
        """Add to a tenant's counters of the minute of ``at``."""

    def roll_up(self, before: datetime, now: datetime) -> int:
        """Fold minutes older than ``before`` into the totals and return how many documents were folded."""


class LedgerChecks(Protocol):
    """The ledger against what it is about."""

    def mismatches(self, minute: datetime) -> list[Mismatch]:
        """Compare the counters of what was accepted in one minute with the notifications, at one moment."""

    def checked_until(self) -> datetime | None:
        """Return the end of the last minute that was checked."""

    def set_checked_until(self, minute: datetime) -> None:
        """Store it."""
