"""Notifications and audit entries as MongoDB documents. Field names are camelCase there; absent means None."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

from bson import ObjectId
from pydantic.alias_generators import to_camel

from wavecom.adapters.mongo import senders
from wavecom.adapters.mongo.attachments import documents as attachments
from wavecom.adapters.mongo.client import Document
from wavecom.domain.categories import Category
from wavecom.domain.content.content import Content, TemplateUse
from wavecom.domain.content.push import PushOptions
from wavecom.domain.notifications.attempts import Attempt, BegunAttempt
from wavecom.domain.notifications.audit import AuditEntry
from wavecom.domain.notifications.enums import Cause, Channel, OnUnknown, Priority, Status
from wavecom.domain.notifications.notification import Idempotency, Notification
from wavecom.domain.notifications.state import DeliveryState, Lease
from wavecom.domain.providers.outcomes import About, Outcome


def to_document(notification: Notification) -> Document:
    """Return the document of a notification, without the fields that are None."""
    document = {
        "_id": ObjectId(notification.id),
        "tenantId": notification.tenant_id,
        "type": notification.channel.value,
        "recipient": notification.recipient,
        "subject": notification.content.subject,
        "message": notification.content.message,
        "html": notification.content.html,
        "attachments": [attachments.to_document(each) for each in notification.content.attachments] or None,
        "push": _push(notification.content.push),
        "template": _template(notification.template),
        "category": _category(notification.category),
        "unsubscribeUrl": notification.content.unsubscribe_url,
        "sender": senders.to_document(notification.sender) if notification.sender else None,
        "metadata": notification.metadata,
        "scheduledAt": notification.scheduled_at,
        "expiresAt": notification.expires_at,
        "onUnknown": notification.on_unknown.value,
        "maxRetries": notification.max_retries,
        "priority": notification.priority.value,
        "idempotency": _idempotency(notification.idempotency),
        "createdAt": notification.created_at,
        "finishedAt": _finished_at(notification.state),
    }
    for (name, write), value in zip(_STATE, _values(notification.state), strict=True):
        document[name] = write(value) if write and value is not None else value
    return {name: value for name, value in document.items() if value is not None}


def to_update(before: DeliveryState, after: DeliveryState) -> Document:
    """Return the update from ``before`` to ``after``, with only the differences."""
    set_fields: Document = {}
    unset_fields: Document = {}
    for (name, write), was, value in zip(_STATE, _values(before), _values(after), strict=True):
        if value is was or value == was:
            continue
        stored = write(value) if write and value is not None else value
        (unset_fields if stored is None else set_fields)[name] = "" if stored is None else stored
    if (finished := _finished_at(after)) != _finished_at(before):
        (unset_fields if finished is None else set_fields)["finishedAt"] = "" if finished is None else finished
    if not set_fields:
        set_fields["sequence"] = after.sequence  # an update must not be empty
    return {"$set": set_fields, "$unset": unset_fields} if unset_fields else {"$set": set_fields}


def _finished_at(state: DeliveryState) -> datetime | None:
    """Return the time from which the TTL index counts the retention, None if unfinished; a replay resets it."""
    return state.updated_at if state.due_at is None else None


def _idempotency(idempotency: Idempotency | None) -> Document | None:
    if idempotency is None:
        return None
    return {"key": idempotency.key, "fingerprint": idempotency.fingerprint, "index": idempotency.index}


def _template(use: TemplateUse | None) -> Document | None:
    if use is None:
        return None
    variant = {"variant": use.variant} if use.variant is not None else {}
    test = {"test": True} if use.test else {}
    return {"id": use.id, "version": use.version, "locale": use.locale, **variant, **test}


def _category(category: Category | None) -> Document | None:
    if category is None:
        return None
    return {"id": category.id, "name": category.name, "transactional": category.transactional}


def _push(options: PushOptions | None) -> Document | None:
    if options is None:
        return None
    given = ((stored, getattr(options, name)) for name, stored in _PUSH)
    return {stored: value for stored, value in given if value is not None} or None


def _to_push(document: Document) -> PushOptions:
    return PushOptions(**{name: document[stored] for name, stored in _PUSH if stored in document})


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


def _to_begun(begun: Document) -> BegunAttempt:
    return BegunAttempt(provider=begun["provider"], idempotent=begun["idempotent"], started_at=begun["startedAt"])


def _to_attempt(attempt: Document) -> Attempt:
    return Attempt(
        provider=attempt["provider"],
        outcome=Outcome(attempt["outcome"]),
        code=attempt["code"],
        started_at=attempt["startedAt"],
        duration_ms=attempt["durationMs"],
        about=About(attempt["about"]) if "about" in attempt else None,
    )


_WRITE: Mapping[str, Callable[[Any], Any]] = {
    "status": _value,
    "cause": _value,
    "lease": _lease,
    "begun": _begun,
    "attempts": lambda attempts: [_attempt(attempt) for attempt in attempts] or None,
    "replay_keys": lambda keys: list(keys) or None,
}
"""Writers for values of `DeliveryState` that MongoDB does not accept directly."""
_READ: Mapping[str, Callable[[Any], Any]] = {
    "status": Status,
    "cause": Cause,
    "lease": lambda lease: Lease(**lease),
    "begun": _to_begun,
    "attempts": lambda attempts: tuple(_to_attempt(attempt) for attempt in attempts),
    "replay_keys": tuple,
}
"""Readers for the same values."""
_PUSH = tuple((field.name, to_camel(field.name)) for field in fields(PushOptions))
_NAMES = tuple(field.name for field in fields(DeliveryState))
_values = attrgetter(*_NAMES)
_STATE = tuple((to_camel(name), _WRITE.get(name)) for name in _NAMES)
_STORED = {to_camel(name): (name, _READ.get(name)) for name in _NAMES}


def from_document(document: Document) -> Notification:
    """Return the notification of a document."""
    get = document.get
    idempotency = get("idempotency")
    return Notification(
        id=str(document["_id"]),
        tenant_id=document["tenantId"],
        channel=Channel(document["type"]),
        recipient=document["recipient"],
        content=Content(
            subject=get("subject"),
            message=document["message"],
            html=get("html"),
            push=_to_push(push) if (push := get("push")) else None,
            unsubscribe_url=get("unsubscribeUrl"),
            attachments=tuple(attachments.from_document(each) for each in get("attachments", ())),
        ),
        template=TemplateUse(**template) if (template := get("template")) else None,
        category=Category(**category) if (category := get("category")) else None,
        sender=senders.from_document(sender) if (sender := get("sender")) else None,
        metadata=get("metadata"),
        priority=Priority(document["priority"]),
        max_retries=document["maxRetries"],
        on_unknown=OnUnknown(document["onUnknown"]),
        created_at=document["createdAt"],
        scheduled_at=get("scheduledAt"),
        expires_at=get("expiresAt"),
        idempotency=Idempotency(**idempotency) if idempotency else None,
        state=_to_state(document),
    )


def _to_state(document: Document) -> DeliveryState:
    state: dict[str, Any] = {}
    for stored, value in document.items():
        if stored in _STORED and value is not None:
            name, read = _STORED[stored]
            state[name] = read(value) if read else value
    return DeliveryState(**state)


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
