"""Serves the dashboard's built files beside the API, so that a browser sees one origin."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from local.config import PROJECT
from wavecom.http.framework.headers import SECURITY_HEADERS

DASHBOARD: Final = PROJECT / "dashboard"
NOT_BUILT: Final = (
    "The dashboard has not been built. With Node.js 22 or newer, make up builds it; so does make page.\n"
    "The API works without it: /api/docs shows every call.\n"
)


class Assets(StaticFiles):
    """Files whose names change with their content, so that a browser may keep them."""

    def __init__(self, directory: Path, headers: Mapping[str, str]) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._headers = {**headers, "Cache-Control": "public, max-age=31536000, immutable"}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file. Raises `HTTPException` if there is none."""
        response = await super().get_response(path, scope)
        response.headers.update(self._headers)
        return response


def page(dashboard: Path = DASHBOARD, storage: str | None = None) -> Starlette:
    """Return an ASGI application with the page; without a build it explains how to build one.

    Every path that is not a file returns the page itself, which routes by the path. ``storage`` is the origin that
    the page puts attachments to, if it is not its own.
    """
    files = dashboard / "dist"
    policy = (dashboard / "content-security-policy.txt").read_text().strip()
    if storage is not None:
        policy = policy.replace("connect-src 'self'", f"connect-src 'self' {storage}")
    headers = {**SECURITY_HEADERS, "Content-Security-Policy": policy}

    def serve(name: str) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            del request
            if not (files / name).is_file():
                return PlainTextResponse(NOT_BUILT, status_code=404, headers=headers)
            return FileResponse(files / name, headers={**headers, "Cache-Control": "no-cache"})

        return answer

    async def refuse(request: Request, exc: Exception) -> Response:
        del request
        status = exc.status_code if isinstance(exc, HTTPException) else 500
        return PlainTextResponse("There is nothing here.\n", status_code=status, headers=headers)

    return Starlette(
        routes=[
            Mount("/assets", Assets(files / "assets", headers)),
            *(Route(f"/{path.name}", serve(path.name)) for path in (dashboard / "public").iterdir()),
            Route("/{path:path}", serve("index.html")),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1000)],
        exception_handlers={HTTPException: refuse},
    )
