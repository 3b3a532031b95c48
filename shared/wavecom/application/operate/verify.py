"""Verify the audit trails of a range of notifications, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from wavecom.domain.degradation import check_answers
from wavecom.domain.notifications.audit import AuditEntry, BrokenLink, first_broken_link
from wavecom.domain.notifications.lists import AuditRange
from wavecom.domain.notifications.notification import Notification
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.system import SystemState

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Counts of a verified range, the first broken link if there is one, and the start of the next page."""

    notifications: int
    entries: int
    broken: BrokenLink | None
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """Recomputes the digests of audit entries and compares them with the stored ones."""

    store: NotificationStore
    system: SystemState

    def verify(self, where: AuditRange, *, after: str | None = None, limit: int = PAGE) -> Verification:
        """Verify up to ``limit`` notifications of a range, in the order of their ids; stop at a broken link.

        Raises `OverloadedError` while the load is high.
        """
        check_answers(self.system.level())
        found = self.store.range(where, limit=limit, after=after)
        trails = self.store.audit_trails(found)
        entries = 0
        for number, notification in enumerate(found, 1):
            entries += len(trails[notification.id])
            if broken := self._broken(notification, trails[notification.id]):
                return Verification(notifications=number, entries=entries, broken=broken, next=None)
        next_id = found[-1].id if len(found) == limit else None
        return Verification(notifications=len(found), entries=entries, broken=None, next=next_id)

    def _broken(self, notification: Notification, trail: Sequence[AuditEntry]) -> BrokenLink | None:
        """Read again if the trail does not fit: the notification may have moved between the two reads."""
        broken = first_broken_link(notification, trail)
        if broken is None:
            return None
        for again in self.store.get_many([notification.id]):
            return first_broken_link(again, self.store.audit_trails([again])[again.id])
        return broken
