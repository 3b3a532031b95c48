"""The routes: each reads its arguments, calls one use case and answers."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from wavecom.application.accept.submit import Submission
from wavecom.domain.api_keys import Caller, Role
from wavecom.domain.degradation import check_answers
from wavecom.domain.errors import OverloadedError
from wavecom.domain.notifications.lifecycle import Replay
from wavecom.domain.notifications.lists import ListFilter
from wavecom.domain.notifications.notification import Channel, Notification, Priority, Status
from wavecom.http import recipients, refusals, tags
from wavecom.http import responses as shapes
from wavecom.http.accept import Accepted, accept
from wavecom.http.cursor import from_cursor
from wavecom.http.documented import IdempotencyKey, NotificationId, PageCursor, RecipientQuery, documented
from wavecom.http.documented_headers import REPLAYED, WAIT_FOR_LOAD
from wavecom.http.errors import FieldError, InvalidRequestError, answer_to, bounded_errors, retry_after
from wavecom.http.middleware import json_response
from wavecom.http.moments import Since, Until
from wavecom.http.requests import CreateBatch, CreateNotification, Minutes, PageNumber, PageSize
from wavecom.http.services import Services
from wavecom.http.views import detail_view, minutes_view, notification_view, page_view, statistics_view

MAX_SKIP = 10_000
"""How far pages by number reach; a cursor reaches any depth at the cost of the first page."""


def add_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes of notifications to ``app``."""
    _add_writes(app, services)
    _add_reads(app, services)


def _add_writes(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/notifications",
        compress=True,
        summary="Create a notification",
        description="A 201 means that the notification is stored by a majority of the database's nodes: it is sent, "
        "or you can see why not. While the broker is down it is stored as PENDING, and queued later. "
        "With an `Idempotency-Key`, a repeated call gets the first answer again and "
        "`Idempotency-Replayed: true`. What no configured provider could take is refused at once, with "
        "the field and the reason.",
        operation_id="createNotification",
        tags=[tags.NOTIFICATIONS],
        responses=documented(
            HTTPStatus.CREATED,
            shapes.NotificationAnswer,
            "The notification, accepted and stored",
            [*refusals.WITH_BODY, refusals.KEY_REUSED, refusals.NOT_ACCEPTED],
            REPLAYED,
        ),
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
        description="Each notification is accepted or refused on its own, by the rules for a single one: the answer "
        "is 207, and `results` says in the order of the request what became of each. All that are "
        "accepted are stored in one transaction. An `Idempotency-Key` holds for the whole batch.",
        operation_id="createNotifications",
        tags=[tags.NOTIFICATIONS],
        responses=documented(
            HTTPStatus.MULTI_STATUS,
            shapes.BatchAnswer,
            "What became of each, in order",
            [*refusals.WITH_BODY, refusals.KEY_REUSED],
            {**REPLAYED, **WAIT_FOR_LOAD},
        ),
    )
    def create_batch(batch: Annotated[CreateBatch, Body()], idempotency_key: IdempotencyKey = None) -> Response[str]:
        accepted = accept(app, services, list(batch.validated()), idempotency_key, below="notifications[{index}].")
        answer = {"success": True, "data": _batch_view(accepted)}
        headers = {**_replayed(accepted.submission), **_retry_after(accepted)}
        return json_response(HTTPStatus.MULTI_STATUS, answer, headers)

    @app.post(
        "/api/notifications/<notification_id>/cancel",
        summary="Cancel a notification that is not being sent yet",
        description="Cancels what is PENDING, QUEUED or RETRYING; it is not sent from then on. With any other status "
        "it is refused: what a provider is being asked to send cannot be taken back.",
        operation_id="cancelNotification",
        tags=[tags.NOTIFICATIONS],
        responses=documented(
            HTTPStatus.OK,
            shapes.NotificationAnswer,
            "The notification, cancelled",
            [*refusals.ALWAYS, refusals.NO_NOTIFICATION, refusals.WRONG_STATUS],
        ),
    )
    def cancel_notification(notification_id: NotificationId) -> Response[str]:
        cancelled = services.intervene.cancel(_tenant(app), notification_id)
        answer = {"success": True, "data": notification_view(cancelled), "message": "Notification cancelled"}
        return json_response(HTTPStatus.OK, answer)

    @app.post(
        "/api/notifications/<notification_id>/retry",
        summary="Send a failed notification again",
        description="Puts a FAILED notification back into its lane with a new budget of retries; its audit trail "
        "notes who asked. With any other status it is refused.",
        operation_id="retryNotification",
        tags=[tags.NOTIFICATIONS],
        responses=documented(
            HTTPStatus.OK,
            shapes.NotificationAnswer,
            "The notification, queued again",
            [*refusals.ALWAYS, refusals.NO_NOTIFICATION, refusals.WRONG_STATUS],
        ),
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
        description="Filters combine. Pages by number reach the first 10,000 notifications; follow `nextCursor` for "
        "more, which costs the same at any depth. Lists by recipient or time have no totals.",
        operation_id="listNotifications",
        tags=[tags.NOTIFICATIONS],
        responses=documented(
            HTTPStatus.OK, shapes.NotificationPageAnswer, "A page", [*refusals.ALWAYS, refusals.NOT_ANSWERED]
        ),
    )
    def list_notifications(
        page: Annotated[PageNumber, Query(description="Number of the page, from 1; not with cursor")] = 1,
        limit: Annotated[PageSize, Query(description="Notifications a page")] = 20,
        status: Annotated[Status | None, Query(description="Only with this status")] = None,
        type: Annotated[Channel | None, Query(description="Only of this channel")] = None,  # noqa: A002
        priority: Annotated[Priority | None, Query(description="Only with this priority")] = None,
        recipient: RecipientQuery = None,
        since: Annotated[Since | None, Query(description="Created at or after")] = None,
        until: Annotated[Until | None, Query(description="Created before")] = None,
        cursor: Annotated[
            str | None,
            PageCursor(description="nextCursor of the page before; instead of page"),
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
        description="Counters that change in the same transaction as what they count. `queueDepth` is null while the "
        "broker does not answer.",
        operation_id="getStatistics",
        tags=[tags.STATISTICS],
        responses=documented(
            HTTPStatus.OK, shapes.StatisticsAnswer, "The statistics", [*refusals.ALWAYS, refusals.NOT_ANSWERED]
        ),
    )
    def system_statistics() -> Response[str]:
        check_answers(services.system.level())
        statistics = services.query.statistics(_tenant(app))
        return json_response(HTTPStatus.OK, {"success": True, "data": statistics_view(statistics)})

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
            shapes.RecentMinutesAnswer,
            "The minutes in which something happened",
            [*refusals.ALWAYS, refusals.NOT_ANSWERED],
        ),
    )
    def minutes(
        minutes: Annotated[Minutes, Query(description="How far back, this minute included")] = 60,
    ) -> Response[str]:
        level = services.system.level()
        check_answers(level)
        happened = services.query.minutes(_tenant(app), services.clock() - timedelta(minutes=minutes - 1))
        return json_response(HTTPStatus.OK, {"success": True, "data": minutes_view(happened, level)})

    @app.get(
        "/api/notifications/<notification_id>",
        compress=True,
        summary="A notification with its audit trail",
        description="The notification as it is now, its attempts, and every change of its status, in order. Fields "
        "without a value are left out.",
        operation_id="getNotification",
        tags=[tags.NOTIFICATIONS],
        responses=documented(
            HTTPStatus.OK,
            shapes.NotificationDetailAnswer,
            "The notification and its audit trail",
            [*refusals.ALWAYS, refusals.NO_NOTIFICATION],
        ),
    )
    def get_notification(notification_id: NotificationId) -> Response[str]:
        notification, trail = services.query.notification(_tenant(app), notification_id)
        return json_response(HTTPStatus.OK, {"success": True, "data": detail_view(notification, trail)})

    @app.get(
        "/api/metrics",
        compress=True,
        summary="Prometheus metrics of your tenant, or of all tenants for an operator's key",
        description="Counters and queue depths in the Prometheus text format. They name no recipient and no content.",
        operation_id="getMetrics",
        tags=[tags.OPERATION],
        responses={
            **documented(HTTPStatus.OK, shapes.ErrorAnswer, "", refusals.ALWAYS),
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
    answers = {
        index: answer_to(refusal, overload_status=HTTPStatus.TOO_MANY_REQUESTS)
        for index, refusal in accepted.refusals.items()
    }
    for (index, answer), error in zip(answers.items(), bounded_errors(answers.values()), strict=True):
        results[index] = {"index": index, "status": answer.status.value, "error": error}
    return {
        "accepted": len(created),
        "refused": len(accepted.refusals),
        "results": [results[index] for index in sorted(results)],
    }
