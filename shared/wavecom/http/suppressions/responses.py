"""Answers about the suppression list."""

from typing import Annotated, Self

from pydantic import Field

from wavecom.application.operate import suppressions as application
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.suppressions import suppression as domain
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.http.framework.responses import Shape, Success, Timestamp, iso


class Suppression(Shape):
    """An address on the suppression list, and why it is there."""

    id: str
    type: Channel
    recipient: str
    reason: SuppressionReason
    notification_id: str | None
    category: Annotated[str | None, Field(description="Of unsubscribed: only what is in this category is kept away")]
    created_at: Timestamp

    @classmethod
    def from_domain(cls, suppression: domain.Suppression) -> Self:
        """Return a suppression as clients see it."""
        return cls(
            id=suppression.id,
            type=suppression.channel,
            recipient=suppression.recipient,
            reason=suppression.reason,
            notification_id=suppression.notification_id,
            category=suppression.category,
            created_at=iso(suppression.created_at),
        )


class SuppressionAnswer(Success[Suppression]):
    """One suppression."""


class SuppressionPage(Shape):
    """A page of the suppression list. ``nextCursor`` is null on the last page."""

    suppressions: list[Suppression]
    next_cursor: str | None

    @classmethod
    def from_domain(cls, page: application.SuppressionPage) -> Self:
        """Return a page of the list."""
        return cls(suppressions=[Suppression.from_domain(each) for each in page.suppressions], next_cursor=page.next)


class SuppressionPageAnswer(Success[SuppressionPage]):
    """A page of the suppression list."""
