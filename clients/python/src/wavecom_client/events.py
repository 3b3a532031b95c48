"""Events: each is one change of something, as the feed and the webhooks tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

from wavecom_client.types import Channel, Status


class TemplateOfEvent(TypedDict):
    """The template that a notification was made from."""

    id: str
    version: int


class NotificationData(TypedDict):
    """The data of an event about a notification; ``sequence`` orders the events of one notification."""

    notificationId: str
    channel: Channel
    status: Status
    sequence: int
    cause: str | None
    provider: str | None
    template: TemplateOfEvent | None
    metadata: NotRequired[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. ``id`` is the same whenever it comes again, and it may come again.

    ``cursor`` is where a reader of the feed goes on once it has handled this event: store it with what you make of the
    event. A webhook has none.
    """

    id: str
    type: str
    timestamp: datetime
    data: Mapping[str, Any]
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationEvent(Event):
    """A change of a notification's status."""

    data: NotificationData


def event_of(body: Any) -> Event:
    """Return an event of its JSON. Raises `ValueError` if it is none."""
    match body:
        case {"id": str(id_), "type": str(type_), "timestamp": str(timestamp), "data": dict(data)}:
            at = datetime.fromisoformat(timestamp)
        case _:
            raise ValueError("This is not an event")
    cursor = body["cursor"] if isinstance(body.get("cursor"), str) else None
    if type_.startswith("notification.") and "notificationId" in data:
        of_notification = cast("NotificationData", data)
        return NotificationEvent(id=id_, type=type_, timestamp=at, data=of_notification, cursor=cursor)
    return Event(id=id_, type=type_, timestamp=at, data=data, cursor=cursor)
