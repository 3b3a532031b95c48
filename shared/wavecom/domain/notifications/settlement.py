"""The course of a claim: attempts begin, and PROCESSING → SENT, RETRYING or FAILED.

Pure functions that return a `Change`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Unpack

from wavecom.domain.notifications.attempts import Attempt, AttemptResult, BegunAttempt
from wavecom.domain.notifications.change import Change, move, no_later_than_expiry
from wavecom.domain.notifications.enums import Cause, OnUnknown, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.state import TransitionChanges
from wavecom.domain.notifications.timings import Timings, deferral_delay, delay_at_least, recipient_delay, retry_delay
from wavecom.domain.providers.outcomes import About, Outcome, Receipt
from wavecom.domain.suppressions.reason import SuppressionReason

ATTEMPTS_KEPT = 50
"""The number of attempts kept on the document, the latest ones; a replay starts a new retry budget."""
LEASE_RAN_OUT = "lease_ran_out"
"""The code of an attempt whose consumer never recorded its outcome."""


def begin(
    notification: Notification, *, provider: str, idempotent: bool, at: datetime, refused: AttemptResult | None = None
) -> Change:
    """Record that an attempt is about to begin, and the refused one before it in this claim; no change of status."""
    attempted = _with_attempt(notification, refused.attempt) if refused else notification
    after = attempted.changed(begun=BegunAttempt(provider=provider, idempotent=idempotent, started_at=at))
    return Change(before=notification, after=after, attempts=(refused.attempt,) if refused else ())


def may_fail_over(notification: Notification, result: AttemptResult, *, at: datetime) -> bool:
    """Return whether another provider may be asked at once, within the same claim.

    It may only after a definite refusal that is, or may be, about the sender; a refusal of the recipient or the message
    would be repeated elsewhere. An unknown outcome under ``resend`` waits for its retry, unless that would come after
    the deadline.
    """
    if must_use_same_provider(notification):
        return False
    match result.attempt.outcome:
        case Outcome.RATE_LIMITED:
            return True
        case Outcome.TRANSIENT | Outcome.PERMANENT:
            return result.attempt.about not in (About.RECIPIENT, About.MESSAGE)
        case Outcome.UNKNOWN:
            next_retry = at + retry_delay(notification.state.retry_count + 1)
            resends = notification.on_unknown is OnUnknown.RESEND and not _provider_deduplicates(notification)
            return resends and notification.is_expired(next_retry) and not notification.is_expired(at)
        case _:
            return False


def must_use_same_provider(notification: Notification) -> bool:
    """Return whether only the provider it is bound to may be asked, since any other might send it a second time."""
    return notification.state.bound_to is not None and notification.on_unknown is OnUnknown.HOLD


def settle(
    notification: Notification,
    result: AttemptResult,
    *,
    at: datetime,
    timings: Timings,
    others_may_accept: bool = False,
) -> Change:
    """PROCESSING → SENT, RETRYING or FAILED, according to the attempt's outcome.

    With ``others_may_accept`` a refusal that is unclear is not final: a provider that was not asked, or that
    refused only for now, may still accept the message.
    """
    attempt = result.attempt
    ending = _Ending(
        before=notification,
        attempt=attempt,
        at=at,
        timings=timings,
        detail=result.detail,
        facts=_facts(notification, attempt),
    )
    match attempt.outcome:
        case Outcome.ACCEPTED:
            if result.receipt is None:
                raise ValueError("A delivered attempt has a receipt")
            return ending.sent(attempt.provider, result.receipt)
        case Outcome.PERMANENT if result.is_final or not others_may_accept:
            return ending.failed(Cause.PERMANENT, "Refused for good")
        case Outcome.RATE_LIMITED:
            wait = delay_at_least(result.retry_after or timedelta(0))
            return ending.deferred("Provider's rate limit reached", wait)
        case Outcome.TRANSIENT | Outcome.PERMANENT:
            if result.worth_waiting and notification.state.retry_count >= notification.max_retries > 0:
                return ending.waited_or_failed("The recipient takes nothing yet")
            return ending.retried_or_failed("Attempt failed")
        case Outcome.UNKNOWN:
            return ending.unknown("No answer from provider")


def defer(notification: Notification, *, reason: str, wait: timedelta, at: datetime, timings: Timings) -> Change:
    """PROCESSING → RETRYING without an attempt, because no provider accepts it at present. It spends no retry.

    After ``timings.defer_limit`` without a provider it becomes FAILED with cause ``provider_unavailable``.
    """
    return _Ending(before=notification, at=at, timings=timings).deferred(reason, wait)


def release(notification: Notification, *, at: datetime, timings: Timings) -> Change:
    """PROCESSING → RETRYING, at once and without an attempt: the consumer ran out of time before starting it."""
    return _Ending(before=notification, at=at, timings=timings).released("Not started in time")


def suppress(notification: Notification, *, reason: SuppressionReason, at: datetime, timings: Timings) -> Change:
    """PROCESSING → FAILED without an attempt: its recipient is on the tenant's suppression list, for ``reason``."""
    ending = _Ending(before=notification, at=at, timings=timings, facts={"reason": reason.value})
    if reason is SuppressionReason.UNSUBSCRIBED:
        return ending.failed(Cause.UNSUBSCRIBED, "The recipient has left this category")
    return ending.failed(Cause.SUPPRESSED, f"The recipient is on the suppression list: {_REASON_TEXTS[reason]}")


def refuse(notification: Notification, *, reason: str, at: datetime, timings: Timings) -> Change:
    """PROCESSING → FAILED without an attempt: what it carries must never be sent, for ``reason``."""
    return _Ending(before=notification, at=at, timings=timings).failed(Cause.PERMANENT, reason)


_REASON_TEXTS: Mapping[SuppressionReason, str] = {
    SuppressionReason.HARD_BOUNCE: "a provider reported it dead",
    SuppressionReason.COMPLAINT: "its owner complained or opted out",
    SuppressionReason.MANUAL: "put there by a person",
}


def abandon(notification: Notification, *, at: datetime, timings: Timings) -> Change:
    """PROCESSING → RETRYING or FAILED after the lease ran out.

    An attempt that was recorded as begun may have been sent: its outcome is unknown, and it spends a retry, so
    that a notification that crashes every consumer comes to an end. If none was begun, nothing was sent.
    """
    begun = notification.state.begun
    if begun is None:
        return _Ending(before=notification, at=at, timings=timings).deferred("Consumer stopped before the send")
    attempt = Attempt(
        provider=begun.provider,
        outcome=Outcome.UNKNOWN,
        code=LEASE_RAN_OUT,
        started_at=begun.started_at,
        duration_ms=max(0, round((at - begun.started_at) / timedelta(milliseconds=1))),
    )
    facts = _facts(notification, attempt)
    return _Ending(before=notification, attempt=attempt, at=at, timings=timings, facts=facts).unknown("Lease ran out")


def _facts(notification: Notification, attempt: Attempt) -> dict[str, Any]:
    return {
        "provider": attempt.provider,
        "attempt": notification.state.retry_count + 1,
        "durationMs": attempt.duration_ms,
        **({"code": attempt.code} if attempt.code else {}),
        **({"about": attempt.about.value} if attempt.about else {}),
    }


def _with_attempt(notification: Notification, attempt: Attempt | None) -> Notification:
    if attempt is None:
        return notification
    return notification.changed(attempts=(*notification.state.attempts, attempt)[-ATTEMPTS_KEPT:])


def _provider_deduplicates(notification: Notification) -> bool:
    """Return whether the provider of the present attempt sends a message only once when asked twice."""
    return notification.state.begun is not None and notification.state.begun.idempotent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """The end of one claim: ``before`` is the stored notification, ``attempt`` the last attempt, if any."""

    before: Notification
    at: datetime
    timings: Timings
    attempt: Attempt | None = None
    detail: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def sent(self, provider: str, receipt: Receipt) -> Change:
        lease = self.before.state.lease
        since = lease.since if lease else self.at
        return self._move(
            Status.SENT,
            f"Successfully sent via {self.before.channel.lower()} provider",
            provider=provider,
            provider_message_id=receipt.provider_message_id,
            sent_at=self.at,
            processing_time_ms=max(0, round((self.at - since) / timedelta(milliseconds=1))),
            error=None,
            deferred_since=None,
            bound_to=None,
        )

    def failed(self, cause: Cause, text: str) -> Change:
        if must_use_same_provider(self.before) and cause is not Cause.UNKNOWN:
            cause, text = Cause.UNKNOWN, f"{text}; an earlier attempt may have sent it"
        return self._move(
            Status.FAILED,
            text,
            facts={"cause": cause.value},
            failed_at=self.at,
            error=self.detail or text,
            cause=cause,
            provider=self.attempt.provider if self.attempt else None,
            deferred_since=None,
        )

    def retried_or_failed(self, text: str, *, bound_to: str | None = None) -> Change:
        """Plan the next retry, or fail if none is left.

        ``bound_to`` is a provider that may have sent the message and is asked first; without one an earlier one stays.
        """
        state = self.before.state
        if state.retry_count >= self.before.max_retries:
            return self.failed(Cause.RETRIES_EXHAUSTED, f"{text}, retries used up")
        retry = state.retry_count + 1
        wait = retry_delay(retry)
        return self._retry(
            f"{text}, retry {retry} of {self.before.max_retries} in {wait.seconds} s",
            wait,
            retry_count=retry,
            deferred_since=None,
            bound_to=bound_to or state.bound_to,
        )

    def waited_or_failed(self, text: str) -> Change:
        """Continue after the last retry, at growing intervals, until ``recipient_limit`` is reached."""
        waited = self.at - self.before.created_at
        wait = recipient_delay(waited)
        if waited + wait > self.timings.recipient_limit:
            return self.retried_or_failed(text)
        return self._retry(f"{text}, tried again in {wait // timedelta(minutes=1)} min", wait)

    def unknown(self, text: str) -> Change:
        ending = replace(self, facts={**self.facts, "outcome": Outcome.UNKNOWN.value})
        holds, repeats = self.before.on_unknown is OnUnknown.HOLD, _provider_deduplicates(self.before)
        exhausted = self.before.state.retry_count >= self.before.max_retries
        if holds and (exhausted or not repeats):
            return ending.failed(Cause.UNKNOWN, f"{text}; held, since it may have been sent")
        begun = self.before.state.begun
        bound_to = begun.provider if repeats and begun else None
        return ending.retried_or_failed(f"{text}, it may have been sent", bound_to=bound_to)

    def deferred(self, text: str, wait: timedelta = timedelta(0)) -> Change:
        since = self.before.state.deferred_since or self.at
        waited = self.at - since
        if waited >= self.timings.defer_limit:
            return self.failed(Cause.PROVIDER_UNAVAILABLE, f"{text}, for too long")
        return self._retry(text, deferral_delay(wait, waited), deferred_since=since)

    def released(self, text: str) -> Change:
        return self._retry(text, timedelta(0))

    def _retry(self, text: str, wait: timedelta, **changes: Unpack[TransitionChanges]) -> Change:
        """Plan the next attempt. If it would come after the deadline, plan none; the sweep then expires it in time."""
        retry_at: datetime | None = self.at + wait
        due_at = no_later_than_expiry(self.at + wait + self.timings.retry_margin, self.before.expires_at)
        if self.before.is_expired(self.at + wait):
            retry_at, text = None, f"{text}, which is after its deadline"
        changes.update({"retry_at": retry_at, "error": self.detail or text})
        retrying = self._move(Status.RETRYING, text, due_at=due_at, **changes)
        return replace(retrying, retry_in=wait if retry_at else None)

    def _move(
        self,
        status: Status,
        text: str,
        *,
        due_at: datetime | None = None,
        facts: Mapping[str, Any] | None = None,
        **changes: Unpack[TransitionChanges],
    ) -> Change:
        changes.update({"lease": None, "begun": None})
        moved = move(
            _with_attempt(self.before, self.attempt),
            (status, text),
            at=self.at,
            facts={**self.facts, **(facts or {})},
            due_at=due_at,
            **changes,
        )
        attempts = (self.attempt,) if self.attempt else ()
        return Change(before=self.before, after=moved.after, entries=moved.entries, attempts=attempts)
