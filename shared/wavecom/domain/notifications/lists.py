"""Select and page through lists of notifications."""

from dataclasses import dataclass
from datetime import datetime

from wavecom.domain.notifications.enums import Channel, Priority, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """Selects notifications of a tenant; None matches all. ``since`` and ``until`` bound the time of creation."""

    tenant_id: str
    status: Status | None = None
    channel: Channel | None = None
    priority: Priority | None = None
    recipient: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_counted(self) -> bool:
        """True if the counters know the number of matches."""
        return self.recipient is None and self.since is None and self.until is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRange:
    """The notifications accepted from ``since`` until before ``until``, of one tenant or of all (None)."""

    tenant_id: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list ordered by creation, newest first; the next page begins after it."""

    created_at: datetime
    notification_id: str
