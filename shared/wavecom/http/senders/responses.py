"""Answers about senders."""

from typing import Annotated, Self

from pydantic import Field

from wavecom.domain import senders as domain
from wavecom.domain.notifications.enums import Channel
from wavecom.http.framework.responses import Shape, Success


class Sender(Shape):
    """A sender of messages of one channel."""

    id: str
    type: Channel
    address: str
    name: str | None
    reply_to: str | None
    providers: Annotated[list[str], Field(description="Those that carry its messages; none: all of the channel")]
    is_default: Annotated[bool, Field(description="Whether it is the one of notifications that name no sender")]

    @classmethod
    def from_domain(cls, sender: domain.Sender, *, default: bool) -> Self:
        """Return a sender as clients see it."""
        return cls(
            id=sender.id,
            type=sender.channel,
            address=sender.address,
            name=sender.name,
            reply_to=sender.reply_to,
            providers=list(sender.providers),
            is_default=default,
        )


class SenderAnswer(Success[Sender]):
    """One sender."""


class SendersAnswer(Success[list[Sender]]):
    """All senders of a tenant."""


def all_of(senders: domain.Senders) -> list[Sender]:
    """Return a tenant's senders in the order of their ids."""
    return [Sender.from_domain(each, default=senders.is_default(each)) for each in senders.by_id.values()]
