"""Serves the API over ASGI, one thread a request, and the dashboard beside it."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Final

import uvicorn
from aws_lambda_powertools.event_handler import HttpResolver
from starlette.middleware.cors import CORSMiddleware

from local.config import StackError, check_host
from local.event_stream import EventStreams
from local.guard import Asgi, BodyLimits, Guard, Message, Receive, Scope, Send
from local.page import page
from local.protocol import BoundedProtocol
from local.uploads import Uploads
from wavecom.adapters.mongo.attachments.files import PATH as UPLOADS
from wavecom.adapters.mongo.attachments.files import TOKEN_HEADER
from wavecom.adapters.s3.address import bucket_origin
from wavecom.bootstrap import collect_garbage_rarely, container
from wavecom.bootstrap.api import Api
from wavecom.http.app import build
from wavecom.http.fields.events import EVENT_STREAM
from wavecom.http.framework.middleware import FOR_RECIPIENTS
from wavecom.http.framework.resolver import cors
from wavecom.http.receipts.app import PREFIX, ReceiptServices, build_receipts
from wavecom.http.services import Services
from wavecom.observability import configure_logging
from wavecom.settings import Settings

THREADS = 64
GRACE_SECONDS = 10
KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep an idle connection (usually 60 s): the side that sends next must be the one that closes."""
CONNECTIONS_MAX = 1_000
"""Beyond this limit, requests get 503: each may hold some 200 KB before `local.guard` limits it."""
API_PREFIX = "/api/"
SERVER: Final[dict[str, Any]] = {
    "http": BoundedProtocol,
    "ws": "none",
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "limit_concurrency": CONNECTIONS_MAX,
    "timeout_graceful_shutdown": GRACE_SECONDS,
    "timeout_keep_alive": KEEP_ALIVE_SECONDS,
}
"""Settings of uvicorn."""


_address: ContextVar[str] = ContextVar("address", default="")


class ThreadedResolver(HttpResolver):
    """Powertools' ASGI resolver with each request in a thread of its own.

    The use cases are synchronous, as in Lambda; on the event loop they would wait for one another.
    """

    def prepare(self) -> None:
        """Build every route's middlewares.

        Powertools does it with a route's first request; two of these in parallel would build them twice.
        """
        for route in self._static_routes + self._dynamic_routes:
            route._build_middleware_stack(self._router_middlewares, self)

    async def asgi_handler(self, scope: Scope, receive: Any, send: Any) -> None:
        """Handle a request, and keep its sender's address, which Powertools does not."""
        _address.set((scope.get("client") or ("",))[0])
        await super().asgi_handler(scope, receive, send)

    async def _resolve_async(self) -> dict[str, Any]:  # type: ignore[override]
        self.current_event["requestContext"]["http"]["sourceIp"] = _address.get()
        return await asyncio.to_thread(lambda: self._resolve().build(self.current_event, self._cors))


class _WholeAnswer:
    """Sends an answer in one piece, with its Content-Length (RFC 9110, section 8.6: none with 204 and 304).

    A stream of events goes through as it comes.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._parts: list[bytes] = []
        self._is_stream = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            self._is_stream = (b"content-type", EVENT_STREAM.encode()) in message["headers"]
            if self._is_stream:
                await self._send(message)
            return
        if self._is_stream:
            await self._send(message)
            return
        self._parts.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        body = b"".join(self._parts)
        headers = [header for header in self._start["headers"] if header[0].lower() != b"content-length"]
        if self._start["status"] not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def asgi(
    services: Services,
    receipts: ReceiptServices | None = None,
    page: Asgi | None = None,
    uploads: Asgi | None = None,
) -> Asgi:
    """Return the API as an ASGI application.

    With ``receipts`` it includes the routes of delivery reports, and with ``uploads`` that of the bytes of attachments;
    with ``page`` that one answers all other paths.
    """
    app = build(ThreadedResolver(cors=cors(services.config)), services)
    app.prepare()
    limits = BodyLimits(services.config.max_body_bytes)
    api = Guard(EventStreams(app, services), services.config, limits)
    routes: list[tuple[str, Asgi]] = [(API_PREFIX, api), (FOR_RECIPIENTS, api)]
    if receipts is not None:
        reports = build_receipts(ThreadedResolver(), receipts)
        reports.prepare()
        routes.append((PREFIX, Guard(reports, services.config, limits)))
    if uploads is not None:
        origins = services.config.cors_origins
        headers = ["Content-Type", TOKEN_HEADER]
        routes.append((UPLOADS, CORSMiddleware(uploads, origins, allow_methods=["PUT"], allow_headers=headers)))
    default = Guard(_get_only(page), services.config, limits) if page is not None else api

    async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="request"))
            await app(scope, receive, send)
        elif scope["type"] == "http":
            handler = next((each for prefix, each in routes if scope["path"].startswith(prefix)), default)
            await handler(scope, receive, _WholeAnswer(send))

    return by_path


def _get_only(page: Asgi) -> Asgi:
    """Let ``page`` answer HEAD like GET, compression included; the server omits the body."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await page({**scope, "method": "GET"} if scope["method"] == "HEAD" else scope, receive, send)

    return answer


def application() -> Asgi:
    """Return the whole application; each process creates its own."""
    configure_logging("api")
    parts = container()
    uploads = Uploads(parts.files_in_database, parts.clock) if parts.settings.uploads_url else None
    dashboard = page(storage=_storage(parts.settings))
    app = asgi(Api(parts).services, parts.receipt_services, dashboard, uploads)
    collect_garbage_rarely()
    return app


def _storage(settings: Settings) -> str | None:
    """Return the origin of the bucket of attachments, None where the database keeps them."""
    if settings.attachments_bucket is None:
        return None
    return bucket_origin(
        settings.attachments_bucket, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url
    )


def main() -> None:
    """Serve on HOST and PORT in API_PROCESSES until a stop signal; requests in progress are finished."""
    host = os.environ.get("HOST") or "127.0.0.1"
    try:
        check_host(host, os.environ.get("DEVELOPMENT_TENANT"))
    except StackError as exc:
        raise SystemExit(str(exc)) from exc
    uvicorn.run(
        "local.api:application",
        factory=True,
        workers=int(os.environ.get("API_PROCESSES", "1")),
        host=host,
        port=int(os.environ.get("PORT", "5000")),
        **SERVER,
    )


if __name__ == "__main__":
    main()
