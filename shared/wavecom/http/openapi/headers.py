"""The headers of answers in the OpenAPI document, by name; each is described once, under its components."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

_RETRY_AFTER = {"schema": {"type": "integer", "minimum": 1}, "example": 60}

COMPONENTS: Mapping[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The request's id: the X-Request-Id that was sent, where it is fit to repeat, or a new one",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "example": "0192a6f0c2d4e8a17b5f9c31d2e4f607",
    },
    "RateLimit-Limit": {
        "description": "Requests a minute that the key has; not where the request is refused before its key is counted",
        "schema": {"type": "integer", "minimum": 1},
        "example": 100,
    },
    "RateLimit-Remaining": {
        "description": "Requests that are left of this minute",
        "schema": {"type": "integer", "minimum": 0},
        "example": 99,
    },
    "RateLimit-Reset": {
        "description": "Seconds until all of them are there again",
        "schema": {"type": "integer", "minimum": 0},
        "example": 42,
    },
    "RateLimit-Policy": {
        "description": "The limit, and its window in seconds",
        "schema": {"type": "string", "pattern": r"^\d+;w=60$"},
        "example": "100;w=60",
    },
    "ETag": {
        "description": "The answer's tag; with it in If-None-Match, an unchanged answer is a 304 without a body",
        "required": True,
        "schema": {"type": "string", "pattern": '^W/"[0-9a-f]{32}"$'},
        "example": 'W/"6b03a1f0c2d4e8a17b5f9c316b03a1f0"',
    },
    "Retry-After": {"description": "Seconds to wait", "required": True, **_RETRY_AFTER},
    "Retry-After-For-Load": {
        "description": "Seconds to wait; given where something is refused for the load",
        **_RETRY_AFTER,
    },
    "Idempotency-Replayed": {
        "description": "Given where the answer is that of an earlier call with the same Idempotency-Key",
        "schema": {"const": "true"},
        "example": "true",
    },
    "WWW-Authenticate": {
        "description": "How to authenticate (RFC 9110, section 11.6.1)",
        "required": True,
        "schema": {"type": "string"},
        "example": 'Bearer realm="WaveCom"',
    },
    "Accept-Encoding": {
        "description": "The encodings of a body that are taken: none; given where the body's was another",
        "schema": {"const": "identity"},
        "example": "identity",
    },
}
"""Response headers by the names of their components. All but one have the same name in answers."""

RATE_LIMIT = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")
HEADERS_BY_STATUS: Mapping[int, tuple[str, ...]] = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("Accept-Encoding",),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After",),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}
"""Headers that every error of a status has."""
REPLAYED = {"Idempotency-Replayed": "Idempotency-Replayed"}
WAIT_FOR_LOAD = {"Retry-After": "Retry-After-For-Load"}


def references(names: Mapping[str, str]) -> dict[str, Any]:
    """Return the ``headers`` of an answer: references to components, by the header's name."""
    return {header: {"$ref": f"#/components/headers/{component}"} for header, component in names.items()}
