"""The routes that show the state of the service: ledger, audit trail, providers, and the tenant's policy."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from wavecom.domain.notifications.lists import AuditRange
from wavecom.http.fields.moments import Since, Until
from wavecom.http.fields.numbers import Minutes
from wavecom.http.framework.errors import FieldError, InvalidRequestError
from wavecom.http.framework.middleware import caller, require_operator
from wavecom.http.framework.responses import success
from wavecom.http.openapi import example_ids, refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.operations.requests import SetPolicy
from wavecom.http.operations.responses import (
    Ledger,
    LedgerAnswer,
    LedgerLine,
    Policy,
    PolicyAnswer,
    Provider,
    ProvidersAnswer,
    Verification,
    VerificationAnswer,
)
from wavecom.http.services import Services

AllTenants = Annotated[bool, Query(alias="allTenants", description="Of all tenants; for an operator's key")]


def add_operation_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add ``/api/ledger``, ``/api/audit``, ``/api/providers`` and ``/api/policy`` to ``app``."""
    _add_ledger(app, services)
    _add_audit(app, services)
    _add_providers(app, services)
    _add_policy(app, services)
    _add_set_policy(app, services)


def _add_ledger(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/ledger",
        compress=True,
        summary="What became of everything accepted, minute by minute",
        description="Of what was accepted in each minute, how much was sent, failed, was cancelled, expired or is in "
        "flight. A line that is not `balanced` means that something was lost. `allTenants` needs an "
        "operator's key.",
        operation_id="getLedger",
        tags=[tags.OPERATION],
        responses=documented(
            HTTPStatus.OK,
            LedgerAnswer,
            "The ledger, and its total",
            [*refusals.ALWAYS, refusals.OPERATOR_ONLY, refusals.NOT_ANSWERED],
        ),
    )
    def ledger(
        minutes: Annotated[Minutes, Query(description="How far back")] = 60, all_tenants: AllTenants = False
    ) -> Response[str]:
        lines, total = services.ledger.lines(_tenant(app, all_tenants=all_tenants), timedelta(minutes=minutes))
        found = Ledger(minutes=[LedgerLine.from_domain(each) for each in lines], total=LedgerLine.from_domain(total))
        return success(LedgerAnswer, found)


def _add_audit(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/audit",
        summary="Verify the audit trails of what was accepted in a period",
        description="Computes the digests of audit entries anew, up to 500 notifications a call, and stops at the "
        "first that is not what it was when it was written. Follow `nextCursor` until it is null. "
        "`allTenants` needs an operator's key.",
        operation_id="verifyAuditTrails",
        tags=[tags.OPERATION],
        responses=documented(
            HTTPStatus.OK,
            VerificationAnswer,
            "How much was verified, and the first broken entry",
            [*refusals.ALWAYS, refusals.OPERATOR_ONLY, refusals.NOT_ANSWERED],
        ),
    )
    def audit(
        since: Annotated[Since, Query(description="Accepted at or after")],
        until: Annotated[Until, Query(description="Accepted before")],
        all_tenants: AllTenants = False,
        cursor: Annotated[
            str | None,
            Query(pattern="^[0-9a-f]{24}$", description="nextCursor of the call before", examples=[example_ids.ID]),
        ] = None,
    ) -> Response[str]:
        if until <= since:
            raise InvalidRequestError("The period is empty", [FieldError("until", "must be after since")])
        where = AuditRange(tenant_id=_tenant(app, all_tenants=all_tenants), since=since, until=until)
        found = services.verify.verify(where, after=cursor)
        return success(VerificationAnswer, Verification.from_domain(found))


def _add_providers(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/providers",
        compress=True,
        summary="How the providers are; for an operator's key",
        description="Breakers, weights and why they changed, and the outcomes of the last five minutes over all "
        "tenants. Needs an operator's key.",
        operation_id="listProviders",
        tags=[tags.OPERATION],
        responses=documented(
            HTTPStatus.OK, ProvidersAnswer, "All providers", [*refusals.ALWAYS, refusals.OPERATOR_ONLY]
        ),
    )
    def providers() -> Response[str]:
        require_operator(app)
        return success(ProvidersAnswer, [Provider.from_domain(each) for each in services.providers.states()])


def _add_policy(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/policy",
        summary="What holds for notifications that do not say otherwise",
        description="`onUnknown` decides what becomes of a notification of which nobody can know whether it was "
        "sent: `resend` (rather twice than never) or `hold` (rather never than twice). WaveCom itself writes to "
        "`contact`, for example when it has disabled an endpoint of webhooks.",
        operation_id="getPolicy",
        tags=[tags.POLICY],
        responses=documented(HTTPStatus.OK, PolicyAnswer, "Your policy", refusals.ALWAYS),
    )
    def policy() -> Response[str]:
        return success(PolicyAnswer, Policy.from_domain(services.policy.get(caller(app).tenant_id)))


def _add_set_policy(app: ApiGatewayResolver, services: Services) -> None:
    @app.put(
        "/api/policy",
        summary="Choose what holds for notifications that do not say otherwise",
        description="Holds for notifications that are created from then on and do not say otherwise, within 30 "
        "seconds.",
        operation_id="setPolicy",
        tags=[tags.POLICY],
        responses=documented(HTTPStatus.OK, PolicyAnswer, "Your policy; in force within 30 s", refusals.WITH_BODY),
    )
    def set_policy(policy: Annotated[SetPolicy, Body()]) -> Response[str]:
        tenant_id = caller(app).tenant_id
        services.policy.choose_on_unknown(tenant_id, policy.on_unknown)
        if policy.sets_contact:
            services.policy.choose_contact(tenant_id, policy.contact)
        return success(PolicyAnswer, Policy.from_domain(services.policy.get(tenant_id)))


def _tenant(app: ApiGatewayResolver, *, all_tenants: bool) -> str | None:
    """Return the caller's tenant, None for all. Raises `ForbiddenError` where all are not the caller's to see."""
    if all_tenants:
        require_operator(app)
        return None
    return caller(app).tenant_id
