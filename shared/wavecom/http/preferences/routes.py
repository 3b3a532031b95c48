"""The routes of categories and preferences."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from wavecom.domain.categories import CATEGORY_ID
from wavecom.domain.notifications.enums import Channel
from wavecom.http.fields import recipients
from wavecom.http.framework.middleware import caller
from wavecom.http.framework.responses import DoneAnswer, done, success
from wavecom.http.openapi import example_ids, refusals, tags
from wavecom.http.openapi.operations import documented
from wavecom.http.preferences.requests import ChoosePreferences, PutCategory
from wavecom.http.preferences.responses import (
    CategoriesAnswer,
    Category,
    CategoryAnswer,
    Preferences,
    PreferencesAnswer,
)
from wavecom.http.services import Services

CategoryId = Annotated[
    str, Path(pattern=f"^{CATEGORY_ID.pattern}$", description="The category's id", examples=[example_ids.CATEGORY_ID])
]


def add_preference_routes(app: ApiGatewayResolver, services: Services) -> None:
    """Add ``/api/categories`` and ``/api/preferences`` to ``app``."""
    _add_list_categories(app, services)
    _add_put_category(app, services)
    _add_remove_category(app, services)
    _add_get_preferences(app, services)
    _add_choose_preferences(app, services)


def _add_list_categories(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/categories",
        summary="List categories",
        description="The kinds of your messages. Recipients can leave those that are not transactional.",
        operation_id="listCategories",
        tags=[tags.PREFERENCES],
        responses=documented(
            HTTPStatus.OK, CategoriesAnswer, "All categories, in the order of their ids", refusals.ALWAYS
        ),
    )
    def list_categories() -> Response[str]:
        found = services.categories.of(caller(app).tenant_id)
        return success(CategoriesAnswer, [Category.from_domain(each) for each in found.values()])


def _add_put_category(app: ApiGatewayResolver, services: Services) -> None:
    @app.put(
        "/api/categories/<category_id>",
        summary="Make or change a category",
        description="A notification or its template names it by the id. Email of one that is not transactional carries "
        "a link by which its recipient leaves it. A change takes effect within 30 seconds; what was accepted before "
        "stays as it was.",
        operation_id="putCategory",
        tags=[tags.PREFERENCES],
        responses=documented(
            HTTPStatus.OK, CategoryAnswer, "The category", [*refusals.WITH_BODY, refusals.TOO_MANY_CATEGORIES]
        ),
    )
    def put_category(category_id: CategoryId, category: Annotated[PutCategory, Body()]) -> Response[str]:
        changed = category.to_domain(category_id)
        services.categories.put(caller(app).tenant_id, changed)
        return success(CategoryAnswer, Category.from_domain(changed))


def _add_remove_category(app: ApiGatewayResolver, services: Services) -> None:
    @app.delete(
        "/api/categories/<category_id>",
        summary="Remove a category",
        description="Nothing is accepted in it any more. Who left it, has left it still if it is made again.",
        operation_id="removeCategory",
        tags=[tags.PREFERENCES],
        responses=documented(HTTPStatus.OK, DoneAnswer, "It is removed", [*refusals.ALWAYS, refusals.NO_CATEGORY]),
    )
    def remove_category(category_id: CategoryId) -> Response[str]:
        services.categories.remove(caller(app).tenant_id, category_id)
        return done("Category removed")


def _add_get_preferences(app: ApiGatewayResolver, services: Services) -> None:
    @app.get(
        "/api/preferences",
        summary="Show what a recipient gets",
        description="Each of your categories, and whether the recipient gets it over this channel: for a settings page "
        "of your own.",
        operation_id="getPreferences",
        tags=[tags.PREFERENCES],
        responses=documented(HTTPStatus.OK, PreferencesAnswer, "The recipient's preferences", refusals.ALWAYS),
    )
    def get_preferences(
        recipient: Annotated[
            str,
            Query(
                min_length=1,
                max_length=recipients.MAX_LENGTH,
                description="In full, as in a body",
                examples=["user@example.com"],
            ),
        ],
        type: Annotated[Channel, Query(description="Channel")],  # noqa: A002
    ) -> Response[str]:
        known = recipients.read(recipient, type)
        found = services.preferences.of(caller(app).tenant_id, type, known)
        return success(PreferencesAnswer, Preferences.from_domain(type, known, found))


def _add_choose_preferences(app: ApiGatewayResolver, services: Services) -> None:
    @app.put(
        "/api/preferences",
        summary="Change what a recipient gets",
        description="Categories that are not named stay as they are. A transactional one cannot be left. It holds at "
        "once, for what is waiting too.",
        operation_id="choosePreferences",
        tags=[tags.PREFERENCES],
        responses=documented(HTTPStatus.OK, PreferencesAnswer, "The recipient's preferences", refusals.WITH_BODY),
    )
    def choose_preferences(preferences: Annotated[ChoosePreferences, Body()]) -> Response[str]:
        channel, recipient = preferences.type, preferences.recipient
        chosen = services.preferences.choose(caller(app).tenant_id, channel, recipient, preferences.categories)
        return success(PreferencesAnswer, Preferences.from_domain(channel, recipient, chosen))
