"""The description of the API, and the page that shows it."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver

from wavecom.http.framework.headers import PAGE_POLICY, accepts_gzip, etag

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


def add_document_routes(app: ApiGatewayResolver) -> None:
    """Add `/api/openapi.json` and `/api/docs` to ``app``."""

    def openapi_document() -> str:
        from wavecom.http.openapi.document import openapi  # noqa: PLC0415 - only requests for the document need it

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


@dataclass(frozen=True, slots=True)
class _Document:
    """A text that never changes while the process runs, so that it is compressed and tagged once."""

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
    """An answer whose body Powertools must not encode as JSON again."""

    def is_json(self) -> bool:
        return False


@cache
def _asset(name: str) -> str:
    return (_VIEWER / name).read_text()
