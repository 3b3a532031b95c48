"""Send many notifications at once and hand them back in groups as they finish."""

import logging
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from wavecom.application.deadline import Deadline
from wavecom.domain.notification import Attempt, Notification
from wavecom.domain.outcomes import Outcome, ProviderError, RateLimitedError, UnknownOutcomeError
from wavecom.domain.settlement import AttemptResult
from wavecom.domain.timings import Timings
from wavecom.ports import Clock, OutgoingMessage, Provider

logger = logging.getLogger(__name__)

GROUP_SIZE = 100
"""Outcomes recorded in one transaction."""
GROUP_WINDOW_SECONDS = 0.25
"""How long the first outcome of a group waits for others; bounds what a crash leaves unrecorded."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A claimed notification whose send is over; ``result`` is None where it was never begun."""

    notification: Notification
    result: AttemptResult | None


@dataclass(slots=True, kw_only=True)
class Sends:
    """The sends of one batch, under way in the threads of an executor that outlives them."""

    executor: Executor
    deadline: Deadline
    clock: Clock
    timings: Timings
    _begun: int = 0
    _finished: "SimpleQueue[Finished]" = field(default_factory=SimpleQueue)

    def begin(self, notification: Notification, provider: Provider) -> None:
        """Have one notification sent as soon as a thread is free, if the deadline and its lease allow it then."""
        self.executor.submit(self._attempt, notification, provider)
        self._begun += 1

    def groups(self) -> Iterator[list[Finished]]:
        """Yield what finishes, in groups that close when full or when their first member has waited long enough."""
        left = self._begun
        while left > 0:
            group = [self._finished.get()]
            closes = time.monotonic() + GROUP_WINDOW_SECONDS
            while len(group) < min(GROUP_SIZE, left):
                try:
                    group.append(self._finished.get(timeout=max(0.0, closes - time.monotonic())))
                except Empty:
                    break
            left -= len(group)
            yield group

    def _attempt(self, notification: Notification, provider: Provider) -> None:
        """Make one call, in a thread of the executor, and always report back."""
        result = None
        try:
            if self._may_begin(notification):
                result = self._call(notification, provider)
        finally:
            self._finished.put(Finished(notification, result))

    def _may_begin(self, notification: Notification) -> bool:
        lease = notification.lease
        return (
            not self.deadline.passed() and lease is not None and self.clock() < lease.since + self.timings.begin_within
        )

    def _call(self, notification: Notification, provider: Provider) -> AttemptResult:
        message = OutgoingMessage(
            notification_id=notification.id,
            channel=notification.channel,
            recipient=notification.recipient,
            subject=notification.subject,
            message=notification.message,
            attempt=notification.retry_count + 1,
        )
        started_at, started = self.clock(), time.monotonic()
        receipt, error = None, None
        try:
            receipt = provider.send(message)
        except ProviderError as exc:
            error = exc
        except Exception as exc:  # noqa: BLE001 - whatever a provider raises, it may have sent
            error = _unknown(provider, exc)
        attempt = Attempt(
            provider=provider.name,
            outcome=error.outcome if error else Outcome.DELIVERED,
            code=error.code if error else None,
            started_at=started_at,
            duration_ms=round((time.monotonic() - started) * 1000),
        )
        _log_attempt(notification, attempt)
        return AttemptResult(
            attempt=attempt,
            receipt=receipt,
            detail=str(error) if error else None,
            retry_after=error.retry_after if isinstance(error, RateLimitedError) else None,
        )


def _unknown(provider: Provider, exc: Exception) -> UnknownOutcomeError:
    """Log an exception that no provider should raise, without its text, which may name the recipient."""
    where = traceback.extract_tb(exc.__traceback__)[-1]
    kind = type(exc).__name__
    extra = {"provider": provider.name, "error": kind, "at": f"{where.filename}:{where.lineno}"}
    logger.error("Provider raised outside its error family", extra=extra)
    return UnknownOutcomeError(kind, code=kind)


def _log_attempt(notification: Notification, attempt: Attempt) -> None:
    """Log a failed attempt as a warning, and a successful one only where debugging is on."""
    level = logging.DEBUG if attempt.outcome is Outcome.DELIVERED else logging.WARNING
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "Attempt made",
            extra={
                "notification_id": notification.id,
                "tenant_id": notification.tenant_id,
                "lane": notification.lane.value,
                "attempt": notification.retry_count + 1,
                "provider": attempt.provider,
                "outcome": attempt.outcome.value,
                "code": attempt.code,
                "duration_ms": attempt.duration_ms,
            },
        )
