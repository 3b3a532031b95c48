"""Errors for callers of WaveCom, split by what the caller can do about them.

::

    WaveComError
    ├── NotFoundError               there is no such notification in this tenant
    ├── ConflictError               the request contradicts the present state
    │   ├── IllegalTransitionError      the status does not allow it
    │   └── IdempotencyConflictError    the idempotency key was used for another body
    ├── RefusedDraftError           a draft or a template cannot be used as it is; each problem names its field
    ├── OverloadedError             refused to protect the service: wait ``retry_after`` and try again
    └── UnavailableError            a dependency does not answer: try again
        ├── StoreUnavailableError       MongoDB
        └── QueueUnavailableError       the broker
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class WaveComError(Exception):
    """The root of the family."""


class NotFoundError(WaveComError):
    """The tenant has no such object."""


class ConflictError(WaveComError):
    """The request contradicts the present state."""


class IllegalTransitionError(ConflictError):
    """The notification's status does not allow the change."""


class IdempotencyConflictError(ConflictError):
    """The idempotency key was used before, for a different request."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error in one field of a draft; ``field`` is its name in the draft."""

    field: str
    message: str


class RefusedDraftError(WaveComError):
    """A draft cannot be rendered or delivered, costs too much or names a time out of range; or a template is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The request is not valid")
        self.problems = problems


class OverloadedError(WaveComError):
    """The service refused the request to protect itself; try again after ``retry_after``."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnavailableError(WaveComError):
    """A dependency does not answer."""


class StoreUnavailableError(UnavailableError):
    """MongoDB refuses, or does not answer in time."""


class QueueUnavailableError(UnavailableError):
    """The broker does not answer in time."""


class IdempotencyKeyTakenError(Exception):
    """A notification with one of the given idempotency keys exists; nothing was written."""
