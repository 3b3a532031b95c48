"""The notification store: every change with its audit entries and counters in one transaction."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.cursor import Cursor
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern

from wavecom.adapters.mongo.client import DUPLICATE_KEY, Document, Mongo, available, in_turn
from wavecom.adapters.mongo.events.outbox import MongoOutbox, OutgoingEvents
from wavecom.adapters.mongo.indexes import EPOCH, LATEST_FAILURE_FIRST, NEWEST_FIRST
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.documents import (
    audit_document,
    audit_entry,
    audit_id,
    from_document,
    to_document,
    to_update,
)
from wavecom.adapters.mongo.notifications.queries import (
    dead_letter_queries,
    first_id,
    idempotency_query,
    last_id,
    list_index,
    list_queries,
    overdue_query,
)
from wavecom.domain.dead_letters import DeadLetterFilter
from wavecom.domain.errors import IdempotencyKeyTakenError
from wavecom.domain.notifications.audit import AuditEntry
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.lists import AuditRange, ListFilter, Position
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.tenants import is_test

logger = logging.getLogger(__name__)

MAX_ROUNDS = 5
"""The most rounds in which `save` drops lost changes before it writes the rest one by one; one or two are usual."""
ROUND_PAUSE_SECONDS = 0.01
IDS_PER_QUERY = 1_000
WITHOUT_HTML = {"html": 0}
"""Leaves out the HTML, up to 256 KB each, where many notifications are read and none is sent."""
LIST_TIMEOUT = timedelta(seconds=5)
UNREADABLE_DELAY = timedelta(hours=1)
"""The time for which the sweep skips a document that this release cannot read, such as one of a newer release."""


class MongoNotificationStore:
    """`wavecom.ports.notifications.NotificationStore` on MongoDB."""

    def __init__(self, mongo: Mongo, counters: MongoCounters, outbox: MongoOutbox | None = None) -> None:
        """Write events into ``outbox``; without one nobody wants any."""
        self._mongo = mongo
        self._outbox = outbox or MongoOutbox(mongo)
        self._notifications = mongo.database.notifications
        # The winner of a lost race may not be on a majority yet.
        self._latest = self._notifications.with_options(read_concern=ReadConcern("local"))
        self._audit = mongo.database.notificationlogs
        self._counters = counters

    def add(self, changes: Sequence[Change], *, may_commit: Callable[[], bool] | None = None) -> bool:
        """See `wavecom.ports.notifications.NotificationStore.add`."""
        with available(), self._counters.shard() as shard:
            outgoing = self._outbox.events_of(changes)

            def write(session: ClientSession) -> bool:
                self._notifications.insert_many([to_document(change.after) for change in changes], session=session)
                self._write_trail(changes, outgoing, shard, session)
                if may_commit is not None and not may_commit():
                    session.abort_transaction()
                    return False
                return True

            try:
                return self._in_transaction(write, outgoing)
            except (BulkWriteError, DuplicateKeyError) as exc:
                if _is_duplicate(exc) and any(change.after.idempotency for change in changes):
                    raise IdempotencyKeyTakenError from None  # the cause holds whole documents
                raise

    def save(self, changes: Sequence[Change]) -> list[Change]:
        """See `wavecom.ports.notifications.NotificationStore.save`."""
        remaining = list(changes)
        with available(), self._counters.shard() as shard:
            for _ in range(MAX_ROUNDS):
                if not remaining or self._save_all(remaining, shard):
                    return remaining
                remaining = self._still_current(remaining)
                time.sleep(ROUND_PAUSE_SECONDS)
            # Others change them faster than a group can be written.
            return [change for change in remaining if self._save_all([change], shard)]

    def _save_all(self, changes: Sequence[Change], shard: str) -> bool:
        """Write all changes or, if one of them lost a race, none."""
        outgoing = self._outbox.events_of(changes)

        def write(session: ClientSession) -> bool:
            updates = [_guarded_update(change) for change in changes]
            result = self._notifications.bulk_write(updates, ordered=False, session=session)
            if result.matched_count != len(changes):
                session.abort_transaction()
                return False
            self._write_trail(changes, outgoing, shard, session)
            return True

        return self._in_transaction(write, outgoing)

    def _in_transaction(self, write: Callable[[ClientSession], bool], outgoing: OutgoingEvents) -> bool:
        written = self._mongo.transaction(write)
        if written:
            self._outbox.committed(outgoing)
        return written

    def _write_trail(
        self, changes: Sequence[Change], outgoing: OutgoingEvents, shard: str, session: ClientSession
    ) -> None:
        entries = [audit_document(entry) for change in changes for entry in change.entries]
        if entries:
            self._audit.insert_many(entries, session=session)
        self._counters.count(changes, shard, session)
        self._outbox.write(outgoing, session)

    def _still_current(self, changes: Sequence[Change]) -> list[Change]:
        ids = [ObjectId(change.after.id) for change in changes]
        found = self._latest.find({"_id": {"$in": ids}}, {"status": 1, "sequence": 1})
        stored = {str(each["_id"]): (each["status"], each["sequence"]) for each in found}
        return [
            change
            for change in changes
            if change.before is not None
            and stored.get(change.before.id) == (change.before.state.status.value, change.before.state.sequence)
        ]

    def get(self, tenant_id: str, notification_id: str) -> Notification | None:
        """See `wavecom.ports.notifications.NotificationStore.get`."""
        with available():
            document = self._notifications.find_one({"_id": ObjectId(notification_id)})
        if document is None or document["tenantId"] != tenant_id:
            return None
        return from_document(document)

    def get_many(self, notification_ids: Iterable[str]) -> list[Notification]:
        """See `wavecom.ports.notifications.NotificationStore.get_many`."""
        with available():
            found = self._notifications.find({"_id": {"$in": [ObjectId(each) for each in notification_ids]}})
            return [notification for document in found if (notification := _read(document))]

    def find_by_idempotency_keys(self, tenant_id: str, keys: Sequence[str]) -> list[Notification]:
        """See `wavecom.ports.notifications.NotificationStore.find_by_idempotency_keys`."""
        with available():
            found = self._latest.find(idempotency_query(tenant_id, keys))
            return [from_document(document) for document in found]

    def audit_trail(self, notification: Notification) -> list[AuditEntry]:
        """See `wavecom.ports.notifications.NotificationStore.audit_trail`."""
        return self.audit_trails([notification])[notification.id]

    def audit_trails(self, notifications: Sequence[Notification]) -> dict[str, list[AuditEntry]]:
        """See `wavecom.ports.notifications.NotificationStore.audit_trails`."""
        ids = [audit_id(each.id, sequence) for each in notifications for sequence in range(1, each.state.sequence + 2)]
        trails: dict[str, list[AuditEntry]] = {each.id: [] for each in notifications}
        with available():
            for start in range(0, len(ids), IDS_PER_QUERY):
                found = self._audit.find({"_id": {"$in": ids[start : start + IDS_PER_QUERY]}}).sort("_id", 1)
                for document in found:
                    if entry := _read_entry(document):  # assigned by id, the only part that cannot be changed unnoticed
                        trails[document["_id"].partition(":")[0]].append(entry)
        return trails

    def page(
        self, where: ListFilter, *, limit: int, skip: int = 0, after: Position | None = None
    ) -> list[Notification]:
        """See `wavecom.ports.notifications.NotificationStore.page`."""

        def find(query: Document) -> Cursor[Document]:
            cursor = self._notifications.find(query, WITHOUT_HTML).sort(NEWEST_FIRST).skip(skip)
            return cursor.hint(index) if (index := list_index(where)) else cursor

        with available(LIST_TIMEOUT):
            found = in_turn(list_queries(where, after), find, limit)
        return [from_document(document) for document in found]

    def dead_letters(self, where: DeadLetterFilter, *, limit: int, after: Position | None = None) -> list[Notification]:
        """See `wavecom.ports.notifications.NotificationStore.dead_letters`."""

        def find(query: Document) -> Cursor[Document]:
            return self._notifications.find(query, WITHOUT_HTML).sort(LATEST_FAILURE_FIRST).hint("dead_letters")

        with available(LIST_TIMEOUT):
            found = in_turn(dead_letter_queries(where, after), find, limit)
        return [from_document(document) for document in found]

    def range(self, where: AuditRange, *, limit: int, after: str | None = None) -> list[Notification]:
        """See `wavecom.ports.notifications.NotificationStore.range`."""
        ids: Document = {"$gte": first_id(where.since), "$lte": last_id(where.until)}
        if after is not None:
            ids["$gt"] = ObjectId(after)
        query: Document = {"_id": ids, "createdAt": {"$gte": where.since, "$lt": where.until}}
        if where.tenant_id is not None:
            query["tenantId"] = where.tenant_id
        with available(LIST_TIMEOUT):
            found = self._notifications.find(query, WITHOUT_HTML).sort("_id", 1).limit(limit)
            return [from_document(each) for each in found]

    def overdue(self, at: datetime, *, limit: int) -> list[Notification]:
        """See `wavecom.ports.notifications.NotificationStore.overdue`."""
        with available():
            found = list(self._notifications.find(overdue_query(at), WITHOUT_HTML).sort("dueAt", 1).limit(limit))
            readable = [notification for document in found if (notification := _read(document))]
            if len(readable) < len(found):
                # Postponed: otherwise they would come first in every sweep.
                known = {notification.id for notification in readable}
                unreadable = [document["_id"] for document in found if str(document["_id"]) not in known]
                postponed = {"$set": {"dueAt": at + UNREADABLE_DELAY}}
                self._notifications.update_many({"_id": {"$in": unreadable}}, postponed)
            return readable

    def tenants_that_wrote(
        self, channel: Channel, recipient: str, *, senders: Collection[str], provider: str | None
    ) -> list[str]:
        """See `wavecom.ports.notifications.NotificationStore.tenants_that_wrote`.

        Lists by recipient begin with the tenant, so each tenant with counters is asked for.
        """
        with available():
            tenants = [each for each in self._mongo.database.counters.distinct("tenantId") if not is_test(each)]
            return [each for each in sorted(tenants) if self._wrote(each, channel, recipient, senders, provider)]

    def _wrote(
        self, tenant_id: str, channel: Channel, recipient: str, senders: Collection[str], provider: str | None
    ) -> bool:
        to_them = {"tenantId": tenant_id, "recipient": recipient, "type": channel.value, "sentAt": {"$gt": EPOCH}}
        from_them: Document = {"sender.address": {"$in": list(senders)}}
        of_provider = {"sender": {"$exists": False}, "provider": provider}
        query = to_them | ({"$or": [from_them, of_provider]} if provider is not None else from_them)
        return self._notifications.find_one(query, {"_id": 1}, hint="list_by_recipient") is not None

    def ping(self, timeout: timedelta) -> None:
        """See `wavecom.ports.notifications.NotificationStore.ping`."""
        with available(timeout):
            self._mongo.database.command("ping")


def _guarded_update(change: Change) -> UpdateOne:
    before = change.before
    if before is None:
        raise ValueError("A new notification is added, not saved")
    guard = {"_id": ObjectId(before.id), "status": before.state.status.value, "sequence": before.state.sequence}
    return UpdateOne(guard, to_update(before.state, change.after.state))


def _read(document: Document) -> Notification | None:
    """Return a document's notification, or None, with a log line, if this release cannot read it."""
    try:
        return from_document(document)
    except (KeyError, TypeError, ValueError) as exc:
        extra = {"notification_id": str(document["_id"]), "error": type(exc).__name__}
        logger.error("Unreadable notification left alone", extra=extra)  # noqa: TRY400 - the trace may show the body
        return None


def _read_entry(document: Document) -> AuditEntry | None:
    """Return a document's audit entry, or None if it is unreadable; its trail then has a gap."""
    try:
        return audit_entry(document)
    except (KeyError, TypeError, ValueError) as exc:
        extra = {"entry": str(document["_id"]), "error": type(exc).__name__}
        logger.error("Unreadable audit entry", extra=extra)  # noqa: TRY400 - the trace may show the body
        return None


def _is_duplicate(exc: BulkWriteError | DuplicateKeyError) -> bool:
    details = exc.details or {}
    return (
        any(error.get("code") == DUPLICATE_KEY for error in details.get("writeErrors", [])) or exc.code == DUPLICATE_KEY
    )
