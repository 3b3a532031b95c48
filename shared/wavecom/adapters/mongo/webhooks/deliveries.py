"""Deliveries in MongoDB, each one document, guarded by its version."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from wavecom.adapters.mongo.client import DUPLICATE_KEY, Document, Mongo, available, in_turn
from wavecom.adapters.mongo.indexes import EPOCH, NEWEST_EVENT_FIRST
from wavecom.domain.events.event import EventType
from wavecom.domain.webhooks.delivery import Delivery, DeliveryStatus, WebhookAttempt
from wavecom.ports.webhooks import DeliveryList


class MongoDeliveries:
    """`wavecom.ports.webhooks.Deliveries` on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._deliveries = mongo.database.webhookdeliveries

    def add(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """See `wavecom.ports.webhooks.Deliveries.add`."""
        if not deliveries:
            return []
        with available():
            try:
                self._deliveries.insert_many([_to_document(each) for each in deliveries], ordered=False)
            except BulkWriteError as exc:
                errors: list[Document] = exc.details.get("writeErrors", [])
                if any(error.get("code") != DUPLICATE_KEY for error in errors) or exc.details.get("writeConcernErrors"):
                    raise
                existing = {error["index"] for error in errors}
                return [each for index, each in enumerate(deliveries) if index not in existing]
        return list(deliveries)

    def save(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """See `wavecom.ports.webhooks.Deliveries.save`."""
        if not deliveries:
            return []
        mark = secrets.token_hex(8)
        updates = [_update(each, mark) for each in deliveries]
        with available():
            written = self._deliveries.bulk_write(updates, ordered=False)
            if written.matched_count == len(deliveries):
                return list(deliveries)
            # Others have changed some. Those with our mark are ours; versions and tokens of others may be the same.
            found = self._deliveries.find(
                {"_id": {"$in": [each.id for each in deliveries]}, "savedBy": mark}, {"_id": 1}
            )
            ours = {each["_id"] for each in found}
        return [each for each in deliveries if each.id in ours]

    def get_many(self, ids: Collection[str]) -> list[Delivery]:
        """See `wavecom.ports.webhooks.Deliveries.get_many`."""
        with available():
            return [_from_document(each) for each in self._deliveries.find({"_id": {"$in": list(ids)}})]

    def overdue(self, at: datetime, *, limit: int) -> list[Delivery]:
        """See `wavecom.ports.webhooks.Deliveries.overdue`."""
        with available():
            found = self._deliveries.find({"dueAt": {"$gt": EPOCH, "$lte": at}}).sort("dueAt", 1).limit(limit)
            return [_from_document(each) for each in found]

    def page(self, where: DeliveryList, *, limit: int) -> list[Delivery]:
        """See `wavecom.ports.webhooks.Deliveries.page`."""
        of: Document = {"endpointId": where.endpoint_id}
        if where.status is not None:
            of["status"] = where.status.value
        queries = [of]
        if where.after is not None:
            same_time = {**of, "createdAt": where.after.created_at, "eventId": {"$lt": where.after.event_id}}
            queries = [same_time, {**of, "createdAt": {"$lt": where.after.created_at}}]
        with available():
            found = in_turn(queries, lambda query: self._deliveries.find(query).sort(NEWEST_EVENT_FIRST), limit)
        return [_from_document(each) for each in found]


def _update(delivery: Delivery, mark: str) -> UpdateOne:
    document = _to_document(delivery)
    unset = {name: "" for name in ("retryAt", "dueAt", "token") if name not in document}
    guard = {"_id": document.pop("_id"), "version": delivery.version - 1}
    changed = {name: document[name] for name in _CHANGING if name in document} | {"savedBy": mark}
    return UpdateOne(guard, {"$set": changed, "$unset": unset} if unset else {"$set": changed})


_CHANGING: Final = ("status", "version", "attempts", "attemptCount", "retryAt", "dueAt", "token")


def _to_document(delivery: Delivery) -> Document:
    optional: Document = {"retryAt": delivery.retry_at, "dueAt": delivery.due_at, "token": delivery.token}
    return {
        "_id": delivery.id,
        "eventId": delivery.event_id,
        "endpointId": delivery.endpoint_id,
        "tenantId": delivery.tenant_id,
        "eventType": delivery.event_type.value,
        "createdAt": delivery.created_at,
        "status": delivery.status.value,
        "version": delivery.version,
        "attempts": [_attempt(each) for each in delivery.attempts],
        "attemptCount": delivery.attempt_count,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _attempt(attempt: WebhookAttempt) -> Document:
    optional: Document = {"status": attempt.status, "answer": attempt.answer, "error": attempt.error}
    given = {name: value for name, value in optional.items() if value is not None}
    return {"at": attempt.at, "durationMs": attempt.duration_ms, **given}


def _from_document(document: Document) -> Delivery:
    return Delivery(
        event_id=document["eventId"],
        endpoint_id=document["endpointId"],
        tenant_id=document["tenantId"],
        event_type=EventType(document["eventType"]),
        created_at=document["createdAt"],
        status=DeliveryStatus(document["status"]),
        version=document["version"],
        attempts=tuple(_to_attempt(each) for each in document["attempts"]),
        attempt_count=document["attemptCount"],
        retry_at=document.get("retryAt"),
        due_at=document.get("dueAt"),
        token=document.get("token"),
    )


def _to_attempt(document: Document) -> WebhookAttempt:
    return WebhookAttempt(
        at=document["at"],
        duration_ms=document["durationMs"],
        status=document.get("status"),
        answer=document.get("answer"),
        error=document.get("error"),
    )
