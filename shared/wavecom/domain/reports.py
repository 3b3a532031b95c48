"""Delivery reports: a provider's later word on a message that it accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wavecom.domain.notifications.change import UNFINISHED, Change, move
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.suppressions.reason import SuppressionReason


class DeliveryOutcome(StrEnum):
    """The result of a message's delivery.

    Each one proves that the provider has accepted the message; ACCEPTED says no more than that.
    """

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """A provider's report on one notification.

    ``delivery_outcome`` is None if the report is only about the address.
    ``reason`` is the provider's own code, without the recipient. ``at`` is the provider's time of the event.
    ``provider_message_id`` identifies the message it is about, if the provider names it: after an attempt without an
    answer the notification may have two.
    """

    notification_id: str
    provider: str
    delivery_outcome: DeliveryOutcome | None
    reason: str | None
    suppression_reason: SuppressionReason | None
    at: datetime
    provider_message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """A delivery report that is kept for later; ``kept_at`` is when it came."""

    id: str
    report: DeliveryReport
    kept_at: datetime


_STEPS_TO_SENT: Mapping[Status, tuple[Status, ...]] = {
    Status.SENT: (),
    Status.QUEUED: (Status.PROCESSING, Status.SENT),
    Status.RETRYING: (Status.PROCESSING, Status.SENT),
    Status.FAILED: (Status.QUEUED, Status.PROCESSING, Status.SENT),
}
"""The steps from a notification's status to SENT, taken when a report says that it was sent."""

_FINAL_STEPS: Mapping[DeliveryOutcome, tuple[Status, str]] = {
    DeliveryOutcome.DELIVERED: (Status.DELIVERED, "The provider reports its delivery"),
    DeliveryOutcome.UNDELIVERED: (Status.UNDELIVERED, "The provider reports that it was not delivered"),
}
"""The step after SENT."""


def apply_report(notification: Notification, report: DeliveryReport, *, at: datetime) -> Change | None:
    """Return the change that a report makes: SENT → DELIVERED or UNDELIVERED, or None if it changes nothing.

    A second such report changes nothing. A report of a provider that gave no answer also settles the unknown outcome: a
    notification that waits for its retry, is held for a person or was replayed by one, was sent after all. The trail
    records the report that settled it.
    """
    if report.delivery_outcome is None or not _is_about(notification, report):
        return None
    catch_up = [
        (status, "The provider reports that it was sent") for status in _STEPS_TO_SENT[notification.state.status]
    ]
    end = _FINAL_STEPS.get(report.delivery_outcome)
    facts = {"provider": report.provider}
    if report.reason:
        facts["reason"] = report.reason
    if catch_up:
        facts["settledBy"] = report.delivery_outcome.value
    return move(
        notification,
        *catch_up,
        *([end] if end else []),
        at=at,
        due_at=None,
        facts=facts,
        provider=report.provider if catch_up else notification.state.provider,
        provider_message_id=report.provider_message_id if catch_up else notification.state.provider_message_id,
        sent_at=notification.state.sent_at or report.at,
        delivered_at=report.at if report.delivery_outcome is DeliveryOutcome.DELIVERED else None,
        error=(report.reason or end[1]) if end and report.delivery_outcome is DeliveryOutcome.UNDELIVERED else None,
        failed_at=None,
        cause=None,
        retry_at=None,
        bound_to=None,
        deferred_since=None,
    )


def _is_about(notification: Notification, report: DeliveryReport) -> bool:
    """Return whether a report is about the message that was sent, or about an attempt without an answer."""
    unanswered = notification.state.unanswered
    match notification.state.status:
        case Status.SENT:
            return _is_about_sent(notification, report)
        case Status.RETRYING | Status.FAILED if report.delivery_outcome is DeliveryOutcome.UNDELIVERED:
            return unanswered == {report.provider}  # a message of another provider may still arrive
        case Status.QUEUED if report.delivery_outcome is DeliveryOutcome.UNDELIVERED:
            return False  # it was replayed, to be sent again
        case Status.QUEUED | Status.RETRYING | Status.FAILED:
            return report.provider in unanswered
        case _:
            return False


def _is_about_sent(notification: Notification, report: DeliveryReport) -> bool:
    if report.delivery_outcome is DeliveryOutcome.ACCEPTED:
        return False  # already known
    if report.provider_message_id is not None and notification.state.provider_message_id is not None:
        is_about_another = report.provider_message_id != notification.state.provider_message_id
    else:
        was_unanswered = report.provider in notification.state.unanswered
        is_about_another = was_unanswered and report.at < notification.state.attempts[-1].started_at
    if report.delivery_outcome is DeliveryOutcome.UNDELIVERED and is_about_another:
        return False  # about an attempt without an answer; the message that was sent may still arrive
    settles_unknown = (
        report.delivery_outcome is DeliveryOutcome.DELIVERED and report.provider in notification.state.unanswered
    )
    return report.provider == notification.state.provider or settles_unknown


def must_wait(notification: Notification, report: DeliveryReport) -> bool:
    """Return whether a report may have come before our own record of the send, and must be applied later."""
    if report.delivery_outcome is None or notification.state.status not in UNFINISHED:
        return False
    return not (notification.state.status is Status.QUEUED and report.provider in notification.state.unanswered)
