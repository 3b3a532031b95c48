"""Delivery reports: what a provider says, after it accepted a message, about how the message fared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wavecom.domain.change import UNFINISHED, Change, move
from wavecom.domain.notification import Notification, Status
from wavecom.domain.outcomes import Outcome
from wavecom.domain.suppression import Unwanted


class Fared(StrEnum):
    """What became of an accepted message."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a provider reports of one notification.

    ``fared`` is None where the report speaks of the address alone (a complaint about a delivered email).
    ``reason`` is the provider's own code, without the recipient. ``at`` is the provider's time of the event.
    ``provider_message_id`` says which message of the notification it is about, where the provider tells: after an
    attempt without an answer there may be two.
    """

    notification_id: str
    provider: str
    fared: Fared | None
    reason: str | None
    unwanted: Unwanted | None
    at: datetime
    provider_message_id: str | None = None


_UP_TO_SENT: Mapping[Status, tuple[Status, ...]] = {
    Status.SENT: (),
    Status.RETRYING: (Status.PROCESSING, Status.SENT),
    Status.FAILED: (Status.QUEUED, Status.PROCESSING, Status.SENT),
}
"""The steps that lie between where a notification stands and SENT, when a report says that it was sent."""


def apply(notification: Notification, report: DeliveryReport, *, at: datetime) -> Change | None:
    """Return what a report changes: SENT → DELIVERED or UNDELIVERED, or None where it changes nothing.

    A second report, whatever it says, changes nothing any more. A report of delivery also tells how an unknown
    outcome ended: what waits for its retry, or is held for a person, was sent after all.
    """
    if report.fared is None or not _speaks_of(notification, report):
        return None
    delivered = report.fared is Fared.DELIVERED
    text = "The provider reports its delivery" if delivered else "The provider reports that it was not delivered"
    catch_up = [(status, "The provider reports that it was sent") for status in _UP_TO_SENT[notification.status]]
    return move(
        notification,
        *catch_up,
        (Status.DELIVERED if delivered else Status.UNDELIVERED, text),
        at=at,
        due_at=None,
        facts={"provider": report.provider, **({"reason": report.reason} if report.reason else {})},
        provider=report.provider if catch_up else notification.provider,
        sent_at=notification.sent_at or report.at,
        delivered_at=report.at if delivered else None,
        error=None if delivered else report.reason or text,
        failed_at=None,
        cause=None,
        retry_at=None,
        bound_to=None,
        deferred_since=None,
    )


def _speaks_of(notification: Notification, report: DeliveryReport) -> bool:
    """Whether a report is about what was sent, or of what may have been: of a provider that gave no answer."""
    unanswered = {each.provider for each in notification.attempts if each.outcome is Outcome.UNKNOWN}
    sent_after_all = report.fared is Fared.DELIVERED and report.provider in unanswered
    match notification.status:
        case Status.SENT:
            of_another = report.provider_message_id not in (None, notification.provider_message_id)
            if report.fared is Fared.UNDELIVERED and of_another:
                return False  # that of an attempt without an answer; the one that was sent may still arrive
            return report.provider == notification.provider or sent_after_all
        case Status.RETRYING | Status.FAILED:
            return sent_after_all
        case _:
            return False


def must_wait(notification: Notification) -> bool:
    """Whether a report may have come before our own record of the send, and is to be applied later."""
    return notification.status in UNFINISHED
