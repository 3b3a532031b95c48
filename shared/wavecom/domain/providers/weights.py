"""The choice of the first of several providers: a draw by weight, and weights that follow the providers' health."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

MIN_FACTOR = 0.05
"""The minimum share of its weight that a provider keeps, so that its recovery is seen."""
MIN_ATTEMPTS = 20
"""The fewest attempts within the window that a factor may be based on."""
TOLERATED_FAILURE_RATE = 0.05
"""The share of failed attempts that costs no weight."""
FULL_PENALTY_FAILURE_RATE = 0.5
"""The share of failed attempts at which a provider drops to the minimum."""
TOLERATED_SLOWNESS = 2.0
"""The number of times a provider may be slower than the fastest of its channel before that costs weight."""
TOLERATED_MILLISECONDS = 500
"""A provider that answers within this time is not slow, however fast the others are."""
STEP_UP = 0.25
"""The largest rise of a factor in one step; it falls at once."""


@dataclass(frozen=True, slots=True)
class Health:
    """A provider's recent attempts, over all consumers."""

    attempts: int
    failures: int
    milliseconds: int

    @property
    def failure_rate(self) -> float:
        """The share of attempts that failed, 0 to 1."""
        return self.failures / self.attempts if self.attempts else 0.0

    @property
    def latency_ms(self) -> float:
        """The mean time of an attempt."""
        return self.milliseconds / self.attempts if self.attempts else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightChange:
    """The share of its configured weight that a provider has from ``at`` on, ``MIN_FACTOR`` to 1, and the reason."""

    provider: str
    factor: float
    reason: str
    at: datetime


def next_factor(
    provider: str, current: float, health: Mapping[str, Health], peers: Iterable[str], at: datetime
) -> WeightChange | None:
    """Return the change that a provider's health requires, None if its factor stays the same.

    ``peers`` are the providers of its channel. A failing or slow provider falls at once to its factor; one
    that is healthy, or has too few attempts, rises step by step.
    """
    own = health.get(provider, Health(0, 0, 0))
    target, reason = 1.0, "healthy"
    if own.attempts >= MIN_ATTEMPTS:
        target, reason = _factor_for(own, [health[peer] for peer in peers if peer in health])
    factor = max(MIN_FACTOR, round(min(target, current + STEP_UP), 2))
    if factor == current:
        return None
    if factor > current and target == 1.0:
        reason = f"drifts back: {reason}"
    return WeightChange(provider=provider, factor=factor, reason=reason, at=at)


def _factor_for(own: Health, peers: Iterable[Health]) -> tuple[float, str]:
    failing = 1 - (own.failure_rate - TOLERATED_FAILURE_RATE) / (FULL_PENALTY_FAILURE_RATE - TOLERATED_FAILURE_RATE)
    sending = [
        peer for peer in peers if peer.attempts >= MIN_ATTEMPTS and peer.failure_rate < FULL_PENALTY_FAILURE_RATE
    ]
    fastest = min((peer.latency_ms for peer in sending), default=own.latency_ms)
    tolerated = max(TOLERATED_SLOWNESS * fastest, TOLERATED_MILLISECONDS)
    slow = tolerated / own.latency_ms if own.latency_ms > tolerated else 1.0
    percent = f"{100 * own.failure_rate:.0f} % of {own.attempts} attempts failed"
    if failing <= slow and failing < 1:
        return max(failing, 0.0), percent
    if slow < 1:
        return slow, f"an attempt takes {own.latency_ms:.0f} ms, the fastest provider takes {fastest:.0f} ms"
    return 1.0, percent


def draw(weights: Mapping[str, float], uniform: Iterable[float]) -> list[str]:
    """Return all names in a random order; each comes first with a probability proportional to its weight.

    ``uniform`` yields a number from 0 to 1 for each. This is weighted sampling without replacement by exponential keys
    (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    """
    keys = {
        name: -math.log(1 - u) / weight if weight > 0 else math.inf
        for (name, weight), u in zip(weights.items(), uniform, strict=False)
    }
    return sorted(keys, key=keys.__getitem__)
