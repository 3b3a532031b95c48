"""An event: one change that a tenant can see, with ids and facts, without recipient and text."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from wavecom.domain.notifications.audit import AuditEntry
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Status
from wavecom.domain.times import iso

KEPT_FOR: Final = timedelta(days=15)
"""The time for which an event is kept: a day longer than webhooks can be recovered for."""
FAN_OUT_MARGIN: Final = timedelta(seconds=15)
"""The time after which the sweep takes back an event that nobody has passed to its endpoints."""
EVENT_ID_PATTERN: Final = "^evt_[0-9a-f]{24}_[0-9]{1,6}$"


class EventType(StrEnum):
    """The kind of an event, as it is on the wire."""

    NOTIFICATION_QUEUED = "notification.queued"
    NOTIFICATION_SENT = "notification.sent"
    NOTIFICATION_DELIVERED = "notification.delivered"
    NOTIFICATION_UNDELIVERED = "notification.undelivered"
    NOTIFICATION_RETRYING = "notification.retrying"
    NOTIFICATION_FAILED = "notification.failed"
    NOTIFICATION_EXPIRED = "notification.expired"
    NOTIFICATION_CANCELLED = "notification.cancelled"
    SUPPRESSION_ADDED = "suppression.added"
    SUPPRESSION_REMOVED = "suppression.removed"
    TEMPLATE_PUBLISHED = "template.published"
    ENDPOINT_DISABLED = "endpoint.disabled"
    ENDPOINT_TEST = "endpoint.test"


KINDS: Final = frozenset(EventType)
"""The kinds that this release knows: what a newer one has stored of others is passed over."""
OF_STATUS: Final[Mapping[Status, EventType]] = {
    Status.QUEUED: EventType.NOTIFICATION_QUEUED,
    Status.SENT: EventType.NOTIFICATION_SENT,
    Status.DELIVERED: EventType.NOTIFICATION_DELIVERED,
    Status.UNDELIVERED: EventType.NOTIFICATION_UNDELIVERED,
    Status.RETRYING: EventType.NOTIFICATION_RETRYING,
    Status.FAILED: EventType.NOTIFICATION_FAILED,
    Status.EXPIRED: EventType.NOTIFICATION_EXPIRED,
    Status.CANCELLED: EventType.NOTIFICATION_CANCELLED,
}
"""PENDING is told by the answer to the call, and PROCESSING is our own affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. ``data`` is what clients get, as JSON; ``notification_id`` is None for one of another thing.

    At ``due_at`` the sweep passes it to its endpoints, unless somebody has; an event of no endpoint has none.
    """

    id: str
    tenant_id: str
    type: EventType
    at: datetime
    data: Mapping[str, Any]
    notification_id: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The events of a tenant that somebody wants: those of its endpoints, and all if its feed is read."""

    by_endpoints: frozenset[EventType] = frozenset()
    by_feed: bool = False

    def event_at(self, kind: EventType, at: datetime) -> tuple[bool, datetime | None]:
        """Return whether an event is to be written, and when the sweep takes it back."""
        if kind in self.by_endpoints:
            return True, at + FAN_OUT_MARGIN
        return self.by_feed, None


NOTHING_WANTED: Final = Wanted()


def events_of(change: Change, wanted: Wanted) -> Iterator[Event]:
    """Yield the events of a notification's change that somebody wants, in their order."""
    last = change.entries[-1] if change.entries else None
    for entry in change.entries:
        kind = OF_STATUS.get(entry.status)
        if kind is None:
            continue
        is_written, due_at = wanted.event_at(kind, entry.timestamp)
        if is_written:
            yield Event(
                id=f"evt_{entry.notification_id}_{entry.sequence}",
                tenant_id=entry.tenant_id,
                type=kind,
                at=entry.timestamp,
                data=_data(change, entry, is_last=entry is last),
                notification_id=entry.notification_id,
                due_at=due_at,
            )


def _data(change: Change, entry: AuditEntry, *, is_last: bool) -> Mapping[str, Any]:
    """Return the facts of one status change: the provider of the state that it led to, and the cause of a failure."""
    notification, state = change.after, change.after.state
    template = notification.template
    return {
        "notificationId": notification.id,
        "channel": notification.channel.value,
        "status": entry.status.value,
        "sequence": entry.sequence,
        "cause": state.cause.value if is_last and entry.status is Status.FAILED and state.cause is not None else None,
        "provider": state.provider if is_last else None,
        "template": {"id": template.id, "version": template.version} if template is not None else None,
    }


def event_about(kind: EventType, tenant_id: str, data: Mapping[str, Any], at: datetime) -> Event:
    """Return a new event about something else than a notification. It is passed to no endpoint as it is."""
    return Event(
        id=f"evt_{secrets.token_hex(12)}_0",
        tenant_id=tenant_id,
        type=kind,
        at=at,
        data=MappingProxyType(dict(data)),
    )


def chosen(events: Sequence[Event], wanted: Mapping[str, Wanted]) -> list[Event]:
    """Return those of events about other things that their tenants want, as events to be passed to endpoints."""
    decided = [(each, wanted.get(each.tenant_id, NOTHING_WANTED).event_at(each.type, each.at)) for each in events]
    return [replace(each, due_at=due_at) for each, (is_written, due_at) in decided if is_written]


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events in the order of the feed, each with its position, and the position to go on from.

    ``first`` is the position of the first event that was looked at, of whatever kind; 0 if there was none.
    """

    events: tuple[tuple[int, Event], ...]
    next: int
    first: int = 0


def payload(event: Event, metadata: Mapping[str, Any] | None = None) -> str:
    """Return the JSON that an endpoint gets, with the client's ``metadata`` of the notification if it asks for that.

    Its members are those of Standard Webhooks ("Payload structure"), and the id, which is a header as well.
    """
    data = dict(event.data) if metadata is None else {**event.data, "metadata": metadata}
    written = {"id": event.id, "type": event.type.value, "timestamp": iso(event.at), "data": data}
    return json.dumps(written, separators=(",", ":"), ensure_ascii=False)
