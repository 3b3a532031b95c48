"""Check that the service and its dependencies answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wavecom.domain.errors import UnavailableError
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue
from wavecom.ports.system import Clock

PING_TIMEOUT: Final = timedelta(seconds=2)
_STARTED: Final = time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The dependencies that answer, by name, and the uptime of this process."""

    at: datetime
    answers: dict[str, bool]
    uptime: timedelta

    @property
    def is_healthy(self) -> bool:
        """True if all of them answer."""
        return all(self.answers.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckHealth:
    """Pings the database and the broker, each for no longer than `PING_TIMEOUT`."""

    store: NotificationStore
    queue: Queue
    clock: Clock

    def check(self) -> Health:
        """Return the dependencies that answer."""
        answers = {"mongodb": _answers(self.store.ping), self.queue.name: _answers(self.queue.ping)}
        uptime = timedelta(seconds=time.monotonic() - _STARTED)
        return Health(at=self.clock(), answers=answers, uptime=uptime)


def _answers(ping: Callable[[timedelta], None]) -> bool:
    try:
        ping(PING_TIMEOUT)
    except UnavailableError:
        return False
    return True
