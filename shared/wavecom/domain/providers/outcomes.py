"""Outcomes of an attempt, and the errors that a provider raises.

The errors form one family, split by what the caller can do about them::

    ProviderError
    ├── TransientError        refused for now: retry, or try another provider
    ├── PermanentError        refused for good: retrying cannot help
    ├── RateLimitedError      refused by a limit: wait ``retry_after``, spends no retry
    └── UnknownOutcomeError   it may have been sent: the notification's ``on_unknown`` decides

Each also says whom or what it is about (`About`), which decides whether another provider is asked and whether it
counts against this one::

    about                   next provider at once   counts against the provider   final
    recipient, message      no                      no                            when refused for good
    sender                  yes                     yes                           never
    identity                yes                     if it is the provider's own   never
    unclear                 yes                     while no tenant and no        when refused for good, and
                                                    audience has most of them     nobody else takes it
    unclear, not asked      yes                     no                            when nobody else takes it
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from wavecom.domain.suppressions.reason import SuppressionReason


class Outcome(StrEnum):
    """What one attempt came to."""

    ACCEPTED = "delivered"
    """The provider took the message. Clients and counters know it as ``delivered``."""
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    RATE_LIMITED = "rate_limited"
    UNKNOWN = "unknown"


class About(StrEnum):
    """Of whom a provider's refusal speaks."""

    RECIPIENT = "recipient"
    """The address, number or token: it does not exist, opted out, is full, is greylisted."""
    MESSAGE = "message"
    """Its content or size, which no provider would take."""
    SENDER = "sender"
    """Us, as this provider knows us, or the provider itself: account, credentials, sender, quota, configuration, IP
    address, sending domain, or a service that does not answer."""
    IDENTITY = "identity"
    """The address, number or app that it comes from, which this account may not use or others do not trust. Where it is
    the provider's own, this counts as being about the sender."""
    UNCLEAR = "unclear"
    """The provider's words fit more than one of these."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's acceptance of a message, with the provider's own id for it."""

    provider_message_id: str


class ProviderError(Exception):
    """A call to a provider that did not end in a receipt.

    ``code`` is the provider's own code and safe to log; the text may name a recipient and is not. ``about`` says whom
    or what the refusal is about. ``suppression_reason`` is set if nothing more should go to the recipient.
    """

    outcome: ClassVar[Outcome]
    suppression_reason: SuppressionReason | None = None

    def __init__(self, message: str, *, code: str, about: About = About.SENDER) -> None:
        super().__init__(message)
        self.code = code
        self.about = about


class TransientError(ProviderError):
    """Definitely not sent; the same call may succeed later.

    ``worth_waiting`` says that the recipient may recover only after the last retry: a greylisted or full mailbox.
    """

    outcome = Outcome.TRANSIENT

    def __init__(self, message: str, *, code: str, about: About = About.SENDER, worth_waiting: bool = False) -> None:
        super().__init__(message, code=code, about=about)
        self.worth_waiting = worth_waiting


class PermanentError(ProviderError):
    """Definitely not sent, and the same call will never succeed.

    It is never about the sender: another provider could send the message, or this one could once our setup is fixed, so
    such a refusal is a `TransientError`. Raises ValueError for one about the sender.

    ``asked`` is False if our own client refused it before it went out: this provider cannot carry such a message, which
    another may, and the refusal shows nothing about this one.
    """

    outcome = Outcome.PERMANENT

    def __init__(
        self,
        message: str,
        *,
        code: str,
        about: About,
        suppression_reason: SuppressionReason | None = None,
        asked: bool = True,
    ) -> None:
        if about in (About.SENDER, About.IDENTITY):
            raise ValueError("A refusal of the sender is transient")
        super().__init__(message, code=code, about=about)
        self.suppression_reason = suppression_reason
        self.asked = asked


class RateLimitedError(ProviderError):
    """Definitely not sent because of a limit; try again after ``retry_after``.

    ``of_recipient`` says that the limit applies to this recipient only, so messages to others may continue.
    """

    outcome = Outcome.RATE_LIMITED

    def __init__(
        self, message: str, *, code: str, retry_after: timedelta | None = None, of_recipient: bool = False
    ) -> None:
        super().__init__(message, code=code, about=About.RECIPIENT if of_recipient else About.SENDER)
        self.retry_after = retry_after


class UnknownOutcomeError(ProviderError):
    """The request went out and no answer came: it may have been sent."""

    outcome = Outcome.UNKNOWN
