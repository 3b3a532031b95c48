"""Send many notifications at once and hand them back in groups as they finish."""

import logging
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import TypeVar

from wavecom.application.deadline import Deadline
from wavecom.application.deliver.select import PlannedSend
from wavecom.domain.content.attachments import AttachedFile
from wavecom.domain.notifications.attempts import Attempt, AttemptResult
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    About,
    Outcome,
    PermanentError,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.senders import Sender
from wavecom.ports.providers import BulkProvider, Provider
from wavecom.ports.system import Clock

logger = logging.getLogger(__name__)

T = TypeVar("T")

GROUP_SIZE = 256
"""The most outcomes recorded in one transaction."""
SMALL_GROUP = 32
"""A smaller group waits for more sends to finish, but no longer than `GROUP_WINDOW_SECONDS`."""
BULK_SLOTS = timedelta(milliseconds=100)
"""The most of a limited provider's time one bulk call may take: more would be a burst that its window refuses."""
GROUP_WINDOW_SECONDS = 0.1
"""The time the first outcome of a group waits for others; it limits what a crash leaves unrecorded."""


@dataclass(frozen=True, slots=True)
class FinishedSend:
    """A planned send that is over; ``result`` is None if it never began."""

    planned: PlannedSend
    result: AttemptResult | None


@dataclass(slots=True, kw_only=True)
class Sends:
    """The sends of one batch, running in the threads of an executor that outlives them.

    ``files`` are those of notifications with attachments, by their ids.
    """

    executor: Executor
    deadline: Deadline
    clock: Clock
    timings: Timings
    in_flight: int = 0
    files: Mapping[str, tuple[AttachedFile, ...]] = field(default_factory=dict)
    _finished: "SimpleQueue[FinishedSend]" = field(default_factory=SimpleQueue)

    def begin(self, planned: Sequence[PlannedSend]) -> None:
        """Send notifications as soon as threads are free, if the deadline and their leases still allow it.

        Messages for a provider that takes several in one call are sent together.
        """
        for call in _calls(planned):
            self.executor.submit(self._attempt, call)
            self.in_flight += len(call)

    def finished(self) -> list[FinishedSend]:
        """Return a group of finished sends. It closes when its first member has waited long enough, or when it is full.

        It is full at three quarters of the running sends, so that one slow send keeps no threads idle.
        """
        group = [self._finished.get()]
        closes = time.monotonic() + GROUP_WINDOW_SECONDS
        full = min(GROUP_SIZE, self.in_flight, max(SMALL_GROUP, 3 * self.in_flight // 4))
        while len(group) < full:
            try:
                group.append(self._finished.get(timeout=max(0.0, closes - time.monotonic())))
            except Empty:
                break
        self.in_flight -= len(group)
        return group

    def _attempt(self, call: Sequence[PlannedSend]) -> None:
        """Make one call in a thread of the executor, and always report back."""
        results: Sequence[AttemptResult | None] = [None] * len(call)
        try:
            if call[0].not_before is not None:
                self._wait_until(call[0].not_before)
            ready = [each for each in call if self.may_begin(each.pending.notification)]
            if ready:
                results_by_id = dict(zip((id(each) for each in ready), self._call(ready), strict=True))
                results = [results_by_id.get(id(each)) for each in call]
        finally:
            for each, result in zip(call, results, strict=True):
                self._finished.put(FinishedSend(each, result))

    def _wait_until(self, moment: datetime) -> None:
        time.sleep(max(0.0, (moment - self.clock()) / timedelta(seconds=1)))

    def may_begin(self, notification: Notification) -> bool:
        """Return whether there is time left for an attempt, before the invocation, its lease or its deadline ends."""
        lease, now = notification.state.lease, self.clock()
        return (
            not self.deadline.passed()
            and lease is not None
            and now < lease.since + self.timings.begin_within
            and not notification.is_expired(now)
        )

    def _call(self, call: Sequence[PlannedSend]) -> list[AttemptResult]:
        provider = call[0].provider
        messages = [self._outgoing(each.pending.notification) for each in call]
        started_at, started = self.clock(), time.monotonic()
        answers = _call_provider(provider, messages)
        duration_ms = round((time.monotonic() - started) * 1000)
        own_sender = call[0].pending.notification.sender is not None  # a call has one sender
        results = [_result(provider, answer, started_at, duration_ms, own_sender=own_sender) for answer in answers]
        for each, result in zip(call, results, strict=True):
            _log_attempt(each.pending.notification, result.attempt)
        return results

    def _outgoing(self, notification: Notification) -> OutgoingMessage:
        return OutgoingMessage(
            notification_id=notification.id,
            channel=notification.channel,
            recipient=notification.recipient,
            content=notification.content,
            attempt=notification.state.retry_count + 1,
            files=self.files[notification.id] if notification.content.attachments else (),
            sender=notification.sender,
            expires_at=notification.expires_at,
        )


def _calls(planned: Sequence[PlannedSend]) -> Iterator[list[PlannedSend]]:
    """Yield the sends of each call.

    A call has one sender, so that its provider divides it no further for another. One with attachments has its own.
    """
    bulk: defaultdict[tuple[str, Sender | None], list[PlannedSend]] = defaultdict(list)
    for each in planned:
        if each.provider.bulk_limit > 1 and not each.pending.notification.content.attachments:
            bulk[each.provider.name, each.pending.notification.sender].append(each)
        else:
            yield [each]
    for sends in bulk.values():
        yield from _bulk_calls(sends)


def _bulk_calls(sends: Sequence[PlannedSend]) -> Iterator[list[PlannedSend]]:
    """Yield calls within the provider's size; for a limited provider, also within `BULK_SLOTS`."""
    provider = sends[0].provider
    assert isinstance(provider, BulkProvider)
    call: list[PlannedSend] = []
    for each in sends:
        if call and (len(call) == provider.bulk_limit or _time_between(call[0], each) >= BULK_SLOTS):
            yield call
            call = []
        call.append(each)
    yield call


def _time_between(first: PlannedSend, other: PlannedSend) -> timedelta:
    if first.not_before is None or other.not_before is None:
        return timedelta(0)
    return other.not_before - first.not_before


def _call_provider(provider: Provider, messages: Sequence[OutgoingMessage]) -> Sequence[Receipt | ProviderError]:
    if len(messages) > 1 and isinstance(provider, BulkProvider):
        answers = _guarded(provider, lambda: provider.send_many(messages))
        if isinstance(answers, ProviderError):
            return [answers] * len(messages)
        if len(answers) != len(messages):  # it is unknown which of them were sent
            logger.error("Provider answered for another number of messages", extra={"provider": provider.name})
            return [UnknownOutcomeError("Not an answer for each message", code="answers_missing")] * len(messages)
        return answers
    return [_guarded(provider, lambda: provider.send(messages[0]))]


def _guarded(provider: Provider, call: Callable[[], T]) -> T | ProviderError:
    try:
        return call()
    except ProviderError as exc:
        return exc
    except Exception as exc:  # noqa: BLE001 - after any exception the message may have been sent
        return _unknown(provider, exc)


def _result(
    provider: Provider, answer: Receipt | ProviderError, started_at: datetime, duration_ms: int, *, own_sender: bool
) -> AttemptResult:
    error = answer if isinstance(answer, ProviderError) else None
    limited = error if isinstance(error, RateLimitedError) else None
    return AttemptResult(
        attempt=Attempt(
            provider=provider.name,
            outcome=error.outcome if error else Outcome.ACCEPTED,
            code=error.code if error else None,
            started_at=started_at,
            duration_ms=duration_ms,
            about=_about(error, own_sender=own_sender) if error else None,
        ),
        receipt=answer if isinstance(answer, Receipt) else None,
        detail=str(error) if error else None,
        retry_after=limited.retry_after if limited else None,
        limits_provider=limited is not None and limited.about is About.SENDER,
        suppression_reason=error.suppression_reason if error else None,
        worth_waiting=isinstance(error, TransientError) and error.worth_waiting,
        asked=not isinstance(error, PermanentError) or error.asked,
    )


def _about(error: ProviderError, *, own_sender: bool) -> About:
    """Return whom a refusal is about. One of the identity is a tenant's trouble only if it is the tenant's own."""
    return About.SENDER if error.about is About.IDENTITY and not own_sender else error.about


def _unknown(provider: Provider, exc: Exception) -> UnknownOutcomeError:
    """Log an exception outside the error family, without its text, which may name the recipient."""
    where = traceback.extract_tb(exc.__traceback__)[-1]
    kind = type(exc).__name__
    extra = {"provider": provider.name, "error": kind, "at": f"{where.filename}:{where.lineno}"}
    logger.error("Provider raised outside its error family", extra=extra)
    return UnknownOutcomeError(kind, code=kind)


def _log_attempt(notification: Notification, attempt: Attempt) -> None:
    """Log a failed attempt as a warning, and a successful one only at debug level."""
    level = logging.DEBUG if attempt.outcome is Outcome.ACCEPTED else logging.WARNING
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "Attempt made",
            extra={
                "notification_id": notification.id,
                "tenant_id": notification.tenant_id,
                "lane": notification.lane.value,
                "attempt": notification.state.retry_count + 1,
                "provider": attempt.provider,
                "outcome": attempt.outcome.value,
                "code": attempt.code,
                "duration_ms": attempt.duration_ms,
            },
        )
