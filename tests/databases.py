"""Databases for tests: new ones, and ones that are emptied and used again, which costs a tenth of that."""

import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import pymongo
from pymongo.errors import PyMongoError

from local.stack import create_guard_index
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.indexes import create_indexes

IDLE_MIN = 3
"""A database rests while others are used: what still ends after its test writes into none that is in use."""
DOCUMENTS_MAX = 2_000
"""To delete more takes longer than to make a database."""

Indexes = dict[str, set[str]]


@contextmanager
def new_database(uri: str) -> Iterator[Mongo]:
    """Make a database with the indexes that the local stack has. It goes with its server, since to drop it is slow."""
    mongo = _made(uri)
    yield mongo
    mongo.close()


class Databases:
    """The databases of one server. None of them is used by two tests at the same time."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._idle: deque[Mongo] = deque()
        self._indexes: Indexes = {}

    @contextmanager
    def lend(self) -> Iterator[Mongo]:
        """Lend an empty database by a client of its own, which is closed in the end."""
        keeper = self._empty()
        mongo = Mongo(self._uri, keeper.database.name)
        yield mongo
        mongo.close()
        self._idle.append(keeper)

    def close(self) -> None:
        """End their use. Raises AssertionError if a test has changed indexes without saying so."""
        for keeper in self._idle:
            found = _indexes(keeper)
            changed = {name for name, indexes in self._indexes.items() if found.get(name) != indexes}
            keeper.close()
            assert not changed, f"A test changed indexes of {changed}: it needs the marker changes_indexes"

    def _empty(self) -> Mongo:
        while len(self._idle) > IDLE_MIN:
            keeper = self._idle.popleft()
            if _emptied(keeper):
                return keeper
            keeper.close()
        made = _made(self._uri)
        self._indexes = self._indexes or _indexes(made)
        return made


def _made(uri: str) -> Mongo:
    mongo = Mongo(uri, f"test_{uuid.uuid4().hex[:12]}")
    create_indexes(mongo.database)
    create_guard_index(mongo)
    return mongo


def _emptied(mongo: Mongo) -> bool:
    """Delete all documents; False where that would take long, or a transaction without an end is in the way."""
    try:
        with pymongo.timeout(5):
            collections = [mongo.database[name] for name in mongo.database.list_collection_names()]
            if sum(each.estimated_document_count() for each in collections) > DOCUMENTS_MAX:
                return False
            for each in collections:
                each.delete_many({})
    except PyMongoError:
        return False
    return True


def _indexes(mongo: Mongo) -> Indexes:
    names = mongo.database.list_collection_names()
    return {name: set(mongo.database[name].index_information()) for name in names}
