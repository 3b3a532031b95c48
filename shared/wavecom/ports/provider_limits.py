"""Limit the calls to providers: breakers, rate limits and weights."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from wavecom.domain.providers.limits import BreakerState, Permit, Slots
from wavecom.domain.providers.weights import WeightChange


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
