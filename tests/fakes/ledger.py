"""The counters and the ledger checks, from memory."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime

from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.ledger.totals import Totals


class FakeCounters:
    """Counters in a dictionary per tenant and minute."""

    def __init__(self) -> None:
        self._minutes: defaultdict[tuple[str, datetime], Counter[str]] = defaultdict(Counter)

    def totals(self, tenant_id: str | None) -> Totals:
        return Totals.merged(self._of(tenant_id).values())

    def minutes(self, tenant_id: str | None, since: datetime) -> dict[datetime, Totals]:
        first = since.replace(second=0, microsecond=0)
        return {minute: totals for minute, totals in self._of(tenant_id).items() if minute >= first}

    def _of(self, tenant_id: str | None) -> dict[datetime, Totals]:
        by_minute: defaultdict[datetime, Counter[str]] = defaultdict(Counter)
        for (tenant, minute), counts in self._minutes.items():
            if tenant_id in (None, tenant):
                by_minute[minute].update(counts)
        return {minute: Totals(counts) for minute, counts in by_minute.items()}

    def by_tenant(self, since: datetime) -> dict[str, Totals]:
        tenants = {tenant for tenant, _ in self._minutes}
        return {tenant: Totals.merged(self.minutes(tenant, since).values()) for tenant in tenants}

    def add(self, tenant_id: str, deltas: Mapping[str, int], at: datetime) -> None:
        self._minutes[tenant_id, at.replace(second=0, microsecond=0)].update(deltas)

    def roll_up(self, before: datetime, now: datetime) -> int:
        return 0


class FakeLedgerChecks:
    """A ledger that agrees, unless a test says otherwise."""

    def __init__(self) -> None:
        self.wrong: dict[datetime, list[Mismatch]] = {}
        self.checked: list[datetime] = []
        self._until: datetime | None = None

    def mismatches(self, minute: datetime) -> list[Mismatch]:
        self.checked.append(minute)
        return self.wrong.get(minute, [])

    def checked_until(self) -> datetime | None:
        return self._until

    def set_checked_until(self, minute: datetime) -> None:
        self._until = minute
