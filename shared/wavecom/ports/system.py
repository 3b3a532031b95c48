"""Tell the time, store the state of the service itself, and record its measurements."""

from datetime import datetime
from typing import Protocol

from wavecom.domain.degradation import Level
from wavecom.metrics import Metric


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Return the present moment, timezone-aware, in UTC, to the millisecond."""


class SystemState(Protocol):
    """The stored state of the service."""

    def level(self) -> Level:
        """Return the degradation level that was stored last, from a short-lived cache.

        It is NORMAL where none was stored within five minutes, so that nobody is refused for ever.
        """

    def set_level(self, level: Level, at: datetime) -> None:
        """Store the degradation level."""

    def beat(self, name: str, at: datetime) -> None:
        """Store that the scheduled function ``name`` ran."""

    def sandboxes(self, since: datetime) -> dict[str, bool]:
        """Return whether our account is in the sandbox of each provider that said so after ``since``, by its name."""

    def set_sandbox(self, provider: str, at: datetime, *, in_sandbox: bool) -> None:
        """Store a provider's answer on its sandbox."""


class MetricsSink(Protocol):
    """Records measurements in CloudWatch, by the embedded metric format."""

    def gauge(self, metric: Metric, value: float, **dimensions: str) -> None:
        """Record one value, with each of the metric's dimensions."""
