"""The routes of the suppression list."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from wavecom.domain.notifications.enums import Channel
from wavecom.http.fields import recipients
from wavecom.http.fields.numbers import PageSize
from wavecom.http.framework.errors import FieldError, InvalidRequestError
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import DoneAnswer, done, success
from wavecom.http.openapi import example_ids, refusals, tags
from wavecom.http.openapi.operations import RecipientQuery, documented
from wavecom.http.services import Services
from wavecom.http.suppressions.requests import AddSuppression
from wavecom.http.suppressions.responses import (
    Suppression,
    SuppressionAnswer,
    SuppressionPage,
    SuppressionPageAnswer,
)

_SUPPRESSION = {"pattern": "^[0-9a-f]{32}$", "examples": [example_ids.SUPPRESSION_ID]}
SuppressionId = Annotated[str, Path(description="32 hex digits", **_SUPPRESSION)]


def add_suppression_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes below ``/api/suppressions`` to ``app``."""
    _add_list_suppressions(app, services)
    _add_add_suppression(app, services)
    _add_remove_suppression(app, services)


def _add_list_suppressions(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/suppressions",
        compress=True,
        summary="List the addresses that nothing of yours goes to, or look one up",
        description="Notifications to these addresses fail without a provider being asked. With `recipient`, the "
        "answer is the suppressions of that address only: for everything, and for the categories that it has left.",
        operation_id="listSuppressions",
        tags=[tags.SUPPRESSIONS],
        responses=documented(HTTPStatus.OK, SuppressionPageAnswer, "A page", refusals.ALWAYS),
    )
    def list_suppressions(
        limit: Annotated[PageSize, Query(description="Suppressions a page")] = 20,
        cursor: Annotated[str | None, Query(description="nextCursor of a page", **_SUPPRESSION)] = None,
        recipient: RecipientQuery = None,
        type: Annotated[Channel | None, Query(description="Of the recipient")] = None,  # noqa: A002
    ) -> Response[str]:
        tenant_id = caller(app).tenant_id
        if recipient is not None:
            page = services.suppressions.look_up(tenant_id, recipients.read(recipient, type), type)
        elif type is not None:
            raise InvalidRequestError("The request is not valid", [FieldError("type", "needs a recipient")])
        else:
            page = services.suppressions.page(tenant_id, limit=limit, after=cursor)
        return success(SuppressionPageAnswer, SuppressionPage.from_domain(page))


def _add_add_suppression(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/suppressions",
        summary="Put an address on the list",
        description="Nothing of yours goes to the address on that channel from then on. One that is on the list "
        "already stays as it was, with its first reason.",
        operation_id="addSuppression",
        tags=[tags.SUPPRESSIONS],
        responses=documented(HTTPStatus.CREATED, SuppressionAnswer, "It is on the list", refusals.WITH_BODY),
    )
    def add_suppression(suppression: Annotated[AddSuppression, Body()]) -> Response[str]:
        added = services.suppressions.add(caller(app).tenant_id, suppression.type, suppression.recipient)
        return success(SuppressionAnswer, Suppression.from_domain(added), status=HTTPStatus.CREATED)


def _add_remove_suppression(app: ApiGatewayResolver, services: Services) -> None:
    @app.delete(
        "/api/suppressions/<suppression_id>",
        summary="Take an address off the list",
        description="Notifications go to the address again. Those that failed meanwhile stay as they are.",
        operation_id="removeSuppression",
        tags=[tags.SUPPRESSIONS],
        responses=documented(
            HTTPStatus.OK, DoneAnswer, "It is off the list", [*refusals.ALWAYS, refusals.NO_SUPPRESSION]
        ),
    )
    def remove_suppression(suppression_id: SuppressionId) -> Response[str]:
        services.suppressions.remove(caller(app).tenant_id, suppression_id)
        return done("Address taken off the suppression list")
