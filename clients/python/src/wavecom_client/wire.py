"""Requests and answers as values: the core yields the first and is given the second, and never waits itself.

A ``Call`` is a generator of steps. Whoever runs it, with threads or with asyncio, performs each step and sends its
result back; what the generator returns is the result of the call.
"""

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

T = TypeVar("T")

QueryValue = str | int | bool | datetime | Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, complete with its headers. The whole answer must be there after ``timeout_seconds``.

    Its text has neither the key nor the body, since error trackers write down what local variables hold.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with any status; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No answer. ``sent`` says that the request may have arrived, ``lasting`` that a second one would fail as well."""

    text: str
    sent: bool
    timed_out: bool
    lasting: bool
    cause: Exception


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait."""

    seconds: float


Step = Request | Pause
Call = Generator[Step, Answer | Failure | None, T]


def send(request: Request) -> Call[Answer | Failure]:
    """Have a request made, once."""
    result = yield request
    assert result is not None, "A request has an answer or fails"
    return result


def to_json(body: object) -> bytes:
    """Return a body as JSON, with moments as RFC 3339 texts. Raises `ValueError` for a time without a zone."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def segment(text: str) -> str:
    """Return an id as one segment of a path, whatever is in it. Raises `ValueError` if it is none."""
    if text in {"", ".", ".."}:
        raise ValueError("An id is needed")
    return quote(text, safe="")


def query_text(value: str | int | bool | datetime | Sequence[str]) -> str:
    """Return a value as it stands in a query."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return value
        case int() | datetime():
            return str(value) if isinstance(value, int) else moment(value)
        case _:
            return ",".join(value)


def moment(at: datetime) -> str:
    """Return a moment in UTC (RFC 3339). Raises `ValueError` if it has no zone."""
    if at.tzinfo is None:
        raise ValueError("A moment needs a time zone: datetime.now(UTC), not datetime.now()")
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return moment(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
