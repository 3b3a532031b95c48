"""The message that a provider is given."""

from dataclasses import dataclass
from datetime import datetime

from wavecom.domain.content.attachments import AttachedFile
from wavecom.domain.content.content import Content
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.senders import Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message as a provider receives it. ``notification_id`` is the idempotency token; ``attempt`` counts from 1.

    An email whose content has HTML carries both parts, and mail programs choose one. ``files`` are its attachments.

    Without a ``sender`` it comes from the one that the provider is configured with.

    After ``expires_at`` the message is unwanted: a provider that supports an expiry time is given it.
    """

    notification_id: str
    channel: Channel
    recipient: str
    content: Content
    attempt: int
    files: tuple[AttachedFile, ...] = ()
    sender: Sender | None = None
    expires_at: datetime | None = None
