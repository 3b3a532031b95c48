"""The notification as clients see it, in the answers of notifications and of dead letters."""

from typing import Annotated, Any, Self

from pydantic import Field

from wavecom.domain.content import content as domain_content
from wavecom.domain.content import sms
from wavecom.domain.content.attachments import Attachment
from wavecom.domain.content.push import PushOptions
from wavecom.domain.content.sms import Encoding
from wavecom.domain.notifications import notification as domain
from wavecom.domain.notifications.attempts import Attempt as AttemptState
from wavecom.domain.notifications.enums import Cause, Channel, OnUnknown, Priority, Status
from wavecom.domain.providers.outcomes import About, Outcome
from wavecom.domain.senders import Sender
from wavecom.http.framework.responses import MAY_BE_ABSENT, Id, Shape, Timestamp, iso, iso_or_none


class Attempt(Shape):
    """One call to one provider."""

    provider: str
    outcome: Outcome
    code: str | None
    started_at: Timestamp
    duration_ms: int
    about: Annotated[About | None, Field(description="Of whom a refusal speaks")]

    @classmethod
    def from_domain(cls, attempt: AttemptState) -> Self:
        """Return an attempt as clients see it."""
        return cls.trusted(
            provider=attempt.provider,
            outcome=attempt.outcome,
            code=attempt.code,
            started_at=iso(attempt.started_at),
            duration_ms=attempt.duration_ms,
            about=attempt.about,
        )


class SmsSegments(Shape):
    """How an SMS is sent: GSM-7 holds 160 characters in one segment and 153 in each of several, UCS-2 70 and 67."""

    encoding: Encoding
    segments: Annotated[int, Field(ge=1)]

    @classmethod
    def of(cls, message: str) -> Self:
        """Count the segments of a text. It takes microseconds, so they are counted on each read, and not stored."""
        return cls.from_domain(sms.segments(message))

    @classmethod
    def from_domain(cls, needed: sms.Segments) -> Self:
        """Return counted segments as clients see them."""
        return cls.trusted(encoding=needed.encoding, segments=needed.count)


class TemplateUse(Shape):
    """The template that subject, message and html were rendered from."""

    id: str
    version: int
    locale: str
    variant: Annotated[str, Field(description="Where the version compares several"), MAY_BE_ABSENT]
    test: Annotated[bool, Field(description="True where it was sent as a test of the template"), MAY_BE_ABSENT]

    @classmethod
    def from_domain(cls, use: domain_content.TemplateUse) -> Self:
        """Return it as clients see it."""
        variant = {"variant": use.variant} if use.variant is not None else {}
        test = {"test": True} if use.test else {}
        return cls.trusted(id=use.id, version=use.version, locale=use.locale, **variant, **test)


class Push(Shape):
    """The options of a push message, beside its title and its body."""

    data: Annotated[dict[str, str], MAY_BE_ABSENT]
    link: Annotated[str, MAY_BE_ABSENT]
    sound: Annotated[str, MAY_BE_ABSENT]
    badge: Annotated[int, MAY_BE_ABSENT]
    image: Annotated[str, MAY_BE_ABSENT]
    collapse_key: Annotated[str, MAY_BE_ABSENT]

    @classmethod
    def from_domain(cls, options: PushOptions) -> Self:
        """Return the options that were given, as clients see them."""
        given = ((name, getattr(options, name)) for name in cls.model_fields)
        return cls.trusted(**{name: value for name, value in given if value is not None})


class Attached(Shape):
    """A file that an email carries."""

    id: Id
    filename: str
    content_type: str
    size: Annotated[int, Field(description="In bytes, as it is before any encoding")]

    @classmethod
    def from_domain(cls, attachment: Attachment) -> Self:
        """Return it as clients see it."""
        return cls.trusted(
            id=attachment.id,
            filename=attachment.filename,
            content_type=attachment.content_type,
            size=attachment.size,
        )


class Origin(Shape):
    """The sender of a notification, as it was when the notification was accepted."""

    id: str
    address: str
    name: Annotated[str, MAY_BE_ABSENT]
    reply_to: Annotated[str, MAY_BE_ABSENT]

    @classmethod
    def from_domain(cls, sender: Sender) -> Self:
        """Return it as clients see it."""
        given = ((name, getattr(sender, name)) for name in cls.model_fields)
        return cls.trusted(**{name: value for name, value in given if value is not None})


class Notification(Shape):
    """A notification."""

    id: Annotated[Id, Field(alias="_id")]
    type: Channel
    recipient: str
    subject: Annotated[str, MAY_BE_ABSENT]
    message: str
    html: Annotated[
        str,
        Field(description="Of an email, beside its message; left out of lists and of the answers to batches"),
        MAY_BE_ABSENT,
    ]
    attachments: Annotated[list[Attached], MAY_BE_ABSENT]
    push: Annotated[Push, MAY_BE_ABSENT]
    template: Annotated[TemplateUse, MAY_BE_ABSENT]
    category: Annotated[str, MAY_BE_ABSENT]
    unsubscribe_url: Annotated[str, Field(description="The link by which an email's category is left"), MAY_BE_ABSENT]
    sender: Annotated[Origin, Field(description="Where it has none, its provider's own"), MAY_BE_ABSENT]
    sms: Annotated[SmsSegments, Field(description="Of an SMS; other channels have none"), MAY_BE_ABSENT]
    status: Status
    priority: Priority
    retry_count: Annotated[int, Field(description="Retries so far")]
    max_retries: Annotated[int, Field(description="Retries after the first attempt, at the most")]
    on_unknown: OnUnknown
    metadata: Annotated[dict[str, Any], MAY_BE_ABSENT]
    provider: Annotated[str, Field(description="The provider that took it, or refused it for good"), MAY_BE_ABSENT]
    provider_message_id: Annotated[str, Field(description="The provider's own id of the message"), MAY_BE_ABSENT]
    processing_time_ms: Annotated[
        int, Field(description="Milliseconds from its claim until it was sent"), MAY_BE_ABSENT
    ]
    error: Annotated[str, Field(description="Why the last attempt did not succeed"), MAY_BE_ABSENT]
    cause: Annotated[Cause, Field(description="Why it is FAILED"), MAY_BE_ABSENT]
    attempts: Annotated[list[Attempt], Field(description="Calls to providers, in order"), MAY_BE_ABSENT]
    scheduled_at: Annotated[Timestamp, MAY_BE_ABSENT]
    expires_at: Annotated[Timestamp, MAY_BE_ABSENT]
    next_attempt_at: Annotated[
        Timestamp, Field(description="When it is tried again, while it is RETRYING"), MAY_BE_ABSENT
    ]
    sent_at: Annotated[Timestamp, MAY_BE_ABSENT]
    failed_at: Annotated[Timestamp, MAY_BE_ABSENT]
    delivered_at: Annotated[Timestamp, MAY_BE_ABSENT]
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def from_domain(cls, notification: domain.Notification, *, one_of_many: bool = False) -> Self:
        """Return a notification as clients see it; fields without a value are omitted.

        ``one_of_many`` leaves its HTML out too: with that of hundreds, an answer would outgrow what Lambda returns.
        """
        state = notification.state
        fields = {
            "id": notification.id,
            "type": notification.channel,
            "recipient": notification.recipient,
            **_content(notification, one_of_many=one_of_many),
            "status": state.status,
            "priority": notification.priority,
            "retry_count": state.retry_count,
            "max_retries": notification.max_retries,
            "on_unknown": notification.on_unknown,
            "metadata": notification.metadata,
            "provider": state.provider,
            "provider_message_id": state.provider_message_id,
            "processing_time_ms": state.processing_time_ms,
            "error": state.error,
            "cause": state.cause,
            "attempts": [Attempt.from_domain(each) for each in state.attempts] or None,
            "scheduled_at": iso_or_none(notification.scheduled_at),
            "expires_at": iso_or_none(notification.expires_at),
            "next_attempt_at": iso_or_none(state.retry_at),
            "sent_at": iso_or_none(state.sent_at),
            "failed_at": iso_or_none(state.failed_at),
            "delivered_at": iso_or_none(state.delivered_at),
            "created_at": iso(notification.created_at),
            "updated_at": iso(state.updated_at),
        }
        return cls.trusted(**{name: value for name, value in fields.items() if value is not None})


def _content(notification: domain.Notification, *, one_of_many: bool) -> dict[str, Any]:
    """Return the fields of what is sent, and of whom it comes from."""
    content = notification.content
    return {
        "subject": content.subject,
        "message": content.message,
        "html": None if one_of_many else content.html,
        "attachments": [Attached.from_domain(each) for each in content.attachments] or None,
        "push": Push.from_domain(content.push) if content.push else None,
        "template": TemplateUse.from_domain(notification.template) if notification.template else None,
        "category": notification.category.id if notification.category else None,
        "unsubscribe_url": content.unsubscribe_url,
        "sender": Origin.from_domain(notification.sender) if notification.sender else None,
        "sms": SmsSegments.of(content.message) if notification.channel is Channel.SMS else None,
    }
