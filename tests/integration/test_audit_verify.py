"""Stored audit trails, verified; and tampered with in the database itself, field by field."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from tests.builders import TIMINGS, a_draft, a_result, now
from tests.fakes import FakeSystem
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.documents import audit_id
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.application.operate.verify import Verification, Verify
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.lifecycle import Replay
from wavecom.domain.notifications.lists import AuditRange
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome

HOUR = timedelta(hours=1)
TOUCHED = 3
"""The entry that is tampered with, of six."""


class Archive:
    """A store with what was accepted in it."""

    def __init__(self, mongo: Mongo) -> None:
        self.logs = mongo.database.notificationlogs
        self.notifications = mongo.database.notifications
        self.store = MongoNotificationStore(mongo, MongoCounters(mongo))
        self.at = now().replace(microsecond=0)

    def life(self, tenant: str = "bank-a", at: datetime | None = None) -> Notification:
        """Store a notification with six entries: refused for good, replayed with a reason, and claimed."""
        at = at or self.at
        change = lifecycle.create(a_draft(), tenant_id=tenant, at=at, timings=TIMINGS)
        self.store.add([change])
        for step in (
            lambda n: lifecycle.enqueue(n, at=at, timings=TIMINGS),
            lambda n: lifecycle.claim(n, retry_counts={0}, token="t", at=at, timings=TIMINGS),
            lambda n: settlement.settle(n, a_result(Outcome.PERMANENT), at=at, timings=TIMINGS),
            lambda n: lifecycle.replay(n, at=at, timings=TIMINGS, request=Replay(by="key-1", why="größer 🎉", key="k")),
            lambda n: lifecycle.claim(n, retry_counts={0}, token="u", at=at, timings=TIMINGS),
        ):
            moved = step(change.after)
            assert moved is not None
            (change,) = self.store.save([moved])
        return change.after

    def verified(self, tenant: str | None = "bank-a", **options) -> Verification:
        where = AuditRange(tenant_id=tenant, since=self.at - HOUR, until=self.at + HOUR)
        return Verify(store=self.store, system=FakeSystem()).verify(where, **options)

    def tampers(self, notification: Notification, update: dict[str, Any], sequence: int = TOUCHED) -> None:
        where = {"_id": audit_id(notification.id, sequence)}
        assert self.logs.update_one(where, update).modified_count == 1

    def is_named(self, notification: Notification, sequence: int) -> None:
        broken = self.verified().broken
        assert broken is not None, "it was not found"
        assert (broken.notification_id, broken.sequence) == (notification.id, sequence)
        assert broken.tenant_id == "bank-a"


@pytest.fixture
def archive(mongo: Mongo) -> Archive:
    return Archive(mongo)


def test_stored_trails_hold(archive: Archive) -> None:
    for _ in range(5):
        archive.life()

    assert archive.verified() == Verification(notifications=5, entries=30, broken=None, next=None)


def test_a_range_is_of_one_tenant_or_of_all_and_of_its_time(archive: Archive) -> None:
    archive.life()
    archive.life("bank-b")
    archive.life(at=archive.at - HOUR - timedelta(seconds=1))
    archive.life(at=archive.at + HOUR)
    archive.life(at=archive.at - HOUR)

    assert archive.verified("bank-a").notifications == 2
    assert archive.verified("bank-b").notifications == 1
    assert archive.verified(None).notifications == 3


def test_a_range_that_begins_or_ends_within_a_second_is_to_the_millisecond(archive: Archive) -> None:
    for milliseconds in (100, 500, 900):
        archive.life(at=archive.at + timedelta(milliseconds=milliseconds))
    since, until = archive.at + timedelta(milliseconds=300), archive.at + timedelta(milliseconds=900)

    found = Verify(store=archive.store, system=FakeSystem()).verify(
        AuditRange(tenant_id="bank-a", since=since, until=until)
    )

    assert found.notifications == 1


@pytest.mark.parametrize("year", [1, 1969, 2105, 2107, 9999])
def test_a_range_may_reach_as_far_as_time_does(archive: Archive, year: int) -> None:
    archive.life()
    far = archive.at.replace(year=year, month=1, day=1)
    since, until = sorted([archive.at, far])

    found = Verify(store=archive.store, system=FakeSystem()).verify(
        AuditRange(tenant_id="bank-a", since=since, until=until)
    )

    assert found.notifications == (1 if far > archive.at else 0)


def test_a_long_range_is_verified_page_by_page(archive: Archive) -> None:
    ids = sorted(archive.life().id for _ in range(5))

    first = archive.verified(limit=2)
    rest = archive.verified(limit=10, after=first.next)

    assert (first.notifications, first.next) == (2, ids[1])
    assert (rest.notifications, rest.next) == (3, None)


@pytest.mark.parametrize(
    "update",
    [
        {"$set": {"message": "Nothing happened"}},
        {"$set": {"status": "CANCELLED"}},
        {"$set": {"tenantId": "bank-b"}},
        {"$set": {"notificationId": ObjectId("f" * 24)}},
        {"$set": {"timestamp": datetime(2026, 1, 31, tzinfo=UTC)}},
        {"$set": {"digest": "0" * 64}},
        {"$set": {"sequence": 9}},
        {"$set": {"sequence": 2}},
        {"$set": {"sequence": 4}},
        {"$set": {"metadata.provider": "another"}},
        {"$set": {"metadata": {"provider": "another"}}},
    ],
    ids=str,
)
def test_a_field_that_was_changed_is_found_and_its_entry_named(archive: Archive, update: dict[str, Any]) -> None:
    archive.life()
    notification = archive.life()
    archive.life()

    archive.tampers(notification, update)

    archive.is_named(notification, TOUCHED)


@pytest.mark.parametrize(
    "field", ["message", "status", "tenantId", "notificationId", "timestamp", "digest", "sequence", "metadata"]
)
def test_a_field_that_was_taken_away_is_found_and_its_entry_named(archive: Archive, field: str) -> None:
    notification = archive.life()
    archive.life()

    archive.tampers(notification, {"$unset": {field: ""}})

    archive.is_named(notification, TOUCHED)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "NONSENSE"},
        {"status": 5},
        {"timestamp": "yesterday"},
        {"metadata": "nothing"},
        {"metadata": {"at": ObjectId("f" * 24)}},
        {"message": None},
        {"sequence": "three"},
        {"notificationId": "no id"},
        {"digest": 7},
    ],
    ids=str,
)
def test_a_field_that_makes_no_sense_any_more_is_found_and_its_entry_named(archive: Archive, changes) -> None:
    notification = archive.life()
    archive.life()

    archive.tampers(notification, {"$set": changes})

    archive.is_named(notification, TOUCHED)


@pytest.mark.parametrize("sequence", range(1, 7))
def test_an_entry_that_was_removed_is_found(archive: Archive, sequence: int) -> None:
    notification = archive.life()

    archive.logs.delete_one({"_id": audit_id(notification.id, sequence)})

    archive.is_named(notification, sequence)


def test_an_entry_that_was_added_is_found(archive: Archive) -> None:
    notification = archive.life()
    last = archive.logs.find_one({"_id": audit_id(notification.id, 6)})
    assert last is not None

    archive.logs.insert_one({**last, "_id": audit_id(notification.id, 7), "sequence": 7})

    archive.is_named(notification, 7)


def test_an_entry_that_was_moved_to_another_notification_breaks_the_one_it_was_taken_from(archive: Archive) -> None:
    first, second = sorted((archive.life() for _ in range(2)), key=lambda each: each.id)

    archive.tampers(second, {"$set": {"notificationId": ObjectId(first.id)}})

    archive.is_named(second, TOUCHED)


@pytest.mark.parametrize(
    ("update", "sequence"),
    [
        ({"$set": {"status": "SENT"}}, 6),
        ({"$set": {"trailDigest": "0" * 64}}, 6),
        ({"$unset": {"trailDigest": ""}}, 6),
        ({"$inc": {"sequence": 1}}, 7),
        ({"$inc": {"sequence": -1}}, 6),
    ],
    ids=str,
)
def test_a_notification_that_was_set_by_hand_is_found(archive: Archive, update: dict[str, Any], sequence: int) -> None:
    notification = archive.life()

    archive.notifications.update_one({"_id": ObjectId(notification.id)}, update)

    archive.is_named(notification, sequence)


def test_what_moves_while_it_is_verified_is_no_false_alarm(archive: Archive, monkeypatch) -> None:
    notification = archive.life()
    read = archive.store.audit_trails
    moves: list[Callable[[], object]] = [
        lambda: archive.store.save(
            [settlement.settle(notification, a_result(Outcome.ACCEPTED), at=archive.at, timings=TIMINGS)]
        )
    ]

    def read_after_it_moved(notifications):
        if moves:
            moves.pop()()
        return read(notifications)

    monkeypatch.setattr(archive.store, "audit_trails", read_after_it_moved)

    assert archive.verified().broken is None
    moved = archive.store.get("bank-a", notification.id)
    assert moved is not None
    assert moved.state.sequence == 7
