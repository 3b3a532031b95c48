"""SendGrid's Event Webhook: a list of events for each call.

A call is signed with ECDSA (P-256, SHA-256) over the timestamp of a header and the raw body; the public key is shown
where the webhook is set up ("Getting Started with the Event Webhook Security Features"). An event carries the
custom arguments of its message as fields ("Event Webhook Reference", "Unique Arguments and Custom Arguments"): ours are
``notificationId`` and ``provider``. Events without them are about mail that we did not send, and those with another
provider's name are that provider's; both are skipped.

The events ("Event Webhook Reference", sections "Delivery events" and "Engagement events"; the reasons of drops
stand in "Dropped event"; "Bounce and Block Classifications"):

============================================  ===========  ===========  =============================================
event                                         outcome      suppression  why
============================================  ===========  ===========  =============================================
processed                                     accepted                  "received and is ready to be delivered"
deferred                                      accepted                  the recipient's server put it off; SendGrid
                                                                        tries again
delivered                                     delivered                 "accepted by the receiving server"
bounce, type bounce: Invalid Address          undelivered  hard bounce  "syntactically incorrect or the recipient's
                                                                        mailbox does not exist"
bounce, type bounce, without classification   undelivered  hard bounce  "could not or would not accept mail to this
                                                                        recipient permanently"
bounce, type bounce: Mailbox Unavailable      undelivered               full, suspended or not used for long: "do not
                                                                        indicate that the address you tried to reach
                                                                        was invalid"
bounce, type bounce: any other                undelivered               of our reputation, content, volume or domain,
    classification                                                      or "indecipherable or ambiguous"
bounce, type blocked or any other             undelivered               refused this time: nothing about the address
dropped: Bounced Address, Invalid             undelivered  hard bounce  it bounced before, or is no address
dropped: Unsubscribed Address,                undelivered  complaint    the recipient wants no mail of ours
    Spam Reporting Address
dropped, any other reason                     undelivered               our content, our quota or our request
spamreport, unsubscribe, group_unsubscribe    accepted     complaint    the recipient wants no mail of ours
open, click and all others                    (no report)               nothing about the delivery
============================================  ===========  ===========  =============================================

``reason`` is made of the event, its ``status`` and the reasons of this table, never of the server's answer, which names
the recipient.
"""

import base64
import binascii
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.http.framework.errors import DETAILS_MAX, FieldError, InvalidRequestError
from wavecom.http.framework.json_body import read_json_with_any_text
from wavecom.http.receipts.fields import ReportedId
from wavecom.http.receipts.read_reports import ReadReports, read_each
from wavecom.http.receipts.refusals import Reason, SignatureRefusedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

logger = logging.getLogger(__name__)

CLOCK_DIFFERENCE: Final = timedelta(minutes=5)
"""The most that the signer's clock may be ahead of ours."""
MAX_AGE: Final = timedelta(hours=24) + CLOCK_DIFFERENCE
"""The largest age of a signature: SendGrid repeats a call "for up to 24 hours after the event occurs" ("Troubleshooting
the Event Webhook"), and does not say that it signs it again. A replay within this time repeats the same report."""

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"

_SECONDS: Final = re.compile(r"[1-9][0-9]{0,9}")
_STATUS: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
"""RFC 3463, section 2."""
_MESSAGE_ID: Final = re.compile(r"([A-Za-z0-9._-]{1,100}?)\.(filter|recvd)[^ ]*", re.ASCII)
"""The id from the answer to our call, and a part that SendGrid adds."""

_OUTCOMES: Final[Mapping[str, DeliveryOutcome]] = {
    "processed": DeliveryOutcome.ACCEPTED,
    "deferred": DeliveryOutcome.ACCEPTED,
    "delivered": DeliveryOutcome.DELIVERED,
    "bounce": DeliveryOutcome.UNDELIVERED,
    "dropped": DeliveryOutcome.UNDELIVERED,
    "spamreport": DeliveryOutcome.ACCEPTED,
    "unsubscribe": DeliveryOutcome.ACCEPTED,
    "group_unsubscribe": DeliveryOutcome.ACCEPTED,
}
_COMPLAINTS: Final = frozenset({"spamreport", "unsubscribe", "group_unsubscribe"})
_DROPPED: Final[Mapping[str, SuppressionReason | None]] = {
    "Bounced Address": SuppressionReason.HARD_BOUNCE,
    "Invalid": SuppressionReason.HARD_BOUNCE,
    "Unsubscribed Address": SuppressionReason.COMPLAINT,
    "Spam Reporting Address": SuppressionReason.COMPLAINT,
    "Invalid SMTPAPI header": None,
    "Spam Content": None,
    "Recipient List over Package Quota": None,
}
_DEAD_ADDRESS: Final = "Invalid Address"
"""The only classification of a bounce that means a dead address; accounts without classifications send none."""


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class _AnyEvent(_Shape):
    event: str
    notification_id: Annotated[object, Field(alias="notificationId")] = None
    provider: object = None


class _Event(_Shape):
    event: str
    notification_id: Annotated[ReportedId, Field(alias="notificationId")]
    timestamp: Annotated[int, Field(strict=True, ge=0, lt=10**10)]
    sg_message_id: object = None
    type: object = None
    reason: object = None
    status: object = None
    bounce_classification: object = None

    def to_report(self, provider: str) -> DeliveryReport:
        """Return the event in the domain's terms."""
        message_id = _MESSAGE_ID.fullmatch(self.sg_message_id) if isinstance(self.sg_message_id, str) else None
        return DeliveryReport(
            notification_id=self.notification_id,
            provider=provider,
            delivery_outcome=_OUTCOMES[self.event],
            reason=self._reason(),
            suppression_reason=self._suppression_reason(),
            at=datetime.fromtimestamp(self.timestamp, UTC),
            provider_message_id=message_id[1] if message_id else None,
        )

    def _reason(self) -> str | None:
        match self.event:
            case "bounce":
                kind = "blocked" if self.type == "blocked" else "bounce"
                known = isinstance(self.status, str) and _STATUS.fullmatch(self.status)
                return f"{kind}/{self.status}" if known else kind
            case "dropped":
                return (
                    f"dropped/{self.reason}" if isinstance(self.reason, str) and self.reason in _DROPPED else "dropped"
                )
            case _:
                return self.event if self.event in _COMPLAINTS else None

    def _suppression_reason(self) -> SuppressionReason | None:
        match self.event:
            case "bounce":
                dead = self.bounce_classification in (None, "", _DEAD_ADDRESS)
                return SuppressionReason.HARD_BOUNCE if self.type == "bounce" and dead else None
            case "dropped":
                return _DROPPED.get(self.reason) if isinstance(self.reason, str) else None
            case _:
                return SuppressionReason.COMPLAINT if self.event in _COMPLAINTS else None


def read_key(text: str) -> "EllipticCurvePublicKey":
    """Return SendGrid's verification key, which is base64 of a DER SubjectPublicKeyInfo (RFC 5480) on P-256.

    Raises ValueError for anything else.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only where SendGrid reports by itself
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise ValueError("webhookPublicKey is no public key in base64") from exc
    match key:
        case EllipticCurvePublicKey(curve=SECP256R1()):
            return key
        case _:
            raise ValueError("webhookPublicKey must be a key on the curve P-256")


def random_key() -> "EllipticCurvePublicKey":
    """Return a key that nobody can sign with."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - only where SendGrid reports by itself

    return ec.generate_private_key(ec.SECP256R1()).public_key()


def sendgrid_reports(
    body: str, headers: Mapping[str, str], *, provider: str, keys: Sequence["EllipticCurvePublicKey"], at: datetime
) -> ReadReports:
    """Check a call that came at ``at`` and return its valid reports; ``headers`` has lower case names.

    One of ``keys`` must have signed it. Unreadable events are refused individually, and logged: a repetition would be
    as unreadable, and SendGrid does not read answers. Raises `SignatureRefusedError`, then
    `MalformedRequestError` and `InvalidRequestError` for a body that is not a list.
    """
    _check_signature(body, headers, keys, at)
    value = read_json_with_any_text(body)
    if not isinstance(value, list):
        raise InvalidRequestError("The request is not valid", [FieldError("body", "must be a list")])
    result = read_each(value, lambda event, _: _read(event, provider), called="events")
    if result.refused:
        errors = [f"{each.field}: {each.message}" for error in result.refused.values() for each in error.details[:1]]
        extra = {"unreadable": len(result.refused), "errors": errors[:DETAILS_MAX]}
        logger.error("Unreadable delivery reports", extra=extra)
    return result


def _read(event: object, provider: str) -> DeliveryReport | None:
    any_event = _AnyEvent.model_validate(event)
    if any_event.event not in _OUTCOMES or any_event.notification_id is None or any_event.provider != provider:
        return None
    return _Event.model_validate(event).to_report(provider)


def _check_signature(
    body: str, headers: Mapping[str, str], keys: Sequence["EllipticCurvePublicKey"], at: datetime
) -> None:
    signature, seconds = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not (signature and seconds):
        raise SignatureRefusedError(Reason.MISSING)
    if not _SECONDS.fullmatch(seconds):
        raise SignatureRefusedError(Reason.FORGED)
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureRefusedError(Reason.FORGED) from None
    signed = f"{seconds}{body}".encode()
    genuine = [_is_genuine(key, given, signed) for key in keys]
    if not any(genuine):
        raise SignatureRefusedError(Reason.FORGED)
    age = at - datetime.fromtimestamp(int(seconds), UTC)
    if not -CLOCK_DIFFERENCE <= age <= MAX_AGE:
        raise SignatureRefusedError(Reason.EXPIRED)


def _is_genuine(key: "EllipticCurvePublicKey", signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - there is a key, so it is imported already
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    try:
        key.verify(signature, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
