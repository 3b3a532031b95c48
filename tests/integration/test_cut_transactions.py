"""A database that stands still in the middle of a transaction, and comes back."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pymongo
import pytest
from pymongo.errors import PyMongoError

from local.config import STATE_VARIABLE
from tests.conftest import running, stack_config
from wavecom.adapters.mongo.client import Mongo


class Database:
    """A server of its own, which can be made to stand still."""

    def __init__(self, uri: str, process: psutil.Process) -> None:
        self.uri = uri
        self.process = process
        self.ours = Mongo(uri, "test")
        self.others = Mongo(uri, "test")
        self.ours.database.things.insert_many([{"_id": number, "count": 0} for number in range(3)])

    def count(self, mongo: Mongo, number: int) -> None:
        """Add one to a document in a transaction of its own, within two seconds."""
        things = mongo.database.things
        with pymongo.timeout(2):
            mongo.transaction(
                lambda session: things.update_one({"_id": number}, {"$inc": {"count": 1}}, session=session)
            )

    def cut(self, number: int) -> None:
        """Stand still between two writes of a transaction of ours, until it is given up, and go on."""
        things = self.ours.database.things

        def write(session: pymongo.client_session.ClientSession) -> None:
            things.update_one({"_id": number}, {"$inc": {"count": 100}}, session=session)
            self.stand_still()
            things.update_one({"_id": number}, {"$inc": {"count": 100}}, session=session)

        with pytest.raises(PyMongoError), pymongo.timeout(1):
            self.ours.transaction(write)
        self.process.resume()

    def stand_still(self) -> None:
        """Stop the server; its last thread stops a moment after the first."""
        self.process.suspend()
        while self.process.status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)
        time.sleep(0.1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    config = stack_config(tmp_path, "sqs")
    with running("mongodb", config):
        (process,) = [
            each
            for each in psutil.process_iter()
            if each.name().startswith("secantusd") and each.environ().get(STATE_VARIABLE) == str(config.state)
        ]
        found = Database(f"mongodb://127.0.0.1:{config.mongodb_port}/?directConnection=true", process)
        yield found
        process.resume()
        found.ours.close()
        found.others.close()


def test_cut_transaction_holds_its_documents_until_its_owner_comes_again(database: Database) -> None:
    database.cut(0)

    with pytest.raises(PyMongoError):
        database.count(database.others, 0)  # what is mended here: the server holds it for a minute
    database.count(database.ours, 1)
    database.count(database.others, 0)

    counts = {each["_id"]: each["count"] for each in database.others.database.things.find()}
    assert counts == {0: 1, 1: 1, 2: 0}


def test_several_cut_transactions_are_ended_at_once(database: Database) -> None:
    database.cut(0)
    database.ours._cut.clear()
    database.cut(1)
    database.cut(2)

    database.count(database.ours, 1)
    database.count(database.others, 1)
    database.count(database.others, 2)

    counts = {each["_id"]: each["count"] for each in database.others.database.things.find()}
    assert (counts[1], counts[2]) == (2, 1)


def test_what_was_committed_stays(database: Database) -> None:
    database.count(database.ours, 0)
    database.cut(1)

    database.count(database.ours, 2)

    counts = {each["_id"]: each["count"] for each in database.others.database.things.find()}
    assert (counts[0], counts[2]) == (1, 1)
