"""Status callbacks of Twilio: one form for every change of a message's status.

A callback is signed with the account's auth token over the whole URL that Twilio called and every parameter of the
form ("Webhooks Security", section "Validating Signatures from Twilio"). The scheme has no time in it, so our URL has:
its query is ``notificationId=<id>&sentAt=<unix seconds>`` and nothing else, in this order, since Twilio signs a query
as it was given but may send it sorted (twilio/twilio-php, issue 790).

The meaning of callbacks ("Outbound Message Status in Status Callbacks", and the page of each code in the "Error and
Warning Dictionary"):

=====================================  ===========  ===========  ====================================================
MessageStatus, ErrorCode               outcome      suppression  why
=====================================  ===========  ===========  ====================================================
delivered, read                        delivered
undelivered, failed                    undelivered               unless one of the codes below says more
    30005                              undelivered  hard bounce  unknown, inactive or no longer in service
    21211, 21614, 21635                undelivered  hard bounce  no valid number, no mobile number, a landline
    21610                              undelivered  complaint    the recipient answered STOP
    30003                              undelivered               "temporarily unreachable": switched off, no service
    30004, 30007, 30008                undelivered               blocked, filtered, unknown: nothing about the number
    30006                              undelivered               a landline, or a carrier that our short code does not
                                                                 reach: the code does not tell which
accepted, scheduled, queued, sending,  accepted                  Twilio has it, and it is on its way
sent
any other status                       (no report)               nothing about the message
=====================================  ===========  ===========  ====================================================

The time of a report is that of its arrival: ``RawDlrDoneDate`` is to the minute and of an unknown time zone (Twilio
changelog, "Addition of RawDlrDoneDate to Delivered and Undelivered Status Webhooks").
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import parse_qsl

from pydantic import Field, ValidationError

from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.http.framework.errors import FieldError, InvalidRequestError, MalformedRequestError
from wavecom.http.framework.requests import WireModel, field_errors
from wavecom.http.receipts.fields import ReportedId
from wavecom.http.receipts.refusals import Reason, SignatureRefusedError

MAX_AGE: Final = timedelta(days=5)
"""The largest age of a message at its last report; an older callback is a replay. The value is our choice: Twilio keeps
a message in its queue for 10 hours at the most ("Message resource", ValidityPeriod), carriers report within days."""
CLOCK_DIFFERENCE: Final = timedelta(minutes=5)
"""The most that the sender's clock may be ahead of ours."""
MAX_PARAMETERS: Final = 100
"""The most parameters of a form; Twilio sends about ten."""

_OUTCOMES: Final[Mapping[str, DeliveryOutcome]] = {
    "accepted": DeliveryOutcome.ACCEPTED,
    "scheduled": DeliveryOutcome.ACCEPTED,
    "queued": DeliveryOutcome.ACCEPTED,
    "sending": DeliveryOutcome.ACCEPTED,
    "sent": DeliveryOutcome.ACCEPTED,
    "delivered": DeliveryOutcome.DELIVERED,
    "read": DeliveryOutcome.DELIVERED,
    "undelivered": DeliveryOutcome.UNDELIVERED,
    "failed": DeliveryOutcome.UNDELIVERED,
}
_SUPPRESSIONS: Final[Mapping[str, SuppressionReason]] = {
    "30005": SuppressionReason.HARD_BOUNCE,
    "21211": SuppressionReason.HARD_BOUNCE,
    "21614": SuppressionReason.HARD_BOUNCE,
    "21635": SuppressionReason.HARD_BOUNCE,
    "21610": SuppressionReason.COMPLAINT,
}
_STATUS: Final = "MessageStatus"
_ERROR: Final = "ErrorCode"
_SID: Final = "MessageSid"
_PORT: Final = re.compile(r":[0-9]+$")
_STANDARD_PORTS: Final = {"https": ":443", "http": ":80"}

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A callback as it was received.

    ``origin`` is the part of the URL before the path; ``path`` and ``query`` are as Twilio wrote them. ``signature`` is
    the header ``X-Twilio-Signature``.
    """

    origin: str
    path: str
    query: str
    parameters: Parameters
    signature: str | None


class _Query(WireModel):
    notification_id: ReportedId
    sent_at: Annotated[str, Field(pattern="^[0-9]{1,10}$")]


class _Form(WireModel):
    message_status: Annotated[str, Field(alias=_STATUS)]
    error_code: Annotated[str, Field(alias=_ERROR, pattern="^[0-9]{0,10}$")] = ""
    message_sid: Annotated[str | None, Field(alias=_SID, pattern="^[A-Za-z0-9]{1,64}$")] = None


def parse_form(body: str) -> Parameters:
    """Return the parameters of ``application/x-www-form-urlencoded`` text. Raises `MalformedRequestError`."""
    try:
        return parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError as exc:
        raise MalformedRequestError("The body is not a form in UTF-8") from exc


def sign(auth_token: str, url: str, parameters: Parameters) -> str:
    """Return Twilio's signature of a call to ``url``: HMAC-SHA1 in base64 ("Validating Signatures from Twilio").

    A repeated parameter counts with each of its values once, in order, as in Twilio's libraries.
    """
    text = url + "".join(name + value for name, value in sorted(set(parameters)))
    digest = hmac.digest(auth_token.encode(), text.encode(errors="surrogatepass"), hashlib.sha1)
    return base64.b64encode(digest).decode()


def twilio_reports(
    callback: Callback, *, provider: str, auth_tokens: Sequence[str], at: datetime
) -> list[DeliveryReport]:
    """Check a callback that came at ``at`` and return its report, if any.

    It must be signed with one of ``auth_tokens``; there are two while the account's token is being changed. Raises
    `SignatureRefusedError`, and `InvalidRequestError` for a call from Twilio to a URL or with a form that is not ours.
    """
    check_signature(callback, auth_tokens)
    query = _read_query(callback.query)
    sent_at = datetime.fromtimestamp(int(query.sent_at), UTC)
    if not at - MAX_AGE <= sent_at <= at + CLOCK_DIFFERENCE:
        raise SignatureRefusedError(Reason.EXPIRED)
    form = _form(callback.parameters)
    delivery_outcome = _OUTCOMES.get(form.message_status)
    if delivery_outcome is None:
        return []
    undelivered = delivery_outcome is DeliveryOutcome.UNDELIVERED
    return [
        DeliveryReport(
            notification_id=query.notification_id,
            provider=provider,
            delivery_outcome=delivery_outcome,
            reason=(form.error_code or None) if undelivered else None,
            suppression_reason=_SUPPRESSIONS.get(form.error_code) if undelivered else None,
            at=at,
            provider_message_id=form.message_sid,
        )
    ]


def check_signature(callback: Callback, auth_tokens: Sequence[str]) -> None:
    """Raise `SignatureRefusedError` unless one of ``auth_tokens`` has signed a callback."""
    if not callback.signature:
        raise SignatureRefusedError(Reason.MISSING)
    given = callback.signature.encode(errors="surrogatepass")
    genuine = [
        hmac.compare_digest(sign(auth_token, url, callback.parameters).encode(), given)
        for auth_token in auth_tokens
        for url in _signed_urls(callback)
    ]
    if not any(genuine):
        raise SignatureRefusedError(Reason.FORGED)


def _signed_urls(callback: Callback) -> list[str]:
    """Return the URLs that Twilio may have signed: with the port, without it, or with the standard one."""
    scheme, _, rest = callback.origin.partition("://")
    host, slash, base = rest.partition("/")
    bare = _PORT.sub("", host)
    target = f"{slash}{base}{callback.path}" + (f"?{callback.query}" if callback.query else "")
    return [f"{scheme}://{each}{target}" for each in (host, bare, bare + _STANDARD_PORTS.get(scheme, ""))]


def _read_query(query: str) -> _Query:
    try:
        return _Query.model_validate(_without_repeats(parse_qsl(query, keep_blank_values=True)))
    except ValidationError as exc:
        raise InvalidRequestError("The URL is not one that was given to Twilio", field_errors(exc.errors())) from exc


def _form(parameters: Parameters) -> _Form:
    try:
        return _Form.model_validate(
            _without_repeats([each for each in parameters if each[0] in {_STATUS, _ERROR, _SID}])
        )
    except ValidationError as exc:
        raise InvalidRequestError("The request is not valid", field_errors(exc.errors())) from exc


def _without_repeats(parameters: Parameters) -> dict[str, str]:
    names = [name for name, _ in parameters]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        errors = [FieldError(name, "must be given once") for name in repeated]
        raise InvalidRequestError("The request names a field twice", errors)
    return dict(parameters)
