"""The routes of statistics and metrics."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Query

from wavecom.domain.api_keys import Role
from wavecom.http.fields.numbers import Minutes
from wavecom.http.framework.errors import ErrorAnswer
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import success
from wavecom.http.openapi import refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.operations.statistics_responses import (
    RecentMinutes,
    RecentMinutesAnswer,
    Statistics,
    StatisticsAnswer,
)
from wavecom.http.services import Services


def add_statistics_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes of statistics and metrics to ``app``."""
    _add_system_statistics(app, services)
    _add_minutes(app, services)
    _add_metrics(app, services)


def _add_system_statistics(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/notifications/stats/system",
        compress=True,
        summary="Statistics of all your notifications",
        description="Counters that change in the same transaction as what they count. `queueDepth` is null while the "
        "broker does not answer.",
        operation_id="getStatistics",
        tags=[tags.STATISTICS],
        responses=documented(
            HTTPStatus.OK, StatisticsAnswer, "The statistics", [*refusals.ALWAYS, refusals.NOT_ANSWERED]
        ),
    )
    def system_statistics() -> Response[str]:
        found = services.query.statistics(caller(app).tenant_id)
        return success(StatisticsAnswer, Statistics.from_domain(found))


def _add_minutes(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/notifications/stats/minutes",
        compress=True,
        summary="What happened in each minute of the last hour",
        description="Counts for each minute in which something happened, the time that processing took, and the "
        "level of degradation: 1 is normal, at 3 lists and statistics are not answered, at 4 only "
        "CRITICAL notifications are accepted.",
        operation_id="getMinutes",
        tags=[tags.STATISTICS],
        responses=documented(
            HTTPStatus.OK,
            RecentMinutesAnswer,
            "The minutes in which something happened",
            [*refusals.ALWAYS, refusals.NOT_ANSWERED],
        ),
    )
    def minutes(
        minutes: Annotated[Minutes, Query(description="How far back, this minute included")] = 60,
    ) -> Response[str]:
        recent = services.query.minutes(caller(app).tenant_id, minutes)
        return success(RecentMinutesAnswer, RecentMinutes.from_domain(recent))


def _add_metrics(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/metrics",
        compress=True,
        summary="Prometheus metrics of your tenant, or of all tenants for an operator's key",
        description="Counters and queue depths in the Prometheus text format. They name no recipient and no content.",
        operation_id="getMetrics",
        tags=[tags.OPERATION],
        responses={
            **documented(HTTPStatus.OK, ErrorAnswer, "", refusals.ALWAYS),
            200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}},
        },
    )
    def metrics() -> Response[str]:
        from wavecom.http.operations import prometheus  # noqa: PLC0415 - only requests for metrics need its library

        known = caller(app)
        statistics = services.query.metrics(None if known.role is Role.OPERATOR else known.tenant_id)
        return Response(200, content_type=prometheus.CONTENT_TYPE, body=prometheus.exposition(statistics))
