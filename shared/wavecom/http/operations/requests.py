"""Requests that operate the service."""

from typing import Annotated

from pydantic import Field, field_validator

from wavecom.domain.notifications.enums import Channel, OnUnknown
from wavecom.http.fields import recipients
from wavecom.http.framework.requests import WireModel


class SetPolicy(WireModel):
    """What holds for all notifications of the tenant that do not say otherwise, and whom WaveCom writes to."""

    on_unknown: OnUnknown
    contact: Annotated[
        str | None,
        Field(
            max_length=254,
            description="An address of email, to which WaveCom writes when it has disabled an endpoint of webhooks; "
            "null for none. Left out, the present one stays.",
        ),
    ] = None

    @field_validator("contact")
    @classmethod
    def _contact(cls, contact: str | None) -> str | None:
        return None if contact is None else recipients.normalise(Channel.EMAIL, contact)

    @property
    def sets_contact(self) -> bool:
        """True if the request has a contact, be it null."""
        return "contact" in self.model_fields_set
