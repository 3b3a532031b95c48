"""Take back notifications that nobody moved in time, apply kept reports, and fold old counters."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavecom.application.deadline import Deadline
from wavecom.application.publishing import announce, follow_up
from wavecom.application.reports.receive import Receive
from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Lane, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.ports.ledger import Counters
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue
from wavecom.ports.system import Clock, SystemState

logger = logging.getLogger(__name__)

BATCH = 500
ROLL_UP_AFTER = timedelta(hours=2)
"""Minutes older than this are folded into the totals; the last hour stays in minutes for the charts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Takes back every notification whose ``due_at`` has passed. It is the only recovery mechanism.

    ===========  =========================================================================================
    PENDING      its message was never published, or its scheduled time has come: publish it, QUEUED
    QUEUED       its message was lost: publish it again, unless its lane still holds messages
    RETRYING     its delayed message was lost: the same
    PROCESSING   its consumer died: an unknown outcome if it had begun to send, else retry without an attempt
    ===========  =========================================================================================

    A lane that still holds messages is slow, not broken, and must not get the same messages again: its
    overdue notifications are postponed, up to ``timings.stale_after`` after their last message.
    """

    store: NotificationStore
    counters: Counters
    queue: Queue
    receive: Receive
    system: SystemState
    clock: Clock
    timings: Timings

    def sweep(self, deadline: Deadline) -> Counter[str]:
        """Sweep until nothing is overdue or ``deadline`` passes; return the numbers of actions, by name."""
        done: Counter[str] = Counter()
        busy = self._busy_lanes()
        seen: set[str] = set()
        while not deadline.passed():
            at = self.clock()
            # A notification that was handled and is still overdue could not be written; publishing it repeatedly would
            # flood its lane.
            overdue = [each for each in self.store.overdue(at, limit=BATCH) if each.id not in seen]
            if not overdue:
                break
            seen |= {each.id for each in overdue}
            done += self._take_back(overdue, busy, at)
        while not deadline.passed() and (moved := self.receive.apply_due_reports()):
            done["reported"] += moved
        now = self.clock()
        self.system.beat("sweep", now)
        done["rolled_up"] = self.counters.roll_up(now - ROLL_UP_AFTER, now)
        return done

    def _busy_lanes(self) -> frozenset[Lane]:
        try:
            depths = self.queue.depths()
        except QueueUnavailableError:
            return frozenset(Lane)  # assume that all lanes hold messages
        return frozenset(lane for lane in Lane if depths.get(lane.value, 0) > 0)

    def _take_back(self, overdue: Sequence[Notification], busy: frozenset[Lane], at: datetime) -> Counter[str]:
        expired, abandoned, postponed, to_publish = [], [], [], []
        settled = self.receive.apply_kept_reports(overdue)
        for each in overdue:
            if each.id in settled:
                continue
            if each.state.status is Status.PROCESSING:
                abandoned.append(settlement.abandon(each, at=at, timings=self.timings))
            elif each.is_expired(at):
                expired.append(lifecycle.expire(each, at=at))
            elif each.state.status is not Status.PENDING and each.lane in busy and not self._is_stale(each, at):
                postponed.append(lifecycle.postpone(each, until=at + self.timings.queued))
            else:
                to_publish.append(each)
        saved = self.store.save([*expired, *abandoned, *postponed])
        follow_up(self.queue, saved)
        republished = self._publish(to_publish, at)
        return Counter(expired=len(expired), abandoned=len(abandoned), postponed=len(postponed), published=republished)

    def _is_stale(self, notification: Notification, at: datetime) -> bool:
        last = notification.state.queued_at or notification.created_at
        return at - last >= self.timings.stale_after

    def _publish(self, notifications: Sequence[Notification], at: datetime) -> int:
        confirmed = announce(
            self.store,
            self.queue,
            notifications,
            lambda each: self._published(each, at),
            lambda each: lifecycle.postpone(each, until=at + self.timings.pending),
        )
        return len(confirmed)

    def _published(self, notification: Notification, at: datetime) -> Change:
        if notification.state.status is Status.PENDING:
            return lifecycle.enqueue(notification, at=at, timings=self.timings)
        return lifecycle.postpone(notification, until=at + self.timings.queued, requeued_at=at)
