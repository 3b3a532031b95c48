"""The events that tenants want: a field of their one document, which is read every few seconds at the most."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from pymongo.client_session import ClientSession

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.cache import TimedCache
from wavecom.domain.events.event import KEPT_FOR, KINDS, NOTHING_WANTED, EventType, Wanted
from wavecom.ports.system import Clock

CACHE: Final = timedelta(seconds=5)
"""The time until a change of what is wanted holds everywhere."""
FEED_WRITTEN_FOR: Final = KEPT_FOR
"""The time after the last reading of a feed for which events are written; whoever comes later has missed some."""
_EXTEND_WITHIN: Final = FEED_WRITTEN_FOR - timedelta(days=1)
"""A reading extends the time once a day."""


class MongoWantedEvents:
    """`wavecom.ports.events.WantedEvents` on MongoDB."""

    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self._tenants = mongo.database.tenants
        self._feeds = mongo.database.feeds
        self._clock = clock
        self._cache = TimedCache[str, Wanted](CACHE)

    def of(self, tenant_ids: Iterable[str]) -> Mapping[str, Wanted]:
        """See `wavecom.ports.events.WantedEvents.of`."""
        known = {each: self._cache.find(each) for each in set(tenant_ids)}
        missing = [each for each, wanted in known.items() if wanted is None]
        if missing:
            now = self._clock()
            with available():
                found = {each["_id"]: each for each in self._tenants.find({"_id": {"$in": missing}}, {"events": 1})}
            for each in missing:
                known[each] = _wanted(found.get(each, {}), now)
                self._cache.put(each, known[each] or NOTHING_WANTED)
        return {each: wanted for each, wanted in known.items() if wanted is not None and wanted != NOTHING_WANTED}

    def read_feed(self, tenant_id: str) -> bool:
        """See `wavecom.ports.events.WantedEvents.read_feed`."""
        now = self._clock()
        with available():
            document = self._tenants.find_one({"_id": tenant_id}, {"events": 1}) or {}
            until: datetime | None = document.get("events", {}).get("feedUntil")
            if until is None:
                self._feeds.update_one({"_id": tenant_id}, {"$setOnInsert": {"last": 0}}, upsert=True)
            elif until <= now:
                # Nothing was written meanwhile, and what nobody read is gone: a gap, so that older cursors are told.
                self._feeds.update_one({"_id": tenant_id}, {"$inc": {"last": 1}}, upsert=True)
            if until is None or until < now + _EXTEND_WITHIN:
                extended = {"$max": {"events.feedUntil": now + FEED_WRITTEN_FOR}}
                self._tenants.update_one({"_id": tenant_id}, extended, upsert=True)
                self._cache.drop(tenant_id)
        return until is not None and until > now

    def set_types(self, tenant_id: str, types: Iterable[EventType], session: ClientSession) -> None:
        """Store the kinds of events that a tenant's endpoints get, in the transaction that changes them.

        The count makes every such change a write, also one that leaves the kinds as they are: so two changes of a
        tenant's endpoints at once conflict, and the later one sees the earlier one's endpoints.
        """
        kinds = sorted(each.value for each in set(types))
        stored = {"$set": {"events.types": kinds}, "$inc": {"events.changes": 1}}
        self._tenants.update_one({"_id": tenant_id}, stored, upsert=True, session=session)

    def forget(self, tenant_id: str) -> None:
        """Read anew what a tenant wants when it is asked for next."""
        self._cache.drop(tenant_id)


def _wanted(document: Document, now: datetime) -> Wanted:
    stored: Document = document.get("events", {})
    until: datetime | None = stored.get("feedUntil")
    return Wanted(
        by_endpoints=frozenset(EventType(each) for each in stored.get("types", ()) if each in KINDS),
        by_feed=until is not None and until > now,
    )
