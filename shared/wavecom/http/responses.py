"""The shapes of answers, for the OpenAPI document; `wavecom.http.views` writes them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from wavecom.domain.notification import Cause, Channel, OnUnknown, Priority, Status
from wavecom.domain.outcomes import About, Outcome
from wavecom.domain.sms import Encoding

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-31T09:30:00.000Z"])]
Id = Annotated[str, Field(pattern="^[0-9a-f]{24}$", examples=["507f1f77bcf86cd799439011"])]


class Shape(BaseModel):
    """A part of an answer. Its schema is built only when somebody asks for the document, not at every start."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, defer_build=True)


class AttemptShape(Shape):
    """One call to one provider."""

    provider: str
    outcome: Outcome
    code: str | None
    started_at: Moment
    duration_ms: int
    about: Annotated[About | None, Field(description="Of whom a refusal speaks")]


class SmsShape(Shape):
    """How an SMS is sent: GSM-7 holds 160 characters in one segment and 153 in each of several, UCS-2 70 and 67."""

    encoding: Encoding
    segments: Annotated[int, Field(ge=1)]


class NotificationShape(Shape):
    """A notification."""

    id: Annotated[Id, Field(alias="_id")]
    type: Channel
    recipient: str
    subject: str = ""
    message: str
    sms: Annotated[SmsShape | None, Field(description="Of an SMS; other channels have none")] = None
    status: Status
    priority: Priority
    retry_count: int
    max_retries: int
    on_unknown: OnUnknown
    metadata: dict[str, Any] = {}
    provider: str = ""
    provider_message_id: str = ""
    processing_time_ms: int = 0
    error: str = ""
    cause: Cause = Cause.PERMANENT
    attempts: list[AttemptShape] = []
    scheduled_at: Moment = ""
    expires_at: Moment = ""
    next_attempt_at: Moment = ""
    sent_at: Moment = ""
    failed_at: Moment = ""
    delivered_at: Moment = ""
    created_at: Moment
    updated_at: Moment


class AuditShape(Shape):
    """One status change."""

    id: Annotated[str, Field(alias="_id")]
    notification_id: Id
    sequence: int
    status: Status
    message: str
    timestamp: Moment
    metadata: dict[str, Any]
    digest: Annotated[str, Field(description="SHA-256 of this entry and of the digest before it")]


class DetailShape(Shape):
    """A notification and its audit trail."""

    notification: NotificationShape
    logs: list[AuditShape]


class PaginationShape(Shape):
    """Where a page stands. ``nextCursor`` is null on the last page.

    The totals are null for lists by recipient or time, which nobody counts.
    """

    current_page: int
    total_pages: int | None
    total_items: int | None
    items_per_page: int
    next_cursor: str | None


class PageShape(Shape):
    """A page of notifications, newest first."""

    notifications: list[NotificationShape]
    pagination: PaginationShape


class StatisticsShape(Shape):
    """Sums over all notifications of the tenant. ``queueDepth`` is null while the broker does not answer."""

    total: int
    by_status: dict[str, int]
    by_type: dict[str, int]
    by_priority: dict[str, int]
    queue_depth: dict[str, int] | None
    average_processing_time: Annotated[int, Field(description="Milliseconds")]
    success_rate: Annotated[float, Field(description="Percent of all that were accepted")]


class MinuteShape(Shape):
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


class PercentilesShape(Shape):
    """Milliseconds that so many percent stayed within; null where nothing was sent."""

    p50: int | None
    p95: int | None
    p99: int | None


class MinutesShape(Shape):
    """What happened minute by minute. ``degradationLevel`` is 1 (normal) to 4 (only CRITICAL is accepted)."""

    minutes: list[MinuteShape]
    processing_time_ms: PercentilesShape
    degradation_level: Annotated[int, Field(ge=1, le=4)]


class MinutesEnvelope(Shape):
    """Minutes."""

    success: Literal[True]
    data: MinutesShape


class FieldErrorShape(Shape):
    """What is wrong with one field."""

    field: str
    message: str


class ErrorShape(Shape):
    """What went wrong."""

    code: str
    message: Annotated[str, Field(description="For people; says how many details are left out, if any are")]
    details: Annotated[list[FieldErrorShape], Field(max_length=20, description="The first 20 of them")]


class ErrorEnvelope(Shape):
    """Every error."""

    success: Literal[False]
    error: ErrorShape
    request_id: str


class NotificationEnvelope(Shape):
    """One notification."""

    success: Literal[True]
    data: NotificationShape
    message: str


class DetailEnvelope(Shape):
    """One notification with its audit trail."""

    success: Literal[True]
    data: DetailShape


class PageEnvelope(Shape):
    """A page."""

    success: Literal[True]
    data: PageShape


class StatisticsEnvelope(Shape):
    """Statistics."""

    success: Literal[True]
    data: StatisticsShape


class BatchItemShape(Shape):
    """What became of one notification of a batch: ``data`` with status 201, ``error`` with any other."""

    index: int
    status: int
    data: NotificationShape | None = None
    error: ErrorShape | None = None


class BatchShape(Shape):
    """What became of a batch, in order. Beyond 1 MB of errors, the refused ones have no details any more."""

    accepted: int
    refused: int
    results: list[BatchItemShape]


class BatchEnvelope(Shape):
    """A batch."""

    success: Literal[True]
    data: BatchShape


class HealthShape(Shape):
    """Which dependencies answer. ``uptime`` is this process's, in seconds."""

    status: Literal["healthy", "unhealthy"]
    timestamp: Moment
    services: dict[str, Literal["connected", "disconnected"]]
    uptime: int
