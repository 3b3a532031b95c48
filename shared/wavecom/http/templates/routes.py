"""The routes of templates."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from wavecom.domain.templates.template import TEMPLATE_ID
from wavecom.http.fields.numbers import PageSize
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import success
from wavecom.http.openapi import example_ids, refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.services import Services
from wavecom.http.templates.requests import CreateTemplate
from wavecom.http.templates.responses import Template, TemplateAnswer, TemplatePage, TemplatePageAnswer

TemplateId = Annotated[
    str,
    Path(pattern=f"^{TEMPLATE_ID.pattern}$", description="The template's id", examples=[example_ids.TEMPLATE_ID]),
]


def add_template_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes of templates to ``app``; those of their versions stand in `version_routes`."""
    _add_list_templates(app, services)
    _add_create_template(app, services)
    _add_get_template(app, services)
    _add_roll_back_template(app, services)
    _add_archive_template(app, services)


def _add_list_templates(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/templates",
        compress=True,
        summary="List templates",
        description="In the order of their ids, archived ones too.",
        operation_id="listTemplates",
        tags=[tags.TEMPLATES],
        responses=documented(HTTPStatus.OK, TemplatePageAnswer, "A page", refusals.ALWAYS),
    )
    def list_templates(
        limit: Annotated[PageSize, Query(description="Templates a page")] = 20,
        cursor: Annotated[
            str | None,
            Query(
                pattern=f"^{TEMPLATE_ID.pattern}$",
                description="nextCursor of a page",
                examples=[example_ids.TEMPLATE_ID],
            ),
        ] = None,
    ) -> Response[str]:
        page = services.templates.page(caller(app).tenant_id, limit=limit, after=cursor)
        return success(TemplatePageAnswer, TemplatePage.from_domain(page))


def _add_create_template(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/templates",
        summary="Make a template",
        description="Makes a template for one channel. It has no text before its first version, and is used once a "
        "version is published. Its id is yours to choose, and stays.",
        operation_id="createTemplate",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.CREATED,
            TemplateAnswer,
            "The template",
            [*refusals.WITH_BODY, refusals.TEMPLATE_TAKEN],
        ),
    )
    def create_template(template: Annotated[CreateTemplate, Body()]) -> Response[str]:
        made = services.templates.create(
            caller(app).tenant_id,
            template.id,
            template.channel,
            description=template.description,
            category=template.category,
        )
        return success(TemplateAnswer, Template.from_domain(made), status=HTTPStatus.CREATED)


def _add_get_template(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/templates/<template_id>",
        summary="Show a template",
        description="Which version is published, and which is the newest.",
        operation_id="getTemplate",
        tags=[tags.TEMPLATES],
        responses=documented(HTTPStatus.OK, TemplateAnswer, "The template", [*refusals.ALWAYS, refusals.NO_TEMPLATE]),
    )
    def get_template(template_id: TemplateId) -> Response[str]:
        return success(TemplateAnswer, Template.from_domain(services.templates.get(caller(app).tenant_id, template_id)))


def _add_roll_back_template(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/templates/<template_id>/rollback",
        summary="Go back to the version that was published before",
        description="Notifications that name no version use it within 5 seconds. What was accepted before stays as "
        "it was accepted.",
        operation_id="rollBackTemplate",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.OK,
            TemplateAnswer,
            "The template",
            [*refusals.ALWAYS, refusals.NO_TEMPLATE, refusals.NOT_PUBLISHED_BEFORE],
        ),
    )
    def roll_back_template(template_id: TemplateId) -> Response[str]:
        changed = services.templates.roll_back(caller(app).tenant_id, template_id)
        return success(TemplateAnswer, Template.from_domain(changed))


def _add_archive_template(app: ApiGatewayResolver, services: Services) -> None:
    @app.delete(
        "/api/templates/<template_id>",
        summary="Archive a template",
        description="No notification is made from it any more. Those that were made keep their text and the number of "
        "their version; the versions can still be read, and the id stays taken.",
        operation_id="archiveTemplate",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.OK,
            TemplateAnswer,
            "The template, archived",
            [*refusals.ALWAYS, refusals.NO_TEMPLATE, refusals.TEMPLATE_CHANGED],
        ),
    )
    def archive_template(template_id: TemplateId) -> Response[str]:
        changed = services.templates.archive(caller(app).tenant_id, template_id)
        return success(TemplateAnswer, Template.from_domain(changed))
