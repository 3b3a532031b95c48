"""Breaker states in MongoDB, one document a provider, read and written once a batch."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pybreaker

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.cache import TimedCache
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.providers.limits import BreakerState

logger = logging.getLogger(__name__)

REFRESH = timedelta(seconds=1)


class MongoBreakerStorage(pybreaker.CircuitBreakerStorage):
    """One breaker's state: a copy of its document, and the changes made to the copy since it was read."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._document: Document = {}
        self._set: Document = {}
        self._increments: dict[str, int] = {}

    def load(self, document: Document | None) -> None:
        """Take over the stored state. Changes that are not flushed yet are applied on top."""
        self._document = {**(document or {}), **self._set}
        for field, count in self._increments.items():
            self._document[field] = self._document.get(field, 0) + count

    def take_changes(self) -> Document:
        """Return the update that stores the changes, empty if there are none, and clear them."""
        update: Document = {}
        if self._set:
            update["$set"] = self._set
        if self._increments:
            update["$inc"] = self._increments
        self._set, self._increments = {}, {}
        return update

    @property
    def state(self) -> str:
        """The state's name, ``closed`` when nothing is stored."""
        return str(self._document.get("state", pybreaker.STATE_CLOSED))

    @state.setter
    def state(self, state: str) -> None:
        self._assign("state", state)

    @property
    def counter(self) -> int:
        """Failures in a row."""
        return int(self._document.get("failures", 0))

    def increment_counter(self) -> None:
        """Count one failure."""
        self._increment("failures")

    def reset_counter(self) -> None:
        """Reset the failures; needs no write if there are none."""
        if self.counter:
            self._assign("failures", 0)

    @property
    def success_counter(self) -> int:
        """Successes in a row while half-open."""
        return int(self._document.get("successes", 0))

    def increment_success_counter(self) -> None:
        """Count one success."""
        self._increment("successes")

    def reset_success_counter(self) -> None:
        """Reset the successes; needs no write if there are none."""
        if self.success_counter:
            self._assign("successes", 0)

    @property
    def opened_at(self) -> datetime | None:
        """The time at which it opened last, timezone-aware."""
        return self._document.get("openedAt")

    @opened_at.setter
    def opened_at(self, datetime: datetime) -> None:
        self._assign("openedAt", datetime)

    def _assign(self, field: str, value: Any) -> None:
        self._document[field] = self._set[field] = value
        self._increments.pop(field, None)

    def _increment(self, field: str) -> None:
        self._document[field] = self._document.get(field, 0) + 1
        if field in self._set:
            self._set[field] += 1
        else:
            self._increments[field] = self._increments.get(field, 0) + 1


class MongoBreakerStates:
    """`wavecom.adapters.providers.breaker.BreakerStates` on MongoDB.

    While the database does not answer, the last known states are used: a breaker protects providers and must not
    stop deliveries by itself.
    """

    def __init__(self, mongo: Mongo, collection: str = "breakers") -> None:
        self._breakers = mongo.database[collection]
        self._storages: dict[str, MongoBreakerStorage] = {}
        self._fresh = TimedCache[str, bool](REFRESH)

    def storage(self, name: str) -> MongoBreakerStorage:
        """See `wavecom.adapters.providers.breaker.BreakerStates.storage`."""
        if name not in self._storages:
            self._storages[name] = MongoBreakerStorage(name)
        return self._storages[name]

    def refresh(self, names: Sequence[str], *, force: bool = False) -> None:
        """See `wavecom.adapters.providers.breaker.BreakerStates.refresh`."""
        stale = [name for name in names if force or not self._fresh.find(name)]
        if not stale:
            return
        try:
            with available():
                found = {document["_id"]: document for document in self._breakers.find({"_id": {"$in": stale}})}
        except StoreUnavailableError:
            logger.warning("Breaker states not read, the last known ones hold", exc_info=True)
            return
        for name in stale:
            self.storage(name).load(found.get(name))
            self._fresh.put(name, True)

    def flush(self, name: str) -> None:
        """See `wavecom.adapters.providers.breaker.BreakerStates.flush`."""
        update = self.storage(name).take_changes()
        if not update:
            return
        try:
            with available():
                self._breakers.update_one({"_id": name}, update, upsert=True)
        except StoreUnavailableError:
            logger.warning("Breaker state not stored", extra={"provider": name}, exc_info=True)

    def take_trial(self, name: str, at: datetime, until: datetime) -> bool:
        """See `wavecom.adapters.providers.breaker.BreakerStates.take_trial`: one guarded update, so one taker."""
        open_and_free = {
            "_id": name,
            "state": {"$ne": pybreaker.STATE_CLOSED},
            "$or": [{"trialUntil": {"$exists": False}}, {"trialUntil": {"$lte": at}}],
        }
        try:
            with available():
                result = self._breakers.update_one(open_and_free, {"$set": {"trialUntil": until}})
        except StoreUnavailableError:
            return False
        return result.matched_count == 1

    def states(self) -> dict[str, BreakerState]:
        """See `wavecom.adapters.providers.breaker.BreakerStates.states`."""
        with available():
            return {
                each["_id"]: BreakerState(each.get("state", pybreaker.STATE_CLOSED), each.get("openedAt"))
                for each in self._breakers.find()
            }
