"""Answers of the limits that stand before a provider: its breaker and its rate limit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

BreakerStateName = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether a provider may be called: ``calls`` is 0 (breaker open), 1 (the one trial) or None (any number).

    ``wait`` is how long to wait before asking again where calls are limited.
    """

    calls: int | None
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class BreakerState:
    """The state of a breaker, and when it opened last."""

    name: BreakerStateName
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slots:
    """When calls to a limited provider may begin: ``count`` of them, at ``first`` and then one ``every`` so often.

    ``wait`` is how long to wait before asking for more.
    """

    count: int
    first: datetime
    every: timedelta = timedelta(0)
    wait: timedelta = timedelta(0)
