"""The routes of senders: everybody sees their own, an operator's key changes them."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from wavecom.domain.senders import SENDER_ID
from wavecom.domain.tenants import TENANT_ID
from wavecom.http.framework.middleware import caller, require_operator
from wavecom.http.framework.responses import DoneAnswer, done, success
from wavecom.http.openapi import example_ids, refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.senders.requests import PutSender
from wavecom.http.senders.responses import Sender, SenderAnswer, SendersAnswer, all_of
from wavecom.http.services import Services

SenderId = Annotated[
    str, Path(pattern=f"^{SENDER_ID.pattern}$", description="The sender's id", examples=[example_ids.SENDER_ID])
]
OfTenant = Annotated[
    str | None,
    Query(
        alias="tenantId",
        pattern=f"^{TENANT_ID.pattern}$",
        description="Of this tenant, for an operator's key; without it, of the key's own",
        examples=[example_ids.TENANT],
    ),
]


def add_sender_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes below ``/api/senders`` to ``app``."""
    _add_list_senders(app, services)
    _add_put_sender(app, services)
    _add_remove_sender(app, services)


def _add_list_senders(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/senders",
        summary="List senders",
        description="Who notifications may come from: a notification names one by its id, and one that names none "
        "comes from its channel's default, or else from its provider's own. Another tenant's are shown to an "
        "operator's key.",
        operation_id="listSenders",
        tags=[tags.SENDERS],
        responses=documented(
            HTTPStatus.OK,
            SendersAnswer,
            "All senders, in the order of their ids",
            [*refusals.ALWAYS, refusals.OPERATOR_ONLY],
        ),
    )
    def list_senders(tenant_id: OfTenant = None) -> Response[str]:
        if tenant_id is not None:
            require_operator(app)
        senders = services.senders.of(tenant_id or caller(app).tenant_id)
        return success(SendersAnswer, all_of(senders))


def _add_put_sender(app: ApiGatewayResolver, services: Services) -> None:
    @app.put(
        "/api/senders/<sender_id>",
        summary="Make or change a sender",
        description="Needs an operator's key: nobody chooses a From of their own. The providers that may carry its "
        "messages are configured, and their accounts must be allowed to use the address. What was accepted before "
        "is sent as it was accepted. A change takes effect within 30 seconds.",
        operation_id="putSender",
        tags=[tags.SENDERS],
        responses=documented(
            HTTPStatus.OK,
            SenderAnswer,
            "The sender",
            [*refusals.WITH_BODY, refusals.OPERATOR_ONLY, refusals.TOO_MANY_SENDERS],
        ),
    )
    def put_sender(sender_id: SenderId, sender: Annotated[PutSender, Body()]) -> Response[str]:
        require_operator(app)
        changed = sender.to_domain(sender_id)
        services.senders.put(sender.tenant_id or caller(app).tenant_id, changed, default=sender.is_default)
        return success(SenderAnswer, Sender.from_domain(changed, default=sender.is_default))


def _add_remove_sender(app: ApiGatewayResolver, services: Services) -> None:
    @app.delete(
        "/api/senders/<sender_id>",
        summary="Remove a sender",
        description="What was accepted with it is still sent as it. Needs an operator's key.",
        operation_id="removeSender",
        tags=[tags.SENDERS],
        responses=documented(
            HTTPStatus.OK, DoneAnswer, "It is removed", [*refusals.ALWAYS, refusals.OPERATOR_ONLY, refusals.NO_SENDER]
        ),
    )
    def remove_sender(sender_id: SenderId, tenant_id: OfTenant = None) -> Response[str]:
        require_operator(app)
        services.senders.remove(tenant_id or caller(app).tenant_id, sender_id)
        return done("Sender removed")
