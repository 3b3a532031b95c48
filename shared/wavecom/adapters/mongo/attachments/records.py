"""The attachments, one document each, without their bytes."""

from collections.abc import Collection
from datetime import datetime

from wavecom.adapters.mongo.attachments.documents import from_document, to_document
from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.domain.content.attachments import Scan, StoredAttachment


class MongoAttachments:
    """`wavecom.ports.content.Attachments` on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._attachments = mongo.database.attachments
        self._notifications = mongo.database.notifications

    def add(self, stored: StoredAttachment) -> None:
        """See `wavecom.ports.content.Attachments.add`."""
        attachment = to_document(stored.attachment)
        times = {"createdAt": stored.created_at, "dueAt": stored.due_at}
        with available():
            self._attachments.insert_one(
                {"_id": attachment.pop("id"), "tenantId": stored.tenant_id, **attachment, **times}
            )

    def get(self, tenant_id: str, attachment_id: str) -> StoredAttachment | None:
        """See `wavecom.ports.content.Attachments.get`."""
        with available():
            document = self._attachments.find_one({"_id": attachment_id})
        stored = _stored(document) if document else None
        return stored if stored and stored.tenant_id == tenant_id and not stored.removing else None

    def use(self, tenant_id: str, ids: Collection[str], *, until: datetime) -> list[StoredAttachment]:
        """See `wavecom.ports.content.Attachments.use`.

        They are postponed first: those that are found after it are not removed before then.
        """
        wanted: Document = {"_id": {"$in": list(ids)}, "tenantId": tenant_id, "removing": {"$exists": False}}
        with available():
            self._attachments.update_many(wanted, {"$max": {"dueAt": until}})
            return [_stored(document) for document in self._attachments.find(wanted)]

    def set_checked(self, ids: Collection[str]) -> None:
        """See `wavecom.ports.content.Attachments.set_checked`."""
        with available():
            self._attachments.update_many({"_id": {"$in": list(ids)}}, {"$set": {"checked": True}})

    def scans(self, ids: Collection[str]) -> dict[str, Scan | None]:
        """See `wavecom.ports.content.Attachments.scans`."""
        with available():
            found = [_stored(document) for document in self._attachments.find({"_id": {"$in": list(ids)}})]
        return {each.attachment.id: each.attachment.scanned for each in found}

    def set_scanned(self, attachment_id: str, scan: Scan) -> None:
        """See `wavecom.ports.content.Attachments.set_scanned`."""
        with available():
            self._attachments.update_one({"_id": attachment_id}, {"$set": {"scanned": scan.value}})

    def due(self, at: datetime, *, limit: int) -> list[StoredAttachment]:
        """See `wavecom.ports.content.Attachments.due`."""
        with available():
            found = self._attachments.find({"dueAt": {"$lte": at}}).sort("dueAt", 1).limit(limit)
            return [_stored(document) for document in found]

    def is_attached(self, attachment_id: str) -> bool:
        """See `wavecom.ports.content.Attachments.is_attached`.

        The lower bound makes the partial index applicable.
        """
        with available():
            found = self._notifications.find_one({"attachments.id": {"$eq": attachment_id, "$gt": ""}}, {"_id": 1})
        return found is not None

    def postpone(self, stored: StoredAttachment, until: datetime) -> None:
        """See `wavecom.ports.content.Attachments.postpone`."""
        with available():
            self._attachments.update_one(_unchanged(stored), {"$set": {"dueAt": until}})

    def remove(self, stored: StoredAttachment) -> bool:
        """See `wavecom.ports.content.Attachments.remove`."""
        with available():
            done = self._attachments.update_one(_unchanged(stored), {"$set": {"removing": True}})
        return done.matched_count == 1

    def forget(self, ids: Collection[str]) -> None:
        """See `wavecom.ports.content.Attachments.forget`."""
        with available():
            self._attachments.delete_many({"_id": {"$in": list(ids)}})


def _unchanged(stored: StoredAttachment) -> Document:
    return {"_id": stored.attachment.id, "dueAt": stored.due_at}


def _stored(document: Document) -> StoredAttachment:
    return StoredAttachment(
        tenant_id=document["tenantId"],
        attachment=from_document({**document, "id": document["_id"]}),
        created_at=document["createdAt"],
        due_at=document["dueAt"],
        checked=document.get("checked", False),
        removing=document.get("removing", False),
    )
