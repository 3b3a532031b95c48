"""Powertools' resolvers, with what they lack: HEAD, exact paths, and CORS from our configuration."""

import copy
from collections.abc import Iterable
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver, Route

from wavecom.http.framework.errors import MethodNotAllowedError, UnknownPathError
from wavecom.http.framework.meter import HttpMeter
from wavecom.http.framework.middleware import UNMATCHED, Next, Validate, admit, finish
from wavecom.http.services import FeedServices, HttpConfig

Resolver = TypeVar("Resolver", bound=ApiGatewayResolver)


class LambdaResolver(APIGatewayHttpResolver):
    """Powertools' resolver of HTTP API events, which omits the body of an answer to HEAD."""

    def resolve(self, event: Any, context: Any) -> dict[str, Any]:
        """Return the answer to an event, in payload format 2.0."""
        answer = super().resolve(event, context)
        if event["requestContext"]["http"]["method"] == "HEAD":
            answer |= {"body": "", "isBase64Encoded": False}
        return answer


def cors(config: HttpConfig) -> CORSConfig | None:
    """Return Powertools' CORS settings, None if no origin may call from a browser."""
    if not config.cors_origins:
        return None
    first, *others = config.cors_origins
    return CORSConfig(
        allow_origin=first,
        extra_origins=others,
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-API-Key", "X-Request-Id"],
        expose_headers=[
            "ETag",
            "Idempotency-Replayed",
            "RateLimit-Limit",
            "RateLimit-Remaining",
            "RateLimit-Reset",
            "Retry-After",
            "X-Request-Id",
        ],
        max_age=600,
    )


def answer_head(app: ApiGatewayResolver) -> None:
    """Make every GET route answer HEAD with the same headers (RFC 9110, section 9.3.2); servers drop the body."""
    for routes in (app._static_routes, app._dynamic_routes):
        for route in [each for each in routes if each.method == "GET"]:
            head = copy.copy(route)
            head.method, head.include_in_schema = "HEAD", False
            routes.append(head)


def use_middleware(app: ApiGatewayResolver, services: FeedServices) -> None:
    """Put the middleware of the API around every route of ``app``."""
    app.use([finish(HttpMeter(services.counters, services.clock)), admit(services), match_exactly, Validate()])


def match_exactly(app: ApiGatewayResolver, call_next: Next) -> Response[Any]:
    """Pass on requests that match a route. Raises `UnknownPathError` and `MethodNotAllowedError`.

    Powertools alone would ignore a newline at the end, and match ``/batch`` with ``/<notification_id>``.
    """
    if app.context["route_label"] == UNMATCHED and app.current_event.http_method == "OPTIONS" and app._cors:
        return call_next(app)
    methods = _methods(app._static_routes, app) or _methods(app._dynamic_routes, app)
    if not methods:
        raise UnknownPathError("There is no such path")
    if app.current_event.http_method not in methods:
        raise MethodNotAllowedError("This path has no such method", headers={"Allow": ", ".join(sorted(methods))})
    return call_next(app)


def _methods(routes: Iterable[Route], app: ApiGatewayResolver) -> set[str]:
    return {route.method for route in routes if route.rule.fullmatch(app.context["_path"])}
