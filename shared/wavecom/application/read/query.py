"""Read one notification with its trail, lists, and statistics. No cost grows with the collection."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wavecom.domain.degradation import Level, check_answers
from wavecom.domain.errors import NotFoundError, QueueUnavailableError
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.audit import AuditEntry
from wavecom.domain.notifications.lists import ListFilter, Position
from wavecom.domain.notifications.notification import Notification
from wavecom.ports.ledger import Counters
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue
from wavecom.ports.system import Clock, SystemState


@dataclass(frozen=True, slots=True)
class Page:
    """A page of notifications, the length of the whole list (None if not counted), and the start of the next page."""

    notifications: list[Notification]
    total: int | None
    next: Position | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """A tenant's sums, and the queues' depths (None if the broker does not answer)."""

    totals: Totals
    depths: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class RecentMinutes:
    """The sums of each recent minute with activity, and the degradation level."""

    totals: dict[datetime, Totals]
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Answers queries on a tenant's notifications.

    Lists and statistics raise `OverloadedError` while the load is high, since notifications come first.
    """

    store: NotificationStore
    counters: Counters
    queue: Queue
    system: SystemState
    clock: Clock

    def notification(self, tenant_id: str, notification_id: str) -> tuple[Notification, list[AuditEntry]]:
        """Return a notification and its audit trail in order. Raises `NotFoundError`."""
        notification = self.store.get(tenant_id, notification_id)
        if notification is None:
            raise NotFoundError("There is no such notification")
        return notification, self.store.audit_trail(notification)

    def page(self, where: ListFilter, *, limit: int, skip: int = 0, after: Position | None = None) -> Page:
        """Return up to ``limit`` notifications, newest first. The total comes from the counters."""
        check_answers(self.system.level())
        found = self.store.page(where, limit=limit + 1, skip=skip, after=after)
        shown = found[:limit]
        last = shown[-1] if len(found) > limit else None
        total = None
        if where.is_counted:
            total = self.counters.totals(where.tenant_id).cells(where.status, where.channel, where.priority)
        return Page(shown, total, Position(last.created_at, last.id) if last else None)

    def minutes(self, tenant_id: str, minutes: int) -> RecentMinutes:
        """Return a tenant's sums of each of the last ``minutes``, 60 at the most, the present one included."""
        level = self.system.level()
        check_answers(level)
        return RecentMinutes(self.counters.minutes(tenant_id, self.clock() - timedelta(minutes=minutes - 1)), level)

    def statistics(self, tenant_id: str) -> Statistics:
        """Return the sums of a tenant."""
        check_answers(self.system.level())
        return self.metrics(tenant_id)

    def metrics(self, tenant_id: str | None) -> Statistics:
        """Return the sums of a tenant, or of all tenants for None, at any load: high load is when they are needed."""
        try:
            depths = self.queue.depths()
        except QueueUnavailableError:
            depths = None
        return Statistics(self.counters.totals(tenant_id), depths)
