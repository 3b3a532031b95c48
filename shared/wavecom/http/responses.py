"""The shapes of answers, for the OpenAPI document; `wavecom.http.views` writes them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from wavecom.domain.content.sms import Encoding
from wavecom.domain.notifications.notification import Cause, Channel, OnUnknown, Priority, Status
from wavecom.domain.providers.outcomes import About, Outcome

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-31T09:30:00.000Z"])]
Id = Annotated[str, Field(pattern="^[0-9a-f]{24}$", examples=["507f1f77bcf86cd799439011"])]

MAY_BE_ABSENT = Field(default_factory=lambda: None)
"""Marks a field that an answer leaves out where it has no value: not required, without a default, never null."""


class Shape(BaseModel):
    """A part of an answer. Its schema is built only when somebody asks for the document, not at every start."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, defer_build=True)


class Attempt(Shape):
    """One call to one provider."""

    provider: str
    outcome: Outcome
    code: str | None
    started_at: Moment
    duration_ms: int
    about: Annotated[About | None, Field(description="Of whom a refusal speaks")]


class SmsSegments(Shape):
    """How an SMS is sent: GSM-7 holds 160 characters in one segment and 153 in each of several, UCS-2 70 and 67."""

    encoding: Encoding
    segments: Annotated[int, Field(ge=1)]


class Notification(Shape):
    """A notification."""

    id: Annotated[Id, Field(alias="_id")]
    type: Channel
    recipient: str
    subject: Annotated[str, MAY_BE_ABSENT]
    message: str
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
    scheduled_at: Annotated[Moment, MAY_BE_ABSENT]
    expires_at: Annotated[Moment, MAY_BE_ABSENT]
    next_attempt_at: Annotated[Moment, Field(description="When it is tried again, while it is RETRYING"), MAY_BE_ABSENT]
    sent_at: Annotated[Moment, MAY_BE_ABSENT]
    failed_at: Annotated[Moment, MAY_BE_ABSENT]
    delivered_at: Annotated[Moment, MAY_BE_ABSENT]
    created_at: Moment
    updated_at: Moment


class AuditEntry(Shape):
    """One status change."""

    id: Annotated[str, Field(alias="_id")]
    notification_id: Id
    sequence: int
    status: Status
    message: str
    timestamp: Moment
    metadata: dict[str, Any]
    digest: Annotated[str, Field(description="SHA-256 of this entry and of the digest before it")]


class NotificationDetail(Shape):
    """A notification and its audit trail."""

    notification: Notification
    logs: list[AuditEntry]


class Pagination(Shape):
    """Where a page stands. ``nextCursor`` is null on the last page.

    The totals are null for lists by recipient or time, which nobody counts.
    """

    current_page: int
    total_pages: int | None
    total_items: int | None
    items_per_page: int
    next_cursor: str | None


class NotificationPage(Shape):
    """A page of notifications, newest first."""

    notifications: list[Notification]
    pagination: Pagination


class Statistics(Shape):
    """Sums over all notifications of the tenant. ``queueDepth`` is null while the broker does not answer."""

    total: int
    by_status: dict[str, int]
    by_type: dict[str, int]
    by_priority: dict[str, int]
    queue_depth: dict[str, int] | None
    average_processing_time: Annotated[int, Field(description="Milliseconds")]
    success_rate: Annotated[float, Field(description="Percent of all that were accepted")]


class MinuteCounts(Shape):
    """What happened in one minute."""

    minute: Moment
    accepted: int
    sent: int
    failed: int
    retried: int
    delivered: int
    undelivered: int
    cancelled: int
    expired: int


class Percentiles(Shape):
    """Milliseconds that so many percent stayed within; null where nothing was sent."""

    p50: int | None
    p95: int | None
    p99: int | None


class RecentMinutes(Shape):
    """What happened minute by minute. ``degradationLevel`` is 1 (normal) to 4 (only CRITICAL is accepted)."""

    minutes: list[MinuteCounts]
    processing_time_ms: Percentiles
    degradation_level: Annotated[int, Field(ge=1, le=4)]


class RecentMinutesAnswer(Shape):
    """Minutes."""

    success: Literal[True]
    data: RecentMinutes


class FieldError(Shape):
    """What is wrong with one field."""

    field: str
    message: str


class ApiError(Shape):
    """What went wrong."""

    code: str
    message: Annotated[str, Field(description="For people; says how many details are left out, if any are")]
    details: Annotated[list[FieldError], Field(max_length=20, description="The first 20 of them")]


class ErrorAnswer(Shape):
    """Every error."""

    success: Literal[False]
    error: ApiError
    request_id: str


class NotificationAnswer(Shape):
    """One notification."""

    success: Literal[True]
    data: Notification
    message: str


class NotificationDetailAnswer(Shape):
    """One notification with its audit trail."""

    success: Literal[True]
    data: NotificationDetail


class NotificationPageAnswer(Shape):
    """A page."""

    success: Literal[True]
    data: NotificationPage


class StatisticsAnswer(Shape):
    """Statistics."""

    success: Literal[True]
    data: Statistics


class BatchResult(Shape):
    """What became of one notification of a batch: ``data`` with status 201, ``error`` with any other."""

    index: int
    status: int
    data: Annotated[Notification, MAY_BE_ABSENT]
    error: Annotated[ApiError, MAY_BE_ABSENT]


class Batch(Shape):
    """What became of a batch, in order. Beyond 1 MB of errors, the refused ones have no details any more."""

    accepted: int
    refused: int
    results: list[BatchResult]


class BatchAnswer(Shape):
    """A batch."""

    success: Literal[True]
    data: Batch


class Health(Shape):
    """Which dependencies answer. ``uptime`` is this process's, in seconds."""

    status: Literal["healthy", "unhealthy"]
    timestamp: Moment
    services: dict[str, Literal["connected", "disconnected"]]
    uptime: int
