"""How long things may take, and how long a retry waits."""

from dataclasses import dataclass
from datetime import timedelta

KEPT_FOR = timedelta(days=90)
"""How long a notification is kept after its end, and so how long its dead letter can be shown and replayed."""


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
    recipient_limit: timedelta = timedelta(hours=4)
    """How long a recipient that takes nothing yet, since it is greylisted or full, is tried in all."""


def retry_delay(retry: int) -> timedelta:
    """Return the wait before the ``retry``-th retry (from 1): 5, 25, 125 seconds."""
    return timedelta(seconds=5**retry)


RETRY_DELAYS = tuple(retry_delay(retry) for retry in (1, 2, 3))
"""The delays that every broker offers."""


def recipient_delay(waited: timedelta) -> timedelta:
    """Return the wait before a recipient that takes nothing yet is tried again: as long as it was waited for already.

    From 5 to 30 minutes, which is the least that RFC 5321, section 4.5.4.1, asks of a sender that goes on for days.
    """
    return min(max(waited, timedelta(minutes=5)), timedelta(minutes=30))


def deferral_delay(wanted: timedelta, waited: timedelta) -> timedelta:
    """Return the wait before a refused call is tried again: the longest delay not above what is wanted.

    Whoever has ``waited`` long waits longer, so that an outage of hours does not keep everybody busy.
    """
    return max((delay for delay in RETRY_DELAYS if delay <= max(wanted, waited)), default=RETRY_DELAYS[0])


def delay_at_least(wanted: timedelta) -> timedelta:
    """Return the shortest delay that is not below ``wanted``, or the longest there is."""
    return min((delay for delay in RETRY_DELAYS if delay >= wanted), default=RETRY_DELAYS[-1])
