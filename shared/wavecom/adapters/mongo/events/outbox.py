"""The outbox: events that are written in the transaction of the change that they tell of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pymongo.client_session import ClientSession

from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.events.documents import to_documents
from wavecom.domain.events.event import Event, Wanted, chosen, events_of
from wavecom.domain.notifications.change import Change
from wavecom.ports.events import WantedEvents

Announce = Callable[[Sequence[Event]], None]
"""Tells consumers of events that were committed; it never raises."""


@dataclass(frozen=True, slots=True)
class OutgoingEvents:
    """The events of one transaction, with what their tenants want."""

    events: Sequence[Event] = ()
    wanted: Mapping[str, Wanted] = field(default_factory=dict)


NO_EVENTS: Final = OutgoingEvents()


class MongoOutbox:
    """Writes events for the tenants that want them; others cost a look into a cache."""

    def __init__(
        self, mongo: Mongo, wanted: WantedEvents | None = None, announce: Announce = lambda events: None
    ) -> None:
        """Write what ``wanted`` says; without it nobody wants any events."""
        self._events = mongo.database.events
        self._wanted = wanted
        self._announce = announce

    def events_of(self, changes: Sequence[Change]) -> OutgoingEvents:
        """Return the events of changes, to be written in their transaction. Raises `StoreUnavailableError`."""
        wanted = self._wanted.of(change.after.tenant_id for change in changes) if self._wanted is not None else None
        if not wanted:
            return NO_EVENTS
        return OutgoingEvents(
            [
                event
                for change in changes
                if change.after.tenant_id in wanted
                for event in events_of(change, wanted[change.after.tenant_id])
            ],
            wanted,
        )

    def wanted_of(self, events: Sequence[Event]) -> OutgoingEvents:
        """Return those of events about other things that their tenants want. Raises `StoreUnavailableError`."""
        wanted = self._wanted.of(each.tenant_id for each in events) if self._wanted is not None else None
        return OutgoingEvents(chosen(events, wanted), wanted) if wanted else NO_EVENTS

    def write(self, outgoing: OutgoingEvents, session: ClientSession) -> None:
        """Write events in the transaction of ``session``."""
        if outgoing.events:
            documents = to_documents(outgoing.events, outgoing.wanted)
            self._events.insert_many(documents, ordered=False, session=session)

    def committed(self, outgoing: OutgoingEvents) -> None:
        """Announce events whose transaction is committed and that endpoints want."""
        if for_endpoints := [each for each in outgoing.events if each.due_at is not None]:
            self._announce(for_endpoints)
