"""Answers about attachments."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from wavecom.domain.content import attachments as domain
from wavecom.domain.content.attachments import Scan, StoredAttachment
from wavecom.http.framework.responses import MAY_BE_ABSENT, Id, Shape, Success, Timestamp, iso


class Upload(Shape):
    """The request by which the bytes are put. It needs no API key, and no headers but these and its length."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: Timestamp

    @classmethod
    def from_domain(cls, upload: domain.Upload) -> Self:
        """Return it as clients see it."""
        return cls(method="PUT", url=upload.url, headers=dict(upload.headers), expires_at=iso(upload.expires_at))


class Attachment(Shape):
    """A file that emails can carry."""

    id: Id
    filename: str
    content_type: str
    size: int
    sha256: str
    scanned: Annotated[Scan, Field(description="Absent where no scanner is configured"), MAY_BE_ABSENT]
    created_at: Timestamp
    kept_until: Annotated[
        Timestamp, Field(description="Until then, and as long as a notification has it, it is not deleted")
    ]
    upload: Annotated[Upload, Field(description="Shown once, when it is made"), MAY_BE_ABSENT]

    @classmethod
    def from_domain(cls, stored: StoredAttachment, upload: domain.Upload | None = None) -> Self:
        """Return an attachment as clients see it."""
        attachment = stored.attachment
        given: dict[str, Any] = {
            "scanned": attachment.scanned,
            "upload": Upload.from_domain(upload) if upload is not None else None,
        }
        return cls(
            id=attachment.id,
            filename=attachment.filename,
            content_type=attachment.content_type,
            size=attachment.size,
            sha256=attachment.sha256,
            created_at=iso(stored.created_at),
            kept_until=iso(stored.due_at),
            **{name: value for name, value in given.items() if value is not None},
        )


class AttachmentAnswer(Success[Attachment]):
    """One attachment."""
