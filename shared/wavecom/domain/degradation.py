"""Degradation levels: the requests that WaveCom refuses, and in which order, when the load is too high."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from wavecom.domain.errors import OverloadedError
from wavecom.domain.notifications.enums import Priority

RETRY_AFTER = timedelta(seconds=60)


class Level(IntEnum):
    """The load on the service, by notifications accepted a minute."""

    NORMAL = 1
    ELEVATED = 2
    HIGH = 3
    """Lists and statistics answer 503."""
    EXTREME = 4
    """Only CRITICAL notifications are accepted."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Notifications a minute above which the next level begins."""

    elevated: int = 50_000
    high: int = 100_000
    extreme: int = 200_000

    def level(self, accepted_per_minute: int) -> Level:
        """Return the level for a rate."""
        for level, above in ((Level.EXTREME, self.extreme), (Level.HIGH, self.high), (Level.ELEVATED, self.elevated)):
            if accepted_per_minute > above:
                return level
        return Level.NORMAL


def check_accepts(level: Level, priority: Priority) -> None:
    """Raise `OverloadedError` if ``level`` does not accept notifications of ``priority``."""
    if level >= Level.EXTREME and priority is not Priority.CRITICAL:
        raise OverloadedError(
            "Only CRITICAL notifications are accepted at the moment; retry later", retry_after=RETRY_AFTER
        )


def check_answers(level: Level) -> None:
    """Raise `OverloadedError` if ``level`` does not answer lists and statistics."""
    if level >= Level.HIGH:
        raise OverloadedError("Lists and statistics are not answered under the present load", retry_after=RETRY_AFTER)
