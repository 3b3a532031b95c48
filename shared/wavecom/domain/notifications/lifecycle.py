"""The steps of a notification outside an attempt (creation, waiting, end): pure functions that return a `Change`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from wavecom.domain.errors import IllegalTransitionError
from wavecom.domain.notifications.audit import AuditEntry
from wavecom.domain.notifications.change import WAITING, Change, move, no_later_than_expiry
from wavecom.domain.notifications.enums import Cause, OnUnknown, Status
from wavecom.domain.notifications.notification import Draft, Idempotency, Notification, new_notification_id
from wavecom.domain.notifications.state import DeliveryState, Lease
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.tenants import DEFAULT_POLICY, TenantPolicy

REPLAY_KEYS_KEPT = 20
CLOCK_DIFFERENCE = timedelta(seconds=1)
"""The largest difference between two machines' clocks at which a retry does not count as early."""


def create(
    draft: Draft,
    *,
    tenant_id: str,
    at: datetime,
    timings: Timings,
    policy: TenantPolicy = DEFAULT_POLICY,
    idempotency: Idempotency | None = None,
) -> Change:
    """Make a PENDING notification from a draft. A scheduled one is due at its time, any other within seconds."""
    envelope = draft.envelope
    first_due = envelope.scheduled_at if envelope.scheduled_at and envelope.scheduled_at > at else at + timings.pending
    created = _created(new_notification_id(at), tenant_id, at)
    notification = Notification(
        id=created.notification_id,
        tenant_id=tenant_id,
        channel=envelope.channel,
        recipient=envelope.recipient,
        content=draft.content,
        template=draft.template,
        category=draft.category,
        sender=policy.senders.chosen(envelope.channel, envelope.sender),
        priority=envelope.priority,
        metadata=envelope.metadata,
        max_retries=envelope.max_retries,
        on_unknown=envelope.on_unknown or policy.on_unknown,
        scheduled_at=envelope.scheduled_at,
        expires_at=envelope.expires_at,
        idempotency=idempotency,
        created_at=at,
        state=DeliveryState(
            status=Status.PENDING,
            sequence=1,
            updated_at=at,
            due_at=no_later_than_expiry(first_due, envelope.expires_at),
            trail_digest=created.digest,
        ),
    )
    return Change(before=None, after=notification, entries=(created,))


def _created(notification_id: str, tenant_id: str, at: datetime) -> AuditEntry:
    return AuditEntry(
        notification_id=notification_id,
        tenant_id=tenant_id,
        sequence=1,
        status=Status.PENDING,
        message="Notification created",
        timestamp=at,
    ).chained_to("")


def as_created(notification: Notification, *, queued: bool) -> Notification:
    """Return the notification as its creator saw it first, whatever happened since.

    A repeated request then gets the same answer as the first.
    """
    return notification.with_state(
        _state_as_created(Status.QUEUED if queued else Status.PENDING, notification.created_at)
    )


@lru_cache(maxsize=16)  # all notifications of a batch have the same
def _state_as_created(status: Status, at: datetime) -> DeliveryState:
    return DeliveryState(status=status, sequence=1, updated_at=at)


def enqueue(notification: Notification, *, at: datetime, timings: Timings) -> Change:
    """PENDING → QUEUED, to be committed once the broker has confirmed the message."""
    return move(
        notification,
        (Status.QUEUED, "Added to queue"),
        at=at,
        due_at=no_later_than_expiry(at + timings.queued, notification.expires_at),
        queued_at=at,
    )


def claim(
    notification: Notification, *, retry_counts: Collection[int], token: str, at: datetime, timings: Timings
) -> Change | None:
    """Take the sole right to attempt ``notification``, or return None if there is nothing to do.

    ``retry_counts`` are those of the queue messages about it. A message that is not of the notification's present retry
    is stale or forged; one that comes before the retry's time is too early. Both are ignored. A notification past its
    deadline becomes EXPIRED instead. One that is still PENDING, because its sender has not heard of the confirm (yet),
    gets both audit entries.
    """
    if notification.state.status not in WAITING:
        return None
    if notification.is_expired(at):
        return expire(notification, at=at)
    if notification.state.status is Status.RETRYING and not _is_present_retry(notification, retry_counts, at):
        return None
    steps = [(Status.PROCESSING, "Worker started processing")]
    queued_at = notification.state.queued_at
    if notification.state.status is Status.PENDING:
        if notification.scheduled_at is not None and notification.scheduled_at > at:
            return None
        steps.insert(0, (Status.QUEUED, "Added to queue"))
        queued_at = at
    until = at + timings.lease
    return move(
        notification,
        *steps,
        at=at,
        due_at=until,
        queued_at=queued_at,
        retry_at=None,
        lease=Lease(token=token, since=at, until=until),
    )


def _is_present_retry(notification: Notification, retry_counts: Collection[int], at: datetime) -> bool:
    is_early = notification.state.retry_at is not None and notification.state.retry_at > at + CLOCK_DIFFERENCE
    return notification.state.retry_count in retry_counts and not is_early


def cancel(notification: Notification, *, at: datetime) -> Change:
    """PENDING, QUEUED or RETRYING → CANCELLED, at the client's request."""
    text = f"Cancelled by client{_unknown_outcome_note(notification)}"
    return move(notification, (Status.CANCELLED, text), at=at, due_at=None, retry_at=None)


def expire(notification: Notification, *, at: datetime) -> Change:
    """PENDING, QUEUED or RETRYING → EXPIRED, once ``expires_at`` has passed.

    A held notification that may have been sent becomes FAILED with cause ``unknown`` instead, for a person to decide.
    """
    if not notification.is_expired(at):
        raise IllegalTransitionError("The notification's deadline has not passed")
    text = f"Deadline passed before it could be sent{_unknown_outcome_note(notification)}"
    if notification.state.bound_to is None or notification.on_unknown is not OnUnknown.HOLD:
        return move(notification, (Status.EXPIRED, text), at=at, due_at=None, retry_at=None)
    return move(
        notification,
        (Status.PROCESSING, text),
        (Status.FAILED, "Held, since it may have been sent"),
        at=at,
        facts={"cause": Cause.UNKNOWN.value},
        due_at=None,
        retry_at=None,
        failed_at=at,
        error=text,
        cause=Cause.UNKNOWN,
        provider=notification.state.bound_to,
        deferred_since=None,
    )


def _unknown_outcome_note(notification: Notification) -> str:
    """Return the note that the trail needs if an earlier attempt may have sent the notification."""
    unanswered = bool(notification.state.attempts) and notification.state.attempts[-1].outcome is Outcome.UNKNOWN
    return "; an earlier attempt may have sent it" if unanswered or notification.state.bound_to is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A request to replay dead letters: the person, the reason, and the call's key, which replays each only once."""

    by: str
    why: str | None = None
    key: str | None = None


def replay(notification: Notification, *, at: datetime, timings: Timings, request: Replay) -> Change:
    """FAILED → QUEUED with a new retry budget. It is due soon, since its message is not published yet.

    A person has decided, so any provider may be asked again, even if an earlier attempt may have sent it. Raises
    `IllegalTransitionError` for any other status; a replay would send a PENDING one before its time.
    """
    if notification.state.status is not Status.FAILED:
        raise IllegalTransitionError(f"A notification that is {notification.state.status} is no dead letter")
    return move(
        notification,
        (Status.QUEUED, "Replayed by client"),
        at=at,
        facts={"by": request.by, **({"why": request.why} if request.why else {})},
        replay_keys=_with_key(notification.state.replay_keys, request.key),
        bound_to=None,
        due_at=no_later_than_expiry(at + timings.pending, notification.expires_at),
        queued_at=at,
        retry_count=0,
        failed_at=None,
        error=None,
        cause=None,
        deferred_since=None,
    )


def _with_key(keys: tuple[str, ...], key: str | None) -> tuple[str, ...]:
    return keys if key is None else (*keys, key)[-REPLAY_KEYS_KEPT:]


def postpone(notification: Notification, *, until: datetime, requeued_at: datetime | None = None) -> Change:
    """Tell the sweep to look again at ``until``, without a status change or an audit entry."""
    after = notification.changed(
        due_at=no_later_than_expiry(until, notification.expires_at),
        queued_at=requeued_at or notification.state.queued_at,
    )
    return Change(before=notification, after=after)
