"""Puts the API together: the same routes for the Lambda handler and for the local server."""

from collections.abc import Iterable
from typing import TypeVar

from aws_lambda_powertools.event_handler import CORSConfig, Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver, Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError

from wavecom.http.errors import MethodNotAllowedError, UnknownPathError
from wavecom.http.meter import HttpMeter
from wavecom.http.middleware import Validate, admit, finish
from wavecom.http.routes import add_routes
from wavecom.http.service_routes import add_service_routes
from wavecom.http.services import HttpConfig, Services

Resolver = TypeVar("Resolver", bound=ApiGatewayResolver)


def cors(config: HttpConfig) -> CORSConfig | None:
    """Return Powertools' CORS settings, None where no origin may call from a browser."""
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


def build(app: Resolver, services: Services) -> Resolver:
    """Give ``app`` every route and all that surrounds them, and return it."""
    app.use([finish(HttpMeter(services.counters, services.clock)), admit(services), Validate()])
    add_routes(app, services)
    add_service_routes(app, services)

    def unknown_path(_: RouteNotFoundError) -> Response[str]:
        allowed = _methods(app._static_routes, app) or _methods(app._dynamic_routes, app)
        if allowed:
            raise MethodNotAllowedError("This path has no such method", headers={"Allow": ", ".join(sorted(allowed))})
        raise UnknownPathError("There is no such path")

    app.not_found(unknown_path)
    return app


def _methods(routes: Iterable[Route], app: ApiGatewayResolver) -> set[str]:
    return {route.method for route in routes if route.rule.fullmatch(app.current_event.path)}
