"""The enumerations that describe a notification. Their values are those on the wire and in the database."""

from enum import StrEnum


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
    UNSUBSCRIBED = "unsubscribed"
