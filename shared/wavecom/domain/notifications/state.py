"""A notification's state, with its attempts: plain immutable values."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from wavecom.domain.notifications.attempts import Attempt, BegunAttempt
from wavecom.domain.notifications.copies import copier
from wavecom.domain.notifications.enums import Cause, Status
from wavecom.domain.providers.outcomes import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The sole right of one consumer to attempt a notification, from ``since`` until ``until``."""

    token: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryState:
    """A notification's present state: all fields that change after acceptance.

    ``sequence`` is the number of audit entries written so far; together with ``status`` it guards every
    write against a concurrent one. ``due_at`` is when the sweep takes the notification back if nobody has
    moved it; a finished notification has none. ``queued_at`` is when its message was last published,
    ``retry_at`` when its next attempt is planned, ``deferred_since`` since when no provider would accept it.
    ``begun`` is the attempt that is under way; ``bound_to`` the provider that must be asked again with the same
    token, because it may have sent the message already. ``trail_digest`` is the digest of the last audit entry.
    ``replay_keys`` are the keys of the calls that took it out of the dead letters.
    """

    status: Status
    sequence: int
    updated_at: datetime
    retry_count: int = 0
    due_at: datetime | None = None
    queued_at: datetime | None = None
    retry_at: datetime | None = None
    deferred_since: datetime | None = None
    lease: Lease | None = None
    attempts: tuple[Attempt, ...] = ()
    begun: BegunAttempt | None = None
    bound_to: str | None = None
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    delivered_at: datetime | None = None
    error: str | None = None
    cause: Cause | None = None
    provider: str | None = None
    provider_message_id: str | None = None
    processing_time_ms: int | None = None
    trail_digest: str = ""
    replay_keys: tuple[str, ...] = ()

    @property
    def unanswered(self) -> frozenset[str]:
        """The providers that may have sent it although they gave no answer."""
        return frozenset(each.provider for each in self.attempts if each.outcome is Outcome.UNKNOWN)

    def changed(self, **changes: Unpack["StateChanges"]) -> "DeliveryState":
        """Return a copy with other values of some fields.

        Raises KeyError for an unknown field name.
        """
        return _copy(self, changes)


_copy = copier(DeliveryState)


class TransitionChanges(TypedDict, total=False):
    """The fields of `DeliveryState` that a transition may change, beside those that every transition sets."""

    retry_count: int
    queued_at: datetime | None
    retry_at: datetime | None
    deferred_since: datetime | None
    lease: Lease | None
    attempts: tuple[Attempt, ...]
    begun: BegunAttempt | None
    bound_to: str | None
    sent_at: datetime | None
    failed_at: datetime | None
    delivered_at: datetime | None
    error: str | None
    cause: Cause | None
    provider: str | None
    provider_message_id: str | None
    processing_time_ms: int | None
    replay_keys: tuple[str, ...]


class StateChanges(TransitionChanges, total=False):
    """All fields of `DeliveryState` with their types; a test keeps the two equal."""

    status: Status
    sequence: int
    updated_at: datetime
    due_at: datetime | None
    trail_digest: str
