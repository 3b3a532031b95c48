"""Read the feed of a tenant's events."""

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from wavecom.domain.errors import WaveComError
from wavecom.domain.events.event import EventType, FeedPage
from wavecom.ports.events import Events, WantedEvents

WAIT_MAX: Final = timedelta(seconds=20)
"""The longest that a reading waits for events."""
LOOK_EVERY: Final = timedelta(milliseconds=500)
WAITING_MAX: Final = 40
"""The most readings of a process that wait at once; a further one answers at once, so that others find a thread."""


class CursorExpiredError(WaveComError):
    """The events after a cursor are no longer all kept; ``oldest`` is where what is kept begins."""

    def __init__(self, oldest: int) -> None:
        super().__init__("Events after this cursor are no longer kept")
        self.oldest = oldest


@dataclass(slots=True, kw_only=True)
class ReadFeed:
    """Reads the feed: at least once, and without a gap for a reader that goes on from its cursor."""

    events: Events
    wanted: WantedEvents
    _waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(WAITING_MAX))

    def read(
        self, tenant_id: str, *, after: int | None, types: Collection[EventType], limit: int, wait: timedelta
    ) -> FeedPage:
        """Return up to ``limit`` events after a position, or from the oldest one; ``wait`` for the first if need be.

        The first reading of a tenant has all events written from then on. Raises `CursorExpiredError`.
        """
        self.wanted.read_feed(tenant_id)
        if after is None:
            after = self.events.oldest(tenant_id)
        page = self._first_page(tenant_id, after, types, limit)
        if page.events or wait <= timedelta(0) or not self._waiting.acquire(blocking=False):
            return page
        try:
            ends_at = time.monotonic() + min(wait, WAIT_MAX).total_seconds()
            while not page.events and (left := ends_at - time.monotonic()) > 0:
                time.sleep(min(left, LOOK_EVERY.total_seconds()))
                page = self.events.feed(tenant_id, after=page.next, types=types, limit=limit)
        finally:
            self._waiting.release()
        return page

    def go_on(self, tenant_id: str, *, after: int, types: Collection[EventType], limit: int) -> FeedPage:
        """Return what has come after a position that this reader was given just now, at less cost than `read`."""
        return self.events.feed(tenant_id, after=after, types=types, limit=limit)

    def latest(self, tenant_id: str) -> int:
        """Return the last position that was given: whoever reads from it gets what comes, and what nobody has read."""
        self.wanted.read_feed(tenant_id)
        return self.events.last(tenant_id)

    def _first_page(self, tenant_id: str, after: int, types: Collection[EventType], limit: int) -> FeedPage:
        """Return what comes after a cursor. Raises `CursorExpiredError` if that is not all kept, or it is none of ours.

        Positions have no gaps but where events were removed, or where nobody read for so long that none were written.
        """
        page = self.events.feed(tenant_id, after=after, types=types, limit=limit)
        if page.first == 0 and after != (last := self.events.last(tenant_id)):
            page = self.events.feed(tenant_id, after=after, types=types, limit=limit)  # others may have read meanwhile
            if page.first == 0:
                raise CursorExpiredError(last)
        if page.first > after + 1 and after > 0:
            raise CursorExpiredError(page.first - 1)
        return page
