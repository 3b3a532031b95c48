"""Streams the feed as server-sent events (WHATWG HTML Standard, section 9.2), with a coroutine for each reader."""

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from local.guard import Asgi, Message, Receive, Scope, Send
from local.protocol import CONNECTION, Connection
from wavecom.domain.errors import OverloadedError, UnavailableError
from wavecom.domain.events.event import EventType
from wavecom.http.events.responses import Event
from wavecom.http.fields.events import EVENT_STREAM, asks_for_stream, read_types
from wavecom.http.framework.authentication import Request, authenticate
from wavecom.http.framework.errors import HttpError
from wavecom.http.framework.key_lookup import KeyLookup
from wavecom.http.services import Services

PATH: Final = "/api/events"
STREAMS_MAX: Final = 32
"""The most streams of a process; a further one gets 503."""
THREADS: Final = 4
"""The threads in which all streams look for events, beside those of the API."""
PAGE: Final = 100
LOOK_SECONDS: Final = 0.5
HEARTBEAT_SECONDS: Final = 15.0
"""The time after which a comment is sent, and the key checked anew."""
STALL_SECONDS: Final = 60.0
"""The longest that a reader may take nothing before it is cut off."""
END_SECONDS: Final = 1.0
"""The time for the end of a stream to be sent."""
RETRY_AFTER: Final = timedelta(seconds=5)
OF_A_PAGE: Final = frozenset({b"accept", b"accept-encoding", b"if-none-match", b"last-event-id"})
"""Headers of a request that a page and a stream do not have in common."""
OF_AN_ANSWER: Final = frozenset({b"content-type", b"content-length", b"cache-control", b"etag"})

Query = Sequence[tuple[str, str]]
Result = TypeVar("Result")


class EventStreams:
    """An ASGI application in front of the API, which answers the feed to ``Accept: text/event-stream`` as a stream.

    The API answers with the first page, so that key, rate limit and parameters count as for a page. What it refuses is
    passed on.
    """

    def __init__(self, app: Asgi, services: Services) -> None:
        self._app = app
        self._services = services
        self._keys = KeyLookup(services.keys)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="stream")
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request. Raises `OverloadedError` where there are too many streams."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not asks_for_stream(headers):
            await self._app(scope, receive, send)
            return
        if self._open >= STREAMS_MAX:
            raise OverloadedError("There are too many streams; wait=20 works without one", retry_after=RETRY_AFTER)
        self._open += 1
        try:
            await self._answer(scope, headers, receive, send)
        finally:
            self._open -= 1

    async def _answer(self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send) -> None:
        query = _query(scope, headers)
        first = _Answer()
        await self._app(_of_page(scope, query), receive, first)
        if first.start["status"] != HTTPStatus.OK:
            await send(first.start)
            await send({"type": "http.response.body", "body": first.body})
            return
        request = Request("GET", headers, (scope.get("client") or ("",))[0])
        types = read_types([value for name, value in query if name == "types"])
        kept = [each for each in first.start["headers"] if each[0].lower() not in OF_AN_ANSWER]
        kept += [(b"content-type", EVENT_STREAM.encode()), (b"cache-control", b"no-store")]
        await send({**first.start, "headers": kept})
        writing = asyncio.create_task(self._write(request, types, json.loads(first.body)["data"], send))
        await _until_it_ends(writing, scope["extensions"][CONNECTION], receive, send)

    async def _write(self, request: Request, types: Collection[EventType], first: dict[str, Any], send: Send) -> None:
        """Write events as they come, until the key or the database fails, or the reader takes nothing any more.

        Of one reader no more than a page is in memory: the next one is read when this one was taken.
        """
        frames = [_frame(each["cursor"], each["type"], _json(each)) for each in first["events"]]
        cursor = int(first["nextCursor"])
        try:
            tenant_id = await self._check(request)
            check_at = _now() + HEARTBEAT_SECONDS
            while True:
                if _now() >= check_at:
                    await self._check(request)
                    check_at = _now() + HEARTBEAT_SECONDS
                    frames.append(":\n\n")
                if frames:
                    async with asyncio.timeout(STALL_SECONDS):
                        await send({"type": "http.response.body", "body": "".join(frames).encode(), "more_body": True})
                if len(frames) < PAGE:
                    await asyncio.sleep(LOOK_SECONDS)
                page = await self._run(
                    partial(self._services.feed.go_on, tenant_id, after=cursor, types=types, limit=PAGE)
                )
                cursor = page.next
                found = [Event.from_domain(position, event) for position, event in page.events]
                frames = [_frame(each.cursor, each.type, each.json_text()) for each in found]
        except (HttpError, UnavailableError, TimeoutError):
            return

    async def _check(self, request: Request) -> str:
        """Return the tenant of a request's key, and keep its feed on. Raises `HttpError` and `UnavailableError`."""
        caller = await self._run(lambda: authenticate(request, self._services.config, self._keys))
        await self._run(lambda: self._services.feed.latest(caller.tenant_id))
        return caller.tenant_id

    async def _run(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


class _Answer:
    """Takes an answer and keeps it."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


async def _until_it_ends(writing: "asyncio.Task[None]", connection: Connection, receive: Receive, send: Send) -> None:
    """Wait until a stream has ended, its client has gone or the server stops, and end the answer."""
    tasks = [writing, asyncio.create_task(_gone(receive)), asyncio.create_task(connection.stopping.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.wait(tasks)
    try:
        async with asyncio.timeout(END_SECONDS):
            await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        connection.abort()
    if not writing.cancelled():
        writing.result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _query(scope: Scope, headers: dict[str, str]) -> Query:
    """Return the parameters of the first page: those of the request, with ``Last-Event-ID`` as ``after``."""
    resumed = headers.get("last-event-id")
    given = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
    left_out = {"wait"} if resumed is None else {"wait", "after"}
    kept = [(name, value) for name, value in given if name not in left_out]
    return kept if resumed is None else [*kept, ("after", resumed)]


def _of_page(scope: Scope, query: Query) -> Scope:
    headers = [each for each in scope["headers"] if each[0] not in OF_A_PAGE]
    return {**scope, "headers": headers, "query_string": urlencode(query).encode()}


def _frame(cursor: str, kind: str, data: str) -> str:
    return f"id: {cursor}\nevent: {kind}\ndata: {data}\n\n"


def _json(event: dict[str, Any]) -> str:
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def _now() -> float:
    return asyncio.get_running_loop().time()
