"""uvicorn's HTTP/1.1 by httptools, with limits that httptools lacks on data before and between bodies."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS: Final = 10.0
"""The time limit from the connection, or the first byte after an answer, to the end of a request's headers."""
HEAD_MAX_BYTES: Final = 32 * 1024
"""The limit of request line and headers; API Gateway takes 10,240 bytes (its quotas, "HTTP API quotas")."""
HEADERS_MAX: Final = 100
CONNECTION: Final = "wavecom.connection"
"""The extension of a scope that has its `Connection`."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The part of a connection that an answer without an end needs: the server's stop, and a way to cut it off."""

    stopping: asyncio.Event
    abort: Callable[[], None]


class _RefusedError(Exception):
    """Stops the parser."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits on the time, the size and the number of headers.

    A request beyond them gets 408 or 431 (RFC 9110, section 15.5.9; RFC 6585, section 5) and a closed connection.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refusal = HTTPStatus.BAD_REQUEST
        self._head_timer: asyncio.TimerHandle | None = None
        self._other_bytes = 0
        self._body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._stopping = asyncio.Event()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_awaiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Let the answer in progress end, and tell one that has no end of its own."""
        super().shutdown()
        self._stopping.set()

    def data_received(self, data: bytes) -> None:
        """Parse data, unless too much of it is outside bodies."""
        self._other_bytes += len(data)
        super().data_received(data)
        if self._other_bytes > HEAD_MAX_BYTES + self._body_bytes and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Start counting, and waiting for the end of the headers."""
        super().on_message_begin()
        connection = Connection(self._stopping, self.transport.abort)
        self.scope["extensions"] = {CONNECTION: connection}  # type: ignore[dict-item] # no dict, as ASGI has it
        self._other_bytes = self._body_bytes = self._head_bytes = 0
        if self._head_timer is None:
            self._await_head()

    def on_url(self, url: bytes) -> None:
        """Process a part of the request line."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Process a header, or a trailer."""
        super().on_header(name, value)
        self._count(len(name) + len(value))
        if len(self.headers) > HEADERS_MAX:
            raise self._stop()

    def on_headers_complete(self) -> None:
        """Stop waiting; the body has its own time limit."""
        self._stop_awaiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Process a part of a body."""
        self._body_bytes += len(body)
        self._other_bytes -= len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Refuse with the status of the limit, or 400 for an error of the parser."""
        self._refuse(self._refusal)

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: a client that asks for another protocol is answered in this one."""

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_MAX_BYTES:
            raise self._stop()

    def _stop(self) -> _RefusedError:
        self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        return _RefusedError()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _stop_awaiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer and hang up; without an answer if there is no request, or if another answer is due first."""
        waits_for_another = self.cycle is not None and not self.cycle.response_complete
        if self.scope is None or waits_for_another:
            self.transport.close()
            return
        text = f"{status.phrase}\n"
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(text)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(f"{head}{text}".encode())
        self.transport.close()
