"""The answers of a provider's limits: its breaker and its rate limit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

BreakerStateName = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission to call a provider: ``calls`` is 0 (breaker open), 1 (the one trial) or None (any number).

    ``wait`` is how long to wait before asking again if calls are limited.
    """

    calls: int | None
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class BreakerState:
    """The state of a breaker, and the time it opened last."""

    name: BreakerStateName
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slots:
    """Start times of calls to a limited provider: ``count`` calls, the first at ``first``, then one per ``every``.

    ``wait`` is how long to wait before asking for more.
    """

    count: int
    first: datetime
    every: timedelta = timedelta(0)
    wait: timedelta = timedelta(0)
