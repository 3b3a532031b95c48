"""Count failing endpoints in MongoDB, without the key that opens their secrets."""

from datetime import datetime

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.adapters.mongo.indexes import EPOCH


class MongoFailingEndpoints:
    """`wavecom.ports.webhooks.FailingEndpoints` on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._endpoints = mongo.database.webhookendpoints

    def count(self, since: datetime, *, most: int) -> int:
        """See `wavecom.ports.webhooks.FailingEndpoints.count`."""
        with available():
            return self._endpoints.count_documents(failing_query(since), limit=most)


def failing_query(since: datetime) -> Document:
    """Return the query of endpoints that have been failing since ``since``.

    Its lower bound implies the filter of the index.
    """
    return {"disabled": None, "failingSince": {"$gt": EPOCH, "$lte": since}}
