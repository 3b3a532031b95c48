"""Holds answers of the API to its OpenAPI document: status, headers and body."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import httpx
import jsonschema_rs

from local.config import PROJECT
from wavecom.http.framework.headers import SECURITY_HEADERS

REFUSALS: Final = {400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 500, 503}
"""What a request may get that is for no operation: errors that come before a route, instead of one, or from one that is
not described."""
OF_THE_SERVER: Final = {400, 408, 431, 503}
"""What the local server answers itself, in plain text, before there is a request for the API. The document says so in
its introduction, since it is of no operation."""
UNDESCRIBED_PATHS: Final = re.compile(r"/api/(openapi\.json|docs(/.*)?)")
"""The document does not describe itself, nor the page that shows it."""
UNDESCRIBED_HEADERS: Final = {each.lower() for each in SECURITY_HEADERS} | {
    # General fields of HTTP, which mean the same in every answer: RFC 9110 and 9111.
    *("cache-control", "connection", "content-encoding", "content-length", "content-type", "date", "vary"),
    # Of the Fetch standard, section 3.3.3; for browsers, where an origin is allowed.
    *("access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-headers"),
    *("access-control-allow-methods", "access-control-expose-headers", "access-control-max-age"),
}
"""Headers that the document need not describe."""


@dataclass(frozen=True)
class Operation:
    """An operation of the document: its id and its answers by status."""

    id: str
    responses: Mapping[str, Any]


class Contract:
    """What the document promises. Its checks raise AssertionError where an answer is another."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._paths = [(_pattern(path), operations) for path, operations in document["paths"].items()]
        self._paths.sort(key=lambda item: "+" in item[0].pattern)  # a path without parameters goes first, as in the API

    def operation(self, method: str, path: str) -> Operation | None:
        """Return the operation of a request, None where it is for none. HEAD is for the operation of GET."""
        method = "get" if method == "HEAD" else method.lower()
        operations: dict[str, Any] = next(
            (operations for pattern, operations in self._paths if pattern.fullmatch(path)), {}
        )
        found = operations.get(method)
        return found and Operation(found["operationId"], found["responses"])

    def check(
        self, operation: Operation, status: int, headers: Mapping[str, str], body: bytes, *, head: bool = False
    ) -> None:
        """Hold an answer to what ``operation`` may answer; ``head`` says that no body is to come."""
        assert str(status) in operation.responses, f"{operation.id} is not described to answer {status}: {body[:500]!r}"
        answer = self._resolved(operation.responses[str(status)])
        where = f"{operation.id}, {status}"
        self._check_headers(where, answer.get("headers", {}), headers)
        if head:
            assert body == b"", f"{where}: has a body"
        else:
            self._check_body(where, answer["content"], headers, body)

    def check_refusal(self, status: int, headers: Mapping[str, str], body: bytes, *, head: bool = False) -> None:
        """Hold to the form of all errors what a request got that is for no operation."""
        where = f"for no operation, {status}"
        assert status in REFUSALS, f"{where}: is no error that is known: {body[:500]!r}"
        assert "x-request-id" in headers, f"{where}: has no X-Request-Id"
        if head:
            assert body == b"", f"{where}: has a body"
            return
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
        self._check_body(where, content, headers, body)

    def _check_headers(self, where: str, described: Mapping[str, Any], given: Mapping[str, str]) -> None:
        by_name = {name.lower(): self._resolved(header) for name, header in described.items()}
        for name, value in given.items():
            if name.lower() in UNDESCRIBED_HEADERS:
                continue
            assert name.lower() in by_name, f"{where}: the header {name} is not described"
            schema = by_name[name.lower()]["schema"]
            self._validate(f"{where}, {name}", schema, int(value) if _is_number(schema, value) else value)
        missing = {name for name, header in by_name.items() if header.get("required")} - {
            each.lower() for each in given
        }
        assert not missing, f"{where}: there is no {', '.join(sorted(missing))}"

    def _check_body(self, where: str, content: Mapping[str, Any], headers: Mapping[str, str], body: bytes) -> None:
        media_type = headers.get("content-type", "").partition(";")[0]
        assert media_type in content, f"{where}: {media_type!r} is not described"
        text = body.decode()
        self._validate(where, content[media_type]["schema"], json.loads(text) if media_type.endswith("json") else text)

    def _validate(self, where: str, schema: dict[str, Any], value: object) -> None:
        key = json.dumps(schema)
        if key not in self._validators:
            whole = {"components": self.document["components"], **schema}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        error = next(iter(self._validators[key].iter_errors(value)), None)
        assert error is None, f"{where}: {error}"

    def _resolved(self, described: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in described:
            return described
        _, _, kind, name = described["$ref"].split("/")
        found: dict[str, Any] = self.document["components"][kind][name]
        return found


class HeldTransport(httpx.BaseTransport):
    """A transport whose every answer is held to the contract. A request raises AssertionError where it is not kept."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the whole answer to a request, as it came."""
        answer = self._transport.handle_request(request)
        assert isinstance(answer.stream, httpx.SyncByteStream)
        raw = b"".join(answer.stream)
        answer.close()
        decoded = httpx.Response(answer.status_code, headers=answer.headers, content=raw)
        _hold(request, decoded)
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=httpx.ByteStream(raw), extensions=answer.extensions
        )

    def close(self) -> None:
        """Close the transport behind it."""
        self._transport.close()


def _hold(request: httpx.Request, answer: httpx.Response) -> None:
    if _is_preflight(request) or _is_the_servers_own(answer):
        return
    head = request.method == "HEAD"
    found = contract().operation(request.method, request.url.path)
    if found is not None and answer.status_code == 304 and "if-none-match" in request.headers:
        # What a 200 would have without its body (RFC 9110, section 15.4.5).
        contract().check(found, 200, answer.headers, answer.content, head=True)
    elif found is not None:
        contract().check(found, answer.status_code, answer.headers, answer.content, head=head)
    elif not (_is_page_for_recipients(answer) or _is_undescribed(request, answer)):
        contract().check_refusal(answer.status_code, answer.headers, answer.content, head=head)


@cache
def contract() -> Contract:
    """Return the committed document's promises; a test holds the document to the routes."""
    return Contract(json.loads((PROJECT / "docs" / "openapi.json").read_text()))


def _is_undescribed(request: httpx.Request, answer: httpx.Response) -> bool:
    """Whether the document leaves an answer out."""
    return UNDESCRIBED_PATHS.fullmatch(request.url.path) is not None and answer.status_code in {200, 304}


def _is_page_for_recipients(answer: httpx.Response) -> bool:
    """Whether an answer is the page behind links in email, which also tells that a link is none of ours."""
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    return is_page and answer.status_code in {200, 404} and answer.headers["cache-control"] == "no-store"


def _is_preflight(request: httpx.Request) -> bool:
    """Whether a browser asks before a request of another origin (Fetch standard, section 3.3.2): of no operation."""
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def _is_the_servers_own(answer: httpx.Response) -> bool:
    """Whether an answer is the word of uvicorn or of `local.protocol`: the status' phrase, and the connection's end."""
    phrase = HTTPStatus(answer.status_code).phrase
    return (
        answer.status_code in OF_THE_SERVER
        and answer.headers.get("content-type", "").startswith("text/plain")
        and answer.headers.get("connection") == "close"
        and answer.text.strip() == phrase
    )


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", path)))


def _is_number(schema: Mapping[str, Any], value: str) -> bool:
    return schema.get("type") == "integer" and value.isdecimal()
