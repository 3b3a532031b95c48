"""Which of several providers is asked first: a draw by weight, and weights that follow the providers' health."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

LEAST = 0.05
"""No provider's share falls below this part of its weight, so that its recovery is seen."""
ENOUGH_ATTEMPTS = 20
"""Fewer attempts within the window say nothing."""
TOLERATED_FAILURES = 0.05
"""Share of failed attempts that costs no weight."""
HOPELESS_FAILURES = 0.5
"""Share of failed attempts that costs all of it."""
TOLERATED_SLOWNESS = 2.0
"""How many times slower than the fastest of its channel a provider may be before that costs weight."""
TOLERATED_MILLISECONDS = 500
"""A provider that answers within this is not slow, however fast the others are."""
STEP_UP = 0.25
"""The most by which a factor rises in one step; it falls at once."""


@dataclass(frozen=True, slots=True)
class Health:
    """What all consumers together saw of a provider lately."""

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
    """The part of its configured weight that a provider has from ``at`` on, ``LEAST`` to 1, and why."""

    provider: str
    factor: float
    reason: str
    at: datetime


def next_factor(
    provider: str, current: float, health: Mapping[str, Health], peers: Iterable[str], at: datetime
) -> WeightChange | None:
    """Return the step that a provider's health calls for, None where it is to stay as it is.

    ``peers`` are the providers of its channel. A failing or slow provider falls at once to what its health is worth;
    one that is well, or of which nothing is known, drifts back.
    """
    own = health.get(provider, Health(0, 0, 0))
    target, reason = 1.0, "healthy"
    if own.attempts >= ENOUGH_ATTEMPTS:
        target, reason = _worth(own, [health[peer] for peer in peers if peer in health])
    factor = max(LEAST, round(min(target, current + STEP_UP), 2))
    if factor == current:
        return None
    if factor > current and target == 1.0:
        reason = f"drifts back: {reason}"
    return WeightChange(provider=provider, factor=factor, reason=reason, at=at)


def _worth(own: Health, peers: Iterable[Health]) -> tuple[float, str]:
    failing = 1 - (own.failure_rate - TOLERATED_FAILURES) / (HOPELESS_FAILURES - TOLERATED_FAILURES)
    sending = [peer for peer in peers if peer.attempts >= ENOUGH_ATTEMPTS and peer.failure_rate < HOPELESS_FAILURES]
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
    """Return all names in a random order in which each comes first with the probability of its weight.

    ``uniform`` yields a number from 0 to 1 for each. This is weighted sampling without replacement by exponential keys
    (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    """
    keys = {
        name: -math.log(1 - u) / weight if weight > 0 else math.inf
        for (name, weight), u in zip(weights.items(), uniform, strict=False)
    }
    return sorted(keys, key=keys.__getitem__)
