"""Events as documents."""

from wavecom.adapters.mongo.client import Document
from wavecom.domain.events.event import Event, EventType


def to_document(event: Event, *, in_feed: bool) -> Document:
    """Return the document of an event. One of a feed that is read has a position, 0 until it is given one."""
    return {
        "_id": event.id,
        "tenantId": event.tenant_id,
        "type": event.type.value,
        "at": event.at,
        "data": dict(event.data),
        **({"notificationId": event.notification_id} if event.notification_id is not None else {}),
        **({"dueAt": event.due_at} if event.due_at is not None else {}),
        **({"position": 0} if in_feed else {}),
    }


def from_document(document: Document) -> Event:
    """Return the event of a document."""
    return Event(
        id=document["_id"],
        tenant_id=document["tenantId"],
        type=EventType(document["type"]),
        at=document["at"],
        data=document["data"],
        notification_id=document.get("notificationId"),
        due_at=document.get("dueAt"),
    )
