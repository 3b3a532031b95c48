"""The message that a provider is given."""

from dataclasses import dataclass
from datetime import datetime

from wavecom.domain.notifications.enums import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """What a provider gets to see. ``notification_id`` serves as idempotency token; ``attempt`` counts from 1.

    After ``expires_at`` nobody wants the message: a provider that can give up on its own by then is told.
    """

    notification_id: str
    channel: Channel
    recipient: str
    subject: str | None
    message: str
    attempt: int
    expires_at: datetime | None = None
