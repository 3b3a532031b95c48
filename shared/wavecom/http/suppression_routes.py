"""The routes of the suppression list: addresses that nothing must go to any more."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from wavecom.domain.api_keys import Caller
from wavecom.domain.errors import NotFoundError
from wavecom.domain.notifications.notification import Channel
from wavecom.domain.suppressions.reason import Unwanted
from wavecom.domain.suppressions.suppression import Suppression, suppression_id
from wavecom.http import example_ids, recipients, refusals, tags
from wavecom.http import operation_responses as shapes
from wavecom.http.documented import RecipientQuery, documented
from wavecom.http.errors import FieldError, InvalidRequestError
from wavecom.http.middleware import json_response
from wavecom.http.operation_requests import AddSuppression
from wavecom.http.operation_views import suppression_view
from wavecom.http.requests import PageSize
from wavecom.http.services import Services

_SUPPRESSION = {"pattern": "^[0-9a-f]{32}$", "examples": [example_ids.SUPPRESSION_ID]}
SuppressionId = Annotated[str, Path(description="32 hex digits", **_SUPPRESSION)]


def add_suppression_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes below ``/api/suppressions`` to ``app``."""

    @app.get(
        "/api/suppressions",
        compress=True,
        summary="List the addresses that nothing of yours goes to, or look one up",
        description="Notifications to these addresses fail without a provider being asked. With `recipient`, the "
        "answer is the suppressions of that address only, one a channel at the most.",
        operation_id="listSuppressions",
        tags=[tags.SUPPRESSIONS],
        responses=documented(HTTPStatus.OK, shapes.SuppressionPageAnswer, "A page", refusals.ALWAYS),
    )
    def list_suppressions(
        limit: Annotated[PageSize, Query(description="Suppressions a page")] = 20,
        cursor: Annotated[str | None, Query(description="nextCursor of a page", **_SUPPRESSION)] = None,
        recipient: RecipientQuery = None,
        type: Annotated[Channel | None, Query(description="Of the recipient")] = None,  # noqa: A002
    ) -> Response[str]:
        caller: Caller = app.context["caller"]
        if recipient is not None:
            found = _look_up(services, caller.tenant_id, recipient, type)
            looked_up = {"suppressions": [suppression_view(each) for each in found], "nextCursor": None}
            return json_response(HTTPStatus.OK, {"success": True, "data": looked_up})
        if type is not None:
            raise InvalidRequestError("The request is not valid", [FieldError("type", "needs a recipient")])
        found = services.suppressions.page(caller.tenant_id, limit=limit + 1, after=cursor)
        data = {
            "suppressions": [suppression_view(each) for each in found[:limit]],
            "nextCursor": found[limit - 1].id if len(found) > limit else None,
        }
        return json_response(HTTPStatus.OK, {"success": True, "data": data})

    @app.post(
        "/api/suppressions",
        summary="Put an address on the list",
        description="Nothing of yours goes to the address on that channel from then on. One that is on the list "
        "already stays as it was, with its first reason.",
        operation_id="addSuppression",
        tags=[tags.SUPPRESSIONS],
        responses=documented(HTTPStatus.CREATED, shapes.SuppressionAnswer, "It is on the list", refusals.WITH_BODY),
    )
    def add_suppression(suppression: Annotated[AddSuppression, Body()]) -> Response[str]:
        caller: Caller = app.context["caller"]
        added = Suppression(
            tenant_id=caller.tenant_id,
            channel=suppression.type,
            recipient=suppression.recipient,
            reason=Unwanted.MANUAL,
            created_at=services.clock(),
        )
        services.suppressions.add([added])
        listed = services.suppressions.get(caller.tenant_id, added.id)  # one that was there already stays as it was
        return json_response(HTTPStatus.CREATED, {"success": True, "data": suppression_view(listed or added)})

    @app.delete(
        "/api/suppressions/<suppression_id>",
        summary="Take an address off the list",
        description="Notifications go to the address again. Those that failed meanwhile stay as they are.",
        operation_id="removeSuppression",
        tags=[tags.SUPPRESSIONS],
        responses=documented(
            HTTPStatus.OK, shapes.DoneAnswer, "It is off the list", [*refusals.ALWAYS, refusals.NO_SUPPRESSION]
        ),
    )
    def remove_suppression(suppression_id: SuppressionId) -> Response[str]:
        caller: Caller = app.context["caller"]
        if not services.suppressions.remove(caller.tenant_id, suppression_id):
            raise NotFoundError("There is no such suppression")
        return json_response(HTTPStatus.OK, {"success": True, "message": "Address taken off the suppression list"})


def _look_up(services: Services, tenant_id: str, recipient: str, channel: Channel | None) -> list[Suppression]:
    """Return a recipient's suppressions: one a channel at the most, each found by its id."""
    address = recipients.read(recipient, channel)
    ids = [suppression_id(each, address) for each in ([channel] if channel else Channel)]
    found = [services.suppressions.get(tenant_id, each) for each in ids]
    return [each for each in found if each is not None]
