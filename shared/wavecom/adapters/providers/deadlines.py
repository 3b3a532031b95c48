"""The deadline of a message (``expiresAt``), as providers accept it: seconds left, or a time."""

from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


def seconds_left(expires_at: datetime, now: datetime, *, at_least: int, at_most: int) -> int:
    """Return the whole seconds from ``now`` to ``expires_at``, rounded down, within the provider's limits."""
    return min(max((expires_at - now) // timedelta(seconds=1), at_least), at_most)


def unix_seconds(expires_at: datetime, now: datetime) -> int:
    """Return ``expires_at`` in whole seconds since 1970, rounded down, or the next second if that is past.

    So it is never 0, with which APNs tries only once, nor a date that APNs could reject (Apple, "Sending notification
    requests to APNs", "Handling notification responses from APNs").
    """
    return max(int(expires_at.timestamp()), int(now.timestamp()) + 1)
