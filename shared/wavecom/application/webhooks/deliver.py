"""Deliver events to endpoints: claim, call many at once, and record what they answered."""

import logging
import math
import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from wavecom.application.deadline import Deadline
from wavecom.application.webhooks.announce import Announcements
from wavecom.application.webhooks.fan_out import Claimed, FanOut
from wavecom.application.webhooks.health import EndpointHealth, answers, is_quick
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.events.event import payload
from wavecom.domain.notifications.timings import RETRY_DELAYS
from wavecom.domain.queue_messages import WebhookLane, WebhookMessage
from wavecom.domain.webhooks.answers import WebhookAnswer, WebhookCallError
from wavecom.domain.webhooks.delivery import ANNOUNCED_WITHIN, EARLY, HELD_FOR, Delivery, DeliveryStatus, WebhookAttempt
from wavecom.domain.webhooks.endpoint import Endpoint
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.system import Clock
from wavecom.ports.webhooks import Deliveries, Signer, WebhookCalls

logger = logging.getLogger(__name__)

CALLS_OF_ONE: Final = 32
"""The most calls of one endpoint at once, in a process."""
WINDOW_SECONDS: Final = 0.02
"""The time that finished calls wait for others, to be recorded together."""
QUICK_LANE_SECONDS: Final = 5.0
"""The time in which a batch of the quick lane begins its calls; the rest goes to the slow lane, out of others' way."""
CHECK_SECONDS: Final = 1.0
"""The time after which a batch looks whether its endpoints are still there."""


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """An attempt that is over, with what the endpoint asked us to wait; None if a fault of ours prevented it."""

    claimed: Claimed
    attempt: WebhookAttempt | None
    retry_after: timedelta | None = None


@dataclass(slots=True)
class WebhookSummary:
    """Counts of a batch, for one log line."""

    messages: int
    claimed: int = 0
    succeeded: int = 0
    failed: int = 0
    held: int = 0
    unrecorded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverWebhooks:
    """Deliver the events that a batch of messages announces.

    ``executor`` bounds the calls at once, and outlives the batch. ``draw`` returns 0 to 1, for the jitter of waits.
    """

    fan_out: FanOut
    deliveries: Deliveries
    health: EndpointHealth
    store: NotificationStore
    calls: WebhookCalls
    signer: Signer
    announcements: Announcements
    executor: Executor
    clock: Clock
    draw: Callable[[], float] = random.random

    def deliver(self, messages: Sequence[WebhookMessage], deadline: Deadline) -> WebhookSummary:
        """Attempt deliveries, beginning no call after ``deadline``.

        Raises `StoreUnavailableError` when nothing could be claimed, so that the broker delivers again. After that,
        leases and the sweep cover every failure.
        """
        claimed = self.fan_out.claim(messages)
        summary = WebhookSummary(len(messages), claimed=len(claimed))
        if claimed:
            in_quick_lane = any(each.lane is WebhookLane.QUICK for each in messages)
            self._attempt(claimed, deadline, QUICK_LANE_SECONDS if in_quick_lane else math.inf, summary)
        return summary

    def _attempt(
        self, claimed: Sequence[Claimed], deadline: Deadline, begin_within: float, summary: WebhookSummary
    ) -> None:
        """Call endpoints, some deliveries of each at once, and record answers in groups as they come."""
        waiting: defaultdict[str, deque[Claimed]] = defaultdict(deque)
        for each in claimed:
            waiting[each.endpoint.id].append(each)
        try:
            metadata = self._metadata(claimed)
        except StoreUnavailableError:
            logger.warning("Metadata not read, deliveries put off", extra={"count": len(claimed)}, exc_info=True)
            summary.held += len(claimed)
            self._give_back(waiting, lambda _: HELD_FOR, summary)
            return
        self._hold(waiting, summary)
        running: dict[Future[FinishedCall], Claimed] = {}
        began = checked = time.monotonic()
        while any(waiting.values()) or running:
            if deadline.passed():
                _take_back(running, waiting)
                self._give_back(waiting, lambda _: timedelta(0), summary)
            elif time.monotonic() - began > begin_within:
                self._give_back(_slowed(waiting), lambda _: timedelta(0), summary)
            elif time.monotonic() - checked > CHECK_SECONDS:
                _take_back(running, waiting)
                self._look_again(waiting, summary)
                checked = time.monotonic()
            self._begin(waiting, running, metadata)
            done, _ = wait(running, timeout=WINDOW_SECONDS)
            finished = [future.result() for future in done]
            for future in done:
                del running[future]
            self._finish(finished, summary)
            if not all(each.attempt is not None and answers(each.attempt) for each in finished):
                self._hold(waiting, summary)

    def _begin(
        self,
        waiting: Mapping[str, deque[Claimed]],
        running: dict[Future[FinishedCall], Claimed],
        metadata: Mapping[str, Mapping[str, Any] | None],
    ) -> None:
        """Begin as many calls of each endpoint as it may get at once."""
        at_once = Counter(each.endpoint.id for each in running.values())
        for endpoint_id, queue in waiting.items():
            for _ in range(min(len(queue), CALLS_OF_ONE - at_once[endpoint_id])):
                claimed = queue.popleft()
                running[self.executor.submit(self._call, claimed, metadata)] = claimed

    def _hold(self, waiting: Mapping[str, deque[Claimed]], summary: WebhookSummary) -> None:
        """Put off deliveries to endpoints that do not answer at present; one of them is a trial now and then."""
        permits = self.health.permits([endpoint_id for endpoint_id, queue in waiting.items() if queue])
        held: dict[str, deque[Claimed]] = {}
        for endpoint_id, permit in permits.items():
            if permit.calls is not None:
                queue = waiting[endpoint_id]
                held[endpoint_id] = deque(queue.pop() for _ in range(len(queue) - min(len(queue), permit.calls)))
        summary.held += sum(len(queue) for queue in held.values())
        now = self.clock()
        self._give_back(held, lambda endpoint: endpoint.held_for(now), summary)

    def _give_back(
        self, queues: Mapping[str, deque[Claimed]], delay: Callable[[Endpoint], timedelta], summary: WebhookSummary
    ) -> None:
        """Give deliveries back, to be attempted after the delay of their endpoint."""
        now = self.clock()
        back = [each for queue in queues.values() for each in queue]
        for queue in queues.values():
            queue.clear()
        saved = self._record([each.delivery.waiting(now, delay(each.endpoint)) for each in back], summary)
        self._announce_retries(saved, {each.endpoint.id: each.endpoint for each in back}, now)

    def _look_again(self, waiting: Mapping[str, deque[Claimed]], summary: WebhookSummary) -> None:
        """Go on with endpoints as they are now; deliveries end whose endpoint was removed or disabled meanwhile."""
        tenants = {each.endpoint.tenant_id for queue in waiting.values() for each in queue}
        try:
            endpoints = self.fan_out.endpoints.of(tenants) if tenants else []
        except StoreUnavailableError:
            return  # nothing is known, and nothing can be recorded either
        known = {each.id: each for each in endpoints if each.disabled is None}
        for endpoint_id, queue in waiting.items():
            if endpoint_id in known:
                present = [replace(each, endpoint=known[endpoint_id]) for each in queue]
                queue.clear()
                queue.extend(present)
            elif queue:
                self._record([each.delivery.ended(DeliveryStatus.FAILED) for each in queue], summary)
                queue.clear()

    def _metadata(self, claimed: Sequence[Claimed]) -> Mapping[str, Mapping[str, Any] | None]:
        """Return what clients stored with the notifications, by their ids, for endpoints that ask for it."""
        wanted = {each.event.notification_id for each in claimed if each.endpoint.metadata}
        ids = [each for each in wanted if each is not None]
        return {each.id: each.metadata for each in self.store.get_many(ids)} if ids else {}

    def _call(self, claimed: Claimed, metadata: Mapping[str, Mapping[str, Any] | None]) -> FinishedCall:
        """Make one call, in a thread of the executor. It never raises: one delivery must not end the batch."""
        at = self.clock()
        try:
            answer = self._post(claimed, metadata, at)
        except WebhookCallError as exc:
            attempt = WebhookAttempt(at=at, duration_ms=exc.duration_ms, error=str(exc))
            return FinishedCall(claimed, attempt)
        except Exception:
            logger.exception("A delivery could not be made", extra={"delivery": claimed.delivery.id})
            return FinishedCall(claimed, None)
        attempt = WebhookAttempt(at=at, duration_ms=answer.duration_ms, status=answer.status, answer=answer.body)
        return FinishedCall(claimed, attempt, answer.retry_after)

    def _post(self, claimed: Claimed, metadata: Mapping[str, Mapping[str, Any] | None], at: datetime) -> WebhookAnswer:
        event, endpoint = claimed.event, claimed.endpoint
        body = payload(event, metadata.get(event.notification_id or "") or {} if endpoint.metadata else None)
        headers = {
            **endpoint.headers,
            "content-type": "application/json",
            "user-agent": "WaveCom-Webhooks/1",
            **self.signer.headers(event.id, body, endpoint.secrets_at(at), at),
        }
        return self.calls.post(endpoint.url, headers, body.encode())

    def _finish(self, finished: Sequence[FinishedCall], summary: WebhookSummary) -> None:
        """Record the outcomes of a group, and announce what is to be tried again soon."""
        if not finished:
            return
        now = self.clock()
        made = [(each, each.attempt) for each in finished if each.attempt is not None]
        after = [
            each.claimed.delivery.after(attempt, at=now, retry_after=each.retry_after, draw=self.draw)
            for each, attempt in made
        ]
        after += [each.claimed.delivery.waiting(now, HELD_FOR) for each in finished if each.attempt is None]
        saved = self._record(after, summary)
        self.health.update([(each.claimed.endpoint, attempt) for each, attempt in made], now)
        endpoints = {each.claimed.endpoint.id: each.claimed.endpoint for each in finished}
        slow = {each.claimed.endpoint.id for each, attempt in made if not is_quick(attempt)}
        endpoints |= {each: replace(endpoints[each], quick=False) for each in slow}
        self._announce_retries(saved, endpoints, now)
        summary.succeeded += sum(1 for each in saved if each.status is DeliveryStatus.SUCCEEDED)
        summary.failed += sum(1 for each in saved if each.status is not DeliveryStatus.SUCCEEDED)

    def _announce_retries(self, saved: Sequence[Delivery], endpoints: Mapping[str, Endpoint], now: datetime) -> None:
        """Publish delayed messages for retries that come sooner than the sweep would find them."""
        soon: defaultdict[tuple[str, timedelta], list[Delivery]] = defaultdict(list)
        for each in saved:
            if each.retry_at is not None and each.retry_at - now <= ANNOUNCED_WITHIN:
                soon[each.endpoint_id, _message_delay(each.retry_at - now)].append(each)
        for (endpoint_id, delay), deliveries in soon.items():
            self.announcements.announce_deliveries(deliveries, endpoints[endpoint_id], delay=delay)

    def _record(self, deliveries: Sequence[Delivery], summary: WebhookSummary) -> list[Delivery]:
        """Store deliveries, and return those that are stored. What is not is attempted again after its lease."""
        if not deliveries:
            return []
        try:
            saved = self.deliveries.save(deliveries)
        except StoreUnavailableError:
            logger.warning("Deliveries not recorded", extra={"count": len(deliveries)}, exc_info=True)
            saved = []
        summary.unrecorded += len(deliveries) - len(saved)
        return saved


def _slowed(waiting: Mapping[str, deque[Claimed]]) -> dict[str, deque[Claimed]]:
    """Take what waits, as deliveries to endpoints that are not quick: they are announced in the slow lane."""
    taken = {
        endpoint_id: deque(replace(each, endpoint=replace(each.endpoint, quick=False)) for each in queue)
        for endpoint_id, queue in waiting.items()
    }
    for queue in waiting.values():
        queue.clear()
    return taken


def _take_back(running: dict[Future[FinishedCall], Claimed], waiting: Mapping[str, deque[Claimed]]) -> None:
    """Take back the calls for which no thread was free yet: they would begin when their leases are about to end."""
    for future in [each for each in running if each.cancel()]:
        claimed = running.pop(future)
        waiting[claimed.endpoint.id].append(claimed)


def _message_delay(wait: timedelta) -> timedelta:
    """Return the delay of the message that announces an attempt: one that every broker offers."""
    if wait <= timedelta(0):
        return timedelta(0)
    return min((known for known in RETRY_DELAYS if known >= wait - EARLY), default=RETRY_DELAYS[-1])
