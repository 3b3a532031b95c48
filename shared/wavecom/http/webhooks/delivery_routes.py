"""The routes of an endpoint's deliveries."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from wavecom.domain.events.event import EVENT_ID_PATTERN
from wavecom.domain.webhooks.delivery import DeliveryStatus
from wavecom.http.fields.numbers import PageSize
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import success
from wavecom.http.openapi import example_ids, refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.services import Services
from wavecom.http.webhooks.cursor import position_of
from wavecom.http.webhooks.responses import (
    ShownWebhookDelivery,
    ShownWebhookDeliveryAnswer,
    WebhookDelivery,
    WebhookDeliveryAnswer,
    WebhookDeliveryPage,
    WebhookDeliveryPageAnswer,
)
from wavecom.http.webhooks.routes import EndpointId, webhooks_of
from wavecom.ports.webhooks import DeliveryList

OfEvent = Annotated[str, Path(pattern=EVENT_ID_PATTERN, description="The event's id", examples=[example_ids.EVENT_ID])]
NotDelivered = Annotated[
    DeliveryStatus | None, Query(description="Those that wait or have failed only: pending, failed")
]


def add_delivery_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes of deliveries to ``app``."""
    _add_list_deliveries(app, services)
    _add_get_delivery(app, services)
    _add_retry_delivery(app, services)


def _add_list_deliveries(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/webhooks/<endpoint_id>/deliveries",
        compress=True,
        summary="List an endpoint's deliveries",
        description="Newest first, with their attempts and what the endpoint answered. They are kept for 15 days.",
        operation_id="listDeliveries",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.OK,
            WebhookDeliveryPageAnswer,
            "A page",
            [*refusals.ALWAYS, refusals.NO_SEALING, refusals.NO_ENDPOINT],
        ),
    )
    def list_deliveries(
        endpoint_id: EndpointId,
        limit: Annotated[PageSize, Query(description="Deliveries a page")] = 20,
        cursor: Annotated[
            str | None,
            Query(
                min_length=1,
                max_length=100,
                description="nextCursor of a page",
                examples=[f"1795429800000.{example_ids.EVENT_ID}"],
            ),
        ] = None,
        status: NotDelivered = None,
    ) -> Response[str]:
        where = DeliveryList(endpoint_id=endpoint_id, status=status, after=position_of(cursor))
        page = webhooks_of(services).page(caller(app).tenant_id, where, limit=limit)
        return success(WebhookDeliveryPageAnswer, WebhookDeliveryPage.from_domain(page))


def _add_get_delivery(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/webhooks/<endpoint_id>/deliveries/<event_id>",
        summary="Show a delivery with what was sent",
        description="The body is written anew from the event, without the metadata of its notification.",
        operation_id="getDelivery",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.OK,
            ShownWebhookDeliveryAnswer,
            "The delivery",
            [*refusals.ALWAYS, refusals.NO_SEALING, refusals.NO_DELIVERY],
        ),
    )
    def get_delivery(endpoint_id: EndpointId, event_id: OfEvent) -> Response[str]:
        shown = webhooks_of(services).delivery(caller(app).tenant_id, endpoint_id, event_id)
        return success(ShownWebhookDeliveryAnswer, ShownWebhookDelivery.from_shown(shown))


def _add_retry_delivery(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/webhooks/<endpoint_id>/deliveries/<event_id>/retry",
        summary="Attempt a delivery once more",
        description="At once, whatever became of it, with the same webhook-id.",
        operation_id="retryDelivery",
        tags=[tags.WEBHOOKS],
        responses=documented(
            HTTPStatus.ACCEPTED,
            WebhookDeliveryAnswer,
            "It is on its way",
            [*refusals.ALWAYS, refusals.NO_SEALING, refusals.NO_DELIVERY, refusals.DELIVERY_BUSY],
        ),
    )
    def retry_delivery(endpoint_id: EndpointId, event_id: OfEvent) -> Response[str]:
        again = webhooks_of(services).retry(caller(app).tenant_id, endpoint_id, event_id)
        return success(WebhookDeliveryAnswer, WebhookDelivery.from_domain(again), status=HTTPStatus.ACCEPTED)
