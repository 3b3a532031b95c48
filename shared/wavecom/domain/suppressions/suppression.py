"""An address that a tenant's notifications must not go to."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from wavecom.domain.categories import Subscription
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.suppressions.reason import SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that a tenant's notifications must not go to: none of them, or those of one ``category``.

    ``answered`` is the sender to which its owner wrote STOP.
    """

    tenant_id: str
    channel: Channel
    recipient: str
    reason: SuppressionReason
    created_at: datetime
    notification_id: str | None = None
    category: str | None = None
    answered: str | None = None

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
        """The SHA-256 (32 hex digits) of channel, recipient and category. It is fit for a URL; a recipient is not."""
        return suppression_id(self.channel, self.recipient, self.category)

    @classmethod
    def of_subscription(cls, left: Subscription, at: datetime) -> "Suppression":
        """Return the suppression of a recipient that left a category."""
        return cls(
            tenant_id=left.tenant_id,
            channel=left.channel,
            recipient=left.recipient,
            reason=SuppressionReason.UNSUBSCRIBED,
            created_at=at,
            category=left.category,
        )


def suppression_id(channel: Channel, recipient: str, category: str | None = None) -> str:
    """Return the id of a recipient's suppression within its tenant. Email addresses are compared without case."""
    address = recipient.lower() if channel is Channel.EMAIL else recipient
    of_category = "" if category is None else f"\n{category}"
    return hashlib.sha256(f"{channel}:{address}{of_category}".encode()).hexdigest()[:32]


def suppression_ids(notification: Notification) -> list[str]:
    """Return the ids of the suppressions that keep a notification from its recipient.

    A transactional category cannot be left.
    """
    ids = [suppression_id(notification.channel, notification.recipient)]
    category = notification.category
    if category is not None and not category.transactional:
        ids.append(suppression_id(notification.channel, notification.recipient, category.id))
    return ids
