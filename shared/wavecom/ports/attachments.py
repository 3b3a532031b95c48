"""Keep attachments and their bytes, and have them scanned for malware."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from wavecom.domain.content.attachments import Attachment, Scan, StoredAttachment, Upload


class Attachments(Protocol):
    """The tenants' attachments, without their bytes.

    Every method raises `StoreUnavailableError` when the database does not answer in time.
    """

    def add(self, stored: StoredAttachment) -> None:
        """Store a new attachment."""

    def get(self, tenant_id: str, attachment_id: str) -> StoredAttachment | None:
        """Return an attachment of a tenant."""

    def use(self, tenant_id: str, ids: Collection[str], *, until: datetime) -> list[StoredAttachment]:
        """Return the existing ones of a tenant's attachments, which are kept until then at least."""

    def set_checked(self, ids: Collection[str]) -> None:
        """Store that the bytes of attachments are what was declared."""

    def scans(self, ids: Collection[str]) -> dict[str, Scan | None]:
        """Return what the scanner said of the existing ones of attachments, of any tenant, by their ids."""

    def set_scanned(self, attachment_id: str, scan: Scan) -> None:
        """Store what the scanner says of an attachment."""

    def due(self, at: datetime, *, limit: int) -> list[StoredAttachment]:
        """Return up to ``limit`` attachments with ``due_at`` at or before ``at``, the longest due first."""

    def is_attached(self, attachment_id: str) -> bool:
        """Return whether a notification has an attachment."""

    def postpone(self, stored: StoredAttachment, until: datetime) -> None:
        """Keep an attachment until then, if it has not been used since it was read."""

    def remove(self, stored: StoredAttachment) -> bool:
        """Hide an attachment from clients if it has not been used since it was read, and return whether it is hidden.

        It stays due until it is forgotten.
        """

    def forget(self, ids: Collection[str]) -> None:
        """Delete attachments that were removed."""


class AttachmentFiles(Protocol):
    """The bytes of attachments.

    Every method raises `StoreUnavailableError` when the storage does not answer in time.
    """

    def prepare(self, stored: StoredAttachment, *, until: datetime) -> Upload:
        """Return how a client puts the bytes of a new attachment, until then."""

    def read(self, tenant_id: str, attachment: Attachment) -> bytes | None:
        """Return the bytes of an attachment, None if they have not come."""

    def delete(self, all_of: Sequence[StoredAttachment]) -> None:
        """Delete the bytes of attachments; those that are not there are left out."""


class Scanner(Protocol):
    """A scanner for malware. Used by many threads at once."""

    def scan(self, tenant_id: str, attachment: Attachment, octets: bytes) -> Scan:
        """Return what it says of a file: PENDING if it does not say it yet, or does not answer in time."""
