"""SMTP connections that keep a deadline, and the pool that lends them."""

import contextlib
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wavecom.domain.providers.outcomes import ProviderError, RateLimitedError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Connection(smtplib.SMTP):
    """A connection that gives up at ``deadline`` (of the monotonic clock), however many steps it takes."""

    def __init__(self, host: str, port: int, *, local_hostname: str, deadline: float, **options: Any) -> None:
        self.deadline = deadline
        super().__init__(host, port, local_hostname, timeout=max(deadline - time.monotonic(), 0.001), **options)

    def send(self, s: "ReadableBuffer | str") -> None:
        """Write, as `smtplib.SMTP.send`; raises `TimeoutError` when the deadline has passed already."""
        self._give_up_at_deadline()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply, as `smtplib.SMTP.getreply`; raises `TimeoutError` when the deadline has passed already."""
        self._give_up_at_deadline()
        return super().getreply()

    def _give_up_at_deadline(self) -> None:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            self.close()
            raise TimeoutError("timed out")
        if self.sock is not None:
            self.sock.settimeout(remaining)


class TlsConnection(Connection, smtplib.SMTP_SSL):
    """A connection that is encrypted from the first byte, by the option ``context``."""


class ConnectionPool:
    """Up to ``size`` connections, the last used first, so that surplus ones stay idle and time out.

    ``connect`` gets the time by which it must be done.
    """

    def __init__(self, connect: Callable[[float], Connection], *, size: int, connect_timeout: timedelta) -> None:
        self._connect = connect
        self._slots = threading.BoundedSemaphore(size)
        self._connect_seconds = connect_timeout.total_seconds()
        self._idle: list[Connection] = []

    @contextlib.contextmanager
    def connection(self, deadline: float) -> Iterator[Connection]:
        """Lend a connection that is alive and between two messages; take it back unless it was closed.

        It gives up at ``deadline``. A connection that died while idle is replaced once, by a new one.

        Raises `RateLimitedError` if all are busy until the deadline, and the errors of ``connect``.
        """
        if not self._slots.acquire(timeout=max(deadline - time.monotonic(), 0)):
            raise RateLimitedError("All connections are busy", code="pool_exhausted", of_recipient=True)
        try:
            connection = self._alive_and_idle(deadline) or self._connect(self._connected_by(deadline))
            connection.deadline = deadline
            try:
                yield connection
            except ProviderError:
                raise
            except BaseException:
                connection.close()
                raise
            finally:
                if connection.sock is not None:
                    self._idle.append(connection)
        finally:
            self._slots.release()

    def close(self) -> None:
        """Send QUIT on every idle connection."""
        while self._idle:
            with contextlib.suppress(OSError, IndexError):
                connection = self._idle.pop()
                connection.deadline = time.monotonic() + self._connect_seconds
                connection.quit()

    def _connected_by(self, deadline: float) -> float:
        return min(deadline, time.monotonic() + self._connect_seconds)

    def _alive_and_idle(self, deadline: float) -> Connection | None:
        """Return the connection used last, if there is one and it answers RSET."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return None
        connection.deadline = self._connected_by(deadline)
        with contextlib.suppress(OSError):
            if connection.rset()[0] == 250:
                return connection
        connection.close()
        return None
