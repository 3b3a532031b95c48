"""The outbox: events that are written in the transaction of the change that they tell of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from pymongo.client_session import ClientSession

from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.events.documents import to_documents
from wavecom.domain.events.event import Event, Wanted, chosen, events_of
from wavecom.domain.notifications.change import Change
from wavecom.ports.events import WantedEvents

T = TypeVar("T")
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
        self._mongo = mongo
        self._events = mongo.database.events
        self._wanted = wanted
        self._announce = announce

    def events_of(self, changes: Sequence[Change]) -> OutgoingEvents:
        """Return the events of changes, to be written in their transaction. Raises `StoreUnavailableError`."""
        wanted = self._wanted_by(change.after.tenant_id for change in changes)
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

    def change(
        self,
        tenant_ids: Iterable[str],
        make: Callable[[ClientSession | None], tuple[T, Sequence[Event]]],
        *,
        reads_first: bool = False,
    ) -> T:
        """Make a change of something else than notifications, and write and announce its events that are wanted.

        ``make`` returns a result, which is returned, and the events. Where the tenants want none it gets no session,
        since one write needs no transaction, unless it ``reads_first``.
        """
        wanted = self._wanted_by(tenant_ids)
        if not wanted and not reads_first:
            return make(None)[0]

        def write(session: ClientSession) -> tuple[T, OutgoingEvents]:
            result, events = make(session)
            outgoing = OutgoingEvents(chosen(events, wanted), wanted)
            self.write(outgoing, session)
            return result, outgoing

        result, outgoing = self._mongo.transaction(write)
        self.committed(outgoing)
        return result

    def write(self, outgoing: OutgoingEvents, session: ClientSession) -> None:
        """Write events in the transaction of ``session``."""
        if outgoing.events:
            documents = to_documents(outgoing.events, outgoing.wanted)
            self._events.insert_many(documents, ordered=False, session=session)

    def committed(self, outgoing: OutgoingEvents) -> None:
        """Announce events whose transaction is committed and that endpoints want."""
        if for_endpoints := [each for each in outgoing.events if each.due_at is not None]:
            self._announce(for_endpoints)

    def _wanted_by(self, tenant_ids: Iterable[str]) -> Mapping[str, Wanted]:
        return self._wanted.of(tenant_ids) if self._wanted is not None else {}
