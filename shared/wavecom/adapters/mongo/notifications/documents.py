"""Notifications and audit entries as MongoDB documents. Field names are camelCase there; absent means None."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

from bson import ObjectId
from pydantic.alias_generators import to_snake

from wavecom.adapters.mongo.client import Document
from wavecom.domain.notifications.notification import (
    Attempt,
    AuditEntry,
    BegunAttempt,
    Cause,
    Channel,
    Idempotency,
    Lease,
    Notification,
    OnUnknown,
    Priority,
    Status,
)
from wavecom.domain.providers.outcomes import About, Outcome


def to_document(notification: Notification) -> Document:
    """Return the document of a notification, without the fields that are None."""
    document = {
        "_id": ObjectId(notification.id),
        "tenantId": notification.tenant_id,
        "type": notification.channel.value,
        "recipient": notification.recipient,
        "subject": notification.subject,
        "message": notification.message,
        "metadata": notification.metadata,
        "scheduledAt": notification.scheduled_at,
        "expiresAt": notification.expires_at,
        "onUnknown": notification.on_unknown.value,
        "maxRetries": notification.max_retries,
        "priority": notification.priority.value,
        "idempotency": _idempotency(notification.idempotency),
        "createdAt": notification.created_at,
        **_moving_fields(notification),
    }
    return {name: value for name, value in document.items() if value is not None}


def to_update(before: Notification, after: Notification) -> Document:
    """Return the update that makes a stored document of ``before`` one of ``after``: what differs, and no more."""
    kept: Document = {}
    gone: Document = {}
    for name, convert, was, value in zip(_MOVING, _MOVING.values(), _moving(before), _moving(after), strict=True):
        if value is was or value == was:
            continue
        stored = convert(value) if convert and value is not None else value
        (gone if stored is None else kept)[name] = "" if stored is None else stored
    if (finished := _finished_at(after)) != _finished_at(before):
        (gone if finished is None else kept)["finishedAt"] = "" if finished is None else finished
    if not kept:
        kept["sequence"] = after.sequence  # an update must say something
    return {"$set": kept, "$unset": gone} if gone else {"$set": kept}


def _moving_fields(notification: Notification) -> Document:
    fields = {
        name: convert(value) if convert and value is not None else value
        for (name, convert), value in zip(_MOVING.items(), _moving(notification), strict=True)
    }
    return {**fields, "finishedAt": _finished_at(notification)}


def _finished_at(notification: Notification) -> datetime | None:
    """The TTL index removes what has been finished for long enough; a replay takes it back."""
    return notification.updated_at if notification.due_at is None else None


def _idempotency(idempotency: Idempotency | None) -> Document | None:
    if idempotency is None:
        return None
    return {"key": idempotency.key, "fingerprint": idempotency.fingerprint, "index": idempotency.index}


def _attempt(attempt: Attempt) -> Document:
    return {
        "provider": attempt.provider,
        "outcome": attempt.outcome.value,
        "code": attempt.code,
        "startedAt": attempt.started_at,
        "durationMs": attempt.duration_ms,
        **({"about": attempt.about.value} if attempt.about else {}),
    }


def _begun(begun: BegunAttempt) -> Document:
    return {"provider": begun.provider, "idempotent": begun.idempotent, "startedAt": begun.started_at}


def _lease(lease: Lease) -> Document:
    return {"token": lease.token, "since": lease.since, "until": lease.until}


def _value(member: StrEnum) -> str:
    return member.value


_MOVING: dict[str, Callable[[Any], Any] | None] = {
    "status": _value,
    "sequence": None,
    "retryCount": None,
    "updatedAt": None,
    "dueAt": None,
    "queuedAt": None,
    "retryAt": None,
    "deferredSince": None,
    "lease": _lease,
    "attempts": lambda attempts: [_attempt(attempt) for attempt in attempts] or None,
    "begun": _begun,
    "boundTo": None,
    "sentAt": None,
    "failedAt": None,
    "deliveredAt": None,
    "error": None,
    "cause": _value,
    "provider": None,
    "providerMessageId": None,
    "processingTimeMs": None,
    "trailDigest": None,
    "replayKeys": lambda keys: list(keys) or None,
}
"""What changes in a notification's life: the field, and how its value is written where that differs."""
_moving = attrgetter(*(to_snake(name) for name in _MOVING))


def from_document(document: Document) -> Notification:
    """Return the notification of a document."""
    get = document.get
    lease, idempotency, cause, begun = get("lease"), get("idempotency"), get("cause"), get("begun")
    return Notification(
        id=str(document["_id"]),
        tenant_id=document["tenantId"],
        channel=Channel(document["type"]),
        recipient=document["recipient"],
        subject=get("subject"),
        message=document["message"],
        metadata=get("metadata"),
        priority=Priority(document["priority"]),
        status=Status(document["status"]),
        sequence=document["sequence"],
        max_retries=document["maxRetries"],
        retry_count=document["retryCount"],
        on_unknown=OnUnknown(document["onUnknown"]),
        created_at=document["createdAt"],
        updated_at=document["updatedAt"],
        scheduled_at=get("scheduledAt"),
        expires_at=get("expiresAt"),
        due_at=get("dueAt"),
        queued_at=get("queuedAt"),
        retry_at=get("retryAt"),
        deferred_since=get("deferredSince"),
        idempotency=Idempotency(**idempotency) if idempotency else None,
        lease=Lease(**lease) if lease else None,
        attempts=tuple(_to_attempt(attempt) for attempt in get("attempts", ())),
        begun=_to_begun(begun) if begun else None,
        bound_to=get("boundTo"),
        sent_at=get("sentAt"),
        failed_at=get("failedAt"),
        delivered_at=get("deliveredAt"),
        error=get("error"),
        cause=Cause(cause) if cause else None,
        provider=get("provider"),
        provider_message_id=get("providerMessageId"),
        processing_time_ms=get("processingTimeMs"),
        trail_digest=get("trailDigest", ""),
        replay_keys=tuple(get("replayKeys", ())),
    )


def _to_begun(begun: dict[str, Any]) -> BegunAttempt:
    return BegunAttempt(provider=begun["provider"], idempotent=begun["idempotent"], started_at=begun["startedAt"])


def _to_attempt(attempt: dict[str, Any]) -> Attempt:
    return Attempt(
        provider=attempt["provider"],
        outcome=Outcome(attempt["outcome"]),
        code=attempt["code"],
        started_at=attempt["startedAt"],
        duration_ms=attempt["durationMs"],
        about=About(attempt["about"]) if "about" in attempt else None,
    )


def audit_id(notification_id: str, sequence: int) -> str:
    """Return the ``_id`` of an audit entry: its notification's id and its sequence number."""
    return f"{notification_id}:{sequence:06d}"


def audit_document(entry: AuditEntry) -> Document:
    """Return the document of an audit entry."""
    return {
        "_id": audit_id(entry.notification_id, entry.sequence),
        "notificationId": ObjectId(entry.notification_id),
        "tenantId": entry.tenant_id,
        "sequence": entry.sequence,
        "status": entry.status.value,
        "message": entry.message,
        "timestamp": entry.timestamp,
        "metadata": dict(entry.metadata),
        "digest": entry.digest,
    }


def audit_entry(document: Document) -> AuditEntry:
    """Return the audit entry of a document."""
    return AuditEntry(
        notification_id=str(document["notificationId"]),
        tenant_id=document["tenantId"],
        sequence=document["sequence"],
        status=Status(document["status"]),
        message=document["message"],
        timestamp=document["timestamp"],
        metadata=document["metadata"],
        digest=document.get("digest", ""),
    )
