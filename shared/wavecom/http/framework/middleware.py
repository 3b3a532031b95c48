"""The middleware around every request, outside in: `finish`, `admit`, `match_exactly`, `Validate`, then the route."""

import logging
import math
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, get_args, get_origin

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import OpenAPIRequestValidationMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from wavecom.domain.api_keys import Caller, Role
from wavecom.domain.rate_limits import Allowance
from wavecom.http.framework.authentication import Request, authenticate
from wavecom.http.framework.errors import (
    BodyTooLargeError,
    EncodedBodyError,
    FieldError,
    ForbiddenError,
    InvalidRequestError,
    MalformedRequestError,
    TooManyRequestsError,
    UnsupportedMediaTypeError,
    failure_of,
)
from wavecom.http.framework.headers import SECURITY_HEADERS, etag, is_encoded, is_unchanged, refuses_gzip, request_id
from wavecom.http.framework.json_body import read_json
from wavecom.http.framework.key_lookup import KeyLookup
from wavecom.http.framework.meter import ANONYMOUS, HttpMeter
from wavecom.http.framework.requests import field_errors
from wavecom.http.framework.responses import JSON, respond
from wavecom.http.services import FeedServices

logger = logging.getLogger(__name__)

Next = Callable[[ApiGatewayResolver], Response[Any]]
Middleware = Callable[[ApiGatewayResolver, Next], Response[Any]]

UNMATCHED = "unmatched"
"""The route label of requests to paths that do not exist."""
FOR_RECIPIENTS = "/u/"
"""The pages behind links in email."""
PUBLIC = ("/api/health", "/api/openapi.json", "/api/docs", FOR_RECIPIENTS)
"""Paths that need no key and count against no limit."""


def finish(meter: HttpMeter) -> Middleware:
    """Turn exceptions into answers, add the common headers, answer 304, and count the request."""

    def middleware(app: ApiGatewayResolver, call_next: Next) -> Response[Any]:
        started = time.perf_counter()
        headers = app.current_event.headers
        app.append_context(request_id=request_id(headers))
        try:
            response = call_next(app)
        except Exception as exc:  # noqa: BLE001 - every exception becomes an answer; unexpected ones are logged there
            response = error_response(app, exc)
        response.headers.update(
            {
                **SECURITY_HEADERS,
                **response.headers,
                **app.context.get("rate_limit_headers", {}),
                "X-Request-Id": app.context["request_id"],
                "Vary": "Accept-Encoding, Origin",
            }
        )
        if refuses_gzip(headers):
            response.compress = False
        _revalidate(app, response)
        known: Caller | None = app.context.get("caller")
        meter.observe(
            known.tenant_id if known else ANONYMOUS,
            app.current_event.http_method,
            app.context.get("route_label", UNMATCHED),
            response.status_code,
            time.perf_counter() - started,
        )
        return response

    return middleware


def _revalidate(app: ApiGatewayResolver, response: Response[Any]) -> None:
    scope = "" if app.current_event.path.startswith(PUBLIC) else "private, "
    kept = "no-cache" if response.status_code == HTTPStatus.OK else "no-store"
    response.headers.setdefault("Cache-Control", f"{scope}{kept}")
    if app.current_event.http_method not in {"GET", "HEAD"} or response.status_code != HTTPStatus.OK:
        return
    tag = str(response.headers.get("ETag") or etag(response.body or ""))
    response.headers["ETag"] = tag
    if is_unchanged(app.current_event.headers, tag):
        response.status_code = HTTPStatus.NOT_MODIFIED.value
        response.headers.pop("Content-Encoding", None)
        response.body = ""
        response.compress = False


def admit(services: FeedServices) -> Middleware:
    """Refuse bodies that are too large or encoded, unknown callers, and callers over their limit, in that order."""
    keys = KeyLookup(services.keys)

    def middleware(app: ApiGatewayResolver, call_next: Next) -> Response[Any]:
        event = app.current_event
        if _body_bytes(app) > services.config.max_body_bytes:
            raise BodyTooLargeError(f"The body is larger than {services.config.max_body_bytes} bytes")
        app.append_context(route_label=_route_label(app))
        if is_encoded(event.headers):
            raise EncodedBodyError
        if event.http_method == "OPTIONS" or event.path.startswith(PUBLIC):
            return call_next(app)
        request = Request(event.http_method, event.headers, client_address(app))
        known = authenticate(request, services.config, keys)
        app.append_context(caller=known)
        limit = known.rate_limit or services.config.rate_limit
        allowance = services.rate_limits.take(known.key_id, limit=limit, at=services.clock())
        app.append_context(rate_limit_headers=_rate_limit_headers(allowance))
        if not allowance.allowed:
            wait = str(max(1, math.ceil(allowance.resets_in.total_seconds())))
            raise TooManyRequestsError(f"More than {limit} requests in this minute", headers={"Retry-After": wait})
        return call_next(app)

    return middleware


def client_address(app: ApiGatewayResolver) -> str:
    """Return the client's address, which API Gateway and the local server put into the event."""
    context: dict[str, Any] = app.current_event.get("requestContext") or {}
    return str(context.get("http", {}).get("sourceIp", ""))


def _body_bytes(app: ApiGatewayResolver) -> int:
    event = app.current_event
    size = len((event.body or "").encode(errors="surrogatepass"))
    return size * 3 // 4 if event.is_base64_encoded else size


def _route_label(app: ApiGatewayResolver) -> str:
    route = app.context["_route"]
    return str(route.path) if route.func.__name__ != "not_found_handler" else UNMATCHED


def _rate_limit_headers(allowance: Allowance) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(allowance.limit),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(math.ceil(allowance.resets_in.total_seconds())),
        "RateLimit-Policy": f"{allowance.limit};w=60",
    }


class Validate(OpenAPIRequestValidationMiddleware):
    """Validates parameters and body against the route's signature.

    It runs after `admit`, whereas Powertools' own switch would run it first, and reads JSON strictly.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # Powertools leaves it without annotations

    def handler(self, app: Any, next_middleware: Any) -> Response[Any]:
        """Call the route with validated arguments. Raises the errors of `wavecom.http.framework.errors`."""
        if app.context["route_label"] == UNMATCHED:
            return next_middleware(app)  # type: ignore[no-any-return] # a Response, like any route's
        if not app.current_event.path.startswith(FOR_RECIPIENTS):  # services that count clicks add parameters
            _refuse_unknown_parameters(app)
        try:
            return super().handler(app, next_middleware)
        except RequestValidationError as exc:
            raise InvalidRequestError("The request is not valid", field_errors(exc.errors())) from exc

    def _get_body(self, app: Any) -> Any:
        event = app.current_event
        media_type = event.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != JSON:
            raise UnsupportedMediaTypeError(f"The body must be {JSON}")
        try:
            body = event.decoded_body
        except ValueError as exc:
            raise MalformedRequestError("The body is not UTF-8") from exc
        if not body:
            raise MalformedRequestError("The body is empty")
        value = read_json(body)
        if not isinstance(value, dict):  # Powertools would take the first item of a list
            raise InvalidRequestError("The request is not valid", [FieldError("body", "must be an object")])
        app.append_context(json=value)
        return value


def _refuse_unknown_parameters(app: ApiGatewayResolver) -> None:
    parameters = app.context["_route"].dependant.query_params
    known = {parameter.alias for parameter in parameters}
    lists = {parameter.alias for parameter in parameters if _is_list(parameter.field_info.annotation)}
    given = app.current_event.resolved_query_string_parameters or {}
    unknown = [FieldError(name, "is not a parameter of this request") for name in given if name not in known]
    repeated = [
        FieldError(name, "must be given once")
        for name, values in given.items()
        if len(values) > 1 and name not in lists
    ]
    if unknown or repeated:
        raise InvalidRequestError("The request has parameters that are not understood", [*unknown, *repeated])


def _is_list(annotation: Any) -> bool:
    return any(get_origin(each) is list for each in (annotation, *get_args(annotation)))


def error_response(app: ApiGatewayResolver, exc: Exception) -> Response[str]:
    """Return the answer to an exception, in the common error envelope."""
    overload_status = (
        HTTPStatus.TOO_MANY_REQUESTS if app.current_event.http_method == "POST" else HTTPStatus.SERVICE_UNAVAILABLE
    )
    failure = failure_of(exc, overload_status=overload_status)
    return respond(failure.status, failure.answer(app.context["request_id"]), failure.headers)


def caller(app: ApiGatewayResolver) -> Caller:
    """Return the caller of the request."""
    found: Caller = app.context["caller"]
    return found


def require_operator(app: ApiGatewayResolver) -> None:
    """Raise `ForbiddenError` unless the caller has an operator's key."""
    if caller(app).role is not Role.OPERATOR:
        raise ForbiddenError("Only an operator's key may do this")
