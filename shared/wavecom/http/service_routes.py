"""The routes about the service itself: its health, its description and the page that shows it."""

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver

from wavecom.domain.errors import UnavailableError
from wavecom.http import refusals, tags
from wavecom.http import responses as shapes
from wavecom.http.documented import documented
from wavecom.http.documented_headers import WAIT_FOR_LOAD, references
from wavecom.http.headers import PAGE_POLICY, accepts_gzip, etag
from wavecom.http.middleware import json_response
from wavecom.http.services import Services
from wavecom.http.views import iso

PING_TIMEOUT = timedelta(seconds=2)
_STARTED = time.monotonic()
_VIEWER = files("aws_lambda_powertools.event_handler.openapi.swagger_ui")

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WaveCom API</title>
<link rel="stylesheet" href="/api/docs/viewer.css">
</head>
<body>
<div id="viewer">Loading…</div>
<script src="/api/docs/viewer.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
});
"""


def add_service_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add `/api/health`, `/api/openapi.json` and `/api/docs` to ``app``."""

    @app.get(
        "/api/health",
        summary="Whether the service and what it depends on answer",
        description="Asks MongoDB and the broker, two seconds at the most each. Needs no key.",
        operation_id="getHealth",
        tags=[tags.SERVICE],
        openapi_extensions={"security": []},
        responses=_health_answers(),
    )
    def health() -> Response[str]:
        states = {
            "mongodb": _state(services.store.ping),
            services.queue.name: _state(services.queue.ping),
        }
        healthy = all(state == "connected" for state in states.values())
        return json_response(
            HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE,
            {
                "status": "healthy" if healthy else "unhealthy",
                "timestamp": iso(services.clock()),
                "services": states,
                "uptime": round(time.monotonic() - _STARTED),
            },
            {"Cache-Control": "no-store"},
        )

    def openapi_document() -> str:
        from wavecom.http.openapi import openapi  # noqa: PLC0415 - only who asks for the document needs it

        return json.dumps(openapi(app))

    def static(path: str, content_type: str, text: Callable[[], str], policy: str | None = None) -> None:
        @cache
        def document() -> _Document:
            return _Document.of(text())

        @app.get(path, include_in_schema=False)
        def serve() -> Response[Any]:
            headers: dict[str, str | list[str]] = {"Content-Security-Policy": policy} if policy else {}
            return document().response(content_type, headers, compressed=accepts_gzip(app.current_event.headers))

    static("/api/openapi.json", "application/json", openapi_document)
    static("/api/docs", "text/html; charset=utf-8", lambda: _PAGE, PAGE_POLICY)
    static("/api/docs/start.js", "text/javascript; charset=utf-8", lambda: _START)
    static("/api/docs/viewer.js", "text/javascript; charset=utf-8", lambda: _asset("swagger-ui-bundle.min.js"))
    static("/api/docs/viewer.css", "text/css; charset=utf-8", lambda: _asset("swagger-ui.min.css"))


def _health_answers() -> dict[int, Any]:
    """Return the ``responses`` of health: its 503 is a report, or the local server's refusal of a large body."""
    answers = documented(HTTPStatus.OK, shapes.Health, "All is well", refusals.WITHOUT_KEY)
    unhealthy = answers[HTTPStatus.SERVICE_UNAVAILABLE]
    unhealthy["description"] = f"A dependency is down; services says which; or: {unhealthy['description']}"
    unhealthy["content"]["application/json"]["model"] = shapes.Health | shapes.ErrorAnswer
    unhealthy["headers"] = references(WAIT_FOR_LOAD)
    return answers


@dataclass(frozen=True, slots=True)
class _Document:
    """A text that stays the same while the process lives, so that it is compressed and given a tag once."""

    text: str
    compressed: bytes
    tag: str

    @classmethod
    def of(cls, text: str) -> "_Document":
        return cls(text, gzip.compress(text.encode(), mtime=0), etag(text))

    def response(
        self, content_type: str, headers: dict[str, str | list[str]], *, compressed: bool
    ) -> Response[str | bytes]:
        headers = {**headers, "ETag": self.tag}
        if not compressed:
            return Response(200, content_type=content_type, body=self.text, headers=headers)
        return _Encoded(
            200, content_type=content_type, body=self.compressed, headers={**headers, "Content-Encoding": "gzip"}
        )


class _Encoded(Response[Any]):
    """An answer whose body Powertools must not write as JSON once more."""

    def is_json(self) -> bool:
        return False


@cache
def _asset(name: str) -> str:
    return (_VIEWER / name).read_text()


def _state(ping: Callable[[timedelta], None]) -> str:
    try:
        ping(PING_TIMEOUT)
    except UnavailableError:
        return "disconnected"
    return "connected"
