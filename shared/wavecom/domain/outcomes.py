"""What an attempt came to, and what the caller of a provider is told.

The errors form one family, split by what the caller can do about them::

    ProviderError
    ├── TransientError        refused for now: retry, or try another provider
    ├── PermanentError        refused for good: retrying cannot help
    ├── RateLimitedError      refused by a limit: wait ``retry_after``, spends no retry
    └── UnknownOutcomeError   it may have been sent: the notification's ``on_unknown`` decides
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class Outcome(StrEnum):
    """What one attempt came to."""

    DELIVERED = "delivered"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    RATE_LIMITED = "rate_limited"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's acceptance of a message, with the provider's own id for it."""

    provider_message_id: str


class ProviderError(Exception):
    """A call to a provider that did not end in a receipt.

    ``code`` is the provider's own code and safe to log; the text may name a recipient and is not.
    """

    outcome: ClassVar[Outcome]

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class TransientError(ProviderError):
    """Definitely not sent; the same call may succeed later."""

    outcome = Outcome.TRANSIENT


class PermanentError(ProviderError):
    """Definitely not sent, and the same call will never succeed."""

    outcome = Outcome.PERMANENT


class RateLimitedError(ProviderError):
    """Definitely not sent because of a limit; try again after ``retry_after``.

    ``of_recipient`` says that the limit is this recipient's alone, so that messages to others may go on.
    """

    outcome = Outcome.RATE_LIMITED

    def __init__(
        self, message: str, *, code: str, retry_after: timedelta | None = None, of_recipient: bool = False
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after
        self.of_recipient = of_recipient


class UnknownOutcomeError(ProviderError):
    """The request went out and no answer came: it may have been sent."""

    outcome = Outcome.UNKNOWN
