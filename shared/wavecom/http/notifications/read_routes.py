"""The routes that list notifications and show one."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Query

from wavecom.domain.notifications.enums import Channel, Priority, Status
from wavecom.domain.notifications.lists import ListFilter
from wavecom.http.fields import recipients
from wavecom.http.fields.cursor import from_cursor
from wavecom.http.fields.moments import Since, Until
from wavecom.http.fields.numbers import PageNumber, PageSize
from wavecom.http.framework.errors import FieldError, InvalidRequestError
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import success
from wavecom.http.notifications.responses import (
    NotificationDetail,
    NotificationDetailAnswer,
    NotificationPage,
    NotificationPageAnswer,
)
from wavecom.http.openapi import refusals, tags
from wavecom.http.openapi.operations import NotificationId, PageCursor, RecipientQuery, documented
from wavecom.http.services import Services

MAX_SKIP = 10_000
"""The depth that pages by number reach; a cursor reaches any depth at the cost of the first page."""


def add_notification_read_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes that only read notifications to ``app``."""
    _add_list_notifications(app, services)
    _add_get_notification(app, services)


def _add_list_notifications(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/notifications",
        compress=True,
        summary="List notifications, newest first",
        description="Filters combine. Pages by number reach the first 10,000 notifications; follow `nextCursor` for "
        "more, which costs the same at any depth. Lists by recipient or time have no totals.",
        operation_id="listNotifications",
        tags=[tags.NOTIFICATIONS],
        responses=documented(
            HTTPStatus.OK, NotificationPageAnswer, "A page", [*refusals.ALWAYS, refusals.NOT_ANSWERED]
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
        cursor: Annotated[str | None, PageCursor(description="nextCursor of the page before; instead of page")] = None,
    ) -> Response[str]:
        skip = _skip(page, limit)
        found = services.query.page(
            ListFilter(
                tenant_id=caller(app).tenant_id,
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
        return success(NotificationPageAnswer, NotificationPage.from_domain(found, number=page, limit=limit))


def _add_get_notification(app: ApiGatewayResolver, services: Services) -> None:
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
            NotificationDetailAnswer,
            "The notification and its audit trail",
            [*refusals.ALWAYS, refusals.NO_NOTIFICATION],
        ),
    )
    def get_notification(notification_id: NotificationId) -> Response[str]:
        notification, trail = services.query.notification(caller(app).tenant_id, notification_id)
        return success(NotificationDetailAnswer, NotificationDetail.from_domain(notification, trail))


def _skip(page: int, limit: int) -> int:
    """Return how many notifications come before a page. Raises `InvalidRequestError` where they are too many."""
    skip = (page - 1) * limit
    if skip > MAX_SKIP:
        error = FieldError("page", f"reaches beyond the first {MAX_SKIP} notifications; use cursor")
        raise InvalidRequestError("The page is too deep", [error])
    return skip
