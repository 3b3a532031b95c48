"""Limits the requests that are read and processed at once, and refuses invalid ones, before the API's resolver.

Bodies are read here, on the event loop, before a thread is taken. Small ones never wait. Large ones wait for free
capacity twice: before they are read, so that many senders cannot fill the memory, and before they are processed, so
that one client's large requests leave the processor to the others.
"""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any, Final

from wavecom.domain.degradation import RETRY_AFTER
from wavecom.domain.errors import OverloadedError
from wavecom.http.framework.errors import (
    BodyTooLargeError,
    EncodedBodyError,
    HttpError,
    MalformedRequestError,
    failure_of,
)
from wavecom.http.framework.headers import SECURITY_HEADERS, is_encoded, request_id
from wavecom.http.framework.resolver import cors
from wavecom.http.services import HttpConfig

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_SECONDS: Final = 30.0
"""The time limit of a whole body, equal to that of Amazon API Gateway for an answer (its quotas, "HTTP API quotas")."""
SMALL_BYTES: Final = 64 * 1024
"""The size that uvicorn buffers for each connection anyway."""
READ_BYTES: Final = 32 * 1024 * 1024
"""The most bytes of large bodies in memory at once."""
DISCARD_SECONDS: Final = 5.0
DISCARD_FACTOR: Final = 4
"""The multiple of the largest body up to which a refused body is read and discarded."""
DEFAULT_SWITCH_SECONDS: Final = sys.getswitchinterval()
SHORT_SWITCH_SECONDS: Final = DEFAULT_SWITCH_SECONDS / 10
LENGTH_DIGITS: Final = 15


class RequestTimeoutError(HttpError):
    """The body did not come in time."""

    status, code = HTTPStatus.REQUEST_TIMEOUT, "REQUEST_TIMEOUT"


class ByteLimit:
    """Admits a limited number of bytes at once; others wait, first come, first served. For one event loop."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def hold(self, size: int, until: float) -> AsyncIterator[None]:
        """Hold ``size`` bytes; raises `OverloadedError` if they are not free by ``until``, a time of the loop."""
        size = min(size, self._size)
        try:
            async with asyncio.timeout_at(until):
                await self._acquire(size)
        except TimeoutError as exc:
            raise OverloadedError("Too many large requests at once", retry_after=RETRY_AFTER) from exc
        try:
            yield
        finally:
            self._release(size)

    async def _acquire(self, size: int) -> None:
        entry = (size, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        self._admit()
        try:
            await entry[1]
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
                self._admit()
            else:  # it was admitted at the same moment
                self._release(size)
            raise

    def _release(self, size: int) -> None:
        self._free += size
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            size, admitted = self._waiting.popleft()
            self._free -= size
            if not admitted.done():
                admitted.set_result(None)


class BodyLimits:
    """Capacity for large bodies: for reading them, and for processing them."""

    def __init__(self, max_body_bytes: int) -> None:
        self.reading = ByteLimit(max(READ_BYTES, max_body_bytes))
        self._processing = ByteLimit(max_body_bytes)
        self._in_progress = 0

    @asynccontextmanager
    async def process(self, size: int, until: float) -> AsyncIterator[None]:
        """Hold capacity for processing a large body; raises `OverloadedError` like `ByteLimit.hold`.

        Meanwhile threads switch more often: a small request releases the interpreter at each of its dozens of waits for
        a socket, and would get it back only after a full turn of the thread with the large request.
        """
        async with self._processing.hold(size, until):
            self._in_progress += 1
            sys.setswitchinterval(SHORT_SWITCH_SECONDS)
            try:
                yield
            finally:
                self._in_progress -= 1
                if not self._in_progress:
                    sys.setswitchinterval(DEFAULT_SWITCH_SECONDS)


class Guard:
    """An ASGI application in front of another one, which gets each body in one piece."""

    def __init__(self, app: Asgi, config: HttpConfig, limits: BodyLimits) -> None:
        self._app = app
        self._max_body_bytes = config.max_body_bytes
        self._cors = cors(config)
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""
        reader = BodyReader(receive, self._max_body_bytes)
        try:
            headers = _headers(scope)
            _check(scope, headers)
            if _declares_more(headers, self._max_body_bytes):
                raise reader.too_large()
            await reader.read(SMALL_BYTES)
            if reader.ended:
                await self._app(scope, _replayed(reader.body(), receive), send)
                return
            async with self._limits.reading.hold(_expected(headers, self._max_body_bytes), reader.until):
                await reader.read(self._max_body_bytes)
                body = reader.body()
                async with self._limits.process(len(body), reader.until):
                    await self._app(scope, _replayed(body, receive), send)
        except (HttpError, OverloadedError, UnicodeDecodeError) as exc:
            if isinstance(exc, BodyTooLargeError) and "expect" not in headers:
                await reader.discard()
            await self._refuse(exc, scope, send)
        except _ClientDisconnected:
            return

    async def _refuse(self, exc: Exception, scope: Scope, send: Send) -> None:
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if isinstance(exc, UnicodeDecodeError):
            exc = MalformedRequestError("The request is not UTF-8")
        failure = failure_of(exc)
        body = failure.answer(identifier := request_id(given)).json_text().encode()
        headers = {
            **SECURITY_HEADERS,
            **(self._cors.to_dict(given.get("origin")) if self._cors else {}),
            **failure.headers,
            "Cache-Control": "private, no-store",
            "Content-Type": "application/json",
            "X-Request-Id": identifier,
            "Connection": "close",
        }
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": failure.status.value, "headers": raw})
        await send({"type": "http.response.body", "body": body})


class BodyReader:
    """Reads a body piece by piece, until a time of the loop; ``ended`` says that the body is complete."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self.ended = False
        self.until = asyncio.get_running_loop().time() + BODY_SECONDS
        self._receive = receive
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0

    async def read(self, limit: int) -> None:
        """Read until the body ends or more than ``limit`` bytes were read.

        Raises `BodyTooLargeError` and `RequestTimeoutError`.
        """
        try:
            async with asyncio.timeout_at(self.until):
                while not self.ended and self._size <= limit:
                    self._parts.append(await self._next())
        except TimeoutError as exc:
            raise RequestTimeoutError(f"The body did not come within {BODY_SECONDS:.0f} seconds") from exc
        if self._size > self._max_bytes:
            raise self.too_large()

    async def discard(self) -> None:
        """Read and discard the rest, within limits: a client that is still sending may miss the answer."""
        self._parts.clear()
        with suppress(TimeoutError, _ClientDisconnected):
            async with asyncio.timeout(DISCARD_SECONDS):
                while not self.ended and self._size <= DISCARD_FACTOR * self._max_bytes:
                    await self._next()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise _ClientDisconnected
        part: bytes = message.get("body", b"")
        self._size += len(part)
        self.ended = not message.get("more_body", False)
        return part

    def body(self) -> bytes:
        """Return the bytes read, once. Raises UnicodeDecodeError."""
        body = b"".join(self._parts)
        self._parts.clear()
        body.decode()
        return body

    def too_large(self) -> BodyTooLargeError:
        """Return the error of a body over the limit."""
        return BodyTooLargeError(f"The body is larger than {self._max_bytes} bytes")


class _ClientDisconnected(Exception):  # noqa: N818 - it is never reported
    """The client hung up before its request was complete."""


def _expected(headers: dict[str, str], max_bytes: int) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() else max_bytes


def _declares_more(headers: dict[str, str], max_bytes: int) -> bool:
    length = headers.get("content-length", "")
    return length.isdecimal() and (len(length) > LENGTH_DIGITS or int(length) > max_bytes)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in scope["headers"]}


def _check(scope: Scope, headers: dict[str, str]) -> None:
    scope["query_string"].decode()
    if is_encoded(headers):
        raise EncodedBodyError
    if headers.get("upgrade", "").lower() == "websocket":
        raise MalformedRequestError("There are no WebSockets here")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the whole body, and after it what ``receive`` gives: the end of the connection."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
