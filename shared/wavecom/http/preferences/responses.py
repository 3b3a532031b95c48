"""Answers about categories and preferences."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from wavecom.application.preferences import preferences as application
from wavecom.domain import categories as domain
from wavecom.domain.notifications.enums import Channel
from wavecom.http.framework.responses import Shape, Success


class Category(Shape):
    """A kind of messages."""

    id: str
    name: str
    transactional: Annotated[bool, Field(description="Whether recipients cannot leave it")]

    @classmethod
    def from_domain(cls, category: domain.Category) -> Self:
        """Return a category as clients see it."""
        return cls(id=category.id, name=category.name, transactional=category.transactional)


class CategoryAnswer(Success[Category]):
    """One category."""


class CategoriesAnswer(Success[list[Category]]):
    """All categories of a tenant."""


class Preference(Category):
    """A category, and whether a recipient gets it."""

    subscribed: bool


class Preferences(Shape):
    """The categories that a recipient gets, and those that it has left."""

    type: Channel
    recipient: str
    categories: list[Preference]

    @classmethod
    def from_domain(cls, channel: Channel, recipient: str, found: Sequence[application.Preference]) -> Self:
        """Return a recipient's preferences as clients see them."""
        return cls(
            type=channel,
            recipient=recipient,
            categories=[
                Preference(
                    id=each.category.id,
                    name=each.category.name,
                    transactional=each.category.transactional,
                    subscribed=each.subscribed,
                )
                for each in found
            ],
        )


class PreferencesAnswer(Success[Preferences]):
    """A recipient's preferences."""
