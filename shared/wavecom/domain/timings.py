"""How long things may take, and how long a retry waits."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """How long a notification may stand still before the sweep takes it back.

    No send begins later than ``begin_within`` after the claim; what is left of ``lease`` then must be enough
    for one call to a provider and for recording its outcome.
    """

    pending: timedelta = timedelta(seconds=15)
    queued: timedelta = timedelta(minutes=5)
    lease: timedelta = timedelta(seconds=90)
    begin_within: timedelta = timedelta(seconds=60)
    retry_margin: timedelta = timedelta(seconds=30)
    stale_after: timedelta = timedelta(minutes=30)
    defer_limit: timedelta = timedelta(hours=24)


def retry_delay(retry: int) -> timedelta:
    """Return the wait before the ``retry``-th retry (from 1): 5, 25, 125 seconds."""
    return timedelta(seconds=5**retry)
