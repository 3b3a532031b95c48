"""The time limit of a use case."""

import time
from datetime import timedelta


class Deadline:
    """The end of a use case by the monotonic clock, and the earlier moment after which it begins no more work."""

    def __init__(self, remaining: timedelta, *, reserve: timedelta = timedelta(0)) -> None:
        """End after ``remaining``; begin nothing in the last ``reserve`` of it, which is for finishing begun work."""
        self._ends_at = time.monotonic() + remaining.total_seconds()
        self._reserve_seconds = reserve.total_seconds()

    def passed(self) -> bool:
        """Return whether no more work may begin."""
        return time.monotonic() >= self._ends_at - self._reserve_seconds

    def is_over(self, *, after_seconds: float = 0) -> bool:
        """Return whether the use case has ended, or will have ``after_seconds`` from now."""
        return time.monotonic() + after_seconds >= self._ends_at
