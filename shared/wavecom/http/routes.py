"""The routes: each reads its arguments, calls one use case and answers."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic_core import to_json

from wavecom.application.submit import Submission
from wavecom.domain.degradation import check_answers
from wavecom.domain.errors import OverloadedError
from wavecom.domain.lifecycle import Replay
from wavecom.domain.notification import Channel, Notification, Priority, Status
from wavecom.domain.tenant import Caller, Role
from wavecom.http import recipients
from wavecom.http import responses as shapes
from wavecom.http.accept import Accepted, accept
from wavecom.http.cursor import from_cursor
from wavecom.http.documented import (
    ALWAYS,
    OF_ONE,
    WITH_BODY,
    IdempotencyKey,
    NotificationId,
    RecipientQuery,
    documented,
)
from wavecom.http.errors import FieldError, InvalidRequestError, answer_to, retry_after
from wavecom.http.middleware import json_response
from wavecom.http.moments import Moment
from wavecom.http.requests import CreateBatch, CreateNotification, Minutes, PageNumber, PageSize
from wavecom.http.services import Services
from wavecom.http.views import detail_view, minutes_view, notification_view, page_view, statistics_view
from wavecom.ports import ListFilter

MAX_SKIP = 10_000
"""How far pages by number reach; a cursor reaches any depth at the cost of the first page."""
BATCH_ERRORS_MAX_BYTES = 1_000_000
"""Errors in one answer; what was accepted is repeated beside them, which is as large as the client made it."""


def add_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes of notifications to ``app``."""
    _add_writes(app, services)
    _add_reads(app, services)


def _add_writes(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/notifications",
        compress=True,
        summary="Create a notification",
        responses=documented(HTTPStatus.CREATED, shapes.NotificationAnswer, "Accepted, and stored", WITH_BODY),
    )
    def create_notification(
        notification: Annotated[CreateNotification, Body()], idempotency_key: IdempotencyKey = None
    ) -> Response[str]:
        accepted = accept(app, services, [notification], idempotency_key)
        for refusal in accepted.refusals.values():
            raise refusal
        created = accepted.submission.notifications[0]
        return json_response(
            HTTPStatus.CREATED,
            {"success": True, "data": notification_view(created), "message": _created_message(created)},
            _replayed(accepted.submission),
        )

    @app.post(
        "/api/notifications/batch",
        compress=True,
        summary="Create up to 500 notifications, each accepted or refused on its own",
        responses=documented(HTTPStatus.MULTI_STATUS, shapes.BatchAnswer, "What became of each, in order", WITH_BODY),
    )
    def create_batch(batch: Annotated[CreateBatch, Body()], idempotency_key: IdempotencyKey = None) -> Response[str]:
        accepted = accept(app, services, list(batch.validated()), idempotency_key, below="notifications[{index}].")
        answer = {"success": True, "data": _batch_view(accepted)}
        headers = {**_replayed(accepted.submission), **_retry_after(accepted)}
        return json_response(HTTPStatus.MULTI_STATUS, answer, headers)

    @app.post(
        "/api/notifications/<notification_id>/cancel",
        summary="Cancel a notification that is not being sent yet",
        responses=documented(HTTPStatus.OK, shapes.NotificationAnswer, "Cancelled", (*OF_ONE, HTTPStatus.CONFLICT)),
    )
    def cancel_notification(notification_id: NotificationId) -> Response[str]:
        cancelled = services.intervene.cancel(_tenant(app), notification_id)
        answer = {"success": True, "data": notification_view(cancelled), "message": "Notification cancelled"}
        return json_response(HTTPStatus.OK, answer)

    @app.post(
        "/api/notifications/<notification_id>/retry",
        summary="Send a failed notification again",
        responses=documented(HTTPStatus.OK, shapes.NotificationAnswer, "Queued", (*OF_ONE, HTTPStatus.CONFLICT)),
    )
    def retry_notification(notification_id: NotificationId) -> Response[str]:
        caller: Caller = app.context["caller"]
        queued = services.intervene.retry(caller.tenant_id, notification_id, Replay(by=caller.key_id))
        answer = {"success": True, "data": notification_view(queued), "message": "Notification queued again"}
        return json_response(HTTPStatus.OK, answer)


def _add_reads(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/notifications",
        compress=True,
        summary="List notifications, newest first",
        responses=documented(HTTPStatus.OK, shapes.NotificationPageAnswer, "A page", ALWAYS),
    )
    def list_notifications(
        page: Annotated[PageNumber, Query()] = 1,
        limit: Annotated[PageSize, Query()] = 20,
        status: Annotated[Status | None, Query()] = None,
        type: Annotated[Channel | None, Query()] = None,  # noqa: A002
        priority: Annotated[Priority | None, Query()] = None,
        recipient: RecipientQuery = None,
        since: Annotated[Moment | None, Query(description="Created at or after")] = None,
        until: Annotated[Moment | None, Query(description="Created before")] = None,
        cursor: Annotated[
            str | None,
            Query(min_length=1, max_length=100, description="nextCursor of the page before; instead of page"),
        ] = None,
    ) -> Response[str]:
        check_answers(services.system.level())
        skip = (page - 1) * limit
        if skip > MAX_SKIP:
            error = FieldError("page", f"reaches beyond the first {MAX_SKIP} notifications; use cursor")
            raise InvalidRequestError("The page is too deep", [error])
        found = services.query.page(
            ListFilter(
                tenant_id=_tenant(app),
                status=status,
                channel=type,
                priority=priority,
                recipient=recipients.read(recipient, type) if recipient else None,
                since=since,
                until=until,
            ),
            limit=limit,
            skip=0 if cursor else skip,
            after=from_cursor(cursor) if cursor else None,
        )
        return json_response(HTTPStatus.OK, {"success": True, "data": page_view(found, number=page, limit=limit)})

    @app.get(
        "/api/notifications/stats/system",
        compress=True,
        summary="Statistics of all your notifications",
        responses=documented(HTTPStatus.OK, shapes.StatisticsAnswer, "Statistics", ALWAYS),
    )
    def system_statistics() -> Response[str]:
        check_answers(services.system.level())
        statistics = services.query.statistics(_tenant(app))
        return json_response(HTTPStatus.OK, {"success": True, "data": statistics_view(statistics)})

    @app.get(
        "/api/notifications/stats/minutes",
        compress=True,
        summary="What happened in each minute of the last hour",
        responses=documented(HTTPStatus.OK, shapes.MinutesAnswer, "The minutes in which something did", ALWAYS),
    )
    def minutes(minutes: Annotated[Minutes, Query()] = 60) -> Response[str]:
        level = services.system.level()
        check_answers(level)
        happened = services.query.minutes(_tenant(app), services.clock() - timedelta(minutes=minutes - 1))
        return json_response(HTTPStatus.OK, {"success": True, "data": minutes_view(happened, level)})

    @app.get(
        "/api/notifications/<notification_id>",
        compress=True,
        summary="A notification with its audit trail",
        responses=documented(HTTPStatus.OK, shapes.NotificationDetailAnswer, "The notification", OF_ONE),
    )
    def get_notification(notification_id: NotificationId) -> Response[str]:
        notification, trail = services.query.notification(_tenant(app), notification_id)
        return json_response(HTTPStatus.OK, {"success": True, "data": detail_view(notification, trail)})

    @app.get(
        "/api/metrics",
        compress=True,
        summary="Prometheus metrics of your tenant, or of all tenants for an operator's key",
        responses={
            **documented(HTTPStatus.OK, shapes.ErrorAnswer, "", ALWAYS),
            200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}},
        },
    )
    def metrics() -> Response[str]:
        from wavecom.http import prometheus  # noqa: PLC0415

        caller = app.context["caller"]
        statistics = services.query.statistics(None if caller.role is Role.OPERATOR else caller.tenant_id)
        return Response(200, content_type=prometheus.CONTENT_TYPE, body=prometheus.exposition(statistics))


def _tenant(app: ApiGatewayResolver) -> str:
    tenant_id: str = app.context["caller"].tenant_id
    return tenant_id


def _created_message(notification: Notification) -> str:
    if notification.status is Status.QUEUED:
        return "Notification created and queued successfully"
    if notification.scheduled_at is not None and notification.scheduled_at > notification.created_at:
        return "Notification created and scheduled"
    return "Notification created; it will be queued shortly"


def _replayed(submission: Submission) -> dict[str, str]:
    return {"Idempotency-Replayed": "true"} if submission.repeated else {}


def _retry_after(accepted: Accepted) -> dict[str, str]:
    waits = [each.retry_after for each in accepted.refusals.values() if isinstance(each, OverloadedError)]
    return retry_after(max(waits)) if waits else {}


def _batch_view(accepted: Accepted) -> dict[str, Any]:
    created = accepted.submission.notifications
    results: dict[int, dict[str, Any]] = {
        index: {"index": index, "status": HTTPStatus.CREATED.value, "data": notification_view(notification)}
        for index, notification in created.items()
    }
    left = BATCH_ERRORS_MAX_BYTES
    for index, refusal in accepted.refusals.items():
        answer = answer_to(refusal, overload_status=HTTPStatus.TOO_MANY_REQUESTS)
        error = answer.error() if left > 0 else answer.error(details_max=0)
        left -= len(to_json(error))
        results[index] = {"index": index, "status": answer.status.value, "error": error}
    return {
        "accepted": len(created),
        "refused": len(accepted.refusals),
        "results": [results[index] for index in sorted(results)],
    }
