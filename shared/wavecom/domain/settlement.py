"""How a claim ends: PROCESSING → SENT, RETRYING or FAILED, as pure functions that return a `Change`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from wavecom.domain.change import Change, move, no_later_than_expiry
from wavecom.domain.notification import Attempt, Cause, Notification, OnUnknown, Status
from wavecom.domain.outcomes import Outcome, Receipt
from wavecom.domain.timings import Timings, deferral_delay, delay_at_least, retry_delay

ATTEMPTS_KEPT = 50
"""A replay starts a new budget of retries; only the latest attempts stay on the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """What one attempt came to. ``retry_after`` is the provider's wish, if it named one."""

    attempt: Attempt
    receipt: Receipt | None = None
    detail: str | None = None
    retry_after: timedelta | None = None


def settle(notification: Notification, result: AttemptResult, *, at: datetime, timings: Timings) -> Change:
    """PROCESSING → SENT, RETRYING or FAILED, according to what the attempt came to."""
    attempt = result.attempt
    ending = _Ending(
        before=notification,
        attempted=replace(notification, attempts=(*notification.attempts, attempt)[-ATTEMPTS_KEPT:]),
        at=at,
        timings=timings,
        detail=result.detail,
        facts={
            "provider": attempt.provider,
            "attempt": notification.retry_count + 1,
            "durationMs": attempt.duration_ms,
            **({"code": attempt.code} if attempt.code else {}),
        },
    )
    match attempt.outcome:
        case Outcome.DELIVERED:
            if result.receipt is None:
                raise ValueError("A delivered attempt has a receipt")
            return ending.sent(attempt.provider, result.receipt)
        case Outcome.PERMANENT:
            return ending.failed(Cause.PERMANENT, "Refused for good")
        case Outcome.RATE_LIMITED:
            wait = delay_at_least(result.retry_after or timedelta(0))
            return ending.deferred("Provider's rate limit reached", wait)
        case Outcome.TRANSIENT:
            return ending.retried_or_failed("Attempt failed")
        case Outcome.UNKNOWN:
            return ending.unknown("No answer from provider")


def defer(notification: Notification, *, reason: str, wait: timedelta, at: datetime, timings: Timings) -> Change:
    """PROCESSING → RETRYING without an attempt, which spends no retry: an open breaker refused the call.

    When no provider took it for ``timings.defer_limit`` it becomes FAILED with cause ``provider_unavailable``.
    """
    return _Ending(before=notification, attempted=notification, at=at, timings=timings).deferred(reason, wait)


def release(notification: Notification, *, at: datetime, timings: Timings) -> Change:
    """PROCESSING → RETRYING, at once and without an attempt: the consumer ran out of time before starting it."""
    return _Ending(before=notification, attempted=notification, at=at, timings=timings).released("Not started in time")


def abandon(notification: Notification, *, at: datetime, timings: Timings) -> Change:
    """PROCESSING → RETRYING or FAILED after the lease ran out: its holder may or may not have sent it.

    It spends a retry, so that a notification that crashes every consumer comes to an end.
    """
    return _Ending(before=notification, attempted=notification, at=at, timings=timings).unknown("Lease ran out")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """The end of one claim: ``before`` is what is stored, ``attempted`` the same with the new attempt."""

    before: Notification
    attempted: Notification
    at: datetime
    timings: Timings
    detail: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def sent(self, provider: str, receipt: Receipt) -> Change:
        lease = self.before.lease
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
        )

    def failed(self, cause: Cause, text: str) -> Change:
        return self._move(
            Status.FAILED,
            text,
            facts={"cause": cause.value},
            failed_at=self.at,
            error=self.detail or text,
            cause=cause,
            deferred_since=None,
        )

    def retried_or_failed(self, text: str) -> Change:
        if self.before.retry_count >= self.before.max_retries:
            return self.failed(Cause.RETRIES_EXHAUSTED, f"{text}, retries used up")
        retry = self.before.retry_count + 1
        wait = retry_delay(retry)
        return self._retry(
            f"{text}, retry {retry} of {self.before.max_retries} in {wait.seconds} s",
            wait,
            retry_count=retry,
            deferred_since=None,
        )

    def unknown(self, text: str) -> Change:
        facts = {"outcome": Outcome.UNKNOWN.value}
        ending = replace(self, facts={**self.facts, **facts})
        if self.before.on_unknown is OnUnknown.HOLD:
            return ending.failed(Cause.UNKNOWN, f"{text}; held, since it may have been sent")
        return ending.retried_or_failed(f"{text}, it may have been sent")

    def deferred(self, text: str, wait: timedelta) -> Change:
        since = self.before.deferred_since or self.at
        waited = self.at - since
        if waited >= self.timings.defer_limit:
            return self.failed(Cause.PROVIDER_UNAVAILABLE, f"{text}, for too long")
        return self._retry(text, deferral_delay(wait, waited), deferred_since=since)

    def released(self, text: str) -> Change:
        return self._retry(text, timedelta(0))

    def _retry(self, text: str, wait: timedelta, **changes: Any) -> Change:
        retry_at = self.at + wait
        due_at = no_later_than_expiry(retry_at + self.timings.retry_margin, self.before.expires_at)
        return self._move(Status.RETRYING, text, due_at=due_at, retry_at=retry_at, error=self.detail or text, **changes)

    def _move(
        self,
        status: Status,
        text: str,
        *,
        due_at: datetime | None = None,
        facts: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Change:
        change = move(
            self.attempted,
            (status, text),
            at=self.at,
            facts={**self.facts, **(facts or {})},
            due_at=due_at,
            lease=None,
            **changes,
        )
        return replace(change, before=self.before)
