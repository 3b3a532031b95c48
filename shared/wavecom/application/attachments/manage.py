"""Prepare uploads of attachments, and show attachments."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from wavecom.domain.content.attachments import (
    ATTACHED_MAX_BYTES,
    UNUSED_KEPT,
    UPLOAD_WITHIN,
    Attachment,
    Scan,
    StoredAttachment,
    Upload,
    name_problem,
    new_attachment_id,
)
from wavecom.domain.errors import NotFoundError, Problem, RefusedDraftError
from wavecom.ports.content import AttachmentFiles, Attachments
from wavecom.ports.system import Clock

NO_PLACE: Final = "this service has no place for attachments; ATTACHMENTS_BUCKET or UPLOADS_URL names one"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that a client is going to put: its name, media type, size in bytes and SHA-256 (hex)."""

    filename: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageAttachments:
    """Keeps a tenant's attachments. Without ``files`` it takes no new ones; ``types`` are the allowed media types."""

    attachments: Attachments
    files: AttachmentFiles | None
    types: Collection[str]
    has_scanner: bool
    clock: Clock

    def create(self, tenant_id: str, file: NewFile) -> tuple[StoredAttachment, Upload]:
        """Store an attachment, and return it with the request by which its bytes are put.

        Raises `RefusedDraftError` and `StoreUnavailableError`.
        """
        if self.files is None:
            raise RefusedDraftError([Problem("filename", f"cannot be taken: {NO_PLACE}")])
        if problems := self._problems(file):
            raise RefusedDraftError(problems)
        now = self.clock()
        stored = StoredAttachment(
            tenant_id=tenant_id,
            attachment=Attachment(
                id=new_attachment_id(),
                filename=file.filename,
                content_type=file.content_type,
                size=file.size,
                sha256=file.sha256,
                scanned=Scan.PENDING if self.has_scanner else None,
            ),
            created_at=now,
            due_at=now + UNUSED_KEPT,
        )
        self.attachments.add(stored)
        return stored, self.files.prepare(stored, until=now + UPLOAD_WITHIN)

    def get(self, tenant_id: str, attachment_id: str) -> StoredAttachment:
        """Return an attachment. Raises `NotFoundError` and `StoreUnavailableError`."""
        stored = self.attachments.get(tenant_id, attachment_id)
        if stored is None:
            raise NotFoundError("There is no such attachment")
        return stored

    def _problems(self, file: NewFile) -> list[Problem]:
        if file.content_type not in self.types:
            return [Problem("content_type", f"must be one of {', '.join(self.types)}")]
        problems = []
        if (name := name_problem(file.filename, file.content_type)) is not None:
            problems.append(Problem("filename", name))
        if file.size > ATTACHED_MAX_BYTES:
            problems.append(Problem("size", f"must be at most {ATTACHED_MAX_BYTES:,} bytes"))
        return problems
