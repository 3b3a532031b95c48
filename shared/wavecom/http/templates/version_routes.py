"""The routes of templates' versions, and of what they would send."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from wavecom.http.fields.numbers import PageSize, VersionCursor
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import success
from wavecom.http.notification import Notification
from wavecom.http.openapi import refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.services import Services
from wavecom.http.templates import requests
from wavecom.http.templates.responses import (
    PreviewAnswer,
    Template,
    TemplateAnswer,
    TemplatePreview,
    TemplateVersion,
    TemplateVersionAnswer,
    TemplateVersionPage,
    TemplateVersionPageAnswer,
    TestSendAnswer,
    VariantResults,
    VariantResultsAnswer,
)
from wavecom.http.templates.routes import TemplateId

Number = Annotated[VersionCursor, Path(description="The version's number", examples=[3])]


def add_version_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add the routes of templates' versions to ``app``."""
    _add_list_versions(app, services)
    _add_create_version(app, services)
    _add_get_version(app, services)
    _add_version_results(app, services)
    _add_publish_version(app, services)
    _add_preview_template(app, services)
    _add_send_test(app, services)


def _add_list_versions(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/templates/<template_id>/versions",
        compress=True,
        summary="List a template's versions",
        description="The newest first, published or not, without their source.",
        operation_id="listTemplateVersions",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.OK, TemplateVersionPageAnswer, "A page", [*refusals.ALWAYS, refusals.NO_TEMPLATE]
        ),
    )
    def list_versions(
        template_id: TemplateId,
        limit: Annotated[PageSize, Query(description="Versions a page")] = 20,
        cursor: Annotated[VersionCursor | None, Query(description="nextCursor of a page", examples=[3])] = None,
    ) -> Response[str]:
        page = services.templates.versions(caller(app).tenant_id, template_id, limit=limit, before=cursor)
        return success(TemplateVersionPageAnswer, TemplateVersionPage.from_domain(page))


def _add_create_version(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/templates/<template_id>/versions",
        summary="Make the next version of a template",
        description="A version never changes. It is checked when it is made: the grammar, filters that do not exist, "
        "and that all languages use the same variables; an error names the language, the part and the line. Nothing "
        "uses it before it is published, but notifications that name it.",
        operation_id="createTemplateVersion",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.CREATED,
            TemplateVersionAnswer,
            "The version",
            [*refusals.WITH_BODY, refusals.NO_TEMPLATE, refusals.TEMPLATE_ARCHIVED],
        ),
    )
    def create_version(template_id: TemplateId, version: Annotated[requests.CreateVersion, Body()]) -> Response[str]:
        made = services.templates.add_version(
            caller(app).tenant_id,
            template_id,
            default_locale=version.default_locale,
            locales=version.sources(),
            variants=version.variants_to_domain(),
        )
        return success(TemplateVersionAnswer, TemplateVersion.from_domain(made), status=HTTPStatus.CREATED)


def _add_get_version(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/templates/<template_id>/versions/<number>",
        compress=True,
        summary="Show a version",
        description="Its source in every language, and its variables.",
        operation_id="getTemplateVersion",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.OK, TemplateVersionAnswer, "The version", [*refusals.ALWAYS, refusals.NO_TEMPLATE]
        ),
    )
    def get_version(template_id: TemplateId, number: Number) -> Response[str]:
        found = services.templates.version(caller(app).tenant_id, template_id, number)
        return success(TemplateVersionAnswer, TemplateVersion.from_domain(found))


def _add_version_results(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/templates/<template_id>/versions/<number>/results",
        summary="Show what became of a version's variants",
        description="For each variant, how many notifications were accepted with it, and what became of them. A "
        "version without variants has no results.",
        operation_id="getTemplateVersionResults",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.OK, VariantResultsAnswer, "By variant", [*refusals.ALWAYS, refusals.NO_TEMPLATE]
        ),
    )
    def version_results(template_id: TemplateId, number: Number) -> Response[str]:
        found = services.results.of(caller(app).tenant_id, template_id, number)
        return success(VariantResultsAnswer, [VariantResults.from_domain(each) for each in found])


def _add_publish_version(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/templates/<template_id>/versions/<number>/publish",
        summary="Publish a version",
        description="Notifications that name no version use it within 5 seconds. What was accepted before stays as "
        "it was accepted.",
        operation_id="publishTemplateVersion",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.OK,
            TemplateAnswer,
            "The template",
            [*refusals.ALWAYS, refusals.NO_TEMPLATE, refusals.TEMPLATE_ARCHIVED],
        ),
    )
    def publish_version(template_id: TemplateId, number: Number) -> Response[str]:
        changed = services.templates.publish(caller(app).tenant_id, template_id, number)
        return success(TemplateAnswer, Template.from_domain(changed))


def _add_preview_template(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/templates/<template_id>/preview",
        summary="Show what a template would send",
        description="Renders a version, or a source that is not stored, in one language. Nothing is sent or kept.",
        operation_id="previewTemplate",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.OK, PreviewAnswer, "What would be sent", [*refusals.WITH_BODY, refusals.NO_TEMPLATE]
        ),
    )
    def preview_template(
        template_id: TemplateId, preview: Annotated[requests.PreviewTemplate, Body()]
    ) -> Response[str]:
        tenant_id = caller(app).tenant_id
        if preview.source is not None:
            shown = services.preview.of_source(
                tenant_id, template_id, preview.source.to_domain(), preview.locale, preview.variables
            )
        else:
            shown = services.preview.of_version(
                tenant_id, template_id, preview.version, preview.locale, preview.variables, preview.variant
            )
        return success(PreviewAnswer, TemplatePreview.from_domain(shown))


def _add_send_test(app: ApiGatewayResolver, services: Services) -> None:
    @app.post(
        "/api/templates/<template_id>/test-send",
        summary="Send a version to yourself",
        description="Makes one notification of a version, published or not, to see it arrive: MEDIUM, without retries. "
        "It is accepted, counted and shown like any other.",
        operation_id="sendTemplateTest",
        tags=[tags.TEMPLATES],
        responses=documented(
            HTTPStatus.CREATED,
            TestSendAnswer,
            "The notification, accepted and stored",
            [*refusals.WITH_BODY, refusals.NO_TEMPLATE, refusals.NOT_ACCEPTED],
        ),
    )
    def send_test(template_id: TemplateId, test: Annotated[requests.SendTest, Body()]) -> Response[str]:
        tenant_id = caller(app).tenant_id
        draft = test.draft(services.templates.get(tenant_id, template_id))
        accepted = services.admission.accept(tenant_id, {0: draft}, {}, None)
        for refusal in accepted.refusals.values():
            raise refusal
        made = Notification.from_domain(accepted.submission.notifications[0])
        return success(TestSendAnswer, made, status=HTTPStatus.CREATED)
