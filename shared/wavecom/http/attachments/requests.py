"""Requests about attachments."""

from typing import Annotated

from pydantic import Field

from wavecom.application.attachments.manage import NewFile
from wavecom.domain.content.attachments import FILENAME_MAX_BYTES
from wavecom.http.framework.requests import WireModel


class CreateAttachment(WireModel):
    """A file that is about to be put."""

    filename: Annotated[
        str,
        Field(
            min_length=1,
            max_length=FILENAME_MAX_BYTES,
            description="As the recipient sees it; its end fits the content type",
            examples=["statement-2026-11.pdf"],
        ),
    ]
    content_type: Annotated[
        str,
        Field(min_length=1, max_length=100, description="One of the allowed media types", examples=["application/pdf"]),
    ]
    size: Annotated[int, Field(ge=1, strict=True, description="In bytes", examples=[48_213])]
    sha256: Annotated[
        str,
        Field(
            pattern="^[0-9a-f]{64}$",
            description="SHA-256 of the bytes, in hex",
            examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        ),
    ]

    def to_domain(self) -> NewFile:
        """Return it in the application's terms."""
        return NewFile(filename=self.filename, content_type=self.content_type, size=self.size, sha256=self.sha256)
