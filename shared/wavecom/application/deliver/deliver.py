"""Deliver a batch of queue messages: claim, select providers, send many at once, record in groups as they finish."""

from collections import defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import timedelta

from wavecom.application.deadline import Deadline
from wavecom.application.deliver.attached import AttachedFiles, in_parts
from wavecom.application.deliver.claim import Claim, Claims
from wavecom.application.deliver.endings import DEFERRAL, Endings
from wavecom.application.deliver.failover import Failover
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.record import Record
from wavecom.application.deliver.save import SaveUntil
from wavecom.application.deliver.select import PendingSend, PlannedSend, ProviderSelection, Selection
from wavecom.application.deliver.send import FinishedSend, Sends
from wavecom.application.deliver.suppressed import SuppressedRecipients
from wavecom.application.publishing import follow_up, publish_messages
from wavecom.application.reports.receive import Receive
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications import settlement
from wavecom.domain.notifications.change import Change, combine
from wavecom.domain.notifications.enums import Lane, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.queue_messages import QueueMessage
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock


@dataclass(slots=True)
class BatchSummary:
    """Counts of a batch's messages by result, for one log line, and the longest wait in each lane.

    ``early`` counts messages whose notifications were not stored yet.
    """

    messages: int
    claimed: int = 0
    early: int = 0
    unrecorded: int = 0
    waited: dict[Lane, timedelta] = field(default_factory=dict)
    by_status: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, changes: Sequence[Change], saved: Sequence[Change]) -> None:
        """Count recorded outcomes by status, and those that could not be recorded."""
        for change in saved:
            if change.entries:
                self.by_status[change.after.state.status] += 1
        self.unrecorded += len(changes) - len(saved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Attempt the notifications that a batch of queue messages announces.

    ``executor`` limits the number of parallel sends and, like ``attached``, outlives the call. At most
    ``sends_at_once`` attempts are recorded as begun at a time, so that a crash leaves no more than these unknown.
    """

    store: NotificationStore
    queue: Queue
    suppressions: Suppressions
    receive: Receive
    selection: ProviderSelection
    health: ProviderHealth
    attached: AttachedFiles
    executor: Executor
    sends_at_once: int
    clock: Clock
    timings: Timings

    def deliver(self, messages: Sequence[QueueMessage], deadline: Deadline) -> BatchSummary:
        """Attempt the notifications of ``messages``, beginning no send after ``deadline``.

        Raises `StoreUnavailableError` when nothing could be claimed, so that the broker delivers again. After the
        claim, leases and the sweep cover every failure.
        """
        sends = Sends(executor=self.executor, deadline=deadline, clock=self.clock, timings=self.timings)
        saver = SaveUntil(store=self.store, deadline=deadline)
        claim = Claim(store=self.store, receive=self.receive, clock=self.clock, timings=self.timings)
        claims = Claims()

        announced = claim.find(messages)
        changes = claim.changes(announced.found, announced.retry_counts)
        first = self._plan_first(changes, sends)
        stored = saver.save(self._with_beginnings(changes, first)) if changes else []
        claims.add(stored)
        moved = {each.after.id for each in changes} - {each.after.id for each in stored}
        if moved:
            claim.claim_moved(moved, announced.retry_counts, saver, claims)

        summary = BatchSummary(len(messages), claimed=len(claims.claimed), early=len(announced.early))
        summary.waited = _longest_waits(claims.claimed)
        summary.add(claims.ended, claims.ended)
        follow_up(self.queue, claims.ended)
        sends.begin(_as_stored(first, claims.claimed))
        if announced.early:
            publish_messages(self.queue, announced.early, delay=DEFERRAL)
        if claims.claimed:
            rest = [each for each in claims.claimed if each.state.begun is None]
            plain = [each for each in rest if not each.content.attachments]
            with_files = [each for each in rest if each.content.attachments]
            record = Record(saver=saver, queue=self.queue)
            self._send(plain, sends, record, summary)
            if with_files:
                self._send_with_files(with_files, sends, record, summary)
        return summary

    def _plan_first(self, changes: Sequence[Change], sends: Sends) -> list[PlannedSend]:
        """Plan as many sends as run at once, so that they begin in the same transaction that claims them.

        Those with attachments begin once their files are read.
        """
        claimed = [each.after for each in changes if each.after.state.status is Status.PROCESSING]
        claimed = [each for each in claimed if not each.content.attachments]
        claimed = [each for each in claimed[: self.sends_at_once] if sends.may_begin(each)]
        if not claimed:
            return []
        try:
            suppressed = self.suppressions.among(claimed)
        except StoreUnavailableError:
            return []  # `_send` asks again, and logs the failure
        return self.selection.select([PendingSend(each) for each in claimed if each.id not in suppressed]).planned

    def _with_beginnings(self, changes: Sequence[Change], planned: Sequence[PlannedSend]) -> list[Change]:
        """Return the changes; those of planned sends include the beginning of their attempt."""
        begun = {each.pending.notification.id: self._beginning(each) for each in planned}
        return [combine(change, begun[change.after.id]) if change.after.id in begun else change for change in changes]

    def _send(self, claimed: Sequence[Notification], sends: Sends, record: Record, summary: BatchSummary) -> None:
        """Loop: select and begin sends up to the free capacity, wait for a group of outcomes, record both together."""
        endings = Endings(clock=self.clock, timings=self.timings)
        suppressed = SuppressedRecipients(suppressions=self.suppressions, clock=self.clock, timings=self.timings)
        failover = Failover(selection=self.selection, receive=self.receive, clock=self.clock)
        to_send, changes = suppressed.divide(claimed)
        waiting = deque(PendingSend(each) for each in to_send)
        finished: list[FinishedSend] = []
        while waiting or sends.in_flight or changes:
            capacity = min(len(waiting), self.sends_at_once - sends.in_flight)
            group: list[PendingSend] = []
            for each in [waiting.popleft() for _ in range(capacity)]:
                if sends.may_begin(each.notification):
                    group.append(each)
                else:
                    changes.append(endings.without_time(each))
            selected = self.selection.select(group) if group else Selection()
            changes += [endings.without_provider(each) for each in selected.refused]
            changes += [self._beginning(each) for each in selected.planned]
            saved = record.record(changes) if changes else []
            summary.add(changes, saved)
            suppressed.suppress_recipients(finished)
            sends.begin(_as_stored(selected.planned, [each.after for each in saved]))
            finished = sends.finished() if sends.in_flight else []
            self.health.update(finished)
            failing_over, ended = failover.divide(finished)
            waiting.extendleft(failing_over)
            changes = [endings.after_send(each) for each in ended]

    def _send_with_files(
        self, claimed: Sequence[Notification], sends: Sends, record: Record, summary: BatchSummary
    ) -> None:
        """Send notifications with attachments, a part after another, so that their files fit into memory.

        Files are read before a provider is chosen: those that cannot be sent cost no provider a call, a permit or its
        good name, and what took long is seen by `Sends.may_begin`.
        """
        endings = Endings(clock=self.clock, timings=self.timings)
        for part in in_parts(claimed):
            opened = self.attached.open([each for each in part if sends.may_begin(each)], self.executor)
            changes = [endings.with_held_files(each, opened.held[each.id]) for each in part if each.id in opened.held]
            if changes:
                summary.add(changes, record.record(changes))
            sends.files = opened.files
            self._send([each for each in part if each.id not in opened.held], sends, record, summary)
        sends.files = {}

    def _beginning(self, planned: PlannedSend) -> Change:
        return settlement.begin(
            planned.pending.notification,
            provider=planned.provider.name,
            idempotent=planned.provider.idempotent,
            at=self.clock(),
            refused=planned.pending.refused,
        )


def _longest_waits(claimed: Sequence[Notification]) -> dict[Lane, timedelta]:
    """Return the longest wait in each lane of notifications at their first attempt; a retry waits on purpose."""
    longest: dict[Lane, timedelta] = {}
    for each in claimed:
        state = each.state
        is_first = not state.attempts and state.deferred_since is None
        if is_first and state.lease is not None and state.queued_at is not None:
            waited = max(state.lease.since - state.queued_at, timedelta(0))
            longest[each.lane] = max(waited, longest.get(each.lane, timedelta(0)))
    return longest


def _as_stored(planned: Sequence[PlannedSend], recorded: Sequence[Notification]) -> list[PlannedSend]:
    """Return the planned sends whose beginning was recorded, with their stored notifications."""
    stored = {each.id: each for each in recorded if each.state.begun is not None}
    return [
        replace(each, pending=replace(each.pending, notification=stored[each.pending.notification.id]))
        for each in planned
        if each.pending.notification.id in stored
    ]
