"""The messages in the queues: hints, never orders, without personal data."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from wavecom.domain.events.event import EVENT_ID_PATTERN
from wavecom.domain.notifications.enums import Lane
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.webhooks.endpoint import ENDPOINT_ID

EVENTS_PER_MESSAGE: Final = 20
"""The most events that one message of webhooks announces."""


class QueueMessage(BaseModel):
    """A hint that a notification may be ready for an attempt; the database decides.

    ``retry_count`` must equal the notification's own when it is RETRYING, so that a late copy of an earlier
    message cannot cut a backoff short. ``tenant_id`` is only for the broker's fairness between tenants and
    is not part of the body.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    notification_id: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]
    lane: Lane
    retry_count: Annotated[int, Field(ge=0)]
    tenant_id: Annotated[str | None, Field(exclude=True)] = None

    @classmethod
    def about(cls, notification: Notification) -> "QueueMessage":
        """Return the message that announces ``notification`` in its present state."""
        return cls(
            notification_id=notification.id,
            lane=notification.lane,
            retry_count=notification.state.retry_count,
            tenant_id=notification.tenant_id,
        )

    def body(self) -> str:
        """Return the JSON that is put in the queue."""
        return self.model_dump_json(by_alias=True)


class WebhookLane(StrEnum):
    """A queue of webhooks. The values are the queues' names."""

    QUICK = "webhooks"
    SLOW = "webhooks_slow"


class WebhookMessage(BaseModel):
    """A hint that events of one tenant may be ready for their endpoints, or for one of them; the database decides."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    lane: WebhookLane
    event_ids: Annotated[
        tuple[Annotated[str, Field(pattern=EVENT_ID_PATTERN)], ...], Field(min_length=1, max_length=EVENTS_PER_MESSAGE)
    ]
    endpoint_id: Annotated[str | None, Field(pattern=f"^{ENDPOINT_ID.pattern}$")] = None
    tenant_id: Annotated[str | None, Field(exclude=True)] = None

    @classmethod
    def about(
        cls, tenant_id: str, event_ids: Sequence[str], *, lane: WebhookLane, endpoint_id: str | None = None
    ) -> "list[WebhookMessage]":
        """Return the messages that announce events of a tenant, each some of them."""
        return [
            cls(
                lane=lane,
                event_ids=tuple(event_ids[start : start + EVENTS_PER_MESSAGE]),
                endpoint_id=endpoint_id,
                tenant_id=tenant_id,
            )
            for start in range(0, len(event_ids), EVENTS_PER_MESSAGE)
        ]

    def body(self) -> str:
        """Return the JSON that is put in the queue."""
        return self.model_dump_json(by_alias=True, exclude_none=True)
