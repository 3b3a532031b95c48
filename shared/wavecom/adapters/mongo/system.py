"""The stored state of the service: its degradation level, the heartbeats of its functions, and its sandboxes."""

from datetime import datetime, timedelta

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.cache import TimedCache
from wavecom.domain.degradation import Level
from wavecom.ports.system import Clock

CACHE = timedelta(seconds=5)
SANDBOX, SANDBOX_END = "sandbox:", "sandbox;"
"""The prefix of the ids of sandboxes, and the first text after all of them."""
STALE_AFTER = timedelta(minutes=5)
"""The age from which a level is ignored, so that requests are not refused indefinitely."""


class MongoSystemState:
    """`wavecom.ports.system.SystemState` on MongoDB."""

    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self._system = mongo.database.system
        self._clock = clock
        self._levels = TimedCache[None, Level](CACHE)

    def level(self) -> Level:
        """See `wavecom.ports.system.SystemState.level`."""
        return self._levels.get(None, self._read_level)

    def _read_level(self) -> Level:
        with available():
            document = self._system.find_one({"_id": "degradation"})
        if document is None or document["at"] <= self._clock() - STALE_AFTER:
            return Level.NORMAL
        return Level(document["level"])

    def set_level(self, level: Level, at: datetime) -> None:
        """See `wavecom.ports.system.SystemState.set_level`."""
        with available():
            self._system.update_one({"_id": "degradation"}, {"$set": {"level": level.value, "at": at}}, upsert=True)

    def beat(self, name: str, at: datetime) -> None:
        """See `wavecom.ports.system.SystemState.beat`."""
        with available():
            self._system.update_one({"_id": f"heartbeat:{name}"}, {"$set": {"at": at}}, upsert=True)

    def sandboxes(self, since: datetime) -> dict[str, bool]:
        """See `wavecom.ports.system.SystemState.sandboxes`."""
        with available():
            ids = {"$gte": SANDBOX, "$lt": SANDBOX_END}
            found = self._system.find({"_id": ids, "at": {"$gt": since}})
            return {each["_id"].removeprefix(SANDBOX): each["inSandbox"] for each in found}

    def set_sandbox(self, provider: str, at: datetime, *, in_sandbox: bool) -> None:
        """See `wavecom.ports.system.SystemState.set_sandbox`."""
        with available():
            self._system.update_one(
                {"_id": SANDBOX + provider}, {"$set": {"inSandbox": in_sandbox, "at": at}}, upsert=True
            )
