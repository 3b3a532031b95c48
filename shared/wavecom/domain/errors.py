"""What can go wrong for a caller of WaveCom, split by what the caller can do about it.

::

    WaveComError
    ├── NotFoundError               there is no such notification in this tenant
    ├── ConflictError               the request contradicts the present state
    │   ├── IllegalTransitionError      the status does not allow it
    │   └── IdempotencyConflictError    the idempotency key was used for another body
    ├── RefusedDraftError           what is asked for cannot be delivered, or not at that time
    ├── OverloadedError             refused to protect the service: wait ``retry_after`` and try again
    └── UnavailableError            a dependency does not answer: try again
        ├── StoreUnavailableError       MongoDB
        └── QueueUnavailableError       the broker
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class WaveComError(Exception):
    """The family's root."""


class NotFoundError(WaveComError):
    """There is no such thing in this tenant."""


class ConflictError(WaveComError):
    """The request contradicts the present state."""


class IllegalTransitionError(ConflictError):
    """The notification's status does not allow the change."""


class IdempotencyConflictError(ConflictError):
    """The idempotency key was used before, for a different request."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of a draft, by the field's name there."""

    field: str
    message: str


class RefusedDraftError(WaveComError):
    """What is asked for cannot be delivered by any provider, or not at the time that it names."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The request is not valid")
        self.problems = problems


class OverloadedError(WaveComError):
    """Refused to protect the service; try again after ``retry_after``."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnavailableError(WaveComError):
    """A dependency does not answer."""


class StoreUnavailableError(UnavailableError):
    """MongoDB does not answer, not in time, or refuses."""


class QueueUnavailableError(UnavailableError):
    """The broker does not answer, or not in time."""


class IdempotencyKeyTakenError(Exception):
    """A notification with one of the given idempotency keys exists; nothing was written."""
