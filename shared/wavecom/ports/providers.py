"""Send messages through a provider."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import ProviderError, Receipt


class Provider(Protocol):
    """A service that sends messages. Used by many threads at once; has its own connect and read timeouts."""

    name: str
    channel: Channel
    idempotent: bool
    """True if it takes the notification's id as a token and sends messages with the same token only once."""
    bulk_limit: int
    """Messages in one call, 1 where it takes them one by one. More than 1 only for a `BulkProvider`."""

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand over one message and return the provider's receipt, or raise a `ProviderError`."""


@runtime_checkable
class BulkProvider(Provider, Protocol):
    """A provider that takes several messages, each with its own content, in one call."""

    def send_many(self, messages: Sequence[OutgoingMessage]) -> list[Receipt | ProviderError]:
        """Hand over up to ``bulk_limit`` messages and return the result of each, in order. It never raises.

        Messages with attachments are not among them: `send` takes them one by one.

        A refused message fails only itself; a call that got no answer is an `UnknownOutcomeError` for each.
        """


@runtime_checkable
class WithSandbox(Protocol):
    """A provider that keeps new accounts in a sandbox, which sends only to verified recipients."""

    name: str

    def in_sandbox(self) -> bool:
        """Ask the provider whether our account is in its sandbox. Raises `ProviderError` if it does not say."""
