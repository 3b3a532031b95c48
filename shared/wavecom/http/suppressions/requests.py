"""Requests that change the suppression list."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from wavecom.domain.notifications.enums import Channel
from wavecom.http.fields import recipients
from wavecom.http.framework.requests import WireModel


class AddSuppression(WireModel):
    """An address that none of your notifications must go to any more."""

    type: Channel
    recipient: Annotated[str, Field(min_length=1, max_length=recipients.MAX_LENGTH, examples=["user@example.com"])]

    @field_validator("recipient")
    @classmethod
    def _recipient(cls, recipient: str, info: ValidationInfo) -> str:
        channel = info.data.get("type")
        return recipients.normalise(channel, recipient) if channel else recipient
