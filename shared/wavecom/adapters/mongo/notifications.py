"""The notification store: every change with its audit entries and counters in one transaction."""

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.adapters.mongo.counters import MongoCounters
from wavecom.adapters.mongo.documents import (
    audit_document,
    audit_entry,
    audit_id,
    from_document,
    to_document,
    to_update,
)
from wavecom.adapters.mongo.indexes import EPOCH, NEWEST_FIRST
from wavecom.domain.change import Change
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notification import AuditEntry, Notification
from wavecom.ports import IdempotencyKeyTakenError, ListFilter, Position

logger = logging.getLogger(__name__)

DUPLICATE_KEY = 11000
ROUNDS = 10
"""How often `save` leaves out changes that lost a race before it gives up; one or two rounds are the rule."""
ROUND_PAUSE_SECONDS = 0.01
LIST_TIMEOUT = timedelta(seconds=5)
UNREADABLE_WAITS = timedelta(hours=1)
"""How long the sweep leaves a document alone that this release cannot read, as one of a newer release."""


class MongoNotificationStore:
    """`wavecom.ports.NotificationStore` on MongoDB."""

    def __init__(self, mongo: Mongo, counters: MongoCounters) -> None:
        self._mongo = mongo
        self._notifications = mongo.database.notifications
        # What a write has just lost against may not be on a majority yet.
        self._latest = self._notifications.with_options(read_concern=ReadConcern("local"))
        self._audit = mongo.database.notificationlogs
        self._counters = counters

    def add(self, changes: Sequence[Change]) -> None:
        """See `wavecom.ports.NotificationStore.add`."""
        with available(), self._counters.shard() as shard:

            def write(session: ClientSession) -> None:
                self._notifications.insert_many([to_document(change.after) for change in changes], session=session)
                self._write_trail(changes, shard, session)

            try:
                self._mongo.transaction(write)
            except (BulkWriteError, DuplicateKeyError) as exc:
                if _is_duplicate(exc) and any(change.after.idempotency for change in changes):
                    raise IdempotencyKeyTakenError from None  # the cause holds whole documents
                raise

    def save(self, changes: Sequence[Change]) -> list[Change]:
        """See `wavecom.ports.NotificationStore.save`."""
        left = list(changes)
        with available(), self._counters.shard() as shard:
            for _ in range(ROUNDS):
                if not left or self._save_all(left, shard):
                    return left
                left = self._still_current(left)
                time.sleep(ROUND_PAUSE_SECONDS)
        raise StoreUnavailableError("Too many writers change the same notifications")

    def _save_all(self, changes: Sequence[Change], shard: str) -> bool:
        """Write all changes or, when one of them lost a race, nothing."""

        def write(session: ClientSession) -> bool:
            updates = [UpdateOne(_guard(change), to_update(change.after)) for change in changes]
            result = self._notifications.bulk_write(updates, ordered=False, session=session)
            if result.matched_count != len(changes):
                session.abort_transaction()
                return False
            self._write_trail(changes, shard, session)
            return True

        return self._mongo.transaction(write)

    def _write_trail(self, changes: Sequence[Change], shard: str, session: ClientSession) -> None:
        entries = [audit_document(entry) for change in changes for entry in change.entries]
        if entries:
            self._audit.insert_many(entries, session=session)
            self._counters.count(changes, shard, session)

    def _still_current(self, changes: Sequence[Change]) -> list[Change]:
        ids = [ObjectId(change.after.id) for change in changes]
        found = self._latest.find({"_id": {"$in": ids}}, {"status": 1, "sequence": 1})
        stored = {str(each["_id"]): (each["status"], each["sequence"]) for each in found}
        return [
            change
            for change in changes
            if change.before is not None
            and stored.get(change.before.id) == (change.before.status.value, change.before.sequence)
        ]

    def get(self, tenant_id: str, notification_id: str) -> Notification | None:
        """See `wavecom.ports.NotificationStore.get`."""
        with available():
            document = self._notifications.find_one({"_id": ObjectId(notification_id)})
        if document is None or document["tenantId"] != tenant_id:
            return None
        return from_document(document)

    def get_many(self, notification_ids: Iterable[str]) -> list[Notification]:
        """See `wavecom.ports.NotificationStore.get_many`."""
        with available():
            found = self._notifications.find({"_id": {"$in": [ObjectId(each) for each in notification_ids]}})
            return [notification for document in found if (notification := _read(document))]

    def find_by_idempotency_keys(self, tenant_id: str, keys: Sequence[str]) -> list[Notification]:
        """See `wavecom.ports.NotificationStore.find_by_idempotency_keys`."""
        with available():
            found = self._latest.find(idempotency_query(tenant_id, keys))
            return [from_document(document) for document in found]

    def audit_trail(self, notification: Notification) -> list[AuditEntry]:
        """See `wavecom.ports.NotificationStore.audit_trail`."""
        ids = [audit_id(notification.id, sequence) for sequence in range(1, notification.sequence + 1)]
        with available():
            entries = [audit_entry(document) for document in self._audit.find({"_id": {"$in": ids}})]
        return sorted(entries, key=lambda entry: entry.sequence)

    def page(
        self, where: ListFilter, *, limit: int, skip: int = 0, after: Position | None = None
    ) -> list[Notification]:
        """See `wavecom.ports.NotificationStore.page`."""
        found: list[Document] = []
        with available(LIST_TIMEOUT):
            for query in list_queries(where, after):
                cursor = self._notifications.find(query).sort(NEWEST_FIRST).skip(skip).limit(limit - len(found))
                if index := list_index(where):
                    cursor = cursor.hint(index)
                found += cursor
                if len(found) >= limit:
                    break
        return [from_document(document) for document in found]

    def overdue(self, at: datetime, *, limit: int) -> list[Notification]:
        """See `wavecom.ports.NotificationStore.overdue`."""
        with available():
            found = list(self._notifications.find(overdue_query(at)).sort("dueAt", 1).limit(limit))
            readable = [notification for document in found if (notification := _read(document))]
            if len(readable) < len(found):
                # Or they would stand before all others at every look.
                known = {notification.id for notification in readable}
                unreadable = [document["_id"] for document in found if str(document["_id"]) not in known]
                later = {"$set": {"dueAt": at + UNREADABLE_WAITS}}
                self._notifications.update_many({"_id": {"$in": unreadable}}, later)
            return readable

    def ping(self, timeout: timedelta) -> None:
        """See `wavecom.ports.NotificationStore.ping`."""
        with available(timeout):
            self._mongo.database.command("ping")


def list_queries(where: ListFilter, after: Position | None) -> list[Document]:
    """Return the queries whose results, one after the other, are a list; every one leads with the tenant.

    What comes after a position is the rest of its moment, then everything earlier: two queries that each walk
    an index, where one with ``$or`` might not.
    """
    fields = {"tenantId": where.tenant_id, "status": where.status, "type": where.channel, "priority": where.priority}
    query: Document = {name: str(value) for name, value in fields.items() if value is not None}
    if after is None:
        return [query]
    same_moment = {"createdAt": after.created_at, "_id": {"$lt": ObjectId(after.notification_id)}}
    return [query | same_moment, query | {"createdAt": {"$lt": after.created_at}}]


def list_index(where: ListFilter) -> str | None:
    """Return the index to name for a list with several filters, of which no index has all; else None."""
    names = [
        name
        for name, value in (
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
    """Return the query for idempotency keys; the lower bound says that the partial index covers it."""
    return {"tenantId": tenant_id, "idempotency.key": {"$in": list(keys), "$gt": ""}}


def _guard(change: Change) -> Document:
    before = change.before
    if before is None:
        raise ValueError("A new notification is added, not saved")
    return {"_id": ObjectId(before.id), "status": before.status.value, "sequence": before.sequence}


def _read(document: Document) -> Notification | None:
    """Return a document's notification, None (and a line in the log) where this release cannot read it."""
    try:
        return from_document(document)
    except (KeyError, TypeError, ValueError) as exc:
        extra = {"notification_id": str(document["_id"]), "error": type(exc).__name__}
        logger.error("Unreadable notification left alone", extra=extra)  # noqa: TRY400 - the trace may show the body
        return None


def _is_duplicate(exc: BulkWriteError | DuplicateKeyError) -> bool:
    details = exc.details or {}
    return (
        any(error.get("code") == DUPLICATE_KEY for error in details.get("writeErrors", [])) or exc.code == DUPLICATE_KEY
    )
