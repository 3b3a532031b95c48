"""The rate of calls to each provider: one document a provider, in which every consumer reserves its calls."""

import logging
import math
import time
from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.adapters.mongo.indexes import EPOCH
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.providers.limits import Slots

logger = logging.getLogger(__name__)

RESERVE_AHEAD = timedelta(seconds=1)
"""The furthest ahead that calls are reserved. Consumers that ask at least as often leave no slot unused."""
CATCH_UP = timedelta(milliseconds=50)
"""The part of the past that may be used, so that a gap between two reservations is not lost."""
REFRESH = timedelta(milliseconds=500)
"""The largest age of the known pauses of providers without a limit."""
MAX_TRIES = 10
"""Tries when another consumer reserves in between."""


class MongoPace:
    """`wavecom.ports.providers.Pace` on MongoDB, by the generic cell rate algorithm (ITU-T I.371, annex A).

    A document holds the time of the next free slot, in microseconds since the epoch, since a date has only
    milliseconds. A reservation is one guarded update, which advances it.
    """

    def __init__(self, mongo: Mongo) -> None:
        self._paces = mongo.database.paces
        self._pauses: dict[str, datetime] = {}
        self._refreshed: float | None = None

    def take(self, provider: str, *, requested: int, per_second: float | None, at: datetime) -> Slots:
        """See `wavecom.ports.providers.Pace.take`."""
        try:
            if per_second is None:
                wait = self._paused_until(provider, at) - at
                return Slots(0, at, wait=wait) if wait > timedelta(0) else Slots(requested, at)
            every = timedelta(microseconds=math.ceil(1_000_000 / per_second))
            with available():
                for _ in range(MAX_TRIES):
                    if slots := self._reserve(provider, requested, every, at):
                        return slots
        except StoreUnavailableError:
            logger.warning(
                "Limit not known, so the provider is not called", extra={"provider": provider}, exc_info=True
            )
        return Slots(0, at, wait=RESERVE_AHEAD)

    def pause(self, provider: str, until: datetime) -> None:
        """See `wavecom.ports.providers.Pace.pause`."""
        self._pauses[provider] = max(until, self._pauses.get(provider, until))
        try:
            with available():
                update = {"$max": {"next": _microseconds(until), "pausedUntil": until}}
                self._paces.update_one({"_id": provider}, update, upsert=True)
        except StoreUnavailableError:
            logger.warning("Pause not stored", extra={"provider": provider}, exc_info=True)

    def _reserve(self, provider: str, requested: int, every: timedelta, at: datetime) -> Slots | None:
        """Reserve once; None if another consumer was faster."""
        stored = self._paces.find_one({"_id": provider})
        first = max(_moment(stored["next"]), at - CATCH_UP) if stored and "next" in stored else at
        if first > at + RESERVE_AHEAD:
            return Slots(0, at, wait=first - at)
        count = max(1, min(requested, int((at + RESERVE_AHEAD - first) / every)))
        next_free = first + count * every
        if not self._advance(provider, stored, next_free):
            return None
        return Slots(count, first, every=every, wait=next_free - at)

    def _advance(self, provider: str, stored: Document | None, next_free: datetime) -> bool:
        if stored is None:
            try:
                self._paces.insert_one({"_id": provider, "next": _microseconds(next_free), "version": 1})
            except DuplicateKeyError:
                return False
            return True
        unchanged = {"_id": provider, "next": stored.get("next"), "version": stored.get("version")}
        update = {"$set": {"next": _microseconds(next_free)}, "$inc": {"version": 1}}
        return self._paces.update_one(unchanged, update).matched_count == 1

    def _paused_until(self, provider: str, at: datetime) -> datetime:
        now = time.monotonic()
        if self._refreshed is None or now - self._refreshed >= REFRESH.total_seconds():
            with available():
                found = self._paces.find({"pausedUntil": {"$gt": at}}, {"pausedUntil": 1})
                self._pauses = {each["_id"]: each["pausedUntil"] for each in found}
            self._refreshed = now
        return self._pauses.get(provider, at)


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
