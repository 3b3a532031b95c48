"""The bytes of attachments in the database, for one machine; the API's own server takes them from clients.

An upload is let in by a token, of which the database has the SHA-256 only.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.domain.content.attachments import Attachment, StoredAttachment, Upload

PATH: Final = "/uploads/"
TOKEN_HEADER: Final = "WaveCom-Upload-Token"  # noqa: S105 - the name of a header


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFile:
    """The size in bytes and the SHA-256 (hex) of a file that a client may put."""

    size: int
    sha256: str


class MongoAttachmentFiles:
    """`wavecom.ports.content.AttachmentFiles` on MongoDB: a file is a document, of 16 MB at the most."""

    def __init__(self, mongo: Mongo, base_url: str | None) -> None:
        """Have clients put bytes below ``base_url``, which only a process that takes new attachments needs."""
        self._files = mongo.database.attachmentfiles
        self._base_url = base_url

    def prepare(self, stored: StoredAttachment, *, until: datetime) -> Upload:
        """See `wavecom.ports.content.AttachmentFiles.prepare`."""
        if self._base_url is None:
            raise ValueError("A process without an address for uploads takes none")
        attachment, token = stored.attachment, secrets.token_urlsafe(24)
        document = {
            "_id": attachment.id,
            "token": _digest(token),
            "until": until,
            "size": attachment.size,
            "sha256": attachment.sha256,
        }
        with available():
            self._files.insert_one(document)
        headers = {"Content-Type": attachment.content_type, TOKEN_HEADER: token}
        return Upload(url=f"{self._base_url}{PATH}{attachment.id}", headers=headers, expires_at=until)

    def expected(self, attachment_id: str, token: str, at: datetime) -> ExpectedFile | None:
        """Return what a token lets a client put at a time, None if it lets it put nothing."""
        with available():
            found = self._files.find_one({"_id": attachment_id}, {"octets": 0})
        if found is None or not hmac.compare_digest(found["token"], _digest(token)) or found["until"] <= at:
            return None
        return ExpectedFile(size=found["size"], sha256=found["sha256"])

    def put(self, attachment_id: str, octets: bytes) -> None:
        """Store the bytes of a file that are the expected ones."""
        with available():
            self._files.update_one({"_id": attachment_id}, {"$set": {"octets": octets}})

    def read(self, tenant_id: str, attachment: Attachment) -> bytes | None:
        """See `wavecom.ports.content.AttachmentFiles.read`."""
        with available():
            found = self._files.find_one({"_id": attachment.id}, {"octets": 1})
        return bytes(found["octets"]) if found and "octets" in found else None

    def delete(self, all_of: Sequence[StoredAttachment]) -> None:
        """See `wavecom.ports.content.AttachmentFiles.delete`."""
        with available():
            self._files.delete_many({"_id": {"$in": [each.attachment.id for each in all_of]}})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
