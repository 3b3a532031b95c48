"""Amazon SES events that a configuration set publishes to an SNS topic.

IAM decides who may invoke the function: its resource policy allows only Amazon SNS, for this topic. So a message
needs no signature check here, unlike one that SNS sends to an HTTPS endpoint (Amazon SNS developer guide, "Fanout
Amazon SNS notifications to Lambda functions").

The meaning of events (Amazon SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS"):

==================================================  ===========  ===========  =======================================
event                                               outcome      suppression  why
==================================================  ===========  ===========  =======================================
Delivery                                            delivered
Bounce, Permanent: General, NoEmail                 undelivered  hard bounce  "you should remove the recipient's email
                                                                              address from your mailing list"
Bounce, Permanent: Suppressed                       undelivered  hard bounce  "a recent history of bouncing as an
                                                                              invalid address"
Bounce, Permanent: OnAccountSuppressionList         undelivered               not attempted, for an earlier event; a
                                                                              person may have lifted our own entry since
Bounce, Permanent: any other                        undelivered               not documented as a dead address
Bounce, Transient or Undetermined                   undelivered               a later message may arrive
Complaint                                           accepted     complaint    accepted, or nobody could complain of it
Complaint, OnAccountSuppressionList                 undelivered               "accepted the message, but didn't attempt
                                                                              to send it"
Complaint, feedback type not-spam or auth-failure   accepted                  not the recipient's complaint
Reject                                              undelivered               "contained a virus": not the address
Rendering Failure                                   undelivered               not sent: our template, not the address
Send, DeliveryDelay                                 accepted                  SES has it, and tries to deliver it
Open, Click and all others                          (no report)               nothing about the delivery
==================================================  ===========  ===========  =======================================

The notification's id and the provider's name come from the tags of the same names that the message was sent with.
``reason`` consists of SES's words for the kind of event, never of the diagnostic text, which names the recipient.
"""

import logging
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.http.fields.moments import Instant
from wavecom.http.receipts.fields import Code, ReportedId

logger = logging.getLogger(__name__)

DEAD_ADDRESS: Final = frozenset({"General", "NoEmail", "Suppressed"})
"""Subtypes of permanent bounces after which an address should get no more messages."""
NO_COMPLAINT: Final = frozenset({"not-spam", "auth-failure"})
"""Feedback types that are no complaint (IANA, "MARF Feedback Report Type Values")."""
ON_ACCOUNT_LIST: Final = "OnAccountSuppressionList"


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _Tags(_Shape):
    notification_id: Annotated[list[ReportedId], Field(min_length=1, max_length=1)]
    provider: Annotated[list[str], Field(min_length=1, max_length=1)]


class _Mail(_Shape):
    timestamp: Instant
    message_id: Annotated[str | None, Field(max_length=200)] = None
    tags: _Tags


class _Event(_Shape):
    mail: _Mail

    def _report(
        self,
        delivery_outcome: DeliveryOutcome | None,
        reason: str | None,
        suppression_reason: SuppressionReason | None,
        at: Instant,
    ) -> DeliveryReport:
        return DeliveryReport(
            notification_id=self.mail.tags.notification_id[0],
            provider=self.mail.tags.provider[0],
            delivery_outcome=delivery_outcome,
            reason=reason,
            suppression_reason=suppression_reason,
            at=at,
            provider_message_id=self.mail.message_id,
        )


class _DeliveryDetail(_Shape):
    timestamp: Instant


class _Delivery(_Event):
    event_type: Literal["Delivery"]
    delivery: _DeliveryDetail

    def report(self) -> DeliveryReport | None:
        return self._report(DeliveryOutcome.DELIVERED, None, None, self.delivery.timestamp)


class _BounceDetail(_Shape):
    bounce_type: Code
    bounce_sub_type: Code
    timestamp: Instant


class _Bounce(_Event):
    event_type: Literal["Bounce"]
    bounce: _BounceDetail

    def report(self) -> DeliveryReport | None:
        bounce = self.bounce
        dead = bounce.bounce_type == "Permanent" and bounce.bounce_sub_type in DEAD_ADDRESS
        reason = f"{bounce.bounce_type}/{bounce.bounce_sub_type}"
        return self._report(
            DeliveryOutcome.UNDELIVERED, reason, SuppressionReason.HARD_BOUNCE if dead else None, bounce.timestamp
        )


class _ComplaintDetail(_Shape):
    complaint_sub_type: Code | None = None
    complaint_feedback_type: Code | None = None
    timestamp: Instant


class _Complaint(_Event):
    event_type: Literal["Complaint"]
    complaint: _ComplaintDetail

    def report(self) -> DeliveryReport | None:
        complaint = self.complaint
        if complaint.complaint_sub_type == ON_ACCOUNT_LIST:
            return self._report(DeliveryOutcome.UNDELIVERED, f"Complaint/{ON_ACCOUNT_LIST}", None, complaint.timestamp)
        if complaint.complaint_feedback_type in NO_COMPLAINT:
            return self._report(DeliveryOutcome.ACCEPTED, None, None, complaint.timestamp)
        reason = "/".join(filter(None, ["Complaint", complaint.complaint_feedback_type]))
        return self._report(DeliveryOutcome.ACCEPTED, reason, SuppressionReason.COMPLAINT, complaint.timestamp)


class _RejectDetail(_Shape):
    reason: Code


class _Reject(_Event):
    event_type: Literal["Reject"]
    reject: _RejectDetail

    def report(self) -> DeliveryReport | None:
        # The event has no time of its own; it follows the acceptance.
        return self._report(DeliveryOutcome.UNDELIVERED, f"Reject/{self.reject.reason}", None, self.mail.timestamp)


class _RenderingFailure(_Event):
    event_type: Literal["Rendering Failure"]

    def report(self) -> DeliveryReport | None:
        return self._report(DeliveryOutcome.UNDELIVERED, "RenderingFailure", None, self.mail.timestamp)


class _Accepted(_Event):
    event_type: Literal["Send", "DeliveryDelay"]

    def report(self) -> DeliveryReport | None:
        return self._report(DeliveryOutcome.ACCEPTED, None, None, self.mail.timestamp)


class _AnyEvent(_Shape):
    event_type: str


class _Notification(_Shape):
    message: Annotated[str, Field(alias="Message")]


class _Record(_Shape):
    event_source: Annotated[Literal["aws:sns"], Field(alias="EventSource")]
    sns: Annotated[_Notification, Field(alias="Sns")]


_EVENTS: Final[Mapping[str, type[_Delivery | _Bounce | _Complaint | _Reject | _RenderingFailure | _Accepted]]] = {
    "Delivery": _Delivery,
    "Bounce": _Bounce,
    "Complaint": _Complaint,
    "Reject": _Reject,
    "Rendering Failure": _RenderingFailure,
    "Send": _Accepted,
    "DeliveryDelay": _Accepted,
}


def ses_reports(event: Mapping[str, Any]) -> list[DeliveryReport]:
    """Return the reports in the records of a Lambda event of an SNS subscription.

    It never raises for a record: a record that cannot be read, or is about a message without our tags, would be as
    unreadable the next time. Such records are logged with their number and errors, without their content.
    """
    reports: list[DeliveryReport] = []
    unreadable: list[str] = []
    for record in event["Records"]:
        try:
            report = _read(record)
        except ValidationError as exc:
            errors = exc.errors(include_url=False, include_context=False, include_input=False)
            unreadable += [f"{_location(error['loc'])}: {error['type']}" for error in errors[:1]]
        else:
            reports += [report] if report else []
    if unreadable:
        logger.error("Unreadable delivery reports", extra={"unreadable": len(unreadable), "errors": unreadable})
    return reports


def _read(record: object) -> DeliveryReport | None:
    message = _Record.model_validate(record).sns.message
    kind = _EVENTS.get(_AnyEvent.model_validate_json(message).event_type)
    return kind.model_validate_json(message).report() if kind else None


def _location(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "record"
