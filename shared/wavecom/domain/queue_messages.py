"""The message in the queues: a hint, never an order, without personal data."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from wavecom.domain.notifications.enums import Lane
from wavecom.domain.notifications.notification import Notification


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
