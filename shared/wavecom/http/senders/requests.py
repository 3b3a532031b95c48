"""Requests that change senders."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from wavecom.domain.notifications.enums import Channel
from wavecom.domain.senders import PROVIDERS_MAX
from wavecom.domain.senders import Sender as DomainSender
from wavecom.domain.tenants import TENANT_ID
from wavecom.http.fields import recipients
from wavecom.http.fields.text import one_line
from wavecom.http.framework.requests import WireModel
from wavecom.http.openapi import example_ids

NAME_MAX: Final = 100
ADDRESS_MAX: Final = 254
"""The longest address of an email (RFC 3696, erratum 1690); ARNs and bundle ids are shorter."""
_SMS: Final = re.compile(r"[A-Za-z0-9+][A-Za-z0-9 +&_:/.-]*")
_BUNDLE_ID: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
"""Letters, digits, hyphens and periods (Apple, "CFBundleIdentifier")."""


class PutSender(WireModel):
    """A sender as it is to be."""

    tenant_id: Annotated[
        str | None,
        Field(pattern=f"^{TENANT_ID.pattern}$", description="Without it, the key's own", examples=[example_ids.TENANT]),
    ] = None
    type: Annotated[Channel, Field(description="Channel", examples=["EMAIL"])]
    address: Annotated[
        str,
        Field(
            min_length=1,
            max_length=ADDRESS_MAX,
            description="Email address; of SMS a number, short code or sender id; of PUSH the app's bundle id",
            examples=["billing@bank.example"],
        ),
    ]
    name: Annotated[
        Annotated[str, Field(min_length=1, max_length=NAME_MAX), AfterValidator(one_line)] | None,
        Field(description="Of EMAIL, shown beside the address", examples=["Bank Billing"]),
    ] = None
    reply_to: Annotated[
        Annotated[str, Field(min_length=1, max_length=ADDRESS_MAX)] | None,
        Field(description="Of EMAIL: where answers go", examples=["help@bank.example"]),
    ] = None
    providers: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=40)], ...],
        Field(max_length=PROVIDERS_MAX, description="Those that may carry its messages; none: all of the channel"),
    ] = ()
    is_default: Annotated[
        bool, Field(strict=True, description="Whether it is the one of notifications that name no sender")
    ] = False

    @field_validator("address")
    @classmethod
    def _address(cls, address: str, info: ValidationInfo) -> str:
        match info.data.get("type"):
            case Channel.EMAIL:
                return _ascii_email(address)
            case Channel.SMS if not _SMS.fullmatch(address):
                raise ValueError("must be a number, a short code, a sender id, or the id or ARN of one")
            case Channel.PUSH if not _BUNDLE_ID.fullmatch(address):
                raise ValueError("must be a bundle id, for example example.bank.app")
        return address

    @field_validator("reply_to")
    @classmethod
    def _reply_to(cls, reply_to: str | None) -> str | None:
        return None if reply_to is None else _ascii_email(reply_to)

    @field_validator("name", "reply_to")
    @classmethod
    def _of_email(cls, given: str | None, info: ValidationInfo) -> str | None:
        if given is not None and info.data.get("type", Channel.EMAIL) is not Channel.EMAIL:
            raise ValueError("is for EMAIL only")
        return given

    def to_domain(self, sender_id: str) -> DomainSender:
        """Return the sender in the domain's terms."""
        return DomainSender(
            id=sender_id,
            channel=self.type,
            address=self.address,
            name=self.name,
            reply_to=self.reply_to,
            providers=tuple(dict.fromkeys(self.providers)),
        )


def _ascii_email(address: str) -> str:
    normal = recipients.normalise(Channel.EMAIL, address)
    if not normal.rpartition("@")[0].isascii():
        raise ValueError("must be an address in ASCII up to the @")
    return normal
