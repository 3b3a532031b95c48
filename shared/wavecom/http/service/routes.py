"""The route that shows the service's health."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver

from wavecom.http.framework.errors import ErrorAnswer
from wavecom.http.framework.responses import respond
from wavecom.http.openapi import refusals, tags
from wavecom.http.openapi.headers import WAIT_FOR_LOAD, references
from wavecom.http.openapi.operations import documented
from wavecom.http.service.documents import add_document_routes
from wavecom.http.service.responses import Health
from wavecom.http.services import Services


def add_service_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add `/api/health` and the documents of the API to ``app``."""
    add_document_routes(app)

    @app.get(
        "/api/health",
        summary="Whether the service and what it depends on answer",
        description="Asks MongoDB and the broker, two seconds at the most each. Needs no key.",
        operation_id="getHealth",
        tags=[tags.SERVICE],
        openapi_extensions={"security": []},
        responses=_health_answers(),
    )
    def health() -> Response[str]:
        found = services.health.check()
        status = HTTPStatus.OK if found.is_healthy else HTTPStatus.SERVICE_UNAVAILABLE
        return respond(status, Health.from_domain(found), {"Cache-Control": "no-store"})


def _health_answers() -> dict[int, Any]:
    """Return the ``responses`` of health: its 503 is a report, or the local server's refusal of a large body."""
    answers = documented(HTTPStatus.OK, Health, "All is well", refusals.WITHOUT_KEY)
    unhealthy = answers[HTTPStatus.SERVICE_UNAVAILABLE]
    unhealthy["description"] = f"A dependency is down; services says which; or: {unhealthy['description']}"
    unhealthy["content"]["application/json"]["model"] = Health | ErrorAnswer
    unhealthy["headers"] = references(WAIT_FOR_LOAD)
    return answers
