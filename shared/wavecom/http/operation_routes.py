"""The routes that show how the service does: ledger, audit trail, providers, and the tenant's policy."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from wavecom.domain.degradation import check_answers
from wavecom.domain.tenant import Caller, Role, TenantPolicy
from wavecom.http import operation_responses as shapes
from wavecom.http.documented import ALWAYS, WITH_BODY, documented
from wavecom.http.errors import FieldError, ForbiddenError, InvalidRequestError
from wavecom.http.middleware import json_response
from wavecom.http.moments import Moment
from wavecom.http.operation_requests import SetPolicy
from wavecom.http.operation_views import line_view, provider_view, verification_view
from wavecom.http.requests import Minutes
from wavecom.http.services import Services
from wavecom.ports import AuditRange

AllTenants = Annotated[bool, Query(alias="allTenants", description="Of all tenants; for an operator's key")]


def require_operator(caller: Caller) -> None:
    """Raise `ForbiddenError` where a caller may see no more than its own tenant."""
    if caller.role is not Role.OPERATOR:
        raise ForbiddenError("Only an operator's key may do this")


def add_operation_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add ``/api/ledger``, ``/api/audit``, ``/api/providers`` and ``/api/policy`` to ``app``."""

    def tenant(all_tenants: bool) -> str | None:
        caller: Caller = app.context["caller"]
        if all_tenants:
            require_operator(caller)
            return None
        return caller.tenant_id

    @app.get(
        "/api/ledger",
        compress=True,
        summary="What became of everything accepted, minute by minute",
        responses=documented(HTTPStatus.OK, shapes.LedgerAnswer, "The ledger", ALWAYS),
    )
    def ledger(minutes: Annotated[Minutes, Query()] = 60, all_tenants: AllTenants = False) -> Response[str]:
        check_answers(services.system.level())
        since = services.clock() - timedelta(minutes=minutes)
        lines, total = services.ledger.lines(tenant(all_tenants), since)
        data = {"minutes": [line_view(each) for each in lines], "total": line_view(total)}
        return json_response(HTTPStatus.OK, {"success": True, "data": data})

    @app.get(
        "/api/audit",
        summary="Verify the audit trails of what was accepted in a period",
        responses=documented(HTTPStatus.OK, shapes.VerificationAnswer, "What was found", ALWAYS),
    )
    def audit(
        since: Annotated[Moment, Query()],
        until: Annotated[Moment, Query()],
        all_tenants: AllTenants = False,
        cursor: Annotated[str | None, Query(pattern="^[0-9a-f]{24}$")] = None,
    ) -> Response[str]:
        check_answers(services.system.level())
        if until <= since:
            raise InvalidRequestError("The period is empty", [FieldError("until", "must be after since")])
        where = AuditRange(tenant_id=tenant(all_tenants), since=since, until=until)
        found = services.verify(where, after=cursor)
        return json_response(HTTPStatus.OK, {"success": True, "data": verification_view(found)})

    @app.get(
        "/api/providers",
        compress=True,
        summary="How the providers are; for an operator's key",
        responses=documented(HTTPStatus.OK, shapes.ProvidersAnswer, "All providers", ALWAYS),
    )
    def providers() -> Response[str]:
        require_operator(app.context["caller"])
        data = [provider_view(each) for each in services.providers()]
        return json_response(HTTPStatus.OK, {"success": True, "data": data})

    @app.get(
        "/api/policy",
        summary="What holds for notifications that do not say otherwise",
        responses=documented(HTTPStatus.OK, shapes.PolicyAnswer, "Your policy", ALWAYS),
    )
    def policy() -> Response[str]:
        caller: Caller = app.context["caller"]
        return _policy(services.tenants.get(caller.tenant_id))

    @app.put(
        "/api/policy",
        summary="Choose what holds for notifications that do not say otherwise",
        responses=documented(HTTPStatus.OK, shapes.PolicyAnswer, "Your policy; in force within 30 s", WITH_BODY),
    )
    def set_policy(policy: Annotated[SetPolicy, Body()]) -> Response[str]:
        caller: Caller = app.context["caller"]
        chosen = TenantPolicy(on_unknown=policy.on_unknown)
        services.tenants.put(caller.tenant_id, chosen)
        return _policy(chosen)


def _policy(policy: TenantPolicy) -> Response[str]:
    return json_response(HTTPStatus.OK, {"success": True, "data": {"onUnknown": policy.on_unknown.value}})
