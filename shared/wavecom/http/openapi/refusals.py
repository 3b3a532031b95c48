"""The errors of operations, for the OpenAPI document; `wavecom.http.framework.errors` writes them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

REQUEST_ID = "0192a6f0c2d4e8a17b5f9c31d2e4f607"


@dataclass(frozen=True, slots=True)
class DocumentedError:
    """An error of an operation: its condition (``text``), and an example of its message and field."""

    status: HTTPStatus
    code: str
    text: str
    message: str
    field: tuple[str, str] | None = None

    def example(self) -> dict[str, Any]:
        """Return the body of such an answer."""
        details = [{"field": self.field[0], "message": self.field[1]}] if self.field else []
        error = {"code": self.code, "message": self.message, "details": details}
        return {"success": False, "error": error, "requestId": REQUEST_ID}


UNAUTHENTICATED = DocumentedError(
    HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", "There is no valid API key", "The API key is not valid"
)
LOOPBACK_ONLY = DocumentedError(
    HTTPStatus.FORBIDDEN,
    "FORBIDDEN",
    "Without a key, the development tenant is asked by another name than localhost, or changed by a page of another "
    "origin",
    "The development tenant answers to localhost only; use an API key",
)
OPERATOR_ONLY = DocumentedError(
    HTTPStatus.FORBIDDEN, "FORBIDDEN", "The key is not an operator's", "Only an operator's key may do this"
)
INVALID_PARAMETERS = DocumentedError(
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "VALIDATION_FAILED",
    "Parameters are wrong, unknown or repeated; details name them",
    "The request is not valid",
    ("limit", "Input should be less than or equal to 100"),
)
INVALID_FIELDS = DocumentedError(
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "VALIDATION_FAILED",
    "Fields are missing, wrong or unknown; details name them",
    "The request is not valid",
    ("recipient", "is required"),
)
RATE_LIMITED = DocumentedError(
    HTTPStatus.TOO_MANY_REQUESTS,
    "RATE_LIMITED",
    "The key's requests of this minute are used up; Retry-After says when to come back",
    "More than 100 requests in this minute",
)
UNAVAILABLE = DocumentedError(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "UNAVAILABLE",
    "A dependency does not answer; Retry-After says when to come back",
    "MongoDB does not answer",
)
NOT_ACCEPTED = DocumentedError(
    HTTPStatus.TOO_MANY_REQUESTS,
    "OVERLOADED",
    "The load is extreme, and only CRITICAL notifications are accepted",
    "Only CRITICAL notifications are accepted at the moment; retry later",
)
NOT_ANSWERED = DocumentedError(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "OVERLOADED",
    "The load is high, and notifications come before lists and statistics",
    "Lists and statistics are not answered under the present load",
)
TOO_FAST = DocumentedError(
    HTTPStatus.TOO_MANY_REQUESTS,
    "OVERLOADED",
    "Earlier replays are still being paced out",
    "Too many replays at once; live traffic goes first",
)
MALFORMED = DocumentedError(
    HTTPStatus.BAD_REQUEST, "MALFORMED_REQUEST", "The body is empty, not JSON or not UTF-8", "The body is empty"
)
BODY_TOO_LARGE = DocumentedError(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "BODY_TOO_LARGE",
    "The body is larger than the limit, 4 MiB unless configured otherwise",
    "The body is larger than 4194304 bytes",
)
CROWDED = DocumentedError(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "OVERLOADED",
    "Too many large requests come at once (the local server only)",
    "Too many large requests at once",
)
UNREADABLE = DocumentedError(
    HTTPStatus.BAD_REQUEST,
    "MALFORMED_REQUEST",
    "The request is not UTF-8, or asks for a WebSocket (the local server only)",
    "The request is not UTF-8",
)
TOO_SLOW = DocumentedError(
    HTTPStatus.REQUEST_TIMEOUT,
    "REQUEST_TIMEOUT",
    "The body did not come in time (the local server only)",
    "The body did not come within 30 seconds",
)
ENCODED = DocumentedError(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "UNSUPPORTED_MEDIA_TYPE",
    "The request has a Content-Encoding: bodies must not be compressed",
    "The body must not be compressed or encoded",
)
INTERNAL = DocumentedError(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "INTERNAL_ERROR",
    "Something went wrong that nobody expected; what the call changes may be done or not",
    "Something went wrong on our side",
)
NOT_JSON = DocumentedError(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "UNSUPPORTED_MEDIA_TYPE",
    "The Content-Type is not application/json",
    "The body must be application/json",
)
KEY_REUSED = DocumentedError(
    HTTPStatus.CONFLICT,
    "IDEMPOTENCY_CONFLICT",
    "The Idempotency-Key was used for another body",
    "This Idempotency-Key was used before with another request",
)
WRONG_STATUS = DocumentedError(
    HTTPStatus.CONFLICT,
    "STATUS_CONFLICT",
    "The notification's status does not allow it",
    "A notification that is SENT cannot become CANCELLED",
)
NO_NOTIFICATION = DocumentedError(
    HTTPStatus.NOT_FOUND, "NOT_FOUND", "Your tenant has no such notification", "There is no such notification"
)
NO_SUPPRESSION = DocumentedError(
    HTTPStatus.NOT_FOUND, "NOT_FOUND", "Your tenant has no such suppression", "There is no such suppression"
)
NO_SENDER = DocumentedError(
    HTTPStatus.NOT_FOUND, "NOT_FOUND", "The tenant has no such sender", "There is no such sender"
)
TOO_MANY_SENDERS = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "The tenant has as many senders as possible",
    "The tenant has 50 senders; more are not possible",
)
NO_ATTACHMENT = DocumentedError(
    HTTPStatus.NOT_FOUND, "NOT_FOUND", "Your tenant has no such attachment", "There is no such attachment"
)
NO_CATEGORY = DocumentedError(
    HTTPStatus.NOT_FOUND, "NOT_FOUND", "Your tenant has no such category", "There is no such category"
)
TOO_MANY_CATEGORIES = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "There are as many categories as possible",
    "There are 50 categories, the most that a tenant may have",
)
NO_KEY = DocumentedError(
    HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such key, or it is revoked", "There is no such key"
)
NO_TEMPLATE = DocumentedError(
    HTTPStatus.NOT_FOUND,
    "NOT_FOUND",
    "Your tenant has no such template, or no such version",
    "There is no such template",
)
TEMPLATE_TAKEN = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "The id is taken, perhaps by an archived template, or there are too many templates",
    "There is a template with this id",
)
TEMPLATE_ARCHIVED = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "The template is archived, was changed at the same time, or has too many versions",
    "The template is archived",
)
TEMPLATE_CHANGED = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "The template was changed at the same time",
    "The template was changed at the same time; try again",
)
NOT_PUBLISHED_BEFORE = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "No version was published before this one, or the template is archived or was changed at the same time",
    "No version was published before this one",
)
NO_ENDPOINT = DocumentedError(
    HTTPStatus.NOT_FOUND, "NOT_FOUND", "Your tenant has no such endpoint", "There is no such endpoint"
)
NO_DELIVERY = DocumentedError(
    HTTPStatus.NOT_FOUND,
    "NOT_FOUND",
    "Your tenant has no such endpoint, or it has no delivery of this event",
    "There is no such delivery",
)
TOO_MANY_ENDPOINTS = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "You have as many endpoints as possible",
    "You have 20 endpoints; more are not possible",
)
NO_SEALING = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "The deployment has no SEALING_KEY",
    "This deployment has no SEALING_KEY, which the secrets of endpoints are stored with",
)
ENDPOINT_CHANGED = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "The endpoint was changed at the same time",
    "The endpoint was changed at the same time: try again",
)
ENDPOINT_DISABLED = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "The endpoint is disabled, or was changed at the same time",
    "The endpoint is disabled: enable it first",
)
DELIVERY_BUSY = DocumentedError(
    HTTPStatus.CONFLICT,
    "CONFLICT",
    "An attempt is under way, the endpoint is disabled, or the event is no longer kept",
    "An attempt is under way",
)
NO_STREAMS = DocumentedError(
    HTTPStatus.NOT_ACCEPTABLE,
    "NOT_ACCEPTABLE",
    "A stream is asked for (not the local server)",
    "There are no streams here: wait=20 holds the answer back until there is an event",
)
CURSOR_EXPIRED = DocumentedError(
    HTTPStatus.GONE,
    "CURSOR_EXPIRED",
    "Events after the cursor are no longer kept; the detail has the oldest cursor that is",
    "Events after this cursor are no longer kept",
    ("after", "4711"),
)

UNKNOWN_PARAMETERS = DocumentedError(
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "VALIDATION_FAILED",
    "Parameters are unknown or repeated; details name them",
    "The request has parameters that are not understood",
    ("colour", "is not a parameter of this request"),
)

ANY_REQUEST = (UNREADABLE, TOO_SLOW, BODY_TOO_LARGE, ENCODED, INTERNAL, CROWDED)
"""Errors of every operation, with or without a body or a key."""
WITHOUT_KEY = (UNKNOWN_PARAMETERS, *ANY_REQUEST)
ALWAYS = (UNAUTHENTICATED, LOOPBACK_ONLY, INVALID_PARAMETERS, RATE_LIMITED, UNAVAILABLE, *ANY_REQUEST)
WITH_BODY = (
    MALFORMED,
    UNAUTHENTICATED,
    LOOPBACK_ONLY,
    NOT_JSON,
    INVALID_FIELDS,
    UNKNOWN_PARAMETERS,
    RATE_LIMITED,
    UNAVAILABLE,
    *ANY_REQUEST,
)
