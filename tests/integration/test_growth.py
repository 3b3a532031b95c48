"""With 200,000 notifications stored: every query walks an index, and statistics do not look at them at all."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from bson import ObjectId

from tests.builders import NOON, ManualClock, a_draft
from tests.databases import new_database
from tests.fakes import FakeQueue, FakeSystem
from wavecom.adapters.mongo.client import Document, Mongo
from wavecom.adapters.mongo.indexes import EPOCH, LATEST_FAILURE_FIRST, NEWEST_FIRST
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.documents import audit_id, to_document
from wavecom.adapters.mongo.notifications.queries import (
    dead_letter_queries,
    first_id,
    idempotency_query,
    list_index,
    list_queries,
    overdue_query,
)
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.webhooks.failing import failing_query
from wavecom.application.read.query import Query
from wavecom.domain.dead_letters import DeadLetterFilter
from wavecom.domain.ledger.counting import deltas
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Cause, Channel, Priority, Status
from wavecom.domain.notifications.lists import ListFilter, Position
from wavecom.domain.notifications.notification import new_notification_id
from wavecom.domain.notifications.timings import Timings

STORED = 200_000
BATCH = 5_000
TIMINGS = Timings()
CHANNELS, PRIORITIES = list(Channel), list(Priority)
UNFINISHED_EVERY = 100
"""One in so many is not finished, as after a day's work."""


@pytest.fixture(scope="module")
def grown(mongodb_uri: str) -> Iterator[Mongo]:
    """A database with a day's notifications, nearly all of them finished."""
    with new_database(mongodb_uri) as mongo:
        kinds = [_created(number) for number in range(len(CHANNELS) * len(PRIORITIES))]
        counters = MongoCounters(mongo)
        for number, change in enumerate(kinds):
            for (tenant_id, minute), counts in deltas([change]).items():
                of_this_kind = len(range(number, STORED, len(kinds)))
                counters.add(tenant_id, {name: count * of_this_kind for name, count in counts.items()}, minute)
        documents = [to_document(change.after) for change in kinds]
        for start in range(0, STORED, BATCH):
            batch = [_like(documents[number % len(kinds)], number) for number in range(start, start + BATCH)]
            mongo.database.notifications.insert_many(batch, ordered=False)
        yield mongo


def _created(number: int) -> Change:
    draft = a_draft(
        channel=CHANNELS[number % len(CHANNELS)],
        priority=PRIORITIES[number % len(PRIORITIES)],
    )
    return lifecycle.create(draft, tenant_id="bank-a", at=NOON, timings=TIMINGS)


def _like(document: Document, number: int) -> Document:
    """Return the document of another notification of the same kind: finished, but for one in `UNFINISHED_EVERY`."""
    at = NOON + timedelta(milliseconds=number)
    another = document | {"_id": ObjectId(new_notification_id(at)), "createdAt": at, "updatedAt": at}
    if number % 10 == 0:
        another["idempotency"] = {"key": f"key-{number}", "fingerprint": "f", "index": 0}
    if number % UNFINISHED_EVERY:
        del another["dueAt"]
        another |= {"status": Status.SENT.value, "sequence": 4}
    return another


def indexes_of(plan: Document) -> set[str]:
    """Return the names of the indexes that a plan walks, ``COLLSCAN`` among them where it walks none."""
    found = {plan["stage"]} & {"COLLSCAN"}
    if "indexName" in plan:
        found.add(plan["indexName"])
    for below in [plan.get("inputStage"), *plan.get("inputStages", [])]:
        if below:
            found |= indexes_of(below)
    return found


LATER = NOON + timedelta(minutes=1)
SOMEWHERE = Position(NOON + timedelta(seconds=100), "0" * 24)
LIST_FILTERS = [
    ({}, "list"),
    ({"status": Status.SENT}, "list_by_status"),
    ({"channel": Channel.SMS}, "list_by_type"),
    ({"priority": Priority.LOW}, "list_by_priority"),
    ({"recipient": "user@example.com"}, "list_by_recipient"),
    ({"recipient": "user@example.com", "status": Status.SENT, "since": NOON}, "list_by_recipient"),
    ({"since": NOON, "until": LATER}, "list"),
    ({"status": Status.PENDING, "channel": Channel.SMS, "priority": Priority.LOW}, "list_by_status"),
]


@pytest.mark.parametrize("after", [None, SOMEWHERE], ids=["first page", "deep page"])
@pytest.mark.parametrize(("where", "index"), LIST_FILTERS)
def test_lists_walk_an_index(grown: Mongo, where, index: str, after) -> None:
    filters = ListFilter(tenant_id="bank-a", **where)

    for query in list_queries(filters, after):
        cursor = grown.database.notifications.find(query).sort(NEWEST_FIRST).limit(20)
        if named := list_index(filters):
            cursor = cursor.hint(named)

        assert indexes_of(cursor.explain()["queryPlanner"]["winningPlan"]) == {index}


@pytest.mark.parametrize(
    ("collection", "query", "index"),
    [
        ("notifications", {"_id": {"$in": [1, 2]}}, {"_id_"}),
        ("notifications", {"_id": 1, "status": "QUEUED", "sequence": 2}, {"_id_", "development_guard"}),
        ("notifications", overdue_query(NOON), {"due"}),
        ("webhookendpoints", failing_query(NOON), {"failing"}),
        ("notifications", idempotency_query("bank-a", ["key-10", "key-20"]), {"idempotency"}),
        ("notificationlogs", {"_id": {"$in": [audit_id("0" * 24, 1)]}}, {"_id_"}),
        ("counters", {"tenantId": "bank-a"}, {"tenant_minutes"}),
        ("counters", {"tenantId": "bank-a", "minute": {"$gte": NOON}}, {"tenant_minutes"}),
        ("notifications", {"_id": {"$gte": first_id(NOON), "$lt": first_id(LATER)}}, {"_id_", "development_guard"}),
        ("counters", {"minute": {"$gte": NOON}}, {"minutes"}),
        ("counters", {"minute": NOON}, {"minutes"}),
        ("keptreports", {"dueAt": {"$lte": NOON}}, {"due"}),
        ("keptreports", {"notificationId": {"$in": ["0" * 24, "1" * 24]}}, {"about"}),
        ("suppressions", {"_id": {"$in": ["bank-a|0", "bank-a|1"]}}, {"_id_"}),
        ("suppressions", {"tenantId": "bank-a", "id": {"$gt": ""}}, {"list"}),
        ("templates", {"tenantId": "bank-a", "id": {"$gt": ""}}, {"list"}),
        ("templates", {"_id": {"$in": ["bank-a|a", "bank-a|b"]}}, {"_id_"}),
        ("apikeys", {"tenantId": {"$in": ["bank-a", "bank-a~test"]}}, {"list"}),
        ("counters", {"merged": False, "minute": {"$lt": NOON}}, {"roll_up", "minutes"}),
        ("ratelimits", {"_id": "key|minute"}, {"_id_"}),
        ("apikeys", {"_id": "key"}, {"_id_"}),
    ],
)
def test_every_other_query_walks_an_index(grown: Mongo, collection: str, query: Document, index: set[str]) -> None:
    plan = grown.database[collection].find(query).explain()

    used = indexes_of(plan["queryPlanner"]["winningPlan"])
    assert used
    assert used <= index


@pytest.mark.parametrize("after", [None, SOMEWHERE], ids=["first page", "deep page"])
@pytest.mark.parametrize("where", [{}, {"cause": Cause.PERMANENT, "provider": "ses", "since": NOON, "until": LATER}])
def test_dead_letters_walk_their_index(grown: Mongo, where, after) -> None:
    for query in dead_letter_queries(DeadLetterFilter(tenant_id="bank-a", **where), after):
        cursor = grown.database.notifications.find(query).sort(LATEST_FAILURE_FIRST).hint("dead_letters").limit(20)

        assert indexes_of(cursor.explain()["queryPlanner"]["winningPlan"]) == {"dead_letters"}


def test_statistics_do_not_read_notifications(grown: Mongo, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = MongoCounters(grown)
    store = MongoNotificationStore(grown, counters)
    monkeypatch.setattr(store, "_notifications", None)  # whoever reads them stumbles

    query = Query(store=store, counters=counters, queue=FakeQueue(), system=FakeSystem(), clock=ManualClock())
    totals = query.statistics("bank-a").totals

    assert totals.total() == STORED
    assert sum(totals.by_channel("created").values()) == STORED
    assert grown.database.counters.count_documents({}) < 10


def test_a_page_and_its_total_are_right_among_many(grown: Mongo) -> None:
    counters = MongoCounters(grown)
    store = MongoNotificationStore(grown, counters)
    query = Query(store=store, counters=counters, queue=FakeQueue(), system=FakeSystem(), clock=ManualClock())

    page = query.page(ListFilter(tenant_id="bank-a", channel=Channel.SMS), limit=5, after=SOMEWHERE)

    newest_sms_before = [number for number in range(100_000) if CHANNELS[number % 3] is Channel.SMS][-5:]
    assert [each.created_at for each in page.notifications] == [
        NOON + timedelta(milliseconds=number) for number in reversed(newest_sms_before)
    ]
    assert page.total == len(range(1, STORED, 3))


def test_the_sweep_reads_only_what_is_overdue(grown: Mongo) -> None:
    store = MongoNotificationStore(grown, MongoCounters(grown))

    overdue = store.overdue(NOON + timedelta(days=1), limit=50)

    assert [each.state.due_at for each in overdue] == sorted(each.state.due_at for each in overdue if each.state.due_at)
    assert grown.database.notifications.count_documents({"dueAt": {"$gt": EPOCH}}) == STORED // UNFINISHED_EVERY
