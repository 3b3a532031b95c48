"""The state of the service, from memory."""

from collections.abc import Callable
from datetime import datetime, timedelta

from tests.builders import now
from wavecom.domain.degradation import Level


class FakeSystem:
    """The degradation level, the heartbeats and the sandboxes in dictionaries, without a cache."""

    def __init__(self, clock: Callable[[], datetime] = now) -> None:
        self.beats: dict[str, datetime] = {}
        self.in_sandbox: dict[str, tuple[datetime, bool]] = {}
        self._level: tuple[datetime, Level] | None = None
        self._clock = clock

    def level(self) -> Level:
        if self._level is None or self._level[0] <= self._clock() - timedelta(minutes=5):
            return Level.NORMAL
        return self._level[1]

    def set_level(self, level: Level, at: datetime) -> None:
        self._level = (at, level)

    def beat(self, name: str, at: datetime) -> None:
        self.beats[name] = at

    def sandboxes(self, since: datetime) -> dict[str, bool]:
        return {name: is_in for name, (at, is_in) in self.in_sandbox.items() if at > since}

    def set_sandbox(self, provider: str, at: datetime, *, in_sandbox: bool) -> None:
        self.in_sandbox[provider] = (at, in_sandbox)
