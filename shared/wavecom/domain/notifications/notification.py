"""A notification, its attempts and its audit entries: plain immutable values."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

from wavecom.domain.providers.outcomes import About, Outcome


class Channel(StrEnum):
    """The way a notification reaches its recipient; the field is called ``type`` on the wire."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    PUSH = "PUSH"


class Priority(StrEnum):
    """How urgent a notification is; decides its lane."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class Status(StrEnum):
    """Where a notification stands."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    SENT = "SENT"
    RETRYING = "RETRYING"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    DELIVERED = "DELIVERED"
    UNDELIVERED = "UNDELIVERED"


class Lane(StrEnum):
    """A priority queue. The values are the queues' names."""

    HIGH = "high_priority"
    STANDARD = "notifications"

    @classmethod
    def of(cls, priority: Priority) -> "Lane":
        """Return the lane that notifications of ``priority`` travel in."""
        return cls.HIGH if priority in (Priority.CRITICAL, Priority.HIGH) else cls.STANDARD


class OnUnknown(StrEnum):
    """What to do when nobody can know whether the provider sent a notification."""

    RESEND = "resend"
    """Rather twice than never: try again like after a refusal."""
    HOLD = "hold"
    """Rather never than twice: FAILED with cause ``unknown``, for a person to decide."""


class Cause(StrEnum):
    """Why a notification is FAILED."""

    PERMANENT = "permanent"
    RETRIES_EXHAUSTED = "retries_exhausted"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The sole right of one consumer to attempt a notification, from ``since`` until ``until``."""

    token: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentCall:
    """A client's call that may be repeated: its key, the SHA-256 (hex) of its body, and how many items it has."""

    key: str
    fingerprint: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """Which item of which idempotent call a notification was made by."""

    key: str
    fingerprint: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call to one provider for one notification. ``about`` says of whom a refusal speaks, None where none does."""

    provider: str
    outcome: Outcome
    code: str | None
    started_at: datetime
    duration_ms: int
    about: About | None = None

    @property
    def counts_against_provider(self) -> bool:
        """Whether it says that the provider does not work, for us or at all: what breakers and weights go by."""
        return self.outcome is Outcome.UNKNOWN or (
            self.outcome is Outcome.TRANSIENT and self.about in (About.SENDER, None)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunAttempt:
    """An attempt that is under way, recorded before the provider is called.

    When its consumer dies, nobody knows whether the call went out, unless there is no such record: then it did
    not. ``idempotent`` says whether the provider may be asked again with the same token without sending twice.
    """

    provider: str
    idempotent: bool
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One status change. ``sequence`` counts from 1 without gaps within a notification.

    ``digest`` is the entry's SHA-256 (hex) and covers that of the entry before it (`domain/notifications/audit.py`).
    """

    notification_id: str
    tenant_id: str
    sequence: int
    status: Status
    message: str
    timestamp: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one recipient over one channel.

    ``sequence`` is the number of audit entries written so far; together with ``status`` it guards every
    write against a concurrent one. ``due_at`` is when the sweep takes the notification back if nobody has
    moved it; a finished notification has none. ``queued_at`` is when its message was last published,
    ``retry_at`` when its next attempt is planned, ``deferred_since`` since when no provider would take it.
    ``begun`` is the attempt that is under way; ``bound_to`` the provider that must be asked again with the same
    token, because it may have sent the message already. ``trail_digest`` is the digest of the last audit entry.
    ``replay_keys`` are the keys of the calls that took it out of the dead letters.
    """

    id: str
    tenant_id: str
    channel: Channel
    recipient: str
    subject: str | None
    message: str
    priority: Priority
    status: Status
    sequence: int
    max_retries: int
    created_at: datetime
    updated_at: datetime
    retry_count: int = 0
    metadata: Mapping[str, Any] | None = None
    scheduled_at: datetime | None = None
    expires_at: datetime | None = None
    on_unknown: OnUnknown = OnUnknown.RESEND
    idempotency: Idempotency | None = None
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
    def lane(self) -> Lane:
        """The lane its priority puts it in."""
        return Lane.of(self.priority)

    @property
    def unanswered(self) -> frozenset[str]:
        """The providers that may have sent it although they gave no answer."""
        return frozenset(each.provider for each in self.attempts if each.outcome is Outcome.UNKNOWN)

    def changed(self, **changes: Any) -> "Notification":
        """Return a copy with other values of some fields, in a third of the time that `dataclasses.replace` takes.

        Raises KeyError for what is no field.
        """
        values = list(_values(self))
        for name, value in changes.items():
            values[_PLACES[name]] = value
        copy = object.__new__(Notification)
        for set_field, value in zip(_SETTERS, values, strict=True):
            set_field(copy, value)
        return copy

    def is_expired(self, at: datetime) -> bool:
        """Whether its deadline has passed at ``at``."""
        return self.expires_at is not None and self.expires_at <= at


_NAMES = tuple(field.name for field in fields(Notification))
_PLACES = {name: place for place, name in enumerate(_NAMES)}
_SETTERS = tuple(getattr(Notification, name).__set__ for name in _NAMES)
_values = attrgetter(*_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a client asks for, already validated; `lifecycle.create` makes it a notification.

    Where ``on_unknown`` is None, the tenant's policy decides.
    """

    channel: Channel
    recipient: str
    subject: str | None
    message: str
    priority: Priority = Priority.MEDIUM
    metadata: Mapping[str, Any] | None = None
    scheduled_at: datetime | None = None
    expires_at: datetime | None = None
    max_retries: int = 3
    on_unknown: OnUnknown | None = None


def new_notification_id(at: datetime) -> str:
    """Return 24 hex digits laid out like a MongoDB ObjectId: 4 bytes of seconds, 8 random bytes.

    The leading time keeps inserts at the right edge of the index.
    """
    return f"{int(at.timestamp()):08x}{secrets.token_hex(8)}"


def created_second(notification_id: str) -> datetime:
    """Return the second in which a notification was made, as its id tells it."""
    return datetime.fromtimestamp(int(notification_id[:8], 16), UTC)
