"""The counters: documents per tenant, minute and writer, folded as they age.

A document first belongs to one writer and minute, so that no two transactions conflict in it. Some minutes later all
writers' documents of that minute are merged into one, and some hours later the minutes into the tenant's totals. So a
sum covers a bounded number of documents, however many notifications there are.
"""

import contextlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from queue import Empty, LifoQueue

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.domain.ledger.counting import deltas, minute_of
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.change import Change

MERGE_AFTER = timedelta(minutes=3)
"""The age at which a minute's writers have finished; a later write is merged by the next run."""
MERGE_BATCH_SIZE = 500
MERGE_MAX_BATCHES = 20
"""The most batches in one run; the next run, a minute later, continues."""
OTHER_FIELDS = frozenset({"_id", "tenantId", "minute", "merged"})


class MongoCounters:
    """`wavecom.ports.ledger.Counters` on MongoDB, and the writer of counters within a store's transaction."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._counters = mongo.database.counters
        self._process = secrets.token_hex(4)
        self._free_shards: LifoQueue[str] = LifoQueue()
        self._shard_count = 0

    @contextlib.contextmanager
    def shard(self) -> Iterator[str]:
        """Yield a writer's name that no other transaction uses meanwhile."""
        try:
            shard = self._free_shards.get_nowait()
        except Empty:
            self._shard_count += 1
            shard = f"{self._process}{self._shard_count}{secrets.token_hex(2)}"
        try:
            yield shard
        finally:
            self._free_shards.put(shard)

    def count(self, changes: Sequence[Change], shard: str, session: ClientSession) -> None:
        """Add the deltas of ``changes`` to ``shard``'s documents, within the transaction of ``session``."""
        updates = [
            _increment(tenant_id, minute, shard, counts) for (tenant_id, minute), counts in deltas(changes).items()
        ]
        if updates:
            self._counters.bulk_write(updates, ordered=False, session=session)

    def add(self, tenant_id: str, deltas: Mapping[str, int], at: datetime) -> None:
        """See `wavecom.ports.ledger.Counters.add`."""
        with available(), self.shard() as shard:
            self._counters.bulk_write([_increment(tenant_id, minute_of(at), shard, deltas)])

    def totals(self, tenant_id: str | None) -> Totals:
        """See `wavecom.ports.ledger.Counters.totals`."""
        with available():
            found = self._counters.find({} if tenant_id is None else {"tenantId": tenant_id})
            return Totals(_sum(found))

    def minutes(self, tenant_id: str | None, since: datetime) -> dict[datetime, Totals]:
        """See `wavecom.ports.ledger.Counters.minutes`."""
        query: Document = {"minute": {"$gte": minute_of(since)}}
        if tenant_id is not None:
            query["tenantId"] = tenant_id
        by_minute: defaultdict[datetime, list[Document]] = defaultdict(list)
        with available():
            for document in self._counters.find(query):
                by_minute[document["minute"]].append(document)
        return {minute: Totals(_sum(documents)) for minute, documents in by_minute.items()}

    def by_tenant(self, since: datetime) -> dict[str, Totals]:
        """See `wavecom.ports.ledger.Counters.by_tenant`."""
        with available():
            return _by_tenant(self._counters.find({"minute": {"$gte": minute_of(since)}}))

    def of_minute(self, minute: datetime, session: ClientSession) -> dict[str, Totals]:
        """Return each tenant's sums of one minute, within a transaction."""
        return _by_tenant(self._counters.find({"minute": minute}, session=session))

    def roll_up(self, before: datetime, now: datetime) -> int:
        """See `wavecom.ports.ledger.Counters.roll_up`."""
        merged = self._merge(
            {"merged": False, "minute": {"$lt": now - MERGE_AFTER}},
            lambda document: f"{document['tenantId']}|{document['minute']:%Y-%m-%dT%H:%M}",
            lambda document: {"tenantId": document["tenantId"], "minute": document["minute"], "merged": True},
        )
        totalled = self._merge(
            {"merged": True, "minute": {"$lt": before}},
            lambda document: f"{document['tenantId']}|total",
            lambda document: {"tenantId": document["tenantId"]},
        )
        return merged + totalled

    def _merge(self, query: Document, target: Callable[[Document], str], fields: Callable[[Document], Document]) -> int:
        """Add the documents of ``query`` to their target documents and delete them, one batch per transaction."""

        def write(session: ClientSession) -> int:
            batch = list(self._counters.find(query, session=session).limit(MERGE_BATCH_SIZE))
            if not batch:
                return 0
            groups: defaultdict[str, list[Document]] = defaultdict(list)
            for document in batch:
                groups[target(document)].append(document)
            self._counters.delete_many({"_id": {"$in": [document["_id"] for document in batch]}}, session=session)
            self._counters.bulk_write(
                [
                    UpdateOne({"_id": target_id}, {"$inc": _sum(group), "$setOnInsert": fields(group[0])}, upsert=True)
                    for target_id, group in groups.items()
                ],
                session=session,
            )
            return len(batch)

        done = 0
        for _ in range(MERGE_MAX_BATCHES):
            with available():
                count = self._mongo.transaction(write)
            done += count
            if count < MERGE_BATCH_SIZE:
                break
        return done


def _increment(tenant_id: str, minute: datetime, shard: str, counts: Mapping[str, int]) -> UpdateOne:
    return UpdateOne(
        {"_id": f"{tenant_id}|{minute:%Y-%m-%dT%H:%M}|{shard}"},
        {"$inc": dict(counts), "$setOnInsert": {"tenantId": tenant_id, "minute": minute, "merged": False}},
        upsert=True,
    )


def _by_tenant(found: Iterable[Document]) -> dict[str, Totals]:
    by_tenant: defaultdict[str, list[Document]] = defaultdict(list)
    for document in found:
        by_tenant[document["tenantId"]].append(document)
    return {tenant_id: Totals(_sum(documents)) for tenant_id, documents in by_tenant.items()}


def _sum(documents: Iterable[Document]) -> Counter[str]:
    total: Counter[str] = Counter()
    for document in documents:
        for name, value in document.items():
            if name not in OTHER_FIELDS:
                total.update(_flat(name, value))
    return total


def _flat(name: str, value: object) -> dict[str, int]:
    if isinstance(value, dict):
        return {path: count for key, below in value.items() for path, count in _flat(f"{name}.{key}", below).items()}
    return {name: value} if isinstance(value, int) else {}
