"""The routes of endpoints."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from wavecom.application.webhooks.manage import ManageWebhooks
from wavecom.domain.errors import ConflictError
from wavecom.domain.webhooks.endpoint import ENDPOINT_ID
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import DoneAnswer, done, success
from wavecom.http.openapi import example_ids, refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.services import Services
from wavecom.http.webhooks.requests import ChangeEndpoint, CreateEndpoint, RecoverEndpoint
from wavecom.http.webhooks.responses import (
    Endpoint,
    EndpointAnswer,
    EndpointsAnswer,
    RecoveryAnswer,
    SentTest,
    SentTestAnswer,
    StartedRecovery,
)

EndpointId = Annotated[
    str,
    Path(pattern=f"^{ENDPOINT_ID.pattern}$", description="The endpoint's id", examples=[example_ids.ENDPOINT_ID]),
]


def add_endpoint_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes of endpoints to ``app``; those of their deliveries stand in `delivery_routes`."""
    _add_list_endpoints(app, services)
    _add_create_endpoint(app, services)
    _add_get_endpoint(app, services)
    _add_change_endpoint(app, services)
    _add_remove_endpoint(app, services)
    _add_rotate_secret(app, services)
    _add_test_endpoint(app, services)
    _add_recover_endpoint(app, services)


def webhooks_of(services: Services) -> ManageWebhooks:
    """Return the use case. Raises `ConflictError` where the deployment has no key for the secrets of endpoints."""
    if services.webhooks is None:
        raise ConflictError("This deployment has no SEALING_KEY, which the secrets of endpoints are stored with")
    return services.webhooks


def _add_list_endpoints(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/webhooks",
        summary="List endpoints",
        description="Your endpoints, 20 at the most, in the order of their ids.",
        operation_id="listEndpoints",
        tags=[tags.WEBHOOKS],
        responses=documented(HTTPStatus.OK, EndpointsAnswer, "All endpoints", [*refusals.ALWAYS, refusals.NO_SEALING]),
    )
    def list_endpoints() -> Response[str]:
        found = webhooks_of(services).of(caller(app).tenant_id)
        return success(EndpointsAnswer, [Endpoint.from_domain(each) for each in found])


def _add_create_endpoint(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/webhooks",
        summary="Make an endpoint",
        description="Events of the chosen types are sent to it by POST, signed by Standard Webhooks. The secret that "
        "they are signed with is in this answer and in no other. Events are sent from five seconds after.",
        operation_id="createEndpoint",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.CREATED,
            EndpointAnswer,
            "The endpoint with its secret",
            [*refusals.WITH_BODY, refusals.TOO_MANY_ENDPOINTS, refusals.NO_SEALING],
        ),
    )
    def create_endpoint(endpoint: Annotated[CreateEndpoint, Body()]) -> Response[str]:
        made = webhooks_of(services).add(caller(app).tenant_id, endpoint.to_draft())
        return success(EndpointAnswer, Endpoint.from_domain(made, with_secret=True), status=HTTPStatus.CREATED)


def _add_get_endpoint(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/webhooks/<endpoint_id>",
        summary="Show an endpoint",
        description="Whether it is enabled, and since when it has been failing. Without its secret.",
        operation_id="getEndpoint",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.OK, EndpointAnswer, "The endpoint", [*refusals.ALWAYS, refusals.NO_SEALING, refusals.NO_ENDPOINT]
        ),
    )
    def get_endpoint(endpoint_id: EndpointId) -> Response[str]:
        return success(
            EndpointAnswer, Endpoint.from_domain(webhooks_of(services).get(caller(app).tenant_id, endpoint_id))
        )


def _add_change_endpoint(app: ApiGatewayResolver, services: Services) -> None:
    @app.patch(
        "/api/webhooks/<endpoint_id>",
        summary="Change an endpoint",
        description="What is left out stays as it is; null removes the description. `enabled: true` enables one that "
        "was disabled, by you or since it failed for five days.",
        operation_id="changeEndpoint",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.OK,
            EndpointAnswer,
            "The endpoint as it is now",
            [*refusals.WITH_BODY, refusals.NO_SEALING, refusals.NO_ENDPOINT, refusals.ENDPOINT_CHANGED],
        ),
    )
    def change_endpoint(endpoint_id: EndpointId, change: Annotated[ChangeEndpoint, Body()]) -> Response[str]:
        changed = webhooks_of(services).change(caller(app).tenant_id, endpoint_id, change.to_draft())
        return success(EndpointAnswer, Endpoint.from_domain(changed))


def _add_remove_endpoint(app: ApiGatewayResolver, services: Services) -> None:
    @app.delete(
        "/api/webhooks/<endpoint_id>",
        summary="Remove an endpoint",
        description="Nothing more is sent to it, but for calls that have begun.",
        operation_id="removeEndpoint",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.OK, DoneAnswer, "It is removed", [*refusals.ALWAYS, refusals.NO_SEALING, refusals.NO_ENDPOINT]
        ),
    )
    def remove_endpoint(endpoint_id: EndpointId) -> Response[str]:
        webhooks_of(services).remove(caller(app).tenant_id, endpoint_id)
        return done("Endpoint removed")


def _add_rotate_secret(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/webhooks/<endpoint_id>/rotate",
        summary="Give an endpoint a new secret",
        description="For 24 hours everything is signed with both secrets, so that nothing is refused meanwhile.",
        operation_id="rotateEndpointSecret",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.OK,
            EndpointAnswer,
            "The endpoint with its new secret",
            [*refusals.ALWAYS, refusals.NO_SEALING, refusals.NO_ENDPOINT, refusals.ENDPOINT_CHANGED],
        ),
    )
    def rotate_endpoint_secret(endpoint_id: EndpointId) -> Response[str]:
        rotated = webhooks_of(services).rotate(caller(app).tenant_id, endpoint_id)
        return success(EndpointAnswer, Endpoint.from_domain(rotated, with_secret=True))


def _add_test_endpoint(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/webhooks/<endpoint_id>/test",
        summary="Send a test to an endpoint",
        description="An event of the type endpoint.test, signed and retried like any other. Its delivery shows what "
        "the endpoint answered.",
        operation_id="testEndpoint",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.ACCEPTED,
            SentTestAnswer,
            "The test is on its way",
            [*refusals.ALWAYS, refusals.NO_SEALING, refusals.NO_ENDPOINT, refusals.ENDPOINT_DISABLED],
        ),
    )
    def test_endpoint(endpoint_id: EndpointId) -> Response[str]:
        event = webhooks_of(services).test(caller(app).tenant_id, endpoint_id)
        return success(SentTestAnswer, SentTest(event_id=event.id), status=HTTPStatus.ACCEPTED)


def _add_recover_endpoint(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/webhooks/<endpoint_id>/recover",
        summary="Deliver what failed or was missed",
        description="Everything since a time that failed, was put off, or came while the endpoint was "
        "disabled. It goes on in the background; `dryRun` counts only.",
        operation_id="recoverEndpoint",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.ACCEPTED,
            RecoveryAnswer,
            "It has begun, or would deliver this",
            [*refusals.WITH_BODY, refusals.NO_SEALING, refusals.NO_ENDPOINT, refusals.ENDPOINT_DISABLED],
        ),
    )
    def recover_endpoint(endpoint_id: EndpointId, recovery: Annotated[RecoverEndpoint, Body()]) -> Response[str]:
        tenant_id, webhooks = caller(app).tenant_id, webhooks_of(services)
        missed = webhooks.missed(tenant_id, endpoint_id, recovery.since)
        if not recovery.dry_run:
            webhooks.recover(tenant_id, endpoint_id, recovery.since)
        answer = StartedRecovery(missed=missed, started=not recovery.dry_run)
        return success(RecoveryAnswer, answer, status=HTTPStatus.ACCEPTED)
