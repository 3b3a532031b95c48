"""Dead letters: count them by day, cause and provider, and replay them into the lanes at a limited rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from wavecom.application.publishing import announce
from wavecom.domain.dead_letters import DeadLetterFilter, ReplayOutcome
from wavecom.domain.errors import OverloadedError
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.lifecycle import Replay
from wavecom.domain.notifications.lists import Position
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import KEPT_FOR, Timings
from wavecom.ports.ledger import Counters
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.providers import Pace
from wavecom.ports.queue import Queue
from wavecom.ports.system import Clock

REPLAY_MAX = 500
"""The most notifications that one call replays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterGroup:
    """The count of dead letters of one day (UTC) with one cause and one provider (None if none was called)."""

    day: date
    cause: str
    provider: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters:
    """Lists and replays a tenant's dead letters. The database has all of them, even if the queue lost some."""

    store: NotificationStore
    counters: Counters
    queue: Queue
    pace: Pace
    clock: Clock
    timings: Timings
    replays_per_second: float

    def groups(self, tenant_id: str) -> list[DeadLetterGroup]:
        """Return the groups that are not empty, the latest day and the largest group first."""
        oldest = (self.clock() - KEPT_FOR).date()
        counted = self.counters.totals(tenant_id).dead_letters()
        groups = [
            DeadLetterGroup(day=date.fromisoformat(day), cause=cause, provider=provider or None, count=count)
            for (day, cause, provider), count in counted.items()
            if count > 0 and date.fromisoformat(day) >= oldest
        ]
        return sorted(groups, key=lambda group: (group.day, group.count), reverse=True)

    def find(
        self, where: DeadLetterFilter, *, limit: int, after: Position | None = None
    ) -> tuple[list[Notification], bool]:
        """Return up to ``limit`` dead letters, the latest first, after a position, and whether there are more."""
        found = self.store.dead_letters(where, limit=limit + 1, after=after)
        return found[:limit], len(found) > limit

    def replay(self, tenant_id: str, ids: Sequence[str], request: Replay) -> dict[str, ReplayOutcome]:
        """Put dead letters back into their lanes, and return the result of each.

        ``replayed``; ``already_replayed`` by an earlier call with the same key; ``not_dead`` if it has another status;
        ``not_found``. A repeated call with the same key replays nothing twice, even notifications that failed again in
        between. Raises `OverloadedError` while replays of earlier calls use up the rate.
        """
        results, ready = self._find_replayable(tenant_id, ids, request.key)
        return results | self._replay(tenant_id, ready, request)

    def dry_run_replay(self, tenant_id: str, ids: Sequence[str], key: str | None) -> dict[str, ReplayOutcome]:
        """Return what `replay` would do with each (``would_replay`` instead of ``replayed``), and change nothing."""
        results, ready = self._find_replayable(tenant_id, ids, key)
        return results | dict.fromkeys((each.id for each in ready), "would_replay")

    def _find_replayable(
        self, tenant_id: str, ids: Sequence[str], key: str | None
    ) -> tuple[dict[str, ReplayOutcome], list[Notification]]:
        """Return the results of those that cannot be replayed, and the notifications that can."""
        found = {each.id: each for each in self.store.get_many(ids) if each.tenant_id == tenant_id}
        results: dict[str, ReplayOutcome] = dict.fromkeys(ids, "not_found")
        ready = []
        for notification_id in results:
            notification = found.get(notification_id)
            if notification is None:
                continue
            if key is not None and key in notification.state.replay_keys:
                results[notification_id] = "already_replayed"
            elif notification.state.status is not Status.FAILED:
                results[notification_id] = "not_dead"
            else:
                ready.append(notification)
        return results, ready

    def _replay(self, tenant_id: str, ready: Sequence[Notification], request: Replay) -> dict[str, ReplayOutcome]:
        if not ready:
            return {}
        now = self.clock()
        calls_per_second = self.replays_per_second / len(ready)
        slots = self.pace.take(f"replay:{tenant_id}", requested=1, per_second=calls_per_second, at=now)
        if slots.count == 0:
            raise OverloadedError("Too many replays at once; live traffic goes first", retry_after=slots.wait)
        changes = [lifecycle.replay(each, at=now, timings=self.timings, request=request) for each in ready]
        saved = [change.after for change in self.store.save(changes)]
        results: dict[str, ReplayOutcome] = {each.id: "not_dead" for each in ready}
        results.update((each.id, "replayed") for each in saved)
        until = now + self.timings.queued
        announce(self.store, self.queue, saved, lambda each: lifecycle.postpone(each, until=until))
        return results
