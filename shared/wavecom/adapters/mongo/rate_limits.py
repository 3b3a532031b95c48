"""Requests per key and minute, counted in MongoDB so that all processes count together."""

from datetime import datetime, timedelta

from pymongo import ReturnDocument

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.ports import Allowance

WINDOW = timedelta(minutes=1)


class MongoRateLimits:
    """`wavecom.ports.RateLimits` on MongoDB: a fixed window of a minute, counted in one call.

    When the database is down it raises `StoreUnavailableError`: the limit fails closed.
    """

    def __init__(self, mongo: Mongo) -> None:
        self._ratelimits = mongo.database.ratelimits

    def take(self, key: str, *, limit: int, at: datetime) -> Allowance:
        """See `wavecom.ports.RateLimits.take`."""
        minute = at.replace(second=0, microsecond=0)
        with available():
            window = self._ratelimits.find_one_and_update(
                {"_id": f"{key}|{minute:%Y-%m-%dT%H:%M}"},
                {"$inc": {"count": 1}, "$setOnInsert": {"minute": minute}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        used: int = window["count"] if window else limit
        return Allowance(
            allowed=used <= limit, limit=limit, remaining=max(0, limit - used), resets_in=minute + WINDOW - at
        )
