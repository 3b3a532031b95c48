"""How long a use case may go on."""

import time
from datetime import timedelta


class Deadline:
    """A moment, by the monotonic clock, at which a use case ends, and the one after which it begins no more work."""

    def __init__(self, remaining: timedelta, *, reserve: timedelta = timedelta(0)) -> None:
        """End after ``remaining``; begin nothing in its last part, ``reserve``, which is for ending what was begun."""
        self._ends_at = time.monotonic() + remaining.total_seconds()
        self._reserve_seconds = reserve.total_seconds()

    def passed(self) -> bool:
        """Whether no more work is to be begun."""
        return time.monotonic() >= self._ends_at - self._reserve_seconds

    def is_over(self, *, after_seconds: float = 0) -> bool:
        """Whether the use case has ended, or will have ``after_seconds`` from now."""
        return time.monotonic() + after_seconds >= self._ends_at
