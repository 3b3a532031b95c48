"""Tell the time, and store the state of the service itself."""

from datetime import datetime
from typing import Protocol

from wavecom.domain.degradation import Level


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Return the present moment, timezone-aware, in UTC."""


class SystemState(Protocol):
    """The stored state of the service."""

    def level(self) -> Level:
        """Return the degradation level that was stored last, from a short-lived cache."""

    def set_level(self, level: Level, at: datetime) -> None:
        """Store the degradation level."""

    def beat(self, name: str, at: datetime) -> None:
        """Store that the scheduled function ``name`` ran."""

    def sandboxes(self, since: datetime) -> dict[str, bool]:
        """Return whether our account is in each provider's sandbox, by provider that said so since ``since``."""

    def set_sandbox(self, provider: str, at: datetime, *, in_sandbox: bool) -> None:
        """Store a provider's answer on its sandbox."""
