"""Send messages through a provider, and limit the calls to it: breakers, rate limits and weights."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.limits import BreakerState, Permit, Slots
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import ProviderError, Receipt
from wavecom.domain.providers.weights import WeightChange


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


class Breakers(Protocol):
    """One circuit breaker a provider, shared by all consumers."""

    def permits(self, providers: Iterable[str]) -> dict[str, Permit]:
        """Return each provider's permission to be called. Called once a batch; a trial is given to one caller only."""

    def record(self, provider: str, successes: Sequence[bool]) -> None:
        """Record outcomes in the order they came, True if the provider answered."""

    def states(self) -> dict[str, BreakerState]:
        """Return the state of each breaker that was ever used, by provider."""


class Pace(Protocol):
    """Limits the rate of calls to each provider, over all consumers together."""

    def take(self, provider: str, *, requested: int, per_second: float | None, at: datetime) -> Slots:
        """Reserve up to ``requested`` calls; ``per_second`` None means that only a pause limits them.

        When the database does not answer, a limited provider gets no call.
        """

    def pause(self, provider: str, until: datetime) -> None:
        """Block calls to a provider until ``until``, because it answered with a rate limit."""


class Weights(Protocol):
    """The share of its configured weight that each provider has at present."""

    def factors(self) -> Mapping[str, float]:
        """Return the factor of each provider whose weight was ever changed, from a short-lived cache."""

    def change(self, changes: Sequence[WeightChange]) -> None:
        """Store changes with their reasons."""

    def history(self) -> dict[str, list[WeightChange]]:
        """Return each provider's latest changes, newest first."""
