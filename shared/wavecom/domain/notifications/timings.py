"""Time limits and retry delays."""

from dataclasses import dataclass
from datetime import timedelta

KEPT_FOR = timedelta(days=90)
"""The time for which a notification is kept after its end, and its dead letter can be shown and replayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """The time a notification may stay in a status before the sweep takes it back.

    No send begins later than ``begin_within`` after the claim; the rest of ``lease`` must be enough for one call to a
    provider and for recording its outcome.
    """

    pending: timedelta = timedelta(seconds=15)
    queued: timedelta = timedelta(minutes=5)
    lease: timedelta = timedelta(seconds=90)
    begin_within: timedelta = timedelta(seconds=60)
    retry_margin: timedelta = timedelta(seconds=30)
    stale_after: timedelta = timedelta(minutes=30)
    defer_limit: timedelta = timedelta(hours=24)
    recipient_limit: timedelta = timedelta(hours=4)
    """The total time for which a recipient that accepts nothing yet (greylisted or full) is retried."""


def retry_delay(retry: int) -> timedelta:
    """Return the wait before the ``retry``-th retry (from 1): 5, 25, 125 seconds."""
    return timedelta(seconds=5**retry)


RETRY_DELAYS = tuple(retry_delay(retry) for retry in (1, 2, 3))
"""The delays that every broker offers."""


def recipient_delay(waited: timedelta) -> timedelta:
    """Return the wait before a recipient that accepts nothing yet is tried again: as long as it has waited already.

    The wait is 5 to 30 minutes; 30 is the minimum of RFC 5321, section 4.5.4.1, for a sender that retries for days.
    """
    return min(max(waited, timedelta(minutes=5)), timedelta(minutes=30))


def deferral_delay(requested: timedelta, waited: timedelta) -> timedelta:
    """Return the wait before a refused call is tried again: the longest delay up to ``requested`` or ``waited``.

    A notification that has ``waited`` long waits longer, so that an outage of hours does not keep consumers busy.
    """
    return max((delay for delay in RETRY_DELAYS if delay <= max(requested, waited)), default=RETRY_DELAYS[0])


def delay_at_least(minimum: timedelta) -> timedelta:
    """Return the shortest delay of at least ``minimum``, or the longest there is."""
    return min((delay for delay in RETRY_DELAYS if delay >= minimum), default=RETRY_DELAYS[-1])
