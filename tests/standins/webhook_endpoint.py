"""An endpoint of webhooks on loopback: HTTP/1.1, over TLS if it has a certificate, that answers by script.

A test sets ``answer``: the bytes of every answer, or a function that gets the connection after each request and does
with it what it likes. The connection is closed when the function returns False.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Script = Callable[[socket.socket], bool]


@dataclass(frozen=True, slots=True)
class Taken:
    """A request as it came. ``headers`` have lower-case names; ``connection`` counts from 1."""

    line: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


class WebhookEndpoint:
    """An endpoint that runs for the time of a ``with``."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answer: bytes | Script = OK
        self.greet: Script | None = None
        """Gets each connection before TLS and before any request; the connection is closed if it returns False."""
        self.welcome: Script | None = None
        """The same after TLS."""
        self.requests: list[Taken] = []
        self.connections = 0
        self.names: list[str | None] = []
        """The server names (SNI) of the TLS connections."""
        self.closing = threading.Event()
        self._tls = tls
        if tls is not None:
            tls.sni_callback = lambda _, name, __: self.names.append(name)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join()

    def hang_up(self) -> None:
        """End all connections."""
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection, self.connections))
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        # A duplicate, since TLS would take the socket over that `hang_up` ends.
        with contextlib.suppress(OSError), plain.dup() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.greet is None or self.greet(connection):
                if self._tls is None:
                    self._converse(connection, number)
                else:
                    with self._tls.wrap_socket(connection, server_side=True) as encrypted:
                        self._converse(encrypted, number)
        with self._lock:
            self._open.discard(plain)
        plain.close()

    def _converse(self, connection: socket.socket, number: int) -> None:
        if self.welcome is not None and not self.welcome(connection):
            return
        reader = connection.makefile("rb")
        with contextlib.closing(reader):
            while line := reader.readline():
                headers = {}
                while (header := reader.readline().decode().rstrip("\r\n")) != "":
                    name, _, value = header.partition(": ")
                    headers[name.lower()] = value
                body = reader.read(int(headers["content-length"]))
                with self._lock:
                    self.requests.append(Taken(line.decode().strip(), headers, body, number))
                if isinstance(self.answer, bytes):
                    connection.sendall(self.answer)
                elif not self.answer(connection):
                    return
