"""The dashboard's files beside the API: one origin, a strict policy, and a word where nothing has been built."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from local.api import asgi
from local.page import page
from tests.integration.conftest import MakeServices, serve

SCRIPT = "console.log('WaveCom');\n" * 100
POLICY = "default-src 'none'; script-src 'self'"


class Visitor:
    """Asks an ASGI application."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def ask(self, path: str, method: str = "GET", **request: Any) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:5000") as client:
                return await client.request(method, path, **request)

        return asyncio.run(answer())


@pytest.fixture
def dashboard(tmp_path: Path) -> Path:
    """A built dashboard."""
    (tmp_path / "content-security-policy.txt").write_text(f"{POLICY}\n")
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "theme.js").write_text("theme()")
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<title>WaveCom</title>")
    (tmp_path / "dist" / "theme.js").write_text("theme()")
    (tmp_path / "dist" / "assets" / "index-1a2b.js").write_text(SCRIPT)
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
def visitor(dashboard: Path) -> Visitor:
    return Visitor(page(dashboard))


def is_guarded(answer: httpx.Response) -> bool:
    headers = answer.headers
    return headers["Content-Security-Policy"] == POLICY and headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/notifications?status=FAILED", "/status/507f1f77bcf86cd799439011", "/nowhere"])
def test_every_path_of_the_page_is_the_page_and_never_stale(visitor: Visitor, path: str) -> None:
    answer = visitor.ask(path)

    assert (answer.status_code, answer.text) == (200, "<title>WaveCom</title>")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert is_guarded(answer)


def test_what_has_its_content_in_its_name_is_kept_and_sent_compressed(visitor: Visitor) -> None:
    answer = visitor.ask("/assets/index-1a2b.js")

    assert answer.text == SCRIPT
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) <= len(gzip.compress(SCRIPT.encode())) + 50
    assert "immutable" in answer.headers["Cache-Control"]
    assert is_guarded(answer)


def test_what_has_a_fixed_name_is_asked_for_anew(visitor: Visitor) -> None:
    answer = visitor.ask("/theme.js")

    assert answer.text == "theme()"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "javascript" in answer.headers["Content-Type"]
    assert visitor.ask("/theme.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code in (200, 304)


@pytest.mark.parametrize(
    "path", ["/assets/gone.js", "/assets/", "/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"]
)
def test_what_is_not_an_asset_is_not_there(visitor: Visitor, path: str) -> None:
    answer = visitor.ask(path)

    assert answer.status_code == 404 or answer.text == "<title>WaveCom</title>"
    assert "secret" not in answer.text
    assert is_guarded(answer)


def test_it_can_be_read_only(visitor: Visitor) -> None:
    assert visitor.ask("/", "HEAD").status_code == 200
    refused = visitor.ask("/", "POST", content=b"x")
    assert refused.status_code == 405
    assert is_guarded(refused)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize(
    "path", ["/", "/assets/index-1a2b.js", "/assets/large-3c4d.js", "/theme.js", "/assets/gone.js"]
)
def test_head_beside_the_api_has_the_headers_of_get(
    dashboard: Path, make_services: MakeServices, path: str, encoding: str
) -> None:
    (dashboard / "dist" / "assets" / "large-3c4d.js").write_text(SCRIPT * 100)  # more than is read at once
    app = asgi(make_services(), page=page(dashboard))

    with serve(app) as port, httpx.Client(base_url=f"http://localhost:{port}", trust_env=False) as client:
        client.headers["Accept-Encoding"] = encoding
        get, head = client.get(path), client.head(path)

    assert int(get.headers["Content-Length"]) == get.num_bytes_downloaded
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}
    assert head.content == b""


def test_without_a_build_it_says_how_to_get_one(dashboard: Path) -> None:
    (dashboard / "dist" / "index.html").unlink()

    answer = Visitor(page(dashboard)).ask("/")

    assert answer.status_code == 404
    assert "make page" in answer.text
    assert "/api/docs" in answer.text
    assert is_guarded(answer)


def test_the_policy_lets_nothing_in_that_the_page_does_not_bring() -> None:
    answer = Visitor(page()).ask("/")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy


def test_the_policy_lets_the_page_put_attachments_into_a_bucket() -> None:
    bucket = "https://files.s3.eu-central-1.amazonaws.com"

    policy = Visitor(page(storage=bucket)).ask("/").headers["Content-Security-Policy"]

    assert f"connect-src 'self' {bucket};" in policy
    assert policy.replace(f" {bucket}", "") == Visitor(page()).ask("/").headers["Content-Security-Policy"]
