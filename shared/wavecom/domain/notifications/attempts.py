"""Attempts: calls to providers for a notification, and what they came to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wavecom.domain.providers.outcomes import About, Outcome, Receipt
from wavecom.domain.suppressions.reason import SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call to one provider for one notification. ``about`` is the subject of a refusal, None if there was none."""

    provider: str
    outcome: Outcome
    code: str | None
    started_at: datetime
    duration_ms: int
    about: About | None = None

    @property
    def counts_against_provider(self) -> bool:
        """True if it shows that the provider does not work, for us or at all; breakers and weights use it."""
        return self.outcome is Outcome.UNKNOWN or (
            self.outcome is Outcome.TRANSIENT and self.about in (About.SENDER, None)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunAttempt:
    """An attempt that is under way, recorded before the provider is called.

    If its consumer dies, the call may have gone out; without such a record it did not. ``idempotent`` says that the
    provider sends only once when asked again with the same token.
    """

    provider: str
    idempotent: bool
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """The result of one attempt.

    ``retry_after`` is the provider's requested wait, if it named one; ``limits_provider`` says that it holds for all
    messages. ``suppression_reason`` is set if the provider said that nothing more should go to the recipient.
    ``worth_waiting`` says that the recipient may recover only after the last retry; ``asked`` is as in
    `PermanentError`.
    """

    attempt: Attempt
    receipt: Receipt | None = None
    detail: str | None = None
    retry_after: timedelta | None = None
    limits_provider: bool = False
    suppression_reason: SuppressionReason | None = None
    worth_waiting: bool = False
    asked: bool = True

    @property
    def is_final(self) -> bool:
        """True if no provider will accept the message."""
        return self.attempt.outcome is Outcome.PERMANENT and self.attempt.about is not About.UNCLEAR
