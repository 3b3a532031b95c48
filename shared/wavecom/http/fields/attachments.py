"""Attachments of emails, by their ids."""

from typing import Annotated

from pydantic import AfterValidator, Field

from wavecom.domain.content.attachments import ATTACHMENTS_MAX
from wavecom.http.openapi import example_ids


def _all_different(ids: list[str]) -> list[str]:
    if len(set(ids)) < len(ids):
        raise ValueError("must not have the same one twice")
    return ids


AttachmentIds = Annotated[
    list[Annotated[str, Field(pattern="^[0-9a-f]{24}$", examples=[example_ids.ATTACHMENT_ID])]],
    Field(max_length=ATTACHMENTS_MAX),
    AfterValidator(_all_different),
]
