"""The routes of API keys, for an operator's key."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from wavecom.domain.api_keys import ApiKey, new_api_key, rotated_key
from wavecom.domain.errors import NotFoundError
from wavecom.domain.tenants import TENANT_ID
from wavecom.http import example_ids, refusals, tags
from wavecom.http import operation_responses as shapes
from wavecom.http.documented import documented
from wavecom.http.middleware import json_response
from wavecom.http.operation_requests import CreateKey
from wavecom.http.operation_routes import require_operator
from wavecom.http.operation_views import key_view
from wavecom.http.services import Services

KeyId = Annotated[
    str,
    Path(
        pattern="^[0-9a-f]{12}$",
        description="12 hex digits, the part of the token after wc_",
        examples=[example_ids.KEY_ID],
    ),
]


def add_key_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes below ``/api/keys`` to ``app``."""

    @app.get(
        "/api/keys",
        compress=True,
        summary="List API keys",
        description="Keys of all tenants or of one, without their secrets; revoked ones too. Needs an operator's key.",
        operation_id="listKeys",
        tags=[tags.KEYS],
        responses=documented(
            HTTPStatus.OK, shapes.ApiKeysAnswer, "Keys, the newest first", [*refusals.ALWAYS, refusals.OPERATOR_ONLY]
        ),
    )
    def list_keys(
        tenant_id: Annotated[
            str | None,
            Query(
                alias="tenantId",
                pattern=f"^{TENANT_ID.pattern}$",
                description="Only of this tenant",
                examples=[example_ids.TENANT],
            ),
        ] = None,
    ) -> Response[str]:
        require_operator(app.context["caller"])
        data = [key_view(key) for key in services.api_keys.all(tenant_id)]
        return json_response(HTTPStatus.OK, {"success": True, "data": data})

    @app.post(
        "/api/keys",
        summary="Make an API key",
        description="Makes a key of a tenant. `token` is told this once; only its hash is stored. A `test` key opens "
        "a world of its own, whose notifications go to simulators only. Needs an operator's key.",
        operation_id="createKey",
        tags=[tags.KEYS],
        responses=documented(
            HTTPStatus.CREATED,
            shapes.NewApiKeyAnswer,
            "The key; its token is told once",
            [*refusals.WITH_BODY, refusals.OPERATOR_ONLY],
        ),
    )
    def create_key(key: Annotated[CreateKey, Body()]) -> Response[str]:
        require_operator(app.context["caller"])
        made, token = new_api_key(
            tenant_id=key.tenant_id,
            name=key.name,
            role=key.role,
            at=services.clock(),
            rate_limit=key.rate_limit,
            test=key.test,
        )
        return _added(services, made, token)

    @app.post(
        "/api/keys/<key_id>/rotate",
        summary="Make another key like this one",
        description="The new key has the tenant, name, role and rate limit of the old one. Put it in place, then "
        "revoke the old one. Needs an operator's key.",
        operation_id="rotateKey",
        tags=[tags.KEYS],
        responses=documented(
            HTTPStatus.CREATED,
            shapes.NewApiKeyAnswer,
            "The key; its token is told once",
            [*refusals.ALWAYS, refusals.OPERATOR_ONLY, refusals.NO_KEY],
        ),
    )
    def rotate_key(key_id: KeyId) -> Response[str]:
        require_operator(app.context["caller"])
        old = services.api_keys.get(key_id)
        if old is None or old.revoked_at is not None:
            raise NotFoundError("There is no such key")
        made, token = rotated_key(old, services.clock())
        return _added(services, made, token)

    @app.delete(
        "/api/keys/<key_id>",
        summary="Revoke an API key",
        description="The key opens nothing any more within 30 seconds, and cannot be restored. Needs an operator's "
        "key.",
        operation_id="revokeKey",
        tags=[tags.KEYS],
        responses=documented(
            HTTPStatus.OK,
            shapes.DoneAnswer,
            "The key is revoked",
            [*refusals.ALWAYS, refusals.OPERATOR_ONLY, refusals.NO_KEY],
        ),
    )
    def revoke_key(key_id: KeyId) -> Response[str]:
        require_operator(app.context["caller"])
        if not services.api_keys.revoke(key_id, services.clock()):
            raise NotFoundError("There is no such key")
        return json_response(HTTPStatus.OK, {"success": True, "message": "API key revoked"})


def _added(services: Services, key: ApiKey, token: str) -> Response[str]:
    services.api_keys.add(key)
    return json_response(HTTPStatus.CREATED, {"success": True, "data": {**key_view(key), "token": token}})
