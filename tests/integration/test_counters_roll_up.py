"""Counters are folded as they age, and every sum stays what it was."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.builders import NOON
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.domain.notifications.enums import Channel

HOURS = timedelta(hours=1)


def test_sums_survive_folding_while_documents_become_few(mongo: Mongo) -> None:
    writers = [MongoCounters(mongo) for _ in range(5)]
    for minute in range(180):
        for writer in writers:
            writer.add("bank-a", {"created.EMAIL": 1, "cells.SENT:EMAIL:HIGH": 1}, NOON + timedelta(minutes=minute))
            if minute % 60 == 0:
                writer.add("bank-b", {"created.SMS": 1}, NOON + timedelta(minutes=minute))
    counters = MongoCounters(mongo)

    counters.roll_up(before=NOON + HOURS, now=NOON + 3 * HOURS)

    assert counters.totals("bank-a").by_channel("created")[Channel.EMAIL] == 900
    assert counters.totals("bank-b").by_channel("created")[Channel.SMS] == 15
    assert counters.totals(None).by_channel("created") == {Channel.EMAIL: 900, Channel.SMS: 15, Channel.PUSH: 0}
    last_hour = counters.minutes("bank-a", NOON + 2 * HOURS)
    assert len(last_hour) == 60
    assert all(totals.by_channel("created")[Channel.EMAIL] == 5 for totals in last_hour.values())
    # One for each minute of two hours, less the three whose writers may still be at it, and one for all before.
    assert mongo.database.counters.count_documents({"tenantId": "bank-a"}) == 117 + 3 * 5 + 1


def test_sums_of_late_are_told_by_tenant(mongo: Mongo) -> None:
    counters = MongoCounters(mongo)
    for tenant, minutes in (("bank-a", 0), ("bank-a", 5), ("bank-b", 5)):
        counters.add(tenant, {"created.EMAIL": 2}, NOON + timedelta(minutes=minutes))

    by_tenant = counters.by_tenant(NOON + timedelta(minutes=5, seconds=30))

    assert {tenant: totals.by_channel("created")[Channel.EMAIL] for tenant, totals in by_tenant.items()} == {
        "bank-a": 2,
        "bank-b": 2,
    }


def test_a_writer_that_comes_late_is_folded_by_the_next_run(mongo: Mongo) -> None:
    counters = MongoCounters(mongo)
    counters.add("bank-a", {"created.EMAIL": 1}, NOON)
    counters.roll_up(before=NOON + HOURS, now=NOON + 3 * HOURS)

    counters.add("bank-a", {"created.EMAIL": 1}, NOON)
    counters.roll_up(before=NOON + HOURS, now=NOON + 3 * HOURS)

    assert counters.totals("bank-a").by_channel("created")[Channel.EMAIL] == 2
    assert mongo.database.counters.count_documents({}) == 1


def test_nothing_is_lost_when_folding_meets_writing(mongo: Mongo) -> None:
    def write(_: int) -> None:
        counters = MongoCounters(mongo)
        for _ in range(30):
            counters.add("bank-a", {"created.EMAIL": 1}, NOON)

    def fold(_: int) -> None:
        counters = MongoCounters(mongo)
        for _ in range(10):
            counters.roll_up(before=NOON + HOURS, now=NOON + 3 * HOURS)

    with ThreadPoolExecutor(8) as threads:
        writing = [threads.submit(write, number) for number in range(6)]
        folding = [threads.submit(fold, number) for number in range(2)]
        for each in (*writing, *folding):
            each.result()

    assert MongoCounters(mongo).totals("bank-a").by_channel("created")[Channel.EMAIL] == 180
