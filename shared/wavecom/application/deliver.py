"""Deliver a batch of queue messages: claim, send many at once, record in groups as they come in, follow up."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import timedelta

from wavecom.application.claim import Claim
from wavecom.application.deadline import Deadline
from wavecom.application.record import Record
from wavecom.application.send import Finished, Sends
from wavecom.domain import settlement
from wavecom.domain.change import Change
from wavecom.domain.messages import QueueMessage
from wavecom.domain.notification import Channel, Notification, Status
from wavecom.domain.outcomes import Outcome
from wavecom.domain.timings import Timings
from wavecom.ports import Breakers, Clock, NotificationStore, Permit, Provider, Queue

TRIAL_WAIT = timedelta(seconds=5)
"""How long the others wait while a half-open breaker's one trial is under way."""


@dataclass(slots=True)
class DeliveryReport:
    """How many of a batch's messages came to what, for one log line."""

    messages: int
    claimed: int = 0
    unrecorded: int = 0
    by_status: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, changes: Sequence[Change], saved: Sequence[Change]) -> None:
        """Count outcomes, and those of them that could not be recorded."""
        for change in saved:
            self.by_status[change.after.status] += 1
        self.unrecorded += len(changes) - len(saved)


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
        report = DeliveryReport(len(messages))
        claims = Claim(store=self.store, clock=self.clock, timings=self.timings)(messages)
        report.claimed = len(claims.claimed)
        if claims.expired:
            report.by_status[Status.EXPIRED] = claims.expired
        if claims.claimed:
            self._send(claims.claimed, deadline, report)
        return report

    def _send(self, claimed: Sequence[Notification], deadline: Deadline, report: DeliveryReport) -> None:
        """Begin every send that a breaker permits, defer the others, and record each outcome soon after it is known."""
        record = Record(store=self.store, queue=self.queue)
        sends = Sends(executor=self.executor, deadline=deadline, clock=self.clock, timings=self.timings)
        deferred = self._begin(claimed, sends)
        if deferred:
            report.add(deferred, record(deferred))
        for group in sends.groups():
            endings = [self._ending(each) for each in group]
            report.add(endings, record(endings))
            self._feed_breakers(group)

    def _begin(self, claimed: Sequence[Notification], sends: Sends) -> list[Change]:
        """Begin a send for each notification that some provider may take, and return the others' deferrals."""
        channels = {notification.channel for notification in claimed}
        permits = self.breakers.permits({each.name for channel in channels for each in self.providers[channel]})
        calls_left = {name: permit.calls for name, permit in permits.items()}
        deferred = []
        for notification in claimed:
            provider = _first_permitted(self.providers[notification.channel], calls_left)
            if provider is None:
                deferred.append(self._deferral(notification, permits))
            else:
                sends.begin(notification, provider)
        return deferred

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

    def _ending(self, finished: Finished) -> Change:
        at = self.clock()
        if finished.result is None:
            return settlement.release(finished.notification, at=at, timings=self.timings)
        return settlement.settle(finished.notification, finished.result, at=at, timings=self.timings)

    def _feed_breakers(self, group: Sequence[Finished]) -> None:
        answered: defaultdict[str, list[bool]] = defaultdict(list)
        for finished in group:
            if finished.result is not None:
                attempt = finished.result.attempt
                # A refusal speaks of the request or of our pace; the provider itself is there.
                answered[attempt.provider].append(attempt.outcome not in (Outcome.TRANSIENT, Outcome.UNKNOWN))
        for provider, successes in answered.items():
            self.breakers.record(provider, successes)


def _first_permitted(providers: Sequence[Provider], calls_left: dict[str, int | None]) -> Provider | None:
    for provider in providers:
        left = calls_left[provider.name]
        if left is None:
            return provider
        if left > 0:
            calls_left[provider.name] = left - 1
            return provider
    return None
