"""What clients may send: the models of bodies, and the errors of a validation in our words."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from annotated_types import Interval
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from wavecom.domain.content.text import has_visible_text, is_one_line
from wavecom.domain.notifications.notification import Channel, Draft, OnUnknown, Priority
from wavecom.domain.tenants import TenantPolicy
from wavecom.http import recipients
from wavecom.http.errors import FIELD_MAX, FieldError, InvalidRequestError
from wavecom.http.moments import Moment

BATCH_MAX = 500
SUBJECT_MAX = 998
"""The longest line of a header (RFC 5322, section 2.1.1)."""
MESSAGE_MAX = 5000
METADATA_MAX_BYTES = 8 * 1024
METADATA_MAX_DEPTH = 5
MEMBERS_MAX = 50
"""Members of one object of a request, known or not: what has more is refused unread, or each would be an error."""
INT64 = 2**63
AHEAD = timedelta(days=365)
CLOCK_DIFFERENCE = timedelta(minutes=1)
"""How far in the past a schedule may lie, since clocks differ."""


_DIGITS = re.compile(r"-?\d{1,18}", re.ASCII)


def digits(value: object) -> object:
    """Let a text pass only where it is a plain whole number. Raises ValueError."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be a whole number")
    return value


def one_line(text: str) -> str:
    """Let a text pass only where it is one line. Raises ValueError."""
    if not is_one_line(text):
        raise ValueError("must be one line without control characters")
    return text


PageNumber = Annotated[int, Interval(ge=1, le=1_000_000), BeforeValidator(digits)]
Minutes = Annotated[int, Interval(ge=1, le=60), BeforeValidator(digits)]
PageSize = Annotated[int, Interval(ge=1, le=100), BeforeValidator(digits)]
"""Pydantic alone would also read ``1_0`` and ``10.0`` in a query string."""


class WireModel(BaseModel):
    """A body: camelCase on the wire, unknown fields refused, and soon if there are many."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _few_members(cls, given: Any) -> Any:
        if isinstance(given, dict) and len(given) > MEMBERS_MAX:
            raise ValueError(f"must not have more than {MEMBERS_MAX} fields")
        return given


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
    subject: Annotated[
        str | None,
        Field(max_length=SUBJECT_MAX, validate_default=True, description="One line; required for EMAIL"),
    ] = None
    message: Annotated[str, Field(min_length=1, max_length=MESSAGE_MAX)]
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
        if info.data.get("type") is Channel.EMAIL and not (subject and has_visible_text(subject)):
            raise ValueError("is required for EMAIL")
        return subject if subject is None else one_line(subject)

    @field_validator("message")
    @classmethod
    def _message(cls, message: str) -> str:
        if not has_visible_text(message):
            raise ValueError("must have text that can be seen")
        return message

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

    def untimely(self, at: datetime) -> list[FieldError]:
        """Return the moments that are out of range at ``at``.

        Apart from the other rules, since a repeated request must get its first answer even when its moments
        have passed meanwhile.
        """
        errors = []
        if self.scheduled_at and not at - CLOCK_DIFFERENCE <= self.scheduled_at <= at + AHEAD:
            errors.append(FieldError("scheduledAt", "must be in the future, a year ahead at the most"))
        if self.expires_at and not at < self.expires_at <= at + 2 * AHEAD:
            errors.append(FieldError("expiresAt", "must be in the future, two years ahead at the most"))
        return errors

    def draft(self, policy: TenantPolicy) -> Draft:
        """Return what is asked for in the domain's terms; the tenant's policy decides what it leaves open."""
        return Draft(
            channel=self.type,
            recipient=self.recipient,
            subject=self.subject,
            message=self.message,
            priority=self.priority,
            metadata=self.metadata,
            scheduled_at=self.scheduled_at,
            expires_at=self.expires_at,
            max_retries=self.max_retries,
            on_unknown=self.on_unknown or policy.on_unknown,
        )


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
        """Yield each item, valid or as the error that refuses it, in order."""
        for index, item in enumerate(self.notifications):
            try:
                yield CreateNotification.model_validate(item)
            except ValidationError as exc:
                yield InvalidRequestError(
                    "The notification is not valid",
                    field_errors(wire_errors(exc), f"notifications[{index}]"),
                )


_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "string_unicode": "must be valid text",
}


def wire_errors(exc: ValidationError) -> Sequence[Mapping[str, Any]]:
    """Return Pydantic's errors without what was sent, which may be large."""
    return exc.errors(include_url=False, include_context=False, include_input=False)


def field_errors(errors: Sequence[Mapping[str, Any]], below: str = "") -> list[FieldError]:
    """Return Pydantic's errors in our form, without what was sent. ``below`` is put before each path."""
    return [FieldError(_path(error["loc"], below), _message(error)) for error in errors]


def _path(location: Sequence[int | str], below: str) -> str:
    path = below
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in {"body", "query", "header", "path"} or path:
            path += f".{part[:FIELD_MAX]}" if path else part[: FIELD_MAX + 1]
    return path or "body"


def _message(error: Mapping[str, Any]) -> str:
    message: str = _MESSAGES.get(error["type"], error["msg"])
    return message.removeprefix("Value error, ")


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
