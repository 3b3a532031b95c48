"""Connections to checked addresses, bounded in time and bytes, and kept for the next call to the same place.

A connection belongs to one call at a time, from `IdleConnections.take` to `IdleConnections.keep`, so no part of it
needs a lock. It is found again under scheme, name, port and checked address: never for another name, since its
certificate was checked for one, and never for another address.
"""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import httpcore

from wavecom.adapters.webhooks.addresses import IpAddress

IDLE_MAX: Final = 256
"""The most connections that are kept without a call, of all endpoints together."""

Connect = Callable[[IpAddress, int, float], socket.socket]
"""Connects to an address and port within a number of seconds, or raises `OSError`."""


class AnswerTooLongError(httpcore.ReadError):
    """The answer has more bytes than are read."""


def connect_directly(address: IpAddress, port: int, timeout_seconds: float) -> socket.socket:
    """Connect to an address and port, by TCP. Raises `OSError`, `TimeoutError` among it."""
    connection = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        connection.connect((str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection


class BoundedStream(httpcore.NetworkStream):
    """A connected socket, whose reads and writes end at a deadline, and reads also after a number of bytes.

    httpcore's own timeouts are for each read, so a peer that sends a byte now and then would never meet one.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._deadline = 0.0
        self._max_bytes = 0
        self.received_bytes = 0
        """Of the present call."""

    def begin(self, *, deadline: float, max_bytes: int) -> None:
        """Begin a call, to end by a time of `time.monotonic`, with an answer of ``max_bytes`` at the most."""
        self._deadline = deadline
        self._max_bytes = max_bytes
        self.received_bytes = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See `httpcore.NetworkStream.read`. Raises `AnswerTooLongError` too. ``timeout`` is not used."""
        left = self._max_bytes - self.received_bytes
        if left <= 0:
            raise AnswerTooLongError("The answer is too long")
        try:
            self._socket.settimeout(seconds_to(self._deadline))
            part = self._socket.recv(min(max_bytes, left))
        except TimeoutError as exc:
            raise httpcore.ReadTimeout("The time is over") from exc
        except OSError as exc:
            raise httpcore.ReadError(type(exc).__name__) from exc
        self.received_bytes += len(part)
        return part

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See `httpcore.NetworkStream.write`. ``timeout`` is not used."""
        left = memoryview(buffer)
        try:
            while left:
                self._socket.settimeout(seconds_to(self._deadline))
                left = left[self._socket.send(left) :]
        except TimeoutError as exc:
            raise httpcore.WriteTimeout("The time is over") from exc
        except OSError as exc:
            raise httpcore.WriteError(type(exc).__name__) from exc

    def close(self) -> None:
        """See `httpcore.NetworkStream.close`."""
        with contextlib.suppress(OSError):
            self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        """See `httpcore.NetworkStream.get_extra_info`; "is_readable" is all that is known."""
        return self._is_readable() if info == "is_readable" else None

    def _is_readable(self) -> bool:
        """Return whether the peer has closed the connection, or sent something that nobody asked for."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))


def seconds_to(deadline: float) -> float:
    """Return the seconds left until a time of `time.monotonic`. Raises `TimeoutError` if there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("The time is over")
    return left


@dataclass(frozen=True, slots=True)
class Place:
    """The far end of a connection: a name, and the checked address at which it was reached."""

    scheme: str
    host: str
    port: int
    address: IpAddress


@dataclass(eq=False, slots=True)
class Connection:
    """A connection to one place, for one call at a time."""

    place: Place
    stream: BoundedStream
    http: httpcore.HTTP11Connection
    idle_since: float = field(default=0.0)


class IdleConnections:
    """Connections without a call, kept for a bounded time and in bounded number."""

    def __init__(self, *, keep_for: timedelta, at_most: int = IDLE_MAX) -> None:
        """Keep up to ``at_most`` connections, each for ``keep_for`` at the most."""
        self._at_most = at_most
        self._keep_seconds = keep_for.total_seconds()
        self._idle: dict[Connection, None] = {}
        """All of them, from the one that waits longest on."""
        self._by_place: dict[Place, list[Connection]] = {}
        self._lock = threading.Lock()

    def take(self, place: Place) -> Connection | None:
        """Return the connection to a place that was used last and still stands, if any."""
        while True:
            with self._lock:
                waiting = self._by_place.get(place)
                if not waiting:
                    return None
                connection = waiting[-1]
                self._remove(connection)
            if time.monotonic() - connection.idle_since < self._keep_seconds and not connection.http.has_expired():
                return connection
            connection.http.close()

    def keep(self, connection: Connection) -> None:
        """Keep a connection whose answer was read to its end, and close those that have waited too long."""
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle[connection] = None
            self._by_place.setdefault(connection.place, []).append(connection)
            over: list[Connection] = []
            for each in self._idle:
                waits_too_long = connection.idle_since - each.idle_since >= self._keep_seconds
                if not waits_too_long and len(self._idle) - len(over) <= self._at_most:
                    break
                over.append(each)
            for each in over:
                self._remove(each)
        for each in over:
            each.http.close()

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            closing = list(self._idle)
            self._idle.clear()
            self._by_place.clear()
        for each in closing:
            each.http.close()

    def _remove(self, connection: Connection) -> None:
        del self._idle[connection]
        waiting = self._by_place[connection.place]
        waiting.pop(waiting.index(connection) if waiting[-1] is not connection else -1)
        if not waiting:
            del self._by_place[connection.place]
