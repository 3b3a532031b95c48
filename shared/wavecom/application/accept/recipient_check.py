"""Say of a recipient whether a configured provider can take it, before anything is accepted for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from wavecom.domain.content.push import is_apns_token
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.tenants import is_test

TakesRecipient = Callable[[str], bool]
"""Whether one provider takes a recipient in its canonical form."""


@dataclass(frozen=True, slots=True)
class RecipientCheck:
    """Each channel's configured providers. The simulators that serve test keys take every recipient."""

    live: Mapping[Channel, Sequence[TakesRecipient]] = field(default_factory=dict)

    def problem_of(self, tenant_id: str, channel: Channel, recipient: str) -> str | None:
        """Return why no provider of a channel takes a tenant's recipient, without the recipient; None where one does.

        A channel that nothing is configured for takes all: it is simulated.
        """
        recipient_check = () if is_test(tenant_id) else self.live.get(channel, ())
        if not recipient_check or any(takes(recipient) for takes in recipient_check):
            return None
        return f"{_kind_of(channel, recipient)}, which no configured provider takes"


def _kind_of(channel: Channel, recipient: str) -> str:
    match channel:
        case Channel.EMAIL:
            return "is an address with characters other than ASCII before the @"
        case Channel.PUSH if is_apns_token(recipient):
            return "is a device token of APNs"
        case Channel.PUSH:
            return "is a registration token of FCM"
        case Channel.SMS:
            return "is a phone number"
