"""Serves the API over ASGI, with as many requests at once as there are threads, and the dashboard beside it."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvicorn
from aws_lambda_powertools.event_handler import HttpResolver

from local.page import page
from wavecom.bootstrap import collect_garbage_rarely, container
from wavecom.http.app import build, cors
from wavecom.http.errors import BodyTooLargeError, HttpError, MalformedRequestError, answer_to
from wavecom.http.headers import SECURITY_HEADERS, request_id
from wavecom.http.receipts.app import PREFIX, ReceiptServices, build_receipts
from wavecom.http.services import HttpConfig, Services
from wavecom.observability import configure_logging

THREADS = 64
GRACE_SECONDS = 10
KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep an idle connection (60 s is usual): who closes first must be the one who sends next."""
API_PREFIX = "/api/"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class ThreadedResolver(HttpResolver):
    """Powertools' ASGI resolver with each request in a thread of its own.

    The use cases are synchronous, as in Lambda; on the event loop they would wait for one another.
    """

    def prepare(self) -> None:
        """Build every route's middlewares.

        Powertools does it with a route's first request, and two of those at once would build them twice.
        """
        for route in self._static_routes + self._dynamic_routes:
            route._build_middleware_stack(self._router_middlewares, self)

    async def _resolve_async(self) -> dict[str, Any]:  # type: ignore[override]
        return await asyncio.to_thread(lambda: self._resolve().build(self.current_event, self._cors))


class Guard:
    """Stands before the resolver: refuses a body over the limit while it comes in, and bytes that are no text."""

    def __init__(self, app: Asgi, config: HttpConfig) -> None:
        self._app = app
        self._max_body_bytes = config.max_body_bytes
        self._cors = cors(config)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "lifespan":
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="request"))
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check_text(scope)
            body = await self._read(receive)
            body.decode()
        except HttpError as exc:
            await self._refuse(exc, scope, send)
        except UnicodeDecodeError:
            await self._refuse(MalformedRequestError("The request is not UTF-8"), scope, send)
        else:
            await self._app(scope, _once(body), send)

    async def _read(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            if size > self._max_body_bytes:
                raise BodyTooLargeError(f"The body is larger than {self._max_body_bytes} bytes")
            parts.append(part)
            more = message.get("more_body", False)
        return b"".join(parts)

    async def _refuse(self, exc: HttpError, scope: Scope, send: Send) -> None:
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = answer_to(exc)
        body = json.dumps(answer.envelope(identifier := request_id(given))).encode()
        headers = {
            **SECURITY_HEADERS,
            **(self._cors.to_dict(given.get("origin")) if self._cors else {}),
            "Cache-Control": "no-store",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-Request-Id": identifier,
            "Connection": "close",
        }
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status.value, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def _check_text(scope: Scope) -> None:
    for name, value in scope["headers"]:
        name.decode()
        value.decode()
    scope["query_string"].decode()


def _once(body: bytes) -> Receive:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def asgi(services: Services, receipts: ReceiptServices | None = None, page: Asgi | None = None) -> Asgi:
    """Return the API as an ASGI application.

    With ``receipts`` it has the routes of delivery reports as well; with ``page`` that answers whatever is neither.
    """
    app = build(ThreadedResolver(cors=cors(services.config)), services)
    app.prepare()
    api = Guard(app, services.config)
    places = [(API_PREFIX, api)]
    if receipts is not None:
        reports = build_receipts(ThreadedResolver(), receipts)
        reports.prepare()
        places.append((PREFIX, Guard(reports, services.config)))

    async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await api(scope, receive, send)
            return
        otherwise = page or api
        place = next((each for prefix, each in places if scope["path"].startswith(prefix)), otherwise)
        await place(scope, receive, send)

    return by_path


def application() -> Asgi:
    """Return the whole application; each process makes its own."""
    configure_logging("api")
    app = asgi(container().api_services, container().receipt_services, page())
    collect_garbage_rarely()
    return app


def main() -> None:
    """Serve on HOST and PORT in API_PROCESSES until told to stop; requests under way are finished."""
    uvicorn.run(
        "local.api:application",
        factory=True,
        workers=int(os.environ.get("API_PROCESSES", "1")),
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "5000")),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        server_header=False,
    )


if __name__ == "__main__":
    main()
