"""The providers' weights, with the reasons of their latest changes."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.cache import TimedCache
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.providers.weights import WeightChange

CACHE = timedelta(seconds=2)
CHANGES_KEPT = 20


class MongoWeights:
    """`wavecom.ports.providers.Weights` on MongoDB. While it does not answer, the last known weights hold."""

    def __init__(self, mongo: Mongo) -> None:
        self._weights = mongo.database.weights
        self._factors = TimedCache[None, Mapping[str, float]](CACHE)

    def factors(self) -> Mapping[str, float]:
        """See `wavecom.ports.providers.Weights.factors`."""
        try:
            return self._factors.get(None, self._read, last_known_after=StoreUnavailableError)
        except StoreUnavailableError:
            self._factors.put(None, {})  # a weight is only a preference; the outage is reported elsewhere
            return {}

    def _read(self) -> Mapping[str, float]:
        with available():
            return {each["_id"]: each["factor"] for each in self._weights.find({}, {"factor": 1})}

    def change(self, changes: Sequence[WeightChange]) -> None:
        """See `wavecom.ports.providers.Weights.change`."""
        with available():
            for change in changes:
                latest = {"factor": change.factor, "reason": change.reason, "at": change.at}
                push = {"changes": {"$each": [latest], "$slice": -CHANGES_KEPT}}
                update = {"$set": {"factor": change.factor}, "$push": push}
                self._weights.update_one({"_id": change.provider}, update, upsert=True)
        self._factors.drop(None)

    def history(self) -> dict[str, list[WeightChange]]:
        """See `wavecom.ports.providers.Weights.history`."""
        with available():
            return {each["_id"]: _changes(each) for each in self._weights.find()}


def _changes(document: Document) -> list[WeightChange]:
    return [
        WeightChange(provider=document["_id"], factor=each["factor"], reason=each["reason"], at=each["at"])
        for each in reversed(document.get("changes", []))
    ]
