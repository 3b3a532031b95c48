"""The routes that create, cancel and retry notifications."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body

from wavecom.application.accept.admission import Accepted
from wavecom.application.accept.submit import Submission
from wavecom.domain.errors import OverloadedError, RefusedDraftError
from wavecom.domain.notifications import notification as domain
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.lifecycle import Replay
from wavecom.domain.notifications.notification import IdempotentCall
from wavecom.http.framework.errors import InvalidRequestError, invalid_draft, retry_after
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import success
from wavecom.http.notification import Notification
from wavecom.http.notifications.requests import CreateBatch, CreateNotification
from wavecom.http.notifications.responses import Batch, BatchAnswer, NotificationAnswer, warnings_of
from wavecom.http.openapi import refusals, tags
from wavecom.http.openapi.headers import REPLAYED, WAIT_FOR_LOAD
from wavecom.http.openapi.operations import IdempotencyKey, NotificationId, documented
from wavecom.http.services import Services


def add_notification_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes that change notifications to ``app``."""
    _add_create_notification(app, services)
    _add_create_batch(app, services)
    _add_cancel_notification(app, services)
    _add_retry_notification(app, services)


def _add_create_notification(app: ApiGatewayResolver, services: Services) -> None:
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
            NotificationAnswer,
            "The notification, accepted and stored",
            [*refusals.WITH_BODY, refusals.KEY_REUSED, refusals.NOT_ACCEPTED],
            REPLAYED,
        ),
    )
    def create_notification(
        notification: Annotated[CreateNotification, Body()], idempotency_key: IdempotencyKey = None
    ) -> Response[str]:
        accepted = _accept(app, services, [notification], idempotency_key)
        for refusal in accepted.refusals.values():
            raise refusal
        created = accepted.submission.notifications[0]
        return success(
            NotificationAnswer,
            Notification.from_domain(created),
            status=HTTPStatus.CREATED,
            headers=_replayed(accepted.submission),
            message=_created_message(created),
            **warnings_of(accepted, 0),
        )


def _add_create_batch(app: ApiGatewayResolver, services: Services) -> None:
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
            BatchAnswer,
            "What became of each, in order",
            [*refusals.WITH_BODY, refusals.KEY_REUSED],
            {**REPLAYED, **WAIT_FOR_LOAD},
        ),
    )
    def create_batch(batch: Annotated[CreateBatch, Body()], idempotency_key: IdempotencyKey = None) -> Response[str]:
        accepted = _accept(app, services, list(batch.validated()), idempotency_key)
        refusals = {index: _prefixed(index, refusal) for index, refusal in accepted.refusals.items()}
        return success(
            BatchAnswer,
            Batch.from_domain(accepted, refusals),
            status=HTTPStatus.MULTI_STATUS,
            headers={**_replayed(accepted.submission), **_retry_after(refusals)},
        )


def _add_cancel_notification(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/notifications/<notification_id>/cancel",
        summary="Cancel a notification that is not being sent yet",
        description="Cancels what is PENDING, QUEUED or RETRYING; it is not sent from then on. With any other status "
        "it is refused: what a provider is being asked to send cannot be taken back.",
        operation_id="cancelNotification",
        tags=[tags.NOTIFICATIONS],
        responses=documented(
            HTTPStatus.OK,
            NotificationAnswer,
            "The notification, cancelled",
            [*refusals.ALWAYS, refusals.NO_NOTIFICATION, refusals.WRONG_STATUS],
        ),
    )
    def cancel_notification(notification_id: NotificationId) -> Response[str]:
        cancelled = services.cancel_or_retry.cancel(caller(app).tenant_id, notification_id)
        return success(NotificationAnswer, Notification.from_domain(cancelled), message="Notification cancelled")


def _add_retry_notification(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/notifications/<notification_id>/retry",
        summary="Send a failed notification again",
        description="Puts a FAILED notification back into its lane with a new budget of retries; its audit trail "
        "notes who asked. With any other status it is refused.",
        operation_id="retryNotification",
        tags=[tags.NOTIFICATIONS],
        responses=documented(
            HTTPStatus.OK,
            NotificationAnswer,
            "The notification, queued again",
            [*refusals.ALWAYS, refusals.NO_NOTIFICATION, refusals.WRONG_STATUS],
        ),
    )
    def retry_notification(notification_id: NotificationId) -> Response[str]:
        known = caller(app)
        queued = services.cancel_or_retry.retry(known.tenant_id, notification_id, Replay(by=known.key_id))
        return success(NotificationAnswer, Notification.from_domain(queued), message="Notification queued again")


def _accept(
    app: ApiGatewayResolver,
    services: Services,
    items: Sequence[CreateNotification | InvalidRequestError],
    idempotency_key: str | None,
) -> Accepted:
    invalid = {index: item for index, item in enumerate(items) if isinstance(item, InvalidRequestError)}
    drafts = {index: item.draft() for index, item in enumerate(items) if not isinstance(item, InvalidRequestError)}
    call = _call(app, idempotency_key, len(items))
    return services.admission.accept(caller(app).tenant_id, drafts, invalid, call)


def _call(app: ApiGatewayResolver, key: str | None, items: int) -> IdempotentCall | None:
    if key is None:
        return None
    canonical = json.dumps(app.context["json"], sort_keys=True, separators=(",", ":"))
    return IdempotentCall(key=key, fingerprint=hashlib.sha256(canonical.encode()).hexdigest(), items=items)


def _created_message(notification: domain.Notification) -> str:
    if notification.state.status is Status.QUEUED:
        return "Notification created and queued successfully"
    if notification.scheduled_at is not None and notification.scheduled_at > notification.created_at:
        return "Notification created and scheduled"
    return "Notification created; it will be queued shortly"


def _replayed(submission: Submission) -> dict[str, str]:
    return {"Idempotency-Replayed": "true"} if submission.repeated else {}


def _prefixed(index: int, refusal: Exception) -> Exception:
    """Return a refusal with field names of the whole batch."""
    return invalid_draft(refusal, f"notifications[{index}].") if isinstance(refusal, RefusedDraftError) else refusal


def _retry_after(refusals: Mapping[int, Exception]) -> dict[str, str]:
    waits = [each.retry_after for each in refusals.values() if isinstance(each, OverloadedError)]
    return retry_after(max(waits)) if waits else {}
