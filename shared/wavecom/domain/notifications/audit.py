"""The audit trail as a hash chain: each entry's digest covers the entry before it, so a changed entry is detected."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wavecom.domain.notifications.copies import copier
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One status change. ``sequence`` counts from 1 without gaps within a notification.

    ``digest`` is the entry's SHA-256 (hex) and covers that of the entry before it.
    """

    notification_id: str
    tenant_id: str
    sequence: int
    status: Status
    message: str
    timestamp: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""

    def chained_to(self, before: str) -> "AuditEntry":
        """Return a copy with its digest; ``before`` is that of the entry before it ("" for the first)."""
        return _copy(self, {"digest": digest_of(self, before)})


_copy = copier(AuditEntry)


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first entry of a notification's trail that was changed after it was written, and the problem."""

    notification_id: str
    tenant_id: str
    sequence: int
    problem: str


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def digest_of(entry: AuditEntry, before: str) -> str:
    """Return the SHA-256 (hex) of an entry and of ``before``, the digest of the entry before it ("" for the first).

    The hash covers a JSON array without spaces: ``before``, notification, tenant, sequence, status, message,
    milliseconds since the epoch, and the metadata with sorted keys.
    """
    fields = (
        before,
        entry.notification_id,
        entry.tenant_id,
        entry.sequence,
        entry.status.value,
        entry.message,
        round(entry.timestamp.timestamp() * 1000),
        dict(entry.metadata),
    )
    text = _canonical(fields)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _digest_matches(entry: AuditEntry, before: str) -> bool:
    try:
        return digest_of(entry, before) == entry.digest
    except (AttributeError, TypeError, ValueError):  # a field of another kind than it was written with
        return False


def first_broken_link(notification: Notification, trail: Sequence[AuditEntry]) -> BrokenLink | None:
    """Return the first broken link between a notification and its whole trail, or None if the trail is intact."""

    def broken(sequence: int, problem: str) -> BrokenLink:
        return BrokenLink(notification.id, notification.tenant_id, sequence, problem)

    before = ""
    for expected, entry in enumerate(trail, 1):
        if entry.sequence != expected:
            return broken(expected, "is missing")
        if not _digest_matches(entry, before):
            return broken(expected, "has been changed, or the entry before it")
        before = entry.digest
    last = notification.state.sequence
    if not trail or len(trail) != last:
        return broken(min(len(trail), last) + 1, "is one too many" if len(trail) > last else "is missing")
    if notification.state.trail_digest != before or trail[-1].status is not notification.state.status:
        return broken(last, "is not the one that the notification was written with")
    return None
