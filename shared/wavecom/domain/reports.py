"""Delivery reports: what a provider says, after it accepted a message, about how the message fared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wavecom.domain.notifications.change import UNFINISHED, Change, move
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.suppressions.reason import SuppressionReason


class DeliveryOutcome(StrEnum):
    """What became of a message.

    Each of them proves that the provider has accepted it; ACCEPTED says no more than that.
    """

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a provider reports of one notification.

    ``delivery_outcome`` is None where the report speaks of the address alone.
    ``reason`` is the provider's own code, without the recipient. ``at`` is the provider's time of the event.
    ``provider_message_id`` says which message of the notification it is about, where the provider tells: after an
    attempt without an answer there may be two.
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
    """A delivery report that waits for its time; ``kept_at`` is when it came."""

    id: str
    report: DeliveryReport
    kept_at: datetime


_UP_TO_SENT: Mapping[Status, tuple[Status, ...]] = {
    Status.SENT: (),
    Status.QUEUED: (Status.PROCESSING, Status.SENT),
    Status.RETRYING: (Status.PROCESSING, Status.SENT),
    Status.FAILED: (Status.QUEUED, Status.PROCESSING, Status.SENT),
}
"""The steps that lie between where a notification stands and SENT, when a report says that it was sent."""

_ENDS: Mapping[DeliveryOutcome, tuple[Status, str]] = {
    DeliveryOutcome.DELIVERED: (Status.DELIVERED, "The provider reports its delivery"),
    DeliveryOutcome.UNDELIVERED: (Status.UNDELIVERED, "The provider reports that it was not delivered"),
}
"""The step beyond SENT."""


def apply_report(notification: Notification, report: DeliveryReport, *, at: datetime) -> Change | None:
    """Return what a report changes: SENT → DELIVERED or UNDELIVERED, or None where it changes nothing.

    A second report of that kind, whatever it says, changes nothing any more. A report of a provider that gave no answer
    also tells how the unknown outcome ended: what waits for its retry, is held for a person or was replayed by one, was
    sent after all. The trail then says by which report it was settled.
    """
    if report.delivery_outcome is None or not _speaks_of(notification, report):
        return None
    catch_up = [(status, "The provider reports that it was sent") for status in _UP_TO_SENT[notification.state.status]]
    end = _ENDS.get(report.delivery_outcome)
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


def _speaks_of(notification: Notification, report: DeliveryReport) -> bool:
    """Whether a report is about what was sent, or of what may have been: of a provider that gave no answer."""
    unanswered = notification.state.unanswered
    match notification.state.status:
        case Status.SENT:
            return _speaks_of_sent(notification, report)
        case Status.RETRYING | Status.FAILED if report.delivery_outcome is DeliveryOutcome.UNDELIVERED:
            return unanswered == {report.provider}  # what another one may have sent can still arrive
        case Status.QUEUED if report.delivery_outcome is DeliveryOutcome.UNDELIVERED:
            return False  # it was replayed, to be sent anew
        case Status.QUEUED | Status.RETRYING | Status.FAILED:
            return report.provider in unanswered
        case _:
            return False


def _speaks_of_sent(notification: Notification, report: DeliveryReport) -> bool:
    if report.delivery_outcome is DeliveryOutcome.ACCEPTED:
        return False  # known already
    if report.provider_message_id is not None and notification.state.provider_message_id is not None:
        of_another = report.provider_message_id != notification.state.provider_message_id
    else:
        was_in_doubt = report.provider in notification.state.unanswered
        of_another = was_in_doubt and report.at < notification.state.attempts[-1].started_at
    if report.delivery_outcome is DeliveryOutcome.UNDELIVERED and of_another:
        return False  # that of an attempt without an answer; the one that was sent may still arrive
    sent_after_all = (
        report.delivery_outcome is DeliveryOutcome.DELIVERED and report.provider in notification.state.unanswered
    )
    return report.provider == notification.state.provider or sent_after_all


def must_wait(notification: Notification, report: DeliveryReport) -> bool:
    """Whether a report may have come before our own record of the send, and is to be applied later."""
    if report.delivery_outcome is None or notification.state.status not in UNFINISHED:
        return False
    return not (notification.state.status is Status.QUEUED and report.provider in notification.state.unanswered)
