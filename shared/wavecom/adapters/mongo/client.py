"""The connection, the transaction and the one place where the driver's errors become ours."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

import pymongo
from pymongo import MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.cursor import Cursor
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from wavecom.domain.errors import StoreUnavailableError

Document = dict[str, Any]
T = TypeVar("T")

MAJORITY = WriteConcern(w="majority", j=True)
OPERATION_TIMEOUT = timedelta(seconds=10)
"""The time limit of one call of a store, including retries within it."""
DUPLICATE_KEY: Final = 11_000
"""The code of an error (MongoDB manual, "Error Codes": DuplicateKey)."""
KILL_AGAIN_AFTER: Final = timedelta(seconds=1)
"""The wait before a second kill: a server that was frozen may still run a command sent before the first one."""


@dataclass(slots=True)
class _CutTransaction:
    """A transaction whose connection broke, or whose time ran out, before the server reported its end."""

    session_id: Mapping[str, Any]
    killed_at: float | None = None


class Mongo:
    """A database and its client, one a process, safe to use from many threads."""

    def __init__(self, uri: str, database: str, *, pool_size: int = 100) -> None:
        """Raise `StoreUnavailableError` if ``uri`` is not a connection string, or its name cannot be resolved."""
        try:
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
        except (PyMongoError, ValueError) as exc:  # without its cause, which may quote the password
            raise StoreUnavailableError(f"The connection string leads to no MongoDB ({type(exc).__name__})") from None
        self.database: Database[Document] = self._client.get_database(
            database, write_concern=MAJORITY, read_concern=ReadConcern("majority")
        )
        self._cut: list[_CutTransaction] = []
        self._killing = threading.Lock()

    def transaction(self, write: Callable[[ClientSession], T]) -> T:
        """Run ``write`` in a transaction that is committed to a majority; it may run more than once.

        If the database does not answer, the server may block other writers of these documents for 60 seconds (MongoDB
        manual, "transactionLifetimeLimitSeconds"). The next transaction of this process ends that.
        """
        if self._cut:
            self._kill_cut_transactions()
        with self._client.start_session() as session:
            try:
                return session.with_transaction(
                    write,
                    read_concern=ReadConcern("snapshot"),
                    write_concern=MAJORITY,
                    read_preference=ReadPreference.PRIMARY,
                )
            except PyMongoError as exc:
                if exc.timeout or isinstance(exc, ConnectionFailure):
                    self._cut.append(_CutTransaction(session.session_id))
                raise

    def _kill_cut_transactions(self) -> None:
        """Have the server abort the transactions that were cut, each of them twice.

        A user may kill its own sessions (MongoDB manual, "killSessions"). Committed changes are not undone.
        """
        if not self._killing.acquire(blocking=False):
            return
        try:
            now = time.monotonic()
            again = KILL_AGAIN_AFTER.total_seconds()
            due = [each for each in self._cut if each.killed_at is None or now - each.killed_at >= again]
            if due:
                self._client.admin.command("killSessions", [each.session_id for each in due])
                for each in due:
                    if each.killed_at is None:
                        each.killed_at = now
                    else:
                        self._cut.remove(each)
        finally:
            self._killing.release()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


@contextlib.contextmanager
def available(timeout: timedelta = OPERATION_TIMEOUT) -> Iterator[None]:
    """Limit everything within to ``timeout``, and raise `StoreUnavailableError` for all errors of the driver.

    A refusal is raised without its cause: the driver's text may hold a whole document.
    """
    try:
        with pymongo.timeout(timeout.total_seconds()):
            yield
    except ConnectionFailure as exc:
        raise StoreUnavailableError("MongoDB does not answer") from exc
    except PyMongoError as exc:
        code = getattr(exc, "code", None)
        raise StoreUnavailableError(f"MongoDB refused ({type(exc).__name__}, code {code})") from None


def in_turn(queries: Iterable[Document], find: Callable[[Document], Cursor[Document]], limit: int) -> list[Document]:
    """Return up to ``limit`` documents of several queries, each of which is asked only for what is still wanted."""
    found: list[Document] = []
    for query in queries:
        if len(found) < limit:
            found += find(query).limit(limit - len(found))
    return found
