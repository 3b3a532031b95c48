"""Reports by webhook, for providers and gateways with a configurable report format.

The call is signed by the Standard Webhooks specification, version 1.0.0 (``webhook-id``, ``webhook-timestamp``,
``webhook-signature``; HMAC-SHA256 with a shared secret), whose package computes the signature. Its ``verify`` is not
used: it reads the machine's clock, distinguishes a forged signature from an old one only by its text, and fails on
a signature without a comma. The body is::

    {"reports": [{"notificationId": "507f1f77bcf86cd799439011", "status": "undelivered", "reason": "5.1.1",
                  "hardBounce": true, "at": "2026-01-31T09:30:00Z"}]}

Each report is accepted or refused on its own.

A call may come again within the tolerance, as the sender's retry or a replay; it then repeats the same reports.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from standardwebhooks import Webhook

from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.http.fields.moments import Moment
from wavecom.http.framework.errors import FieldError, InvalidRequestError
from wavecom.http.framework.json_body import check_texts, read_json_with_any_text, refuse_repeated_names
from wavecom.http.framework.requests import WireModel, field_errors
from wavecom.http.receipts.fields import Code, ReportedId
from wavecom.http.receipts.read_reports import ReadReports, read_each
from wavecom.http.receipts.refusals import Reason, SignatureRefusedError

TOLERANCE: Final = timedelta(minutes=5)
"""The largest difference between the sender's clock and ours; that of the specification's own libraries."""
REPORTS_MAX: Final = 1000

_ID: Final = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,255}")
"""Text without a full stop, which separates the parts of the signed text ("Signature scheme")."""
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,9}")


_OUTCOMES: Final[Mapping[str, DeliveryOutcome]] = {
    "sent": DeliveryOutcome.ACCEPTED,
    "complained": DeliveryOutcome.ACCEPTED,
    "delivered": DeliveryOutcome.DELIVERED,
    "undelivered": DeliveryOutcome.UNDELIVERED,
}


class Report(WireModel):
    """The result of one message. ``hardBounce`` says that its address is dead.

    ``sent`` says that the provider has accepted it, ``complained`` that its recipient complained about it.
    """

    notification_id: ReportedId
    status: Literal["sent", "delivered", "undelivered", "complained"]
    reason: Code | None = None
    hard_bounce: Annotated[bool, Field(strict=True)] = False
    at: Moment

    @field_validator("hard_bounce")
    @classmethod
    def _hard_bounce(cls, hard_bounce: bool, info: ValidationInfo) -> bool:
        if hard_bounce and info.data.get("status") != "undelivered":
            raise ValueError("goes with the status undelivered only")
        return hard_bounce

    def to_report(self, provider: str) -> DeliveryReport:
        """Return the report in the domain's terms."""
        complaint = SuppressionReason.COMPLAINT if self.status == "complained" else None
        return DeliveryReport(
            notification_id=self.notification_id,
            provider=provider,
            delivery_outcome=_OUTCOMES[self.status],
            reason=self.reason,
            suppression_reason=SuppressionReason.HARD_BOUNCE if self.hard_bounce else complaint,
            at=self.at,
        )


class Reports(WireModel):
    """The body of a call; each of its reports is a `Report`, or refused."""

    reports: Annotated[list[Any], Field(min_length=1, max_length=REPORTS_MAX)]


def webhook_reports(
    body: str, headers: Mapping[str, str], *, provider: str, webhooks: Sequence[Webhook], at: datetime
) -> ReadReports:
    """Check a call that came at ``at`` and return its valid reports; ``headers`` has lower case names.

    One of ``webhooks`` must have signed it; there are two while its secret is being changed. Raises
    `SignatureRefusedError`, then `MalformedRequestError` and `InvalidRequestError` if no report is accepted.
    """
    _check_signature(body, headers, webhooks, at)
    value = read_json_with_any_text(body)
    refuse_repeated_names(body)
    if not isinstance(value, dict):
        raise InvalidRequestError("The request is not valid", [FieldError("body", "must be an object")])
    check_texts([name for name in value if name != "reports"], "body")
    try:
        reports = Reports.model_validate(value).reports
    except ValidationError as exc:
        errors = field_errors(exc.errors(include_url=False))
        raise InvalidRequestError("The request is not valid", errors) from exc

    def read(report: object, path: str) -> DeliveryReport:
        check_texts(report, path)
        return Report.model_validate(report).to_report(provider)

    return read_each(reports, read, called="reports").or_refuse()


def _check_signature(body: str, headers: Mapping[str, str], webhooks: Sequence[Webhook], at: datetime) -> None:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    message_id, seconds, signatures = [headers.get(name, "") for name in names]
    if not (message_id and seconds and signatures):
        raise SignatureRefusedError(Reason.MISSING)
    if not (_ID.fullmatch(message_id) and _SECONDS.fullmatch(seconds)):
        raise SignatureRefusedError(Reason.FORGED)
    sent_at = datetime.fromtimestamp(int(seconds), UTC)
    expected = [webhook.sign(message_id, sent_at, body).encode() for webhook in webhooks]
    given = signatures.encode(errors="surrogatepass").split(b" ")
    genuine = [hmac.compare_digest(expected_signature, each) for expected_signature in expected for each in given]
    if not any(genuine):
        raise SignatureRefusedError(Reason.FORGED)
    if abs(at - sent_at) > TOLERANCE:
        raise SignatureRefusedError(Reason.EXPIRED)
