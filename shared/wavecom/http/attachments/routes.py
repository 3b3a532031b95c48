"""The routes of attachments. The bytes themselves go to the storage."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from wavecom.http.attachments.requests import CreateAttachment
from wavecom.http.attachments.responses import Attachment, AttachmentAnswer
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import success
from wavecom.http.openapi import example_ids, refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.services import Services

AttachmentId = Annotated[
    str,
    Path(
        pattern="^[0-9a-f]{24}$",
        description="The attachment's `id`, 24 hex digits",
        examples=[example_ids.ATTACHMENT_ID],
    ),
]


def add_attachment_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes below ``/api/attachments`` to ``app``."""
    _add_create_attachment(app, services)
    _add_get_attachment(app, services)


def _add_create_attachment(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/attachments",
        summary="Prepare a file for emails",
        description="Say what the file is, then put its bytes as `upload` says, within 15 minutes; then name its id in "
        "`attachments` of any number of notifications. Size, SHA-256 and type of the bytes are checked when it is "
        "first used. It is deleted after 24 hours without use, and with the last notification that has it.",
        operation_id="createAttachment",
        tags=[tags.ATTACHMENTS],
        responses=documented(
            HTTPStatus.CREATED, AttachmentAnswer, "The attachment, and where to put its bytes", refusals.WITH_BODY
        ),
    )
    def create_attachment(attachment: Annotated[CreateAttachment, Body()]) -> Response[str]:
        stored, upload = services.attachments.create(caller(app).tenant_id, attachment.to_domain())
        return success(AttachmentAnswer, Attachment.from_domain(stored, upload), status=HTTPStatus.CREATED)


def _add_get_attachment(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/attachments/<attachment_id>",
        summary="An attachment, and whether it is scanned",
        description="What is known of a file. While `scanned` is `pending`, notifications with it wait; those with an "
        "`infected` one fail, and new ones are refused.",
        operation_id="getAttachment",
        tags=[tags.ATTACHMENTS],
        responses=documented(
            HTTPStatus.OK, AttachmentAnswer, "The attachment", [*refusals.ALWAYS, refusals.NO_ATTACHMENT]
        ),
    )
    def get_attachment(attachment_id: AttachmentId) -> Response[str]:
        stored = services.attachments.get(caller(app).tenant_id, attachment_id)
        return success(AttachmentAnswer, Attachment.from_domain(stored))
