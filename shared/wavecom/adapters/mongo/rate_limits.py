"""Requests per key and minute, counted in MongoDB so that all processes count together."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import ReturnDocument

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.rate_limits import Allowance
from wavecom.gather import Gather

WINDOW = timedelta(minutes=1)
MAX_TRIES = 3
GROUP_MAX_SIZE = 500
"""The most requests counted in one call."""


class MongoRateLimits:
    """`wavecom.ports.tenants.RateLimits` on MongoDB: a fixed window of a minute, counted in one call.

    When the database is down it raises `StoreUnavailableError`: the limit fails closed.
    """

    def __init__(self, mongo: Mongo) -> None:
        self._ratelimits = mongo.database.ratelimits
        self._takes: Gather[tuple[str, datetime], int] = Gather(self._count, max_size=GROUP_MAX_SIZE)

    def take(self, key: str, *, limit: int, at: datetime) -> Allowance:
        """See `wavecom.ports.tenants.RateLimits.take`."""
        minute = at.replace(second=0, microsecond=0)
        used = self._takes((key, minute))
        return Allowance(
            allowed=used <= limit, limit=limit, remaining=max(0, limit - used), resets_in=minute + WINDOW - at
        )

    def _count(self, taken: Sequence[tuple[str, datetime]]) -> list[int]:
        """Count requests, those of one key and minute in one call, and return the number of each in its window."""
        used = {window: self._add(*window, count) - count for window, count in Counter(taken).items()}
        numbers = []
        for window in taken:
            used[window] += 1
            numbers.append(used[window])
        return numbers

    def _add(self, key: str, minute: datetime, count: int) -> int:
        """Count in a window and return its count. If two begin a window at once, one may have to repeat the call."""
        with available():
            for _ in range(MAX_TRIES):
                window = self._ratelimits.find_one_and_update(
                    {"_id": f"{key}|{minute:%Y-%m-%dT%H:%M}"},
                    {"$inc": {"count": count}, "$setOnInsert": {"minute": minute}},
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                )
                if window is not None:
                    counted: int = window["count"]
                    return counted
        raise StoreUnavailableError("MongoDB did not count")
