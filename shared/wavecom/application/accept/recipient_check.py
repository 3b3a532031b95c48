"""Check that a configured provider can send to a recipient, before a notification is accepted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wavecom.domain.content.push import is_apns_token
from wavecom.domain.errors import Problem
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.senders import Sender
from wavecom.domain.tenants import is_test

AcceptsRecipient = Callable[[str], bool]
"""Returns whether a provider accepts a recipient in its canonical form."""


@dataclass(frozen=True, slots=True)
class RecipientCheck:
    """The recipients that each channel's configured providers accept, by the providers' names.

    Simulators for test keys accept every one.
    """

    live: Mapping[Channel, Mapping[str, AcceptsRecipient]] = field(default_factory=dict)

    def problem_of(self, tenant_id: str, channel: Channel, recipient: str, sender: Sender | None) -> Problem | None:
        """Return why no provider of a channel accepts a tenant's recipient, without naming it; None if one does.

        A ``sender`` may leave some of the providers only. A channel without configured providers accepts every
        recipient: it is simulated.
        """
        configured = {} if is_test(tenant_id) else self.live.get(channel, {})
        if not configured:
            return None
        checks = [accepts for name, accepts in configured.items() if sender is None or sender.may_use(name)]
        if not checks:
            return Problem("sender", "names providers of which none is configured any more")
        if any(accepts(recipient) for accepts in checks):
            return None
        taker = "no configured provider takes" if sender is None else "no provider of the sender takes"
        return Problem("recipient", f"{_describe(channel, recipient)}, which {taker}")


def _describe(channel: Channel, recipient: str) -> str:
    match channel:
        case Channel.EMAIL:
            return "is an address with characters other than ASCII before the @"
        case Channel.PUSH if is_apns_token(recipient):
            return "is a device token of APNs"
        case Channel.PUSH:
            return "is a registration token of FCM"
        case Channel.SMS:
            return "is a phone number"
