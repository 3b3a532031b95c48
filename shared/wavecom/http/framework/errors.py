"""The one map from exceptions to HTTP answers, and the errors that only HTTP has.

Every error answer is ``{"success": false, "error": {"code", "message", "details": [{"field", "message"}]},
"requestId"}``. It has at most `DETAILS_MAX` details; the message gives the number of those left out.
"""

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from wavecom.domain.errors import (
    ConflictError,
    IdempotencyConflictError,
    IllegalTransitionError,
    NotFoundError,
    OverloadedError,
    RefusedDraftError,
    UnavailableError,
)
from wavecom.http.framework.responses import Shape

logger = logging.getLogger(__name__)

UNAVAILABLE_RETRY_AFTER = timedelta(seconds=5)
DETAILS_MAX: Final = 20
ERRORS_MAX_BYTES: Final = 1_000_000
"""The most bytes of errors in one answer to a call of many items; accepted items come on top, at their full size."""
FIELD_MAX: Final = 200
"""The most characters of a field's name in an answer; the client knows longer names itself."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    field: str
    message: str


class ApiError(Shape):
    """What went wrong."""

    code: str
    message: Annotated[str, Field(description="For people; says how many details are left out, if any are")]
    details: Annotated[list[FieldError], Field(max_length=20, description="The first 20 of them")]


class ErrorAnswer(Shape):
    """Every error."""

    success: Literal[False]
    error: ApiError
    request_id: str


class HttpError(Exception):
    """An error that only HTTP has; subclasses say which."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]

    def __init__(self, message: str, details: Sequence[FieldError] = (), headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.details = details
        self.headers = headers or {}


class MalformedRequestError(HttpError):
    """The request cannot be read."""

    status, code = HTTPStatus.BAD_REQUEST, "MALFORMED_REQUEST"


class UnauthenticatedError(HttpError):
    """No API key, or none that is valid."""

    status, code = HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED"


class ForbiddenError(HttpError):
    """The API key does not allow it."""

    status, code = HTTPStatus.FORBIDDEN, "FORBIDDEN"


class UnknownPathError(HttpError):
    """The path does not exist."""

    status, code = HTTPStatus.NOT_FOUND, "NOT_FOUND"


class MethodNotAllowedError(HttpError):
    """The path exists, but not with this method."""

    status, code = HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"


class NotAcceptableError(HttpError):
    """The answer cannot have the form that the request takes."""

    status, code = HTTPStatus.NOT_ACCEPTABLE, "NOT_ACCEPTABLE"


class GoneError(HttpError):
    """The cursor leads to what is no longer kept; the detail has the oldest one that does not."""

    status, code = HTTPStatus.GONE, "CURSOR_EXPIRED"


class BodyTooLargeError(HttpError):
    """The body is larger than the limit."""

    status, code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LARGE"


class UnsupportedMediaTypeError(HttpError):
    """The body is not JSON."""

    status, code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"


class EncodedBodyError(UnsupportedMediaTypeError):
    """The body is compressed (RFC 9110, sections 8.4 and 12.5.3: 415, with the encodings that are taken)."""

    def __init__(self) -> None:
        super().__init__("The body must not be compressed or encoded", headers={"Accept-Encoding": "identity"})


class InvalidRequestError(HttpError):
    """The request can be read, but fields of it are wrong."""

    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "VALIDATION_FAILED"


class TooManyRequestsError(HttpError):
    """The key's requests of this minute are used up."""

    status, code = HTTPStatus.TOO_MANY_REQUESTS, "RATE_LIMITED"


_DOMAIN_ERRORS: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND, "NOT_FOUND"),
    (IdempotencyConflictError, HTTPStatus.CONFLICT, "IDEMPOTENCY_CONFLICT"),
    (IllegalTransitionError, HTTPStatus.CONFLICT, "STATUS_CONFLICT"),
    (ConflictError, HTTPStatus.CONFLICT, "CONFLICT"),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """The HTTP answer to an exception."""

    status: HTTPStatus
    code: str
    message: str
    details: Sequence[FieldError]
    headers: dict[str, str]

    def error(self, details_max: int = DETAILS_MAX) -> ApiError:
        """Return the ``error`` object of the envelope; the message gives the number of details left out."""
        details = [FieldError(shortened(each.field), each.message) for each in self.details[:details_max]]
        left_out = len(self.details) - len(details)
        message = f"{self.message} ({left_out} more errors are not shown)" if left_out else self.message
        return ApiError.trusted(code=self.code, message=message, details=details)

    def answer(self, request_id: str) -> ErrorAnswer:
        """Return the whole body."""
        return ErrorAnswer.trusted(success=False, error=self.error(), request_id=request_id)


def bounded_errors(failures: Iterable[Failure], max_bytes: int = ERRORS_MAX_BYTES) -> Iterator[ApiError]:
    """Yield the error of each failure, without details if all of them together would exceed ``max_bytes``."""
    left = max_bytes
    for failure in failures:
        error = failure.error()
        size = len(error.json_text().encode())
        if size > left:
            error = failure.error(details_max=0)
            size = len(error.json_text().encode())
        left -= size
        yield error


def shortened(field: str) -> str:
    """Return a field's name cut after `FIELD_MAX` characters."""
    return field if len(field) <= FIELD_MAX else f"{field[:FIELD_MAX]}…"


def failure_of(exc: Exception, *, overload_status: HTTPStatus = HTTPStatus.SERVICE_UNAVAILABLE) -> Failure:
    """Return the HTTP answer to an exception. An unexpected one is logged, and answered with 500 without its text.

    An overload is answered with ``overload_status``: 503 if all requests are refused, 429 if only some are.
    """
    match exc:
        case HttpError():
            return Failure(exc.status, exc.code, str(exc), exc.details, exc.headers)
        case RefusedDraftError():
            return failure_of(invalid_draft(exc))
        case OverloadedError():
            return Failure(overload_status, "OVERLOADED", str(exc), (), retry_after(exc.retry_after))
        case UnavailableError():
            logger.error("Dependency unavailable", exc_info=exc)
            headers = retry_after(UNAVAILABLE_RETRY_AFTER)
            return Failure(HTTPStatus.SERVICE_UNAVAILABLE, "UNAVAILABLE", str(exc), (), headers)
    for kind, status, code in _DOMAIN_ERRORS:
        if isinstance(exc, kind):
            return Failure(status, code, str(exc), (), {})
    logger.error("Unexpected error", exc_info=exc)
    return Failure(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Something went wrong on our side", (), {})


def invalid_draft(exc: RefusedDraftError, below: str = "") -> InvalidRequestError:
    """Return the error of a request whose draft was refused; ``below`` prefixes the names of its fields."""
    return InvalidRequestError(
        str(exc), [FieldError(f"{below}{_wire_name(each.field)}", each.message) for each in exc.problems]
    )


def _wire_name(field: str) -> str:
    """Return a draft's field as it is called on the wire; what is below it is the client's own name."""
    name, dot, below = field.partition(".")
    return f"{to_camel(name)}{dot}{below}"


def retry_after(wait: timedelta) -> dict[str, str]:
    """Return the Retry-After header for a wait, in whole seconds, at least one."""
    return {"Retry-After": str(max(1, math.ceil(wait.total_seconds())))}
