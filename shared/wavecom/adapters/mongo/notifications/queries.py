"""The queries of the notification store, each of which uses one index."""

import math
from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from wavecom.adapters.mongo.client import Document
from wavecom.adapters.mongo.indexes import EPOCH
from wavecom.domain.dead_letters import DeadLetterFilter
from wavecom.domain.notifications.lists import ListFilter, Position


def list_queries(where: ListFilter, after: Position | None) -> list[Document]:
    """Return queries whose results, in order, form a list; each begins with the tenant.

    The part after a position is the rest of its time, then everything earlier: two queries that each use an index,
    whereas one with ``$or`` might not.
    """
    fields = {
        "tenantId": where.tenant_id,
        "recipient": where.recipient,
        "status": where.status,
        "type": where.channel,
        "priority": where.priority,
    }
    query: Document = {name: str(value) for name, value in fields.items() if value is not None}
    created = {sign: moment for sign, moment in (("$gte", where.since), ("$lt", where.until)) if moment is not None}
    if after is None:
        return [query | {"createdAt": created} if created else query]
    same_moment = {"createdAt": after.created_at, "_id": {"$lt": ObjectId(after.notification_id)}}
    upper = min(after.created_at, where.until) if where.until else after.created_at
    return [query | same_moment, query | {"createdAt": created | {"$lt": upper}}]


def dead_letter_queries(where: DeadLetterFilter, after: Position | None) -> list[Document]:
    """Return queries whose results, in order, are a tenant's dead letters, the latest failure first.

    Only FAILED notifications have ``failedAt``.
    """
    query: Document = {"tenantId": where.tenant_id}
    if where.cause is not None:
        query["cause"] = where.cause.value
    if where.provider is not None:
        query["provider"] = where.provider or None
    failed: Document = {"$gt": EPOCH}
    if where.since is not None:
        failed["$gte"] = where.since
    if where.until is not None:
        failed["$lt"] = where.until
    if after is None:
        return [query | {"failedAt": failed}]
    same_moment = {"failedAt": after.created_at, "_id": {"$lt": ObjectId(after.notification_id)}}
    upper = min(after.created_at, where.until) if where.until else after.created_at
    return [query | same_moment, query | {"failedAt": failed | {"$lt": upper}}]


def first_id(at: datetime) -> ObjectId:
    """Return the smallest id that a notification accepted at ``at`` can have, to the second."""
    return ObjectId(f"{_seconds(at):08x}{'0' * 16}")


def last_id(at: datetime) -> ObjectId:
    """Return the largest id that a notification accepted at ``at`` can have, to the second."""
    return ObjectId(f"{_seconds(at):08x}{'f' * 16}")


def _seconds(at: datetime) -> int:
    return min(max(0, math.floor(at.timestamp())), 0xFFFFFFFF)


def list_index(where: ListFilter) -> str | None:
    """Return the index to use for a list with several filters, of which no index has all; else None."""
    names = [
        name
        for name, value in (
            ("list_by_recipient", where.recipient),
            ("list_by_status", where.status),
            ("list_by_type", where.channel),
            ("list_by_priority", where.priority),
        )
        if value is not None
    ]
    return names[0] if len(names) > 1 else None


def overdue_query(at: datetime) -> Document:
    """Return the query of the sweep."""
    return {"dueAt": {"$gt": EPOCH, "$lte": at}}


def idempotency_query(tenant_id: str, keys: Sequence[str]) -> Document:
    """Return the query for idempotency keys; the lower bound makes the partial index applicable."""
    return {"tenantId": tenant_id, "idempotency.key": {"$in": list(keys), "$gt": ""}}
