"""Deliver a batch of queue messages: claim, send many at once, record in groups as they come in, follow up."""

import logging
import secrets
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from wavecom.application.deadline import Deadline
from wavecom.application.publishing import follow_up
from wavecom.domain import lifecycle, settlement
from wavecom.domain.change import Change
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.messages import QueueMessage
from wavecom.domain.notification import Attempt, Channel, Notification, Status
from wavecom.domain.outcomes import Outcome, ProviderError, RateLimitedError, UnknownOutcomeError
from wavecom.domain.settlement import AttemptResult
from wavecom.domain.timings import Timings
from wavecom.ports import Breakers, Clock, NotificationStore, OutgoingMessage, Permit, Provider, Queue

logger = logging.getLogger(__name__)

GROUP_SIZE = 100
"""Outcomes recorded in one transaction."""
GROUP_WINDOW_SECONDS = 0.25
"""How long the first outcome of a group waits for others; bounds what a crash leaves unrecorded."""
TRIAL_WAIT = timedelta(seconds=5)
"""How long the others wait while a half-open breaker's one trial is under way."""
RECORD_TRIES = 3
CLAIM_ROUNDS = 5


@dataclass(slots=True)
class DeliveryReport:
    """How many of a batch's messages came to what, for one log line."""

    messages: int = 0
    claimed: int = 0
    by_status: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    unrecorded: int = 0


@dataclass(frozen=True, slots=True)
class _Finished:
    """A claimed notification whose send is over; ``result`` is None where it was never begun."""

    notification: Notification
    result: AttemptResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Attempt the notifications that a batch of queue messages announces.

    ``executor`` bounds how many sends run at once and outlives the call; ``providers`` lists each channel's
    providers in the order in which they are asked.
    """

    store: NotificationStore
    queue: Queue
    breakers: Breakers
    providers: Mapping[Channel, Sequence[Provider]]
    executor: Executor
    clock: Clock
    timings: Timings

    def __call__(self, messages: Sequence[QueueMessage], deadline: Deadline) -> DeliveryReport:
        """Attempt what ``messages`` announce, beginning no send after ``deadline``.

        Raises `StoreUnavailableError` when nothing could be claimed, so that the broker delivers again. Once
        claimed, whatever goes wrong, the lease and the sweep see to the rest.
        """
        report = DeliveryReport(messages=len(messages))
        claimed = self._claim(messages, report)
        report.claimed = len(claimed)
        if claimed:
            channels = {notification.channel for notification in claimed}
            permits = self.breakers.permits({each.name for channel in channels for each in self.providers[channel]})
            finished: SimpleQueue[_Finished] = SimpleQueue()
            begun = self._begin(claimed, permits, deadline, finished, report)
            for group in _groups(finished, begun):
                self._record([self._ending(each) for each in group], report)
                self._feed_breakers(group)
        return report

    def _claim(self, messages: Sequence[QueueMessage], report: DeliveryReport) -> list[Notification]:
        """Claim what can be claimed, looking again at what somebody moved meanwhile.

        That is the rule, not the exception, when a message is faster than its sender's own record of QUEUED.
        """
        retry_counts: dict[str, int] = {}
        for message in messages:
            known = retry_counts.get(message.notification_id, 0)
            retry_counts[message.notification_id] = max(known, message.retry_count)
        token = secrets.token_hex(16)
        claimed: list[Notification] = []
        for _ in range(CLAIM_ROUNDS):
            at = self.clock()
            changes = [
                change
                for each in self.store.get_many(retry_counts)
                if (change := self._claim_of(each, retry_counts[each.id], token, at)) is not None
            ]
            saved = self.store.save(changes) if changes else []
            for change in saved:
                if change.after.status is Status.PROCESSING:
                    claimed.append(change.after)
                else:
                    report.by_status[change.after.status] += 1
            moved = {change.after.id for change in changes} - {change.after.id for change in saved}
            retry_counts = {each: retry_counts[each] for each in moved}
            if not retry_counts:
                break
        return claimed

    def _claim_of(self, notification: Notification, retry_count: int, token: str, at: datetime) -> Change | None:
        return lifecycle.claim(notification, retry_count=retry_count, token=token, at=at, timings=self.timings)

    def _begin(
        self,
        claimed: Sequence[Notification],
        permits: Mapping[str, Permit],
        deadline: Deadline,
        finished: "SimpleQueue[_Finished]",
        report: DeliveryReport,
    ) -> int:
        """Start a send for each notification that some provider may take, defer the others, and count the sends."""
        calls_left = {name: permit.calls for name, permit in permits.items()}
        deferred: list[Change] = []
        begun = 0
        for notification in claimed:
            provider = _first_permitted(self.providers[notification.channel], calls_left)
            if provider is None:
                deferred.append(self._deferral(notification, permits))
            else:
                self.executor.submit(self._attempt, notification, provider, deadline, finished)
                begun += 1
        if deferred:
            self._record(deferred, report)
        return begun

    def _deferral(self, notification: Notification, permits: Mapping[str, Permit]) -> Change:
        names = [provider.name for provider in self.providers[notification.channel]]
        wait = min((permits[name].wait for name in names), default=TRIAL_WAIT)
        return settlement.defer(
            notification,
            reason=f"Circuit breaker open for {', '.join(names)}",
            wait=max(wait, TRIAL_WAIT),
            at=self.clock(),
            timings=self.timings,
        )

    def _attempt(
        self, notification: Notification, provider: Provider, deadline: Deadline, finished: "SimpleQueue[_Finished]"
    ) -> None:
        """Make one call, in a thread of the executor, and always report back."""
        result = None
        try:
            lease = notification.lease
            if not deadline.passed() and lease is not None and self.clock() < lease.since + self.timings.begin_within:
                result = self._call(notification, provider)
        finally:
            finished.put(_Finished(notification, result))

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
            where = traceback.extract_tb(exc.__traceback__)[-1]
            extra = {"provider": provider.name, "error": type(exc).__name__, "at": f"{where.filename}:{where.lineno}"}
            logger.error("Provider raised outside its error family", extra=extra)  # noqa: TRY400 - its text may name the recipient
            error = UnknownOutcomeError(type(exc).__name__, code=type(exc).__name__)
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

    def _ending(self, finished: _Finished) -> Change:
        at = self.clock()
        if finished.result is None:
            return settlement.release(finished.notification, at=at, timings=self.timings)
        return settlement.settle(finished.notification, finished.result, at=at, timings=self.timings)

    def _feed_breakers(self, group: Sequence[_Finished]) -> None:
        answers: defaultdict[str, list[bool]] = defaultdict(list)
        for finished in group:
            if finished.result is not None:
                attempt = finished.result.attempt
                # A refusal speaks of the request or of our pace; the provider itself is there.
                answers[attempt.provider].append(attempt.outcome not in (Outcome.TRANSIENT, Outcome.UNKNOWN))
        for provider, answered in answers.items():
            self.breakers.record(provider, answered)

    def _record(self, changes: Sequence[Change], report: DeliveryReport) -> None:
        """Store outcomes and publish what follows from them, trying again while the database does not answer."""
        saved: list[Change] = []
        for left in reversed(range(RECORD_TRIES)):
            try:
                saved = self.store.save(changes)
                if left < RECORD_TRIES - 1 and len(saved) < len(changes):
                    # A try whose answer was lost may have been written all the same.
                    saved = self._stored(changes)
                break
            except StoreUnavailableError:
                if not left:
                    logger.exception("Outcomes not recorded, their leases will run out", extra={"count": len(changes)})
                    report.unrecorded += len(changes)
                    return
        for change in saved:
            report.by_status[change.after.status] += 1
        if len(saved) < len(changes):
            logger.error("Lease lost before the outcome was recorded", extra={"count": len(changes) - len(saved)})
            report.unrecorded += len(changes) - len(saved)
        follow_up(self.queue, saved)

    def _stored(self, changes: Sequence[Change]) -> list[Change]:
        """Return those of ``changes`` that are what the database has now."""
        stored = {each.id: each for each in self.store.get_many(change.after.id for change in changes)}
        return [change for change in changes if stored.get(change.after.id) == change.after]


def _first_permitted(providers: Sequence[Provider], calls_left: dict[str, int | None]) -> Provider | None:
    for provider in providers:
        left = calls_left[provider.name]
        if left is None:
            return provider
        if left > 0:
            calls_left[provider.name] = left - 1
            return provider
    return None


def _groups(finished: "SimpleQueue[_Finished]", expected: int) -> Iterator[list[_Finished]]:
    """Yield what finishes, in groups that close when full or when their first member has waited long enough."""
    while expected > 0:
        group = [finished.get()]
        closes = time.monotonic() + GROUP_WINDOW_SECONDS
        while len(group) < min(GROUP_SIZE, expected):
            try:
                group.append(finished.get(timeout=max(0.0, closes - time.monotonic())))
            except Empty:
                break
        expected -= len(group)
        yield group


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
