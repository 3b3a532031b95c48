"""The routes of API keys, for an operator's key."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from wavecom.domain.tenants import TENANT_ID
from wavecom.http.api_keys.requests import CreateKey
from wavecom.http.api_keys.responses import ApiKey, ApiKeysAnswer, NewApiKey, NewApiKeyAnswer
from wavecom.http.framework.middleware import require_operator
from wavecom.http.framework.responses import DoneAnswer, done, success
from wavecom.http.openapi import example_ids, refusals, tags
from wavecom.http.openapi.operations import documented
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
    _add_list_keys(app, services)
    _add_create_key(app, services)
    _add_rotate_key(app, services)
    _add_revoke_key(app, services)


def _add_list_keys(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/keys",
        compress=True,
        summary="List API keys",
        description="Keys of all tenants or of one, without their secrets; revoked ones too. Needs an operator's key.",
        operation_id="listKeys",
        tags=[tags.KEYS],
        responses=documented(
            HTTPStatus.OK, ApiKeysAnswer, "Keys, the newest first", [*refusals.ALWAYS, refusals.OPERATOR_ONLY]
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
        require_operator(app)
        keys = services.api_keys.list(tenant_id)
        return success(ApiKeysAnswer, [ApiKey.from_domain(each) for each in keys])


def _add_create_key(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/keys",
        summary="Make an API key",
        description="Makes a key of a tenant. `token` is told this once; only its hash is stored. A `test` key opens "
        "a world of its own, whose notifications go to simulators only. Needs an operator's key.",
        operation_id="createKey",
        tags=[tags.KEYS],
        responses=documented(
            HTTPStatus.CREATED,
            NewApiKeyAnswer,
            "The key; its token is told once",
            [*refusals.WITH_BODY, refusals.OPERATOR_ONLY],
        ),
    )
    def create_key(key: Annotated[CreateKey, Body()]) -> Response[str]:
        require_operator(app)
        made, token = services.api_keys.create(
            tenant_id=key.tenant_id, name=key.name, role=key.role, rate_limit=key.rate_limit, test=key.test
        )
        return success(NewApiKeyAnswer, NewApiKey.from_domain(made, token=token), status=HTTPStatus.CREATED)


def _add_rotate_key(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/keys/<key_id>/rotate",
        summary="Make another key like this one",
        description="The new key has the tenant, name, role and rate limit of the old one. Put it in place, then "
        "revoke the old one. Needs an operator's key.",
        operation_id="rotateKey",
        tags=[tags.KEYS],
        responses=documented(
            HTTPStatus.CREATED,
            NewApiKeyAnswer,
            "The key; its token is told once",
            [*refusals.ALWAYS, refusals.OPERATOR_ONLY, refusals.NO_KEY],
        ),
    )
    def rotate_key(key_id: KeyId) -> Response[str]:
        require_operator(app)
        made, token = services.api_keys.rotate(key_id)
        return success(NewApiKeyAnswer, NewApiKey.from_domain(made, token=token), status=HTTPStatus.CREATED)


def _add_revoke_key(app: ApiGatewayResolver, services: Services) -> None:
    @app.delete(
        "/api/keys/<key_id>",
        summary="Revoke an API key",
        description="The key opens nothing any more within 30 seconds, and cannot be restored. Needs an operator's "
        "key.",
        operation_id="revokeKey",
        tags=[tags.KEYS],
        responses=documented(
            HTTPStatus.OK,
            DoneAnswer,
            "The key is revoked",
            [*refusals.ALWAYS, refusals.OPERATOR_ONLY, refusals.NO_KEY],
        ),
    )
    def revoke_key(key_id: KeyId) -> Response[str]:
        require_operator(app)
        services.api_keys.revoke(key_id)
        return done("API key revoked")
