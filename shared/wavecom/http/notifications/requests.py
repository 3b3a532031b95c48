"""Requests that create notifications."""

import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidationInfo, WithJsonSchema, field_validator

from wavecom.domain.content.content import HTML_MAX_BYTES, MESSAGE_MAX, SUBJECT_MAX, Content, TemplateCall
from wavecom.domain.content.text import has_visible_text
from wavecom.domain.notifications.enums import Channel, OnUnknown, Priority
from wavecom.domain.notifications.notification import Draft, Envelope, TemplatedDraft
from wavecom.http.fields import recipients
from wavecom.http.fields.attachments import AttachmentIds
from wavecom.http.fields.categories import CategoryId
from wavecom.http.fields.moments import Moment
from wavecom.http.fields.push import PushOptions
from wavecom.http.fields.senders import SenderId
from wavecom.http.fields.templates import Locale, TemplateId, Variables, VersionNumber
from wavecom.http.fields.text import one_line
from wavecom.http.framework.errors import InvalidRequestError
from wavecom.http.framework.requests import WireModel, field_errors, wire_errors

BATCH_MAX = 500
METADATA_MAX_BYTES = 8 * 1024
METADATA_MAX_DEPTH = 5
INT64 = 2**63


class TemplateReference(WireModel):
    """A template, and one of its versions."""

    id: TemplateId
    version: Annotated[VersionNumber | None, Field(description="Without it, the published one")] = None


class CreateNotification(WireModel):
    """A notification to send."""

    type: Annotated[Channel, Field(description="Channel", examples=["EMAIL"])]
    recipient: Annotated[
        str,
        Field(
            min_length=1,
            max_length=recipients.MAX_LENGTH,
            description="Email address, phone number with country code, or FCM or APNs token, by type",
            examples=["user@example.com"],
        ),
    ]
    sender: Annotated[
        SenderId | None, Field(description="One of your senders of the channel; without it, your default, if any")
    ] = None
    category: Annotated[
        CategoryId | None, Field(description="One of your categories; of a template that has one, that one")
    ] = None
    template: Annotated[
        TemplateReference | None, Field(description="The template to render, in place of subject and message")
    ] = None
    variables: Annotated[
        Variables | None, Field(description="Of the template, by name: all of them, and no others")
    ] = None
    locale: Annotated[Locale | None, Field(description="Of the template; de-CH, else de, else its default")] = None
    subject: Annotated[
        str | None,
        Field(
            max_length=SUBJECT_MAX,
            validate_default=True,
            description="One line; required for EMAIL, unless a template makes it",
        ),
    ] = None
    message: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=MESSAGE_MAX,
            validate_default=True,
            description="Required, unless a template makes it",
        ),
    ] = None
    html: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=HTML_MAX_BYTES,
            description="Of an EMAIL, beside its message; scripts, forms, frames and style sheets are taken out",
            examples=["<p>Your statement is <b>ready</b>.</p>"],
        ),
    ] = None
    attachments: Annotated[AttachmentIds | None, Field(description="Of an EMAIL: ids of your attachments")] = None
    push: Annotated[PushOptions | None, Field(description="What a PUSH carries beside subject and message")] = None
    priority: Annotated[Priority, Field(description="CRITICAL and HIGH travel in a lane of their own")] = (
        Priority.MEDIUM
    )
    metadata: Annotated[
        dict[str, Any] | None,
        Field(description="Your own data: 8 KB, 5 levels; no key is empty, starts with $ or has a dot"),
    ] = None
    scheduled_at: Annotated[Moment | None, Field(description="Send not before; up to a year ahead")] = None
    expires_at: Annotated[Moment | None, Field(description="Send not after")] = None
    max_retries: Annotated[int, Field(ge=0, le=3, strict=True, description="Retries after the first attempt")] = 3
    on_unknown: Annotated[
        OnUnknown | None,
        Field(
            description="When nobody can know whether it was sent: resend (rather twice) or hold (rather never); "
            "without it, what the tenant's policy says"
        ),
    ] = None

    @field_validator("recipient")
    @classmethod
    def _recipient(cls, recipient: str, info: ValidationInfo) -> str:
        channel = info.data.get("type")
        return recipients.normalise(channel, recipient) if channel else recipient

    @field_validator("subject")
    @classmethod
    def _subject(cls, subject: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("template") is not None:
            _check_left_to_the_template(subject)
            return None
        if info.data.get("type") is Channel.EMAIL and not (subject and has_visible_text(subject)):
            raise ValueError("is required for EMAIL")
        return subject if subject is None else one_line(subject)

    @field_validator("message")
    @classmethod
    def _message(cls, message: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("template") is not None:
            _check_left_to_the_template(message)
            return None
        if message is None:
            raise ValueError("is required")
        if not has_visible_text(message):
            raise ValueError("must have text that can be seen")
        return message

    @field_validator("variables", "locale")
    @classmethod
    def _of_the_template(cls, given: Any, info: ValidationInfo) -> Any:
        if given is not None and info.data.get("template", given) is None:
            raise ValueError("needs a template")
        return given

    @field_validator("html")
    @classmethod
    def _html(cls, html: str | None, info: ValidationInfo) -> str | None:
        if html is None:
            return None
        if info.data.get("template") is not None:
            _check_left_to_the_template(html)
        if info.data.get("type", Channel.EMAIL) is not Channel.EMAIL:
            raise ValueError("is for EMAIL only")
        return html

    @field_validator("attachments")
    @classmethod
    def _attachments(cls, attachments: AttachmentIds | None, info: ValidationInfo) -> AttachmentIds | None:
        if attachments and info.data.get("type", Channel.EMAIL) is not Channel.EMAIL:
            raise ValueError("is for EMAIL only")
        return attachments

    @field_validator("push")
    @classmethod
    def _push(cls, push: PushOptions | None, info: ValidationInfo) -> PushOptions | None:
        if push is not None and info.data.get("type", Channel.PUSH) is not Channel.PUSH:
            raise ValueError("is for PUSH only")
        return push

    @field_validator("metadata")
    @classmethod
    def _metadata(cls, metadata: dict[str, Any] | None) -> dict[str, Any] | None:
        if metadata is not None:
            _check_metadata(metadata)
        return metadata

    @field_validator("expires_at")
    @classmethod
    def _expires(cls, moment: datetime | None, info: ValidationInfo) -> datetime | None:
        scheduled = info.data.get("scheduled_at")
        if moment and scheduled and moment <= scheduled:
            raise ValueError("must be after scheduledAt")
        return moment

    def draft(self) -> Draft | TemplatedDraft:
        """Return the request in the domain's terms."""
        envelope = Envelope(
            channel=self.type,
            recipient=self.recipient,
            sender=self.sender,
            category=self.category,
            attachments=tuple(self.attachments or ()),
            priority=self.priority,
            metadata=self.metadata,
            scheduled_at=self.scheduled_at,
            expires_at=self.expires_at,
            max_retries=self.max_retries,
            on_unknown=self.on_unknown,
        )
        push = self.push.to_domain() if self.push is not None else None
        if self.template is None:
            content = Content(subject=self.subject, message=self.message or "", html=self.html, push=push)
            return Draft(envelope=envelope, content=content)
        call = TemplateCall(
            id=self.template.id, version=self.template.version, locale=self.locale, variables=self.variables or {}
        )
        return TemplatedDraft(envelope=envelope, call=call, push=push)


class CreateBatch(WireModel):
    """Notifications to send, each accepted or refused on its own."""

    notifications: Annotated[
        list[Any],
        Field(min_length=1, max_length=BATCH_MAX),
        WithJsonSchema(
            {
                "type": "array",
                "items": {"$ref": "#/components/schemas/CreateNotification"},
                "minItems": 1,
                "maxItems": BATCH_MAX,
            }
        ),
    ]

    def validated(self) -> Iterator[CreateNotification | InvalidRequestError]:
        """Yield each item in order, valid or as the error that refuses it."""
        for index, item in enumerate(self.notifications):
            try:
                yield CreateNotification.model_validate(item)
            except ValidationError as exc:
                yield InvalidRequestError(
                    "The notification is not valid",
                    field_errors(wire_errors(exc), f"notifications[{index}]"),
                )


def _check_left_to_the_template(given: str | None) -> None:
    if given is not None:
        raise ValueError("must not be given beside a template")


def _check_metadata(metadata: dict[str, Any]) -> None:
    waiting: list[tuple[Any, int]] = [(metadata, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > METADATA_MAX_DEPTH + 1:
            raise ValueError(f"must not be nested deeper than {METADATA_MAX_DEPTH} levels")
        match value:
            case dict():
                for key in value:
                    if not key or key.startswith("$") or "." in key:
                        raise ValueError("has a key that is empty, starts with $ or contains a dot")
                waiting += [(item, depth + 1) for item in value.values()]
            case list():
                waiting += [(item, depth + 1) for item in value]
            case int() if not -INT64 <= value < INT64:
                raise ValueError("has a number that does not fit in 64 bits")
            case float() if not math.isfinite(value):
                raise ValueError("has a number that is not finite")
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > METADATA_MAX_BYTES:
        raise ValueError(f"must not be larger than {METADATA_MAX_BYTES // 1024} KB")
