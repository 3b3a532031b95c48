"""The state of the providers: breakers, weights, limits and recent attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from wavecom.domain.ledger.totals import Totals, failure_rate
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.limits import BreakerState
from wavecom.domain.providers.weights import WeightChange
from wavecom.ports.ledger import Counters
from wavecom.ports.providers import Breakers, Weights
from wavecom.ports.system import Clock, SystemState

WINDOW = timedelta(minutes=5)
SANDBOX_VALID_FOR = timedelta(minutes=35)
"""The time for which a provider's answer on its sandbox holds: three later questions may have failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredProvider:
    """A configured provider: its share of its channel, and its limit."""

    name: str
    channel: Channel
    weight: float
    per_second: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """A provider's present state; ``outcomes`` are its attempts of the last five minutes, over all tenants.

    ``in_sandbox`` is None if it has no sandbox, or has not been asked yet.
    """

    name: str
    channel: Channel
    weight: float
    factor: float
    per_second: float | None
    breaker: BreakerState
    outcomes: dict[str, int]
    faults: int
    average_ms: int
    changes: Sequence[WeightChange]
    in_sandbox: bool | None

    @property
    def failure_rate(self) -> float:
        """The percentage of those attempts that counted against the provider, to one decimal."""
        return round(failure_rate(self.outcomes, self.faults), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """Shows the state of the providers."""

    configured: Sequence[ConfiguredProvider]
    breakers: Breakers
    weights: Weights
    counters: Counters
    system: SystemState
    clock: Clock

    def states(self) -> list[ProviderState]:
        """Return the state of every provider."""
        recent = Totals.merged(self.counters.minutes(None, self.clock() - WINDOW).values())
        outcomes, faults, milliseconds = recent.providers(), recent.provider_faults(), recent.provider_milliseconds()
        states, history = self.breakers.states(), self.weights.history()
        sandboxes = self.system.sandboxes(since=self.clock() - SANDBOX_VALID_FOR)

        def state(provider: ConfiguredProvider) -> ProviderState:
            name = provider.name
            own = outcomes.get(name, {})
            changes = history.get(name, [])
            return ProviderState(
                name=name,
                channel=provider.channel,
                weight=provider.weight,
                factor=changes[0].factor if changes else 1.0,
                per_second=provider.per_second,
                breaker=states.get(name, BreakerState("closed")),
                outcomes=own,
                faults=faults.get(name, 0),
                average_ms=round(milliseconds.get(name, 0) / sum(own.values())) if own else 0,
                changes=changes,
                in_sandbox=sandboxes.get(name),
            )

        return [state(provider) for provider in self.configured]
