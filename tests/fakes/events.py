"""Events and who wants them, from memory."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tests.builders import now
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.events.event import KEPT_FOR, NOTHING_WANTED, Event, EventType, FeedPage, Wanted


class FakeWantedEvents:
    """What tenants want in dictionaries, without a cache. `FakeEndpoints` sets ``types``."""

    def __init__(self, clock: Callable[[], datetime] = now) -> None:
        self.types: dict[str, frozenset[EventType]] = {}
        self.feed_until: dict[str, datetime] = {}
        self.down = False
        self._clock = clock

    def of(self, tenant_ids: Iterable[str]) -> Mapping[str, Wanted]:
        self._answer()
        found = {each: self._wanted(each) for each in tenant_ids}
        return {each: wanted for each, wanted in found.items() if wanted != NOTHING_WANTED}

    def read_feed(self, tenant_id: str) -> bool:
        self._answer()
        was_read = self._wanted(tenant_id).by_feed
        self.feed_until[tenant_id] = self._clock() + KEPT_FOR
        return was_read

    def _wanted(self, tenant_id: str) -> Wanted:
        until = self.feed_until.get(tenant_id)
        return Wanted(
            by_endpoints=self.types.get(tenant_id, frozenset()), by_feed=until is not None and until > self._clock()
        )

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("MongoDB does not answer")


class FakeEvents:
    """Events in a dictionary, under one lock. Those in a feed have a position in ``positions``, 0 until it is given."""

    def __init__(self, wanted: FakeWantedEvents | None = None) -> None:
        self.stored: dict[str, Event] = {}
        self.positions: dict[str, int] = {}
        self.down = False
        self._wanted = wanted or FakeWantedEvents()
        self._last: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, events: Sequence[Event]) -> None:
        self._answer()
        wanted = self._wanted.of({each.tenant_id for each in events})
        with self._lock:
            for each in events:
                self.stored[each.id] = each
                if each.tenant_id in wanted and wanted[each.tenant_id].by_feed:
                    self.positions[each.id] = 0

    def get_many(self, event_ids: Collection[str]) -> list[Event]:
        self._answer()
        with self._lock:
            return [self.stored[each] for each in event_ids if each in self.stored]

    def passed_on(self, event_ids: Collection[str]) -> None:
        self._answer()
        self._set_due(event_ids, None)

    def overdue(self, at: datetime, *, limit: int) -> list[Event]:
        self._answer()
        with self._lock:
            due = [(each.due_at, each) for each in self.stored.values() if each.due_at is not None]
        return [each for due_at, each in sorted(due, key=lambda pair: pair[0]) if due_at <= at][:limit]

    def postpone(self, event_ids: Collection[str], until: datetime) -> None:
        self._answer()
        self._set_due(event_ids, until)

    def between(
        self, tenant_id: str, since: datetime, until: datetime, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[Event]:
        self._answer()
        with self._lock:
            found = [
                each
                for each in self.stored.values()
                if each.tenant_id == tenant_id
                and since <= each.at <= until
                and (after is None or (each.at, each.id) > after)
            ]
        return sorted(found, key=lambda each: (each.at, each.id))[:limit]

    def feed(self, tenant_id: str, *, after: int, types: Collection[EventType], limit: int) -> FeedPage:
        self._answer()
        with self._lock:
            self._place(tenant_id)
            looked_at = sorted((position, each) for each, position in self._placed(tenant_id).items())
        looked_at = [(position, each) for position, each in looked_at if position > after]
        first = looked_at[0][0] if looked_at else 0
        chosen: list[tuple[int, Event]] = []
        position = after
        for position, each in looked_at:
            if not types or self.stored[each].type in types:
                chosen.append((position, self.stored[each]))
            if len(chosen) == limit:
                break
        return FeedPage(tuple(chosen), position, first)

    def oldest(self, tenant_id: str) -> int:
        self._answer()
        with self._lock:
            placed = [each for each in self._placed(tenant_id).values() if each > 0]
            return min(placed) - 1 if placed else self._last.get(tenant_id, 0)

    def last(self, tenant_id: str) -> int:
        self._answer()
        with self._lock:
            return self._last.get(tenant_id, 0)

    def forget(self, event_ids: Iterable[str]) -> None:
        """Remove events, as the database does when they are old."""
        with self._lock:
            for each in event_ids:
                del self.stored[each]
                self.positions.pop(each, None)

    def _placed(self, tenant_id: str) -> dict[str, int]:
        return {each: at for each, at in self.positions.items() if self.stored[each].tenant_id == tenant_id}

    def _place(self, tenant_id: str) -> None:
        unplaced = [self.stored[each] for each, position in self._placed(tenant_id).items() if position == 0]
        for each in sorted(unplaced, key=lambda event: (event.at, event.id)):
            self._last[tenant_id] = self._last.get(tenant_id, 0) + 1
            self.positions[each.id] = self._last[tenant_id]

    def _set_due(self, event_ids: Collection[str], due_at: datetime | None) -> None:
        """Set when events are overdue. Those that were passed on stay so."""
        with self._lock:
            for each in event_ids:
                if each in self.stored and self.stored[each].due_at is not None:
                    self.stored[each] = replace(self.stored[each], due_at=due_at)

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("MongoDB does not answer")
