"""An address that a tenant's notifications must not go to."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.suppressions.reason import SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that a tenant's notifications must not go to."""

    tenant_id: str
    channel: Channel
    recipient: str
    reason: SuppressionReason
    created_at: datetime
    notification_id: str | None = None

    @classmethod
    def of_recipient(cls, notification: Notification, reason: SuppressionReason, at: datetime) -> "Suppression":
        """Return the suppression of a notification's recipient, caused by that notification."""
        return cls(
            tenant_id=notification.tenant_id,
            channel=notification.channel,
            recipient=notification.recipient,
            reason=reason,
            created_at=at,
            notification_id=notification.id,
        )

    @property
    def id(self) -> str:
        """The SHA-256 (32 hex digits) of channel and recipient. It is fit for a URL; a recipient is not."""
        return suppression_id(self.channel, self.recipient)


def suppression_id(channel: Channel, recipient: str) -> str:
    """Return the id of a recipient's suppression within its tenant. Email addresses are compared without case."""
    address = recipient.lower() if channel is Channel.EMAIL else recipient
    return hashlib.sha256(f"{channel}:{address}".encode()).hexdigest()[:32]
