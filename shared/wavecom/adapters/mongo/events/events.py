"""The events that were written down: for consumers, for the sweep, and in the order of the feed."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from wavecom.adapters.mongo.client import Document, Mongo, available, in_turn
from wavecom.adapters.mongo.events.documents import from_document, to_documents
from wavecom.adapters.mongo.indexes import EPOCH
from wavecom.domain.events.event import Event, EventType, FeedPage
from wavecom.ports.events import WantedEvents

MILLISECOND: Final = timedelta(milliseconds=1)
"""The unit in which the database keeps times (BSON specification, "UTC datetime"). An end that is left out is found by
the local stack's server too, which passes over one that is taken in where an index goes on after the time."""
PLACED_AT_ONCE: Final = 500
"""The most events that get their positions in one transaction."""
PLACINGS_MAX: Final = 4
"""The most transactions in which one reading gives positions; the next one goes on."""
ROUNDS_MAX: Final = 10
"""The most pages that are looked through for events of the kinds that are asked for."""


class MongoEvents:
    """`wavecom.ports.events.Events` on MongoDB.

    ``feeds`` has a document for each tenant whose feed is read, with the ``last`` position that was given. Whoever
    reads gives the next ones, in one transaction with that document: two readers cannot give the same, and a
    transaction sees committed events alone. Positions of a tenant have no gaps, so a removed event shows.
    """

    def __init__(self, mongo: Mongo, wanted: WantedEvents) -> None:
        self._mongo = mongo
        self._events = mongo.database.events
        self._feeds = mongo.database.feeds
        self._wanted = wanted

    def add(self, events: Sequence[Event]) -> None:
        """See `wavecom.ports.events.Events.add`."""
        if not events:
            return
        documents = to_documents(events, self._wanted.of(each.tenant_id for each in events))
        with available():
            self._events.insert_many(documents)

    def get_many(self, event_ids: Collection[str]) -> list[Event]:
        """See `wavecom.ports.events.Events.get_many`."""
        with available():
            return [from_document(each) for each in self._events.find({"_id": {"$in": list(event_ids)}})]

    def passed_on(self, event_ids: Collection[str]) -> None:
        """See `wavecom.ports.events.Events.passed_on`."""
        with available():
            self._events.update_many({"_id": {"$in": list(event_ids)}}, {"$unset": {"dueAt": ""}})

    def overdue(self, at: datetime, *, limit: int) -> list[Event]:
        """See `wavecom.ports.events.Events.overdue`."""
        with available():
            found = self._events.find({"dueAt": {"$gt": EPOCH, "$lte": at}}).sort("dueAt", 1).limit(limit)
            return [from_document(each) for each in found]

    def postpone(self, event_ids: Collection[str], until: datetime) -> None:
        """See `wavecom.ports.events.Events.postpone`. Those that were passed on meanwhile stay so."""
        due = {"_id": {"$in": list(event_ids)}, "dueAt": {"$gt": EPOCH}}
        with available():
            self._events.update_many(due, {"$set": {"dueAt": until}})

    def between(
        self, tenant_id: str, since: datetime, until: datetime, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[Event]:
        """See `wavecom.ports.events.Events.between`."""
        end = until + MILLISECOND
        queries: list[Document] = [{"tenantId": tenant_id, "at": {"$gte": since, "$lt": end}}]
        if after is not None:
            at, event_id = after
            same_time: Document = {"tenantId": tenant_id, "at": at, "_id": {"$gt": event_id}}
            queries = [same_time, {"tenantId": tenant_id, "at": {"$gt": at, "$lt": end}}]
        with available():
            found = in_turn(queries, lambda query: self._events.find(query).sort([("at", 1), ("_id", 1)]), limit)
        return [from_document(each) for each in found]

    def feed(self, tenant_id: str, *, after: int, types: Collection[EventType], limit: int) -> FeedPage:
        """See `wavecom.ports.events.Events.feed`."""
        chosen: list[tuple[int, Event]] = []
        position, first = after, 0
        with available():
            for _ in range(PLACINGS_MAX if self._has_unplaced(tenant_id) else 0):
                if self._mongo.transaction(lambda session: self._place(tenant_id, session)) < PLACED_AT_ONCE:
                    break
            for _ in range(ROUNDS_MAX):
                query = {"tenantId": tenant_id, "position": {"$gt": position}}
                found = list(self._events.find(query).sort([("tenantId", 1), ("position", 1)]).limit(limit))
                for document in found:
                    position = document["position"]
                    first = first or position
                    if not types or document["type"] in types:
                        chosen.append((position, from_document(document)))
                        if len(chosen) == limit:
                            return FeedPage(tuple(chosen), position, first)
                if len(found) < limit:
                    break
        return FeedPage(tuple(chosen), position, first)

    def _has_unplaced(self, tenant_id: str) -> bool:
        return self._events.find_one({"tenantId": tenant_id, "position": 0}, {"_id": 1}) is not None

    def _place(self, tenant_id: str, session: ClientSession) -> int:
        """Give positions to committed events that have none, and return how many."""
        unplaced = list(
            self._events.find({"tenantId": tenant_id, "position": 0}, {"at": 1}, session=session).limit(PLACED_AT_ONCE)
        )
        if not unplaced:
            return 0
        unplaced.sort(key=lambda each: (each["at"], int(each["_id"].rpartition("_")[2])))
        feed = self._feeds.find_one({"_id": tenant_id}, session=session) or {"last": 0}
        last: int = feed["last"]
        self._feeds.update_one({"_id": tenant_id}, {"$set": {"last": last + len(unplaced)}}, session=session)
        self._events.bulk_write(
            [
                UpdateOne({"_id": each["_id"]}, {"$set": {"position": position}})
                for position, each in enumerate(unplaced, last + 1)
            ],
            ordered=False,
            session=session,
        )
        return len(unplaced)

    def oldest(self, tenant_id: str) -> int:
        """See `wavecom.ports.events.Events.oldest`."""
        query = {"tenantId": tenant_id, "position": {"$gt": 0}}
        with available():
            first = self._events.find_one(query, {"position": 1}, sort=[("tenantId", 1), ("position", 1)])
            if first is not None:
                return int(first["position"]) - 1
        return self.last(tenant_id)

    def last(self, tenant_id: str) -> int:
        """See `wavecom.ports.events.Events.last`."""
        with available():
            feed = self._feeds.find_one({"_id": tenant_id})
        return int(feed["last"]) if feed else 0
