"""Events as documents."""

from collections.abc import Mapping, Sequence

from wavecom.adapters.mongo.client import Document
from wavecom.domain.events.event import Event, EventType, Wanted


def to_documents(events: Sequence[Event], wanted: Mapping[str, Wanted]) -> list[Document]:
    """Return the documents of events, of tenants that want what is in ``wanted``.

    One of a feed that is read has a position, 0 until it is given one.
    """
    in_feed = {tenant_id for tenant_id, each in wanted.items() if each.by_feed}
    return [_to_document(each) | ({"position": 0} if each.tenant_id in in_feed else {}) for each in events]


def _to_document(event: Event) -> Document:
    return {
        "_id": event.id,
        "tenantId": event.tenant_id,
        "type": event.type.value,
        "at": event.at,
        "data": dict(event.data),
        **({"notificationId": event.notification_id} if event.notification_id is not None else {}),
        **({"dueAt": event.due_at} if event.due_at is not None else {}),
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
