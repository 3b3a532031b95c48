"""Requests that change categories and preferences."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from wavecom.domain.categories import CATEGORIES_MAX
from wavecom.domain.categories import Category as DomainCategory
from wavecom.domain.notifications.enums import Channel
from wavecom.http.fields import recipients
from wavecom.http.fields.categories import CategoryId
from wavecom.http.fields.text import one_line
from wavecom.http.framework.requests import WireModel

NAME_MAX: Final = 100


class PutCategory(WireModel):
    """A category as it is to be."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=NAME_MAX, description="Shown to those who leave it", examples=["Offers"]),
        AfterValidator(one_line),
    ]
    transactional: Annotated[
        bool, Field(strict=True, description="Whether recipients must get it: receipts, alerts, one-time codes")
    ]

    def to_domain(self, category_id: str) -> DomainCategory:
        """Return the category in the domain's terms."""
        return DomainCategory(id=category_id, name=self.name, transactional=self.transactional)


class ChoosePreferences(WireModel):
    """The categories that a recipient is to get, or not to get."""

    type: Annotated[Channel, Field(description="Channel", examples=["EMAIL"])]
    recipient: Annotated[str, Field(min_length=1, max_length=recipients.MAX_LENGTH, examples=["user@example.com"])]
    categories: Annotated[
        dict[CategoryId, Annotated[bool, Field(strict=True)]],
        Field(
            min_length=1,
            max_length=CATEGORIES_MAX,
            description="By id, true to get it and false to leave it; others stay as they are",
            examples=[{"offers": False}],
        ),
    ]

    @field_validator("recipient")
    @classmethod
    def _recipient(cls, recipient: str, info: ValidationInfo) -> str:
        channel = info.data.get("type")
        return recipients.normalise(channel, recipient) if channel else recipient
