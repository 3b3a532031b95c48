"""Compares the ledger of a minute with the notifications accepted in it."""

from collections import Counter
from datetime import datetime, timedelta

from pymongo.client_session import ClientSession

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.queries import first_id
from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.notifications.enums import Status

MINUTE = timedelta(minutes=1)
CHECK_TIMEOUT = timedelta(seconds=20)

Counts = Counter[tuple[str, Status]]


class MongoLedgerChecks:
    """`wavecom.ports.ledger.LedgerChecks` on MongoDB. Both sides are read in one snapshot."""

    def __init__(self, mongo: Mongo, counters: MongoCounters) -> None:
        self._mongo = mongo
        self._counters = counters
        self._notifications = mongo.database.notifications
        self._system = mongo.database.system

    def mismatches(self, minute: datetime) -> list[Mismatch]:
        """See `wavecom.ports.ledger.LedgerChecks.mismatches`."""

        def read(session: ClientSession) -> tuple[Counts, Counts]:
            return self._counted(minute, session), self._stored(minute, session)

        with available(CHECK_TIMEOUT):
            counted, stored = self._mongo.transaction(read)
        return [
            Mismatch(
                tenant_id=tenant_id,
                minute=minute,
                status=status,
                counted=counted[tenant_id, status],
                stored=stored[tenant_id, status],
            )
            for tenant_id, status in sorted(counted.keys() | stored.keys())
            if counted[tenant_id, status] != stored[tenant_id, status]
        ]

    def _counted(self, minute: datetime, session: ClientSession) -> Counts:
        counts: Counts = Counter()
        for tenant_id, totals in self._counters.of_minute(minute, session).items():
            for status, count in totals.by_status().items():
                counts[tenant_id, status] += count
        return counts

    def _stored(self, minute: datetime, session: ClientSession) -> Counts:
        """Count by the time in the ids, so that one walk of their index covers all tenants."""
        pipeline: list[Document] = [
            {"$match": {"_id": {"$gte": first_id(minute), "$lt": first_id(minute + MINUTE)}}},
            {"$group": {"_id": {"tenantId": "$tenantId", "status": "$status"}, "count": {"$sum": 1}}},
        ]
        return Counter(
            {
                (each["_id"]["tenantId"], Status(each["_id"]["status"])): each["count"]
                for each in self._notifications.aggregate(pipeline, session=session)
            }
        )

    def checked_until(self) -> datetime | None:
        """See `wavecom.ports.ledger.LedgerChecks.checked_until`."""
        with available():
            document = self._system.find_one({"_id": "ledger"})
        return document["checkedUntil"] if document else None

    def set_checked_until(self, minute: datetime) -> None:
        """See `wavecom.ports.ledger.LedgerChecks.set_checked_until`."""
        with available():
            self._system.update_one({"_id": "ledger"}, {"$set": {"checkedUntil": minute}}, upsert=True)
