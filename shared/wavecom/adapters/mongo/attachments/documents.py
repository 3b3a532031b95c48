"""An attachment as part of a MongoDB document."""

from wavecom.adapters.mongo.client import Document
from wavecom.domain.content.attachments import Attachment, Scan


def to_document(attachment: Attachment) -> Document:
    """Return an attachment as it is stored; absent means None."""
    scanned = {"scanned": attachment.scanned.value} if attachment.scanned is not None else {}
    return {
        "id": attachment.id,
        "filename": attachment.filename,
        "contentType": attachment.content_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        **scanned,
    }


def from_document(document: Document) -> Attachment:
    """Return the attachment of a document."""
    return Attachment(
        id=document["id"],
        filename=document["filename"],
        content_type=document["contentType"],
        size=document["size"],
        sha256=document["sha256"],
        scanned=Scan(document["scanned"]) if "scanned" in document else None,
    )
