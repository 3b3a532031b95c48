"""What the service knows of itself: its degradation level, the heartbeats of its functions, and its sandboxes."""

import time
from datetime import UTC, datetime, timedelta

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.domain.degradation import Level

CACHE = timedelta(seconds=5)
SANDBOX, SANDBOX_END = "sandbox:", "sandbox;"
"""What the ids of sandboxes begin with, and what comes right behind them all."""
STALE_AFTER = timedelta(minutes=5)
"""A level that nobody has confirmed for so long is not believed, so that nobody is refused for ever."""


class MongoSystemState:
    """`wavecom.ports.system.SystemState` on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._system = mongo.database.system
        self._cached: tuple[float, Level] | None = None

    def level(self) -> Level:
        """See `wavecom.ports.system.SystemState.level`."""
        if self._cached is None or self._cached[0] <= time.monotonic():
            with available():
                document = self._system.find_one({"_id": "degradation"})
            fresh = document is not None and document["at"] > datetime.now(UTC) - STALE_AFTER
            level = Level(document["level"]) if document and fresh else Level.NORMAL
            self._cached = (time.monotonic() + CACHE.total_seconds(), level)
        return self._cached[1]

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
