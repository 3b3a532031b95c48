"""The documents of counters become few as they age. What all counters promise is in the contract suite."""

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


def test_what_a_late_writer_adds_ends_in_the_document_of_the_totals(mongo: Mongo) -> None:
    counters = MongoCounters(mongo)
    counters.add("bank-a", {"created.EMAIL": 1}, NOON)
    counters.roll_up(before=NOON + HOURS, now=NOON + 3 * HOURS)

    counters.add("bank-a", {"created.EMAIL": 1}, NOON)
    counters.roll_up(before=NOON + HOURS, now=NOON + 3 * HOURS)

    assert mongo.database.counters.count_documents({}) == 1
