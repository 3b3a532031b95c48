"""What clients get to see of a notification, an audit entry and the statistics, as plain JSON values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from wavecom import topology
from wavecom.application.read.query import Page, Statistics
from wavecom.domain.content import sms
from wavecom.domain.degradation import Level
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.notification import Attempt, AuditEntry, Channel, Notification, Priority
from wavecom.http.cursor import to_cursor


def iso(moment: datetime) -> str:
    """Return a moment as the API writes it: UTC, milliseconds, ``Z``."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def notification_view(notification: Notification) -> dict[str, Any]:
    """Return a notification; what is not set is left out."""
    moments = {
        "scheduledAt": notification.scheduled_at,
        "expiresAt": notification.expires_at,
        "nextAttemptAt": notification.retry_at,
        "sentAt": notification.sent_at,
        "failedAt": notification.failed_at,
        "deliveredAt": notification.delivered_at,
        "createdAt": notification.created_at,
        "updatedAt": notification.updated_at,
    }
    view = {
        "_id": notification.id,
        "type": notification.channel.value,
        "recipient": notification.recipient,
        "subject": notification.subject,
        "message": notification.message,
        "sms": _sms_view(notification.message) if notification.channel is Channel.SMS else None,
        "status": notification.status.value,
        "priority": notification.priority.value,
        "retryCount": notification.retry_count,
        "maxRetries": notification.max_retries,
        "onUnknown": notification.on_unknown.value,
        "metadata": notification.metadata,
        "provider": notification.provider,
        "providerMessageId": notification.provider_message_id,
        "processingTimeMs": notification.processing_time_ms,
        "error": notification.error,
        "cause": notification.cause.value if notification.cause else None,
        "attempts": [_attempt_view(attempt) for attempt in notification.attempts] or None,
        **{name: iso(moment) for name, moment in moments.items() if moment is not None},
    }
    return {name: value for name, value in view.items() if value is not None}


def _sms_view(message: str) -> dict[str, Any]:
    """Return how a text message is sent. It is counted when it is shown, which takes microseconds and is not stored."""
    needed = sms.segments(message)
    return {"encoding": needed.encoding.value, "segments": needed.count}


def _attempt_view(attempt: Attempt) -> dict[str, Any]:
    return {
        "provider": attempt.provider,
        "outcome": attempt.outcome.value,
        "code": attempt.code,
        "startedAt": iso(attempt.started_at),
        "durationMs": attempt.duration_ms,
        "about": attempt.about.value if attempt.about else None,
    }


def detail_view(notification: Notification, trail: Sequence[AuditEntry]) -> dict[str, Any]:
    """Return a notification with its audit trail."""
    return {"notification": notification_view(notification), "logs": [_entry_view(entry) for entry in trail]}


def _entry_view(entry: AuditEntry) -> dict[str, Any]:
    return {
        "_id": f"{entry.notification_id}:{entry.sequence}",
        "notificationId": entry.notification_id,
        "sequence": entry.sequence,
        "status": entry.status.value,
        "message": entry.message,
        "timestamp": iso(entry.timestamp),
        "metadata": dict(entry.metadata),
        "digest": entry.digest,
    }


def page_view(page: Page, *, number: int, limit: int) -> dict[str, Any]:
    """Return a page of a list. ``nextCursor`` is null on the last page."""
    return {
        "notifications": [notification_view(each) for each in page.notifications],
        "pagination": {
            "currentPage": number,
            "totalPages": None if page.total is None else -(-page.total // limit),
            "totalItems": page.total,
            "itemsPerPage": limit,
            "nextCursor": to_cursor(page.next) if page.next else None,
        },
    }


def statistics_view(statistics: Statistics) -> dict[str, Any]:
    """Return the statistics. ``queueDepth`` is null while the broker does not answer."""
    totals = statistics.totals
    return {
        "total": totals.total(),
        "byStatus": {status.value: count for status, count in totals.by_status().items()},
        "byType": {channel.value: count for channel, count in totals.by_channel("created").items()},
        "byPriority": {priority.value: totals.cells(priority=priority) for priority in Priority},
        "queueDepth": _depths_view(statistics),
        "averageProcessingTime": totals.average_processing_ms(),
        "successRate": totals.success_rate(),
    }


def _depths_view(statistics: Statistics) -> dict[str, int] | None:
    if statistics.depths is None:
        return None
    return {queue: statistics.depths[queue] for queue in (*topology.LANES, topology.RETRY, topology.DEAD_LETTERS)}


def minutes_view(minutes: Mapping[datetime, Totals], level: Level) -> dict[str, Any]:
    """Return what happened in each minute, how long processing took over all of them, and the degradation level."""
    merged = Totals.merged(minutes.values())
    return {
        "minutes": [{"minute": iso(minute), **_happened(minutes[minute])} for minute in sorted(minutes)],
        "processingTimeMs": {f"p{percent}": merged.duration_percentile(percent) for percent in (50, 95, 99)},
        "degradationLevel": level.value,
    }


def _happened(totals: Totals) -> dict[str, int]:
    return {name: sum(totals.by_channel(counter).values()) for name, counter in HAPPENED.items()}


HAPPENED = {
    "accepted": "created",
    "sent": "sent",
    "failed": "failed",
    "retried": "retried",
    "delivered": "delivered",
    "undelivered": "undelivered",
    "cancelled": "cancelled",
    "expired": "expired",
}
"""Names of the counts on the wire, and of their counters."""
