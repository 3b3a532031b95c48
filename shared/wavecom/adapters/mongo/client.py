"""The connection, the transaction and the one place where the driver's errors become ours."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

import pymongo
from pymongo import MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from wavecom.domain.errors import StoreUnavailableError

Document = dict[str, Any]
T = TypeVar("T")

MAJORITY = WriteConcern(w="majority", j=True)
OPERATION_TIMEOUT = timedelta(seconds=10)
"""For one call of a store, retries within it included."""


class Mongo:
    """A database and its client, one a process, safe to use from many threads."""

    def __init__(self, uri: str, database: str, *, pool_size: int = 100) -> None:
        self._client: MongoClient[Document] = MongoClient(
            uri,
            appname="wavecom",
            tz_aware=True,
            maxPoolSize=pool_size,
            connectTimeoutMS=3_000,
            socketTimeoutMS=20_000,
            serverSelectionTimeoutMS=3_000,
            waitQueueTimeoutMS=5_000,
            retryWrites=True,
            retryReads=True,
        )
        self.database: Database[Document] = self._client.get_database(
            database, write_concern=MAJORITY, read_concern=ReadConcern("majority")
        )

    def transaction(self, write: Callable[[ClientSession], T]) -> T:
        """Run ``write`` in a transaction that is committed to a majority; it may run more than once."""
        with self._client.start_session() as session:
            return session.with_transaction(
                write,
                read_concern=ReadConcern("snapshot"),
                write_concern=MAJORITY,
                read_preference=ReadPreference.PRIMARY,
            )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


@contextlib.contextmanager
def available(timeout: timedelta = OPERATION_TIMEOUT) -> Iterator[None]:
    """Bound everything within to ``timeout``, and raise `StoreUnavailableError` for whatever the driver raises.

    A refusal is told without its cause: the driver's text may hold a whole document.
    """
    try:
        with pymongo.timeout(timeout.total_seconds()):
            yield
    except ConnectionFailure as exc:
        raise StoreUnavailableError("MongoDB does not answer") from exc
    except PyMongoError as exc:
        code = getattr(exc, "code", None)
        raise StoreUnavailableError(f"MongoDB refused ({type(exc).__name__}, code {code})") from None
