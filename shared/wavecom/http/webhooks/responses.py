"""Answers about endpoints and their deliveries."""

from typing import Annotated, Any, Self

from pydantic import Field

from wavecom.application.webhooks import manage as application
from wavecom.domain.events.event import EventType
from wavecom.domain.webhooks import delivery as deliveries
from wavecom.domain.webhooks import endpoint as endpoints
from wavecom.domain.webhooks.delivery import DeliveryStatus
from wavecom.domain.webhooks.endpoint import ENDPOINT_ID, DisabledReason
from wavecom.http.fields.events import EventId
from wavecom.http.framework.responses import MAY_BE_ABSENT, Shape, Success, Timestamp, iso, iso_or_none
from wavecom.http.webhooks.cursor import cursor_of

EndpointIdText = Annotated[str, Field(pattern=f"^{ENDPOINT_ID.pattern}$")]


class Endpoint(Shape):
    """An endpoint. Its secret is shown once, when it is made or rotated; values of its headers never are."""

    id: EndpointIdText
    url: str
    types: list[EventType]
    description: str | None
    headers: Annotated[list[str], Field(description="The names of the headers that are added")]
    metadata: bool
    enabled: bool
    disabled_reason: DisabledReason | None
    failing_since: Annotated[Timestamp | None, Field(description="The first failure after its last success")]
    old_secret_until: Annotated[Timestamp | None, Field(description="Until when the secret before signs as well")]
    recovering: Annotated[bool, Field(description="Whether a recovery is under way")]
    created_at: Timestamp
    updated_at: Timestamp
    secret: Annotated[
        str, Field(description="Shown this once", examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]), MAY_BE_ABSENT
    ]

    @classmethod
    def from_domain(cls, endpoint: endpoints.Endpoint, *, with_secret: bool = False) -> Self:
        """Return an endpoint as clients see it."""
        old = endpoint.old_secret
        shown = {"secret": endpoint.secret} if with_secret else {}
        return cls.trusted(
            id=endpoint.id,
            url=endpoint.url,
            types=list(endpoint.types),
            description=endpoint.description,
            headers=sorted(endpoint.headers),
            metadata=endpoint.metadata,
            enabled=endpoint.disabled is None,
            disabled_reason=endpoint.disabled,
            failing_since=iso_or_none(endpoint.failing_since),
            old_secret_until=iso_or_none(old.until if old else None),
            recovering=endpoint.recovery is not None,
            created_at=iso(endpoint.created_at),
            updated_at=iso(endpoint.updated_at),
            **shown,
        )


class EndpointAnswer(Success[Endpoint]):
    """One endpoint."""


class EndpointsAnswer(Success[list[Endpoint]]):
    """All endpoints of a tenant."""


class WebhookAttempt(Shape):
    """One call of an endpoint."""

    at: Timestamp
    duration_ms: int
    status: Annotated[int | None, Field(description="Of the answer; null if there was none")]
    answer: Annotated[str | None, Field(description="Its first 1,024 bytes")]
    error: Annotated[str | None, Field(description="Why there was no answer")]

    @classmethod
    def from_domain(cls, attempt: deliveries.WebhookAttempt) -> Self:
        """Return an attempt as clients see it."""
        return cls(
            at=iso(attempt.at),
            duration_ms=attempt.duration_ms,
            status=attempt.status,
            answer=attempt.answer,
            error=attempt.error,
        )


class WebhookDelivery(Shape):
    """An event on its way to an endpoint, with its latest attempts."""

    event_id: EventId
    event_type: EventType
    status: DeliveryStatus
    attempt_count: int
    attempts: list[WebhookAttempt]
    created_at: Timestamp
    next_attempt_at: Timestamp | None

    @classmethod
    def from_domain(cls, delivery: deliveries.Delivery) -> Self:
        """Return a delivery as clients see it."""
        return cls(**_fields_of(delivery))


class ShownWebhookDelivery(WebhookDelivery):
    """A delivery with what was sent."""

    payload: Annotated[
        str | None,
        Field(description="The body, without the metadata of the notification; null if the event is no longer kept"),
    ]

    @classmethod
    def from_shown(cls, shown: application.ShownDelivery) -> Self:
        """Return a delivery with its body."""
        return cls(**_fields_of(shown.delivery), payload=shown.payload)


def _fields_of(delivery: deliveries.Delivery) -> dict[str, Any]:
    return {
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "status": delivery.status,
        "attempt_count": delivery.attempt_count,
        "attempts": [WebhookAttempt.from_domain(each) for each in delivery.attempts],
        "created_at": iso(delivery.created_at),
        "next_attempt_at": iso_or_none(delivery.retry_at),
    }


class WebhookDeliveryAnswer(Success[WebhookDelivery]):
    """One delivery."""


class ShownWebhookDeliveryAnswer(Success[ShownWebhookDelivery]):
    """One delivery with its body."""


class WebhookDeliveryPage(Shape):
    """A page of deliveries, newest first. ``nextCursor`` is null on the last page."""

    deliveries: list[WebhookDelivery]
    next_cursor: str | None

    @classmethod
    def from_domain(cls, page: application.DeliveryPage) -> Self:
        """Return a page."""
        shown = [WebhookDelivery.from_domain(each) for each in page.deliveries]
        return cls(deliveries=shown, next_cursor=cursor_of(page.deliveries[-1]) if page.more else None)


class WebhookDeliveryPageAnswer(Success[WebhookDeliveryPage]):
    """A page of deliveries."""


class SentTest(Shape):
    """An event that was sent to an endpoint alone."""

    event_id: EventId


class SentTestAnswer(Success[SentTest]):
    """A test is on its way."""


class StartedRecovery(Shape):
    """A recovery."""

    missed: Annotated[int, Field(description="The events that it delivers, of the first 10,000 since then")]
    started: bool


class RecoveryAnswer(Success[StartedRecovery]):
    """A recovery, or what it would deliver."""
