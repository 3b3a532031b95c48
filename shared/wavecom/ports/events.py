"""Write down the events that a tenant's own systems want to know of, and read them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from wavecom.domain.events.event import Event, EventType, FeedPage, Wanted


class WantedEvents(Protocol):
    """The events that each tenant wants, from a short-lived cache."""

    def of(self, tenant_ids: Iterable[str]) -> Mapping[str, Wanted]:
        """Return what the tenants want; one that wants nothing is not in it. One look-up at the most."""

    def read_feed(self, tenant_id: str) -> bool:
        """Have all events of a tenant written down from now on, and return whether they were already."""


class Events(Protocol):
    """The events that were written down. All methods raise `StoreUnavailableError`."""

    def add(self, events: Sequence[Event]) -> None:
        """Write down events of no notification. Those of a notification are written with its change."""

    def get_many(self, event_ids: Collection[str]) -> list[Event]:
        """Return the events with these ids, of any tenant, in no particular order. For consumers, not for clients."""

    def passed_on(self, event_ids: Collection[str]) -> None:
        """Note that events have a delivery for each of their endpoints, so that the sweep leaves them."""

    def overdue(self, at: datetime, *, limit: int) -> list[Event]:
        """Return up to ``limit`` events that nobody has passed to their endpoints by ``at``, the oldest first."""

    def postpone(self, event_ids: Collection[str], until: datetime) -> None:
        """Leave events to others until ``until``."""

    def between(
        self, tenant_id: str, since: datetime, until: datetime, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[Event]:
        """Return up to ``limit`` events of a tenant in the order of time and id, after the time and id of one."""

    def feed(self, tenant_id: str, *, after: int, types: Collection[EventType], limit: int) -> FeedPage:
        """Return up to ``limit`` events after a position, of ``types`` or of all kinds.

        Events get their positions when they are read: one position a tenant at a time, given only to what is committed.
        So no event ever gets a position before one that was read, however late its writer commits.
        """

    def oldest(self, tenant_id: str) -> int:
        """Return the position before the oldest event that is kept, 0 if none was ever removed."""

    def last(self, tenant_id: str) -> int:
        """Return the last position that was given, 0 if none was."""
