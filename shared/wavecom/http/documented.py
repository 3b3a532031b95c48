"""What routes have in common in the OpenAPI document: parameters, and the answers that several give."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from wavecom.http import responses as shapes
from wavecom.http.recipients import MAX_LENGTH

NotificationId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Repeat a call with its key and get its answer again, not a second notification",
    ),
]

RecipientQuery = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=MAX_LENGTH,
        description="In full, as in a body: case of the domain and separators of a phone number do not matter",
    ),
]

_ERRORS = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read",
    HTTPStatus.UNAUTHORIZED: "No valid API key",
    HTTPStatus.FORBIDDEN: "Not allowed with this key",
    HTTPStatus.NOT_FOUND: "No such notification",
    HTTPStatus.CONFLICT: "The present state does not allow it",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Fields are wrong",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; see Retry-After",
    HTTPStatus.SERVICE_UNAVAILABLE: "A dependency is down; see Retry-After",
}
ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
WITH_BODY = (
    *ALWAYS,
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
OF_ONE = (*ALWAYS, HTTPStatus.NOT_FOUND)


def documented(status: HTTPStatus, shape: type, text: str, errors: tuple[HTTPStatus, ...]) -> dict[int, Any]:
    """Return the ``responses`` of a route for the OpenAPI document."""
    answers = {status.value: {"description": text, "content": {"application/json": {"model": shape}}}}
    for error in errors:
        answers[error.value] = {
            "description": _ERRORS[error],
            "content": {"application/json": {"model": shapes.ErrorAnswer}},
        }
    return answers
