"""Answers about notifications."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Self

from pydantic import Field

from wavecom.application.accept.admission import Accepted
from wavecom.application.read.query import Page
from wavecom.domain.notifications import audit
from wavecom.domain.notifications import notification as domain
from wavecom.domain.notifications.enums import Status
from wavecom.http.fields.cursor import to_cursor
from wavecom.http.framework.errors import ApiError, bounded_errors, failure_of
from wavecom.http.framework.responses import MAY_BE_ABSENT, Id, Shape, Success, Timestamp, iso
from wavecom.http.notification import Notification

Warnings = Annotated[
    list[str], Field(description="What was changed in the content, or may look otherwise than meant"), MAY_BE_ABSENT
]


class NotificationAnswer(Success[Notification]):
    """One notification."""

    message: str
    warnings: Warnings


class AuditEntry(Shape):
    """One status change."""

    id: Annotated[str, Field(alias="_id")]
    notification_id: Id
    sequence: int
    status: Status
    message: str
    timestamp: Timestamp
    metadata: dict[str, Any]
    digest: Annotated[str, Field(description="SHA-256 of this entry and of the digest before it")]

    @classmethod
    def from_domain(cls, entry: audit.AuditEntry) -> Self:
        """Return an entry as clients see it."""
        return cls.trusted(  # a stored entry that was tampered with is shown as it is
            id=f"{entry.notification_id}:{entry.sequence}",
            notification_id=entry.notification_id,
            sequence=entry.sequence,
            status=entry.status,
            message=entry.message,
            timestamp=iso(entry.timestamp),
            metadata=dict(entry.metadata),
            digest=entry.digest,
        )


class NotificationDetail(Shape):
    """A notification and its audit trail."""

    notification: Notification
    logs: list[AuditEntry]

    @classmethod
    def from_domain(cls, notification: domain.Notification, trail: Sequence[audit.AuditEntry]) -> Self:
        """Return a notification with its audit trail."""
        return cls(
            notification=Notification.from_domain(notification), logs=[AuditEntry.from_domain(each) for each in trail]
        )


class NotificationDetailAnswer(Success[NotificationDetail]):
    """One notification with its audit trail."""


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

    @classmethod
    def from_domain(cls, page: Page, *, number: int, limit: int) -> Self:
        """Return a page of a list."""
        return cls(
            notifications=[Notification.from_domain(each, one_of_many=True) for each in page.notifications],
            pagination=Pagination(
                current_page=number,
                total_pages=None if page.total is None else -(-page.total // limit),
                total_items=page.total,
                items_per_page=limit,
                next_cursor=to_cursor(page.next) if page.next else None,
            ),
        )


class NotificationPageAnswer(Success[NotificationPage]):
    """A page."""


class BatchResult(Shape):
    """What became of one notification of a batch: ``data`` with status 201, ``error`` with any other."""

    index: int
    status: int
    data: Annotated[Notification, MAY_BE_ABSENT]
    warnings: Warnings
    error: Annotated[ApiError, MAY_BE_ABSENT]


class Batch(Shape):
    """What became of a batch, in order. Beyond 1 MB of errors, the refused ones have no details any more."""

    accepted: int
    refused: int
    results: list[BatchResult]

    @classmethod
    def from_domain(cls, accepted: Accepted, refusals: Mapping[int, Exception]) -> Self:
        """Return the accepted items of a call, and the errors of the refused ones, by index."""
        created = accepted.submission.notifications
        results = {
            index: BatchResult.trusted(
                index=index,
                status=HTTPStatus.CREATED.value,
                data=Notification.from_domain(notification, one_of_many=True),
                **warnings_of(accepted, index),
            )
            for index, notification in created.items()
        }
        failures = {
            index: failure_of(refusal, overload_status=HTTPStatus.TOO_MANY_REQUESTS)
            for index, refusal in refusals.items()
        }
        for (index, failure), error in zip(failures.items(), bounded_errors(failures.values()), strict=True):
            results[index] = BatchResult.trusted(index=index, status=failure.status.value, error=error)
        return cls.trusted(
            accepted=len(created), refused=len(refusals), results=[results[index] for index in sorted(results)]
        )


def warnings_of(accepted: Accepted, index: int) -> dict[str, list[str]]:
    """Return the field of an answer that has the warnings about an item, if there are any."""
    return {"warnings": list(accepted.warnings[index])} if index in accepted.warnings else {}


class BatchAnswer(Success[Batch]):
    """A batch."""
