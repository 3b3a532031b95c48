"""The counters and the ledger checks, from memory."""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from wavecom.domain.ledger.counting import minute_of
from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.enums import Status

if TYPE_CHECKING:
    from tests.fakes.notifications import FakeStore

Counts = Counter[tuple[str, Status]]
"""Notifications by tenant and status."""


class FakeCounters:
    """Counters in a dictionary per tenant and minute, and in one per tenant once they are folded."""

    def __init__(self) -> None:
        self._minutes: defaultdict[tuple[str, datetime], Counter[str]] = defaultdict(Counter)
        self._folded: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._lock = threading.RLock()

    def totals(self, tenant_id: str | None) -> Totals:
        with self._lock:
            folded = [Totals(counts) for tenant, counts in self._folded.items() if tenant_id in (None, tenant)]
            return Totals.merged([*self._of(tenant_id).values(), *folded])

    def minutes(self, tenant_id: str | None, since: datetime) -> dict[datetime, Totals]:
        return {minute: totals for minute, totals in self._of(tenant_id).items() if minute >= minute_of(since)}

    def _of(self, tenant_id: str | None) -> dict[datetime, Totals]:
        by_minute: defaultdict[datetime, Counter[str]] = defaultdict(Counter)
        with self._lock:
            for (tenant, minute), counts in self._minutes.items():
                if tenant_id in (None, tenant):
                    by_minute[minute].update(counts)
        return {minute: Totals(counts) for minute, counts in by_minute.items()}

    def by_tenant(self, since: datetime) -> dict[str, Totals]:
        by_tenant: defaultdict[str, Counter[str]] = defaultdict(Counter)
        with self._lock:
            for (tenant, minute), counts in self._minutes.items():
                if minute >= minute_of(since):
                    by_tenant[tenant].update(counts)
        return {tenant: Totals(counts) for tenant, counts in by_tenant.items()}

    def of_minute(self, minute: datetime) -> dict[str, Totals]:
        """Return each tenant's sums of one minute."""
        with self._lock:
            return {tenant: Totals(Counter(counts)) for (tenant, at), counts in self._minutes.items() if at == minute}

    def add(self, tenant_id: str, deltas: Mapping[str, int], at: datetime) -> None:
        with self._lock:
            self._minutes[tenant_id, minute_of(at)].update(deltas)

    def roll_up(self, before: datetime, now: datetime) -> int:
        with self._lock:
            old = [key for key in self._minutes if key[1] < before]
            for tenant, minute in old:
                self._folded[tenant].update(self._minutes.pop((tenant, minute)))
        return len(old)


class FakeLedgerChecks:
    """Compares the counters of a store with its notifications. A test makes them differ by adding to the counters."""

    def __init__(self, store: "FakeStore") -> None:
        self.checked: list[datetime] = []
        self._store = store
        self._until: datetime | None = None

    def mismatches(self, minute: datetime) -> list[Mismatch]:
        self.checked.append(minute)
        totals, stored = self._store.of_minute(minute)
        counted: Counts = Counter(
            {(tenant, status): count for tenant, each in totals.items() for status, count in each.by_status().items()}
        )
        return [
            Mismatch(
                tenant_id=tenant_id,
                minute=minute,
                status=status,
                counted=counted[tenant_id, status],
                stored=stored[tenant_id, status],
            )
            for tenant_id, status in sorted(counted.keys() | stored.keys())
            if counted[tenant_id, status] != stored[tenant_id, status]
        ]

    def checked_until(self) -> datetime | None:
        return self._until

    def set_checked_until(self, minute: datetime) -> None:
        self._until = minute
