"""The state of the service, from memory."""

from datetime import datetime

from wavecom.domain.degradation import Level


class FakeSystem:
    """The degradation level and the heartbeats, in memory."""

    def __init__(self) -> None:
        self.stored = Level.NORMAL
        self.beats: dict[str, datetime] = {}
        self.in_sandbox: dict[str, tuple[datetime, bool]] = {}

    def level(self) -> Level:
        return self.stored

    def set_level(self, level: Level, at: datetime) -> None:
        self.stored = level

    def beat(self, name: str, at: datetime) -> None:
        self.beats[name] = at

    def sandboxes(self, since: datetime) -> dict[str, bool]:
        return {name: is_in for name, (at, is_in) in self.in_sandbox.items() if at > since}

    def set_sandbox(self, provider: str, at: datetime, *, in_sandbox: bool) -> None:
        self.in_sandbox[provider] = (at, in_sandbox)
