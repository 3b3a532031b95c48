"""How long a use case may go on."""

import time
from datetime import timedelta


class Deadline:
    """A moment, by the monotonic clock, after which no more work is begun."""

    def __init__(self, remaining: timedelta) -> None:
        self._at = time.monotonic() + remaining.total_seconds()

    def passed(self) -> bool:
        """Whether the moment is over."""
        return time.monotonic() >= self._at
