"""Pace and weights, from memory. The breakers have a memory of their own beside their adapter."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from wavecom.domain.providers.limits import Slots
from wavecom.domain.providers.weights import WeightChange


class FakePace:
    """Limits in memory: ``free`` calls for each provider that is named there, any number for the others."""

    def __init__(self) -> None:
        self.free: dict[str, int] = {}
        self.paused: dict[str, datetime] = {}
        self.taken: list[tuple[str, int]] = []

    def take(self, provider: str, *, requested: int, per_second: float | None, at: datetime) -> Slots:
        self.taken.append((provider, requested))
        if (until := self.paused.get(provider, at)) > at:
            return Slots(0, at, wait=until - at)
        count = min(requested, self.free.get(provider, requested))
        if provider in self.free:
            self.free[provider] -= count
        return Slots(count, at, wait=timedelta(seconds=1))

    def pause(self, provider: str, until: datetime) -> None:
        self.paused[provider] = max(until, self.paused.get(provider, until))


class FakeWeights:
    """Weights in a dictionary."""

    def __init__(self) -> None:
        self.stored: dict[str, list[WeightChange]] = {}

    def factors(self) -> Mapping[str, float]:
        return {provider: changes[0].factor for provider, changes in self.stored.items()}

    def change(self, changes: Sequence[WeightChange]) -> None:
        for change in changes:
            self.stored.setdefault(change.provider, []).insert(0, change)

    def history(self) -> dict[str, list[WeightChange]]:
        return self.stored
