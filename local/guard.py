"""Stands before the API's resolver: bounds what is read and worked on at once, and refuses what is no request of ours.

Bodies are read here, on the event loop, before a thread is taken. Small ones never wait. Large ones wait for room,
twice: to be read, so that many senders cannot fill the memory, and to be worked on, so that the large requests of one
client leave the processor to the others.
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
"""For a whole body; as long as Amazon API Gateway waits for an answer (its quotas, "HTTP API quotas")."""
SMALL_BYTES: Final = 64 * 1024
"""What uvicorn holds of each connection anyway."""
READ_BYTES: Final = 32 * 1024 * 1024
"""Large bodies in memory at once."""
DISCARD_SECONDS: Final = 5.0
DISCARD_TIMES: Final = 4
"""How much more than the largest body is let come, and thrown away."""
USUAL_TURN_SECONDS: Final = sys.getswitchinterval()
TURN_SECONDS: Final = USUAL_TURN_SECONDS / 10
LENGTH_DIGITS: Final = 15


class RequestTimeoutError(HttpError):
    """The body did not come in time."""

    status, code = HTTPStatus.REQUEST_TIMEOUT, "REQUEST_TIMEOUT"


class Room:
    """Lets so many bytes in at once; who finds no room waits, first come, first served. For one event loop."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def hold(self, size: int, until: float) -> AsyncIterator[None]:
        """Hold ``size`` bytes; raises `OverloadedError` where there is no room ``until`` a time of the loop's."""
        size = min(size, self._size)
        try:
            async with asyncio.timeout_at(until):
                await self._take(size)
        except TimeoutError as exc:
            raise OverloadedError("Too many large requests at once", retry_after=RETRY_AFTER) from exc
        try:
            yield
        finally:
            self._give(size)

    async def _take(self, size: int) -> None:
        entry = (size, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        self._admit()
        try:
            await entry[1]
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
                self._admit()
            else:  # it was admitted in the very moment
                self._give(size)
            raise

    def _give(self, size: int) -> None:
        self._free += size
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            size, turn = self._waiting.popleft()
            self._free -= size
            if not turn.done():
                turn.set_result(None)


class Rooms:
    """Room for the large bodies that are read at once, and for those that are worked on."""

    def __init__(self, max_body_bytes: int) -> None:
        self.reading = Room(max(READ_BYTES, max_body_bytes))
        self._working = Room(max_body_bytes)
        self._at_work = 0

    @asynccontextmanager
    async def work(self, size: int, until: float) -> AsyncIterator[None]:
        """Hold room to work on a large body; raises `OverloadedError` like `Room.hold`.

        Meanwhile the threads take shorter turns: a small request gives the interpreter away at each of its dozens of
        waits for a socket, and would get it back only after a whole turn of the thread that works on the large one.
        """
        async with self._working.hold(size, until):
            self._at_work += 1
            sys.setswitchinterval(TURN_SECONDS)
            try:
                yield
            finally:
                self._at_work -= 1
                if not self._at_work:
                    sys.setswitchinterval(USUAL_TURN_SECONDS)


class Guard:
    """An ASGI application before another one, which gets each body in one piece."""

    def __init__(self, app: Asgi, config: HttpConfig, rooms: Rooms) -> None:
        self._app = app
        self._max_body_bytes = config.max_body_bytes
        self._cors = cors(config)
        self._rooms = rooms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""
        reader = BodyReader(receive, self._max_body_bytes)
        try:
            headers = _headers(scope)
            _check(scope, headers)
            if _announces_more(headers, self._max_body_bytes):
                raise reader.too_large()
            await reader.read(SMALL_BYTES)
            if reader.ended:
                await self._app(scope, _once(reader.body(), receive), send)
                return
            async with self._rooms.reading.hold(_expected(headers, self._max_body_bytes), reader.until):
                await reader.read(self._max_body_bytes)
                body = reader.body()
                async with self._rooms.work(len(body), reader.until):
                    await self._app(scope, _once(body, receive), send)
        except (HttpError, OverloadedError, UnicodeDecodeError) as exc:
            if isinstance(exc, BodyTooLargeError) and "expect" not in headers:
                await reader.discard()
            await self._refuse(exc, scope, send)
        except _Gone:
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
    """Reads a body piece by piece, until a time of the loop's; ``ended`` says whether that was all of it."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self.ended = False
        self.until = asyncio.get_running_loop().time() + BODY_SECONDS
        self._receive = receive
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0

    async def read(self, enough: int) -> None:
        """Read until the body ends or more than ``enough`` bytes are there.

        Raises `BodyTooLargeError` and `RequestTimeoutError`.
        """
        try:
            async with asyncio.timeout_at(self.until):
                while not self.ended and self._size <= enough:
                    self._parts.append(await self._next())
        except TimeoutError as exc:
            raise RequestTimeoutError(f"The body did not come within {BODY_SECONDS:.0f} seconds") from exc
        if self._size > self._max_bytes:
            raise self.too_large()

    async def discard(self) -> None:
        """Let the rest come, within bounds: who still sends when we hang up may never see the answer."""
        self._parts.clear()
        with suppress(TimeoutError, _Gone):
            async with asyncio.timeout(DISCARD_SECONDS):
                while not self.ended and self._size <= DISCARD_TIMES * self._max_bytes:
                    await self._next()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part: bytes = message.get("body", b"")
        self._size += len(part)
        self.ended = not message.get("more_body", False)
        return part

    def body(self) -> bytes:
        """Return what was read, once. Raises UnicodeDecodeError."""
        body = b"".join(self._parts)
        self._parts.clear()
        body.decode()
        return body

    def too_large(self) -> BodyTooLargeError:
        """Return the error of a body over the limit."""
        return BodyTooLargeError(f"The body is larger than {self._max_bytes} bytes")


class _Gone(Exception):  # noqa: N818 - nobody is told
    """The client hung up before its request was complete."""


def _expected(headers: dict[str, str], max_bytes: int) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() else max_bytes


def _announces_more(headers: dict[str, str], max_bytes: int) -> bool:
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


def _once(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the whole body, and after it what ``receive`` gives: the end of the connection."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
