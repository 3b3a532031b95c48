"""Requests per key and minute, counted in MongoDB so that all processes count together."""

from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.ports import Allowance

WINDOW = timedelta(minutes=1)


class MongoRateLimits:
    """`wavecom.ports.RateLimits` on MongoDB: a fixed window of a minute.

    The guard is in the update's filter, so that requests at the same time cannot take more than there is.
    When the database is down it raises `StoreUnavailableError`: the limit fails closed.
    """

    def __init__(self, mongo: Mongo) -> None:
        self._ratelimits = mongo.database.ratelimits

    def take(self, key: str, *, limit: int, at: datetime) -> Allowance:
        """See `wavecom.ports.RateLimits.take`."""
        minute = at.replace(second=0, microsecond=0)
        window_id = f"{key}|{minute:%Y-%m-%dT%H:%M}"
        with available():
            allowed = self._count(window_id, limit, minute)
            window = self._ratelimits.find_one({"_id": window_id})
        used = window["count"] if window else limit
        return Allowance(allowed=allowed, limit=limit, remaining=max(0, limit - used), resets_in=minute + WINDOW - at)

    def _count(self, window_id: str, limit: int, minute: datetime) -> bool:
        one_more = {"$inc": {"count": 1}}
        if self._ratelimits.update_one({"_id": window_id, "count": {"$lt": limit}}, one_more).matched_count:
            return True
        try:
            self._ratelimits.insert_one({"_id": window_id, "count": 1, "minute": minute})
        except DuplicateKeyError:
            # Either the limit is reached, or another request opened the window just now.
            return bool(
                self._ratelimits.update_one({"_id": window_id, "count": {"$lt": limit}}, one_more).matched_count
            )
        return True
