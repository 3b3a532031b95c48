"""The suppression lists: one document an address and tenant, found by its id alone."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.adapters.mongo.events.outbox import MongoOutbox
from wavecom.domain.events.event import Event
from wavecom.domain.events.subjects import suppression_added, suppression_removed
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression, suppression_ids


class MongoSuppressions:
    """`wavecom.ports.suppressions.Suppressions` on MongoDB."""

    def __init__(self, mongo: Mongo, outbox: MongoOutbox | None = None) -> None:
        """Write events into ``outbox``; without one nobody wants any."""
        self._outbox = outbox or MongoOutbox(mongo)
        self._suppressions = mongo.database.suppressions

    def among(self, notifications: Sequence[Notification]) -> dict[str, SuppressionReason]:
        """See `wavecom.ports.suppressions.Suppressions.among`."""
        by_key: dict[str, list[str]] = {}
        for each in notifications:
            for suppression_id in suppression_ids(each):
                by_key.setdefault(_key(each.tenant_id, suppression_id), []).append(each.id)
        with available():
            found = self._suppressions.find({"_id": {"$in": list(by_key)}}, {"reason": 1})
            reasons: dict[str, SuppressionReason] = {}
            for document in sorted(found, key=lambda each: each["reason"] == SuppressionReason.UNSUBSCRIBED):
                for notification_id in by_key[document["_id"]]:
                    reasons.setdefault(notification_id, SuppressionReason(document["reason"]))
            return reasons

    def present(self, tenant_id: str, suppression_ids: Collection[str]) -> set[str]:
        """See `wavecom.ports.suppressions.Suppressions.present`."""
        keys = [_key(tenant_id, each) for each in suppression_ids]
        with available():
            return {each["id"] for each in self._suppressions.find({"_id": {"$in": keys}}, {"_id": 0, "id": 1})}

    def add(self, suppressions: Sequence[Suppression]) -> None:
        """See `wavecom.ports.suppressions.Suppressions.add`."""
        updates = [
            UpdateOne({"_id": _key(each.tenant_id, each.id)}, {"$setOnInsert": _to_document(each)}, upsert=True)
            for each in suppressions
        ]
        if not updates:
            return

        def make(session: ClientSession | None) -> tuple[None, list[Event]]:
            result = self._suppressions.bulk_write(updates, ordered=False, session=session)
            return None, [suppression_added(suppressions[index]) for index in result.upserted_ids or {}]

        with available():
            self._outbox.change({each.tenant_id for each in suppressions}, make)

    def remove(self, tenant_id: str, suppression_id: str, at: datetime) -> bool:
        """See `wavecom.ports.suppressions.Suppressions.remove`."""

        def make(session: ClientSession | None) -> tuple[bool, list[Event]]:
            removed = self._suppressions.find_one_and_delete({"_id": _key(tenant_id, suppression_id)}, session=session)
            if removed is None:
                return False, []
            return True, [suppression_removed(_from_document(removed), at)]

        with available():
            return self._outbox.change([tenant_id], make)

    def get(self, tenant_id: str, suppression_id: str) -> Suppression | None:
        """See `wavecom.ports.suppressions.Suppressions.get`."""
        with available():
            document = self._suppressions.find_one({"_id": _key(tenant_id, suppression_id)})
        return _from_document(document) if document else None

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Suppression]:
        """See `wavecom.ports.suppressions.Suppressions.page`."""
        query = {"tenantId": tenant_id, "id": {"$gt": after or ""}}
        with available():
            found = self._suppressions.find(query).sort([("tenantId", 1), ("id", 1)]).hint("list").limit(limit)
            return [_from_document(each) for each in found]


def _key(tenant_id: str, suppression_id: str) -> str:
    return f"{tenant_id}|{suppression_id}"


def _to_document(suppression: Suppression) -> Document:
    return {
        "tenantId": suppression.tenant_id,
        "id": suppression.id,
        "type": suppression.channel.value,
        "recipient": suppression.recipient,
        "reason": suppression.reason.value,
        "notificationId": suppression.notification_id,
        **({"category": suppression.category} if suppression.category is not None else {}),
        **({"answered": suppression.answered} if suppression.answered is not None else {}),
        "createdAt": suppression.created_at,
    }


def _from_document(document: Document) -> Suppression:
    return Suppression(
        tenant_id=document["tenantId"],
        channel=Channel(document["type"]),
        recipient=document["recipient"],
        reason=SuppressionReason(document["reason"]),
        notification_id=document["notificationId"],
        category=document.get("category"),
        answered=document.get("answered"),
        created_at=document["createdAt"],
    )
