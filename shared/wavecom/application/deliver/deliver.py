"""Deliver a batch of queue messages: claim, route, send many at once, record in groups as they come in, follow up."""

import logging
from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from wavecom.application.deadline import Deadline
from wavecom.application.deliver.claim import Claim
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.record import Record
from wavecom.application.deliver.save import SaveUntil
from wavecom.application.deliver.select import NoProvider, Pending, Planned, Routed, Router
from wavecom.application.deliver.send import Finished, Sends
from wavecom.application.publishing import follow_up, publish_messages
from wavecom.application.reports.receive import Receive
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications import settlement
from wavecom.domain.notifications.change import Change, together
from wavecom.domain.notifications.notification import Lane, Notification, Status
from wavecom.domain.notifications.settlement import AttemptResult
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.queue_messages import QueueMessage
from wavecom.domain.suppressions.suppression import Suppression
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock

logger = logging.getLogger(__name__)

DEFERRAL = timedelta(seconds=5)
"""The least wait of a notification that no provider takes at present, or that is not stored yet."""


@dataclass(slots=True)
class DeliveryReport:
    """How many of a batch's messages came to what, for one log line, and how long the oldest had waited in its lane.

    ``early`` are those whose notifications were not stored yet.
    """

    messages: int
    claimed: int = 0
    early: int = 0
    unrecorded: int = 0
    waited: dict[Lane, timedelta] = field(default_factory=dict)
    by_status: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, changes: Sequence[Change], saved: Sequence[Change]) -> None:
        """Count outcomes, and those of them that could not be recorded."""
        for change in saved:
            if change.entries:
                self.by_status[change.after.status] += 1
        self.unrecorded += len(changes) - len(saved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Attempt the notifications that a batch of queue messages announces.

    ``executor`` bounds how many sends run at once and outlives the call; no more than ``sends_at_once`` attempts are
    recorded as begun at a time, so that a crash leaves no more than these unknown.
    """

    store: NotificationStore
    queue: Queue
    suppressions: Suppressions
    receive: Receive
    router: Router
    health: ProviderHealth
    executor: Executor
    sends_at_once: int
    clock: Clock
    timings: Timings

    def __call__(self, messages: Sequence[QueueMessage], deadline: Deadline) -> DeliveryReport:
        """Attempt what ``messages`` announce, beginning no send after ``deadline``.

        Raises `StoreUnavailableError` when nothing could be claimed, so that the broker delivers again. Once
        claimed, whatever goes wrong, the lease and the sweep see to the rest.
        """
        report = DeliveryReport(len(messages))
        sends = Sends(executor=self.executor, deadline=deadline, clock=self.clock, timings=self.timings)
        first: list[Planned] = []
        along = partial(self._begin_first, sends, first)
        claims = Claim(
            store=self.store,
            save=SaveUntil(store=self.store, deadline=deadline),
            clock=self.clock,
            timings=self.timings,
            settle_unanswered=self.receive.settle_unanswered,
            along=along,
        )(messages)
        report.claimed, report.early = len(claims.claimed), len(claims.early)
        report.waited = _waited(claims.claimed)
        report.add(claims.ended, claims.ended)
        follow_up(self.queue, claims.ended)
        sends.begin(_as_stored(first, claims.claimed))
        publish_messages(self.queue, claims.early, delay=DEFERRAL)
        if claims.claimed:
            self._send([each for each in claims.claimed if each.begun is None], sends, report)
        return report

    def _begin_first(self, sends: Sends, first: list[Planned], claims: list[Change]) -> list[Change]:
        """Let as many attempts as run at once begin in the very transaction that claims them, and note their plans."""
        claimed = [change.after for change in claims if change.after.status is Status.PROCESSING]
        claimed = [each for each in claimed[: self.sends_at_once] if sends.may_begin(each)]
        try:
            suppressed = self.suppressions.among(claimed)
        except StoreUnavailableError:
            return claims  # `_send` asks again, and says so
        first += self.router([Pending(each) for each in claimed if each.id not in suppressed]).planned
        begun = {planned.pending.notification.id: self._beginning(planned) for planned in first}
        return [together(change, begun.get(change.after.id)) for change in claims]

    def _send(self, claimed: Sequence[Notification], sends: Sends, report: DeliveryReport) -> None:
        """Go round: route and begin what there is room for, wait for a group of outcomes, record both at once."""
        record = Record(save=SaveUntil(store=self.store, deadline=sends.deadline), queue=self.queue)
        unwanted: list[Suppression] = []
        wanted, endings = self._without_suppressed(claimed)
        waiting = deque(Pending(each) for each in wanted)
        while waiting or sends.under_way or endings:
            room = min(len(waiting), self.sends_at_once - sends.under_way)
            group = [waiting.popleft() for _ in range(room)]
            in_time = []
            for each in group:
                if sends.may_begin(each.notification):
                    in_time.append(each)
                else:
                    endings.append(self._ending_without_attempt(each))
            routed = self.router(in_time) if in_time else Routed()
            endings += [self._ending_without_provider(each) for each in routed.refused]
            begins = [self._beginning(each) for each in routed.planned]
            changes = [*endings, *begins]
            saved = record(changes) if changes else []
            report.add(changes, saved)
            self._suppress(unwanted)
            sends.begin(_as_stored(routed.planned, [change.after for change in saved]))
            endings, unwanted = [], []
            if sends.under_way:
                outcomes = sends.finished()
                self.health.update(outcomes)
                unwanted = self._unwanted(outcomes)
                reported = self._reported(outcomes)
                for outcome in outcomes:
                    if again := self._failover(outcome, reported):
                        waiting.appendleft(again)
                    else:
                        endings.append(self._ending(outcome))

    def _without_suppressed(self, claimed: Sequence[Notification]) -> tuple[list[Notification], list[Change]]:
        """Return those that may be sent, and how the claims of the others end."""
        if not claimed:
            return [], []
        at = self.clock()
        try:
            suppressed = self.suppressions.among(claimed)
        except StoreUnavailableError:
            logger.warning("Suppression lists not read, nothing is sent", extra={"count": len(claimed)}, exc_info=True)
            return [], [
                settlement.defer(
                    each, reason="Suppression list not readable", wait=DEFERRAL, at=at, timings=self.timings
                )
                for each in claimed
            ]
        endings = [
            settlement.suppress(each, reason=suppressed[each.id], at=at, timings=self.timings)
            for each in claimed
            if each.id in suppressed
        ]
        return [each for each in claimed if each.id not in suppressed], endings

    def _beginning(self, planned: Planned) -> Change:
        return settlement.begin(
            planned.pending.notification,
            provider=planned.provider.name,
            idempotent=planned.provider.idempotent,
            at=self.clock(),
            refused=planned.pending.refused,
        )

    def _reported(self, group: Sequence[Finished]) -> set[str]:
        """Return those without an answer that must go to nobody else: their provider reports that it has them.

        Where the reports cannot be read, that may be any of them.
        """
        unanswered = {
            each.planned.pending.notification.id: each.planned.provider.name
            for each in group
            if each.result is not None
            and each.result.attempt.outcome is Outcome.UNKNOWN
            and settlement.may_fail_over(each.planned.pending.notification, each.result, at=self.clock())
        }
        try:
            return self.receive.reported(unanswered)
        except StoreUnavailableError:
            logger.warning("Reports not read, no other provider is asked", extra={"count": len(unanswered)})
            return set(unanswered)

    def _failover(self, finished: Finished, reported: Collection[str]) -> Pending | None:
        """Return a refused notification to look for another provider, None where there is none, or none is wanted."""
        if finished.planned.pending.notification.id in reported:
            return None
        pending, result = finished.planned.pending, finished.result
        provider = finished.planned.provider.name
        if result is None or not settlement.may_fail_over(pending.notification, result, at=self.clock()):
            return None
        if not self.router.has_other(pending, provider):
            return None
        for_now = pending.some_may_take or result.attempt.outcome is not Outcome.PERMANENT
        return Pending(pending.notification, pending.tried | {provider}, result, some_may_take=for_now)

    def _ending(self, finished: Finished) -> Change:
        pending, at = finished.planned.pending, self.clock()
        if finished.result is None:
            return settlement.release(pending.notification, at=at, timings=self.timings)
        return self._settle(pending, finished.result, others_may_take=pending.some_may_take)

    def _settle(self, pending: Pending, result: AttemptResult, *, others_may_take: bool) -> Change:
        return settlement.settle(
            pending.notification, result, at=self.clock(), timings=self.timings, others_may_take=others_may_take
        )

    def _ending_without_attempt(self, pending: Pending) -> Change:
        """End a claim for which there is no time left, or not for another provider."""
        if pending.refused is not None:
            return self._settle(pending, pending.refused, others_may_take=True)
        return settlement.release(pending.notification, at=self.clock(), timings=self.timings)

    def _ending_without_provider(self, refused: NoProvider) -> Change:
        """End a claim for which there is no provider, or no other one."""
        pending = refused.pending
        if pending.refused is not None:
            may_take = pending.some_may_take or bool(refused.names)
            return self._settle(pending, pending.refused, others_may_take=may_take)
        return settlement.defer(
            pending.notification,
            reason=f"Breaker open or limit reached for {', '.join(refused.names) or 'every provider'}",
            wait=max(refused.wait, DEFERRAL),
            at=self.clock(),
            timings=self.timings,
        )

    def _unwanted(self, group: Sequence[Finished]) -> list[Suppression]:
        """Return the recipients of whom their providers said that nothing more should go to them."""
        at = self.clock()
        return [
            Suppression.of_recipient(finished.planned.pending.notification, finished.result.unwanted, at)
            for finished in group
            if finished.result is not None and finished.result.unwanted is not None
        ]

    def _suppress(self, unwanted: Sequence[Suppression]) -> None:
        """Put recipients on their tenants' lists. One that is lost is told of by its provider again."""
        if not unwanted:
            return
        try:
            self.suppressions.add(unwanted)
        except StoreUnavailableError:
            logger.warning("Recipients not suppressed", extra={"count": len(unwanted)}, exc_info=True)


def _waited(claimed: Sequence[Notification]) -> dict[Lane, timedelta]:
    """Return the longest time in each lane of what is attempted for the first time; a retry waits on purpose."""
    longest: dict[Lane, timedelta] = {}
    for each in claimed:
        is_first = not each.attempts and each.deferred_since is None
        if is_first and each.lease is not None and each.queued_at is not None:
            waited = max(each.lease.since - each.queued_at, timedelta(0))
            longest[each.lane] = max(waited, longest.get(each.lane, timedelta(0)))
    return longest


def _as_stored(planned: Sequence[Planned], recorded: Sequence[Notification]) -> list[Planned]:
    """Return the planned sends whose beginning was recorded, with their notifications as they are stored."""
    stored = {each.id: each for each in recorded if each.begun is not None}
    return [
        replace(each, pending=replace(each.pending, notification=stored[each.pending.notification.id]))
        for each in planned
        if each.pending.notification.id in stored
    ]
