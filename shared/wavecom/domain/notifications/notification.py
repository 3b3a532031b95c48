"""A notification: its content and its state. Plain immutable values."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Unpack

from wavecom.domain.categories import Category
from wavecom.domain.content.content import Content, TemplateCall, TemplateUse
from wavecom.domain.content.push import PushOptions
from wavecom.domain.notifications.copies import copier
from wavecom.domain.notifications.enums import Channel, Lane, OnUnknown, Priority
from wavecom.domain.notifications.state import DeliveryState, StateChanges
from wavecom.domain.senders import Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentCall:
    """A client's call that may be repeated: its key, the SHA-256 (hex) of its body, and its number of items."""

    key: str
    fingerprint: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """The idempotent call, and the item in it, that created a notification."""

    key: str
    fingerprint: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one recipient over one channel. Everything but ``state`` stays as it was accepted.

    Without a ``sender`` it comes from its provider's own.
    """

    id: str
    tenant_id: str
    channel: Channel
    recipient: str
    content: Content
    priority: Priority
    max_retries: int
    created_at: datetime
    state: DeliveryState
    template: TemplateUse | None = None
    sender: Sender | None = None
    category: Category | None = None
    metadata: Mapping[str, Any] | None = None
    scheduled_at: datetime | None = None
    expires_at: datetime | None = None
    on_unknown: OnUnknown = OnUnknown.RESEND
    idempotency: Idempotency | None = None

    @property
    def lane(self) -> Lane:
        """The lane of its priority."""
        return Lane.of(self.priority)

    def with_state(self, state: DeliveryState) -> "Notification":
        """Return a copy in another state."""
        return _copy(self, {"state": state})

    def changed(self, **changes: Unpack[StateChanges]) -> "Notification":
        """Return a copy with other values in some fields of its state."""
        return self.with_state(self.state.changed(**changes))

    def is_expired(self, at: datetime) -> bool:
        """Return whether its deadline has passed at ``at``."""
        return self.expires_at is not None and self.expires_at <= at


_copy = copier(Notification)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A client's request, apart from its content. What is None, the tenant's policy decides.

    ``sender``, ``category`` and ``attachments`` are ids of the tenant's.
    """

    channel: Channel
    recipient: str
    sender: str | None = None
    category: str | None = None
    attachments: tuple[str, ...] = ()
    priority: Priority = Priority.MEDIUM
    metadata: Mapping[str, Any] | None = None
    scheduled_at: datetime | None = None
    expires_at: datetime | None = None
    max_retries: int = 3
    on_unknown: OnUnknown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A client's validated request; `lifecycle.create` makes it a notification.

    ``category`` is the one that its envelope or its template names; ``warnings`` are sentences for the client about
    what was changed in its content.
    """

    envelope: Envelope
    content: Content
    template: TemplateUse | None = None
    category: Category | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatedDraft:
    """A client's request whose content is still to be rendered from a template."""

    envelope: Envelope
    call: TemplateCall
    push: PushOptions | None = None


def new_notification_id(at: datetime) -> str:
    """Return 24 hex digits laid out like a MongoDB ObjectId: 4 bytes of seconds, 8 random bytes.

    The leading time keeps inserts at the right edge of the index.
    """
    return f"{int(at.timestamp()):08x}{secrets.token_hex(8)}"


def created_second(notification_id: str) -> datetime:
    """Return the second in which a notification was created, read from its id."""
    return datetime.fromtimestamp(int(notification_id[:8], 16), UTC)
