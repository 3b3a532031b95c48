"""The status machine: the allowed moves, and `Change`, the only way to make them.

A change carries the notification before and after it and the audit entries it adds. A store writes all of it
in one transaction, guarded by the ``status`` and ``sequence`` of *before*, so of two changes that start from
the same state only one is ever written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Unpack

from wavecom.domain.errors import IllegalTransitionError
from wavecom.domain.notifications.attempts import Attempt
from wavecom.domain.notifications.audit import AuditEntry
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.state import TransitionChanges

ARROWS: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.QUEUED, Status.CANCELLED, Status.EXPIRED}),
    Status.QUEUED: frozenset({Status.PROCESSING, Status.CANCELLED, Status.EXPIRED}),
    Status.PROCESSING: frozenset({Status.SENT, Status.RETRYING, Status.FAILED}),
    Status.RETRYING: frozenset({Status.PROCESSING, Status.CANCELLED, Status.EXPIRED}),
    Status.SENT: frozenset({Status.DELIVERED, Status.UNDELIVERED}),
    Status.FAILED: frozenset({Status.QUEUED}),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.DELIVERED: frozenset(),
    Status.UNDELIVERED: frozenset(),
}
"""The statuses that each status may move to."""

UNFINISHED = frozenset({Status.PENDING, Status.QUEUED, Status.PROCESSING, Status.RETRYING})
WAITING = UNFINISHED - {Status.PROCESSING}
"""Statuses in which nobody holds the notification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step (or several at once) of one notification. ``before`` is None for a new one.

    ``attempts`` are the attempts that end with this change, for the counters. ``retry_in`` is how long the message that
    announces the next attempt waits in a delay queue; None if there is no message to publish.
    """

    before: Notification | None
    after: Notification
    entries: tuple[AuditEntry, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    retry_in: timedelta | None = None


def combine(first: Change, second: Change) -> Change:
    """Return one change that does ``first`` and then ``second``, to be written at once."""
    return Change(
        before=first.before,
        after=second.after,
        entries=first.entries + second.entries,
        attempts=first.attempts + second.attempts,
        retry_in=second.retry_in,
    )


def move(
    notification: Notification,
    *steps: tuple[Status, str],
    at: datetime,
    due_at: datetime | None,
    facts: Mapping[str, Any] | None = None,
    **changes: Unpack[TransitionChanges],
) -> Change:
    """Take ``steps`` in order; ``changes`` are the other fields that change, ``facts`` go to the trail.

    Raises `IllegalTransitionError` if a step is not allowed.
    """
    entries: list[AuditEntry] = []
    state = notification.state
    status, digest = state.status, state.trail_digest
    for sequence, (target, text) in enumerate(steps, state.sequence + 1):
        if target not in ARROWS[status]:
            raise IllegalTransitionError(f"A notification that is {status} cannot become {target}")
        entry = AuditEntry(
            notification_id=notification.id,
            tenant_id=notification.tenant_id,
            sequence=sequence,
            status=target,
            message=text,
            timestamp=at,
            metadata=facts or {},
        ).chained_to(digest)
        entries.append(entry)
        status, digest = target, entry.digest
    after = state.changed(
        status=status,
        sequence=state.sequence + len(steps),
        trail_digest=digest,
        updated_at=at,
        due_at=due_at,
        **changes,
    )
    return Change(before=notification, after=notification.with_state(after), entries=tuple(entries))


def no_later_than_expiry(due: datetime, expires_at: datetime | None) -> datetime:
    """Return the earlier of ``due`` and the deadline, so that expiry is noticed in time."""
    return due if expires_at is None else min(due, expires_at)
