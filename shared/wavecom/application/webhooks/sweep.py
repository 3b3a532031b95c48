"""Take back events and deliveries that nobody moved in time, and go on with recoveries."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from wavecom.application.deadline import Deadline
from wavecom.application.webhooks.announce import Announcements
from wavecom.application.webhooks.notices import WriteNotices
from wavecom.domain.events.event import Event
from wavecom.domain.webhooks.delivery import Delivery, DeliveryStatus, new_delivery
from wavecom.domain.webhooks.endpoint import Endpoint, Recovery
from wavecom.ports.events import Events
from wavecom.ports.system import Clock
from wavecom.ports.webhooks import Deliveries, Endpoints

BATCH: Final = 500
BATCHES_MAX: Final = 20
"""The most batches of each kind in one sweep; the next one, a minute later, goes on."""
RECOVERIES: Final = 50
"""The most recoveries that one sweep goes on with at a time."""
AGAIN_AFTER: Final = timedelta(minutes=2)
"""The time before what was announced is announced again, so that a backlog gets no copies every minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepWebhooks:
    """The one recovery mechanism of webhooks: what is due and was not moved is announced again."""

    events: Events
    endpoints: Endpoints
    deliveries: Deliveries
    announcements: Announcements
    notices: WriteNotices
    clock: Clock

    def sweep(self, deadline: Deadline) -> Counter[str]:
        """Announce what is overdue, and return the numbers by what was done."""
        done: Counter[str] = Counter()
        for step in (self._announce_events, self._announce_deliveries, self._recover, self._write_notices):
            for _ in range(BATCHES_MAX):
                if deadline.passed():
                    return done
                moved = step(deadline)
                done[step.__name__.removeprefix("_").replace("announce", "webhook")] += moved
                if moved < BATCH:
                    break
        return done

    def _announce_events(self, _: Deadline) -> int:
        now = self.clock()
        overdue = self.events.overdue(now, limit=BATCH)
        if overdue:
            self.events.postpone([each.id for each in overdue], now + AGAIN_AFTER)
            self.announcements.announce(overdue)
        return len(overdue)

    def _announce_deliveries(self, _: Deadline) -> int:
        now = self.clock()
        overdue = self.deliveries.overdue(now, limit=BATCH)
        if not overdue:
            return 0
        saved = self.deliveries.save([each.announced_again(now + AGAIN_AFTER) for each in overdue])
        endpoints = {each.id: each for each in self.endpoints.of({each.tenant_id for each in saved})}
        by_endpoint: defaultdict[str, list[Delivery]] = defaultdict(list)
        orphans: list[Delivery] = []
        for each in saved:
            (by_endpoint[each.endpoint_id] if each.endpoint_id in endpoints else orphans).append(each)
        self.deliveries.save([each.ended(DeliveryStatus.FAILED) for each in orphans])
        for endpoint_id, deliveries in by_endpoint.items():
            self.announcements.announce_deliveries(deliveries, endpoints[endpoint_id])
        return len(overdue)

    def _write_notices(self, _: Deadline) -> int:
        return self.notices.write()

    def _recover(self, deadline: Deadline) -> int:
        """Go on with each recovery by one batch of events; return the most events that one of them had."""
        most = 0
        for endpoint in self.endpoints.recovering(limit=RECOVERIES):
            if deadline.passed():
                break
            most = max(most, self._recover_one(endpoint))
        return most

    def _recover_one(self, endpoint: Endpoint) -> int:
        recovery = endpoint.recovery
        if recovery is None:
            return 0
        events = self.events.between(
            endpoint.tenant_id, recovery.since, recovery.until, after=recovery.after, limit=BATCH
        )
        wanted = [each for each in events if endpoint.gets(each.type)]
        if wanted:
            self._deliver_again(wanted, endpoint)
        rest: Recovery | None = None
        if len(events) == BATCH and endpoint.disabled is None:
            rest = replace(recovery, after=(events[-1].at, events[-1].id))
        self.endpoints.note_recovery(endpoint, rest)
        return len(events)

    def _deliver_again(self, events: Sequence[Event], endpoint: Endpoint) -> None:
        """Make the deliveries that an endpoint missed, and have those that failed attempted at once."""
        now = self.clock()
        new = [new_delivery(each, endpoint.id, now) for each in events]
        added = self.deliveries.add(new)
        existing = {each.id for each in new} - {each.id for each in added}
        behind = [each for each in self.deliveries.get_many(existing) if each.is_behind]
        saved = self.deliveries.save([each.again(now) for each in behind])
        self.announcements.announce_deliveries([*added, *saved], endpoint)
