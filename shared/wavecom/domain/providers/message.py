"""The message that a provider is given."""

from dataclasses import dataclass
from datetime import datetime

from wavecom.domain.notifications.enums import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """The content that a provider receives. ``notification_id`` is the idempotency token; ``attempt`` counts from 1.

    An email with ``html`` carries both parts, and mail programs choose one.

    After ``expires_at`` the message is unwanted: a provider that supports an expiry time is given it.
    """

    notification_id: str
    channel: Channel
    recipient: str
    subject: str | None
    message: str
    attempt: int
    html: str | None = None
    expires_at: datetime | None = None
