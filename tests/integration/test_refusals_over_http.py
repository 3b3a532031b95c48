"""Of whom the refusals of providers over HTTP speak, as their stand-ins and AWS's own client library tell them."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.builders import ManualClock, an_outgoing
from tests.integration import test_apns, test_fcm, test_sendgrid
from tests.standins import apns, fcm, sendgrid
from tests.standins.twilio import TwilioService, client_of, error_reply
from wavecom.adapters.providers.email.ses import SesEmailProvider
from wavecom.adapters.providers.sms.end_user_messaging import EndUserMessagingSmsProvider
from wavecom.adapters.providers.sms.sns import SnsSmsProvider
from wavecom.domain.providers.outcomes import About, Outcome, ProviderError
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.ports.providers import Provider

NOW, EVER = Outcome.TRANSIENT, Outcome.PERMANENT
TWILIO = [
    (400, 21211, EVER, About.RECIPIENT, SuppressionReason.HARD_BOUNCE),
    (400, 21614, EVER, About.RECIPIENT, SuppressionReason.HARD_BOUNCE),
    (400, 21610, EVER, About.RECIPIENT, SuppressionReason.COMPLAINT),
    (400, 21265, EVER, About.RECIPIENT, None),
    (400, 21617, EVER, About.MESSAGE, None),
    (400, 21606, NOW, About.IDENTITY, None),
    (400, 21408, NOW, About.SENDER, None),
    (401, 20003, NOW, About.SENDER, None),
    (400, 29999, NOW, About.UNCLEAR, None),
]
SES = [
    ("BadRequestException", "Missing final '@domain'", EVER, About.RECIPIENT),
    ("BadRequestException", "Something is wrong", EVER, About.UNCLEAR),
    ("BadRequestException", "Configuration set wavecom does not exist", NOW, About.SENDER),
    ("MessageRejected", "Email address is not verified. The following identities failed", NOW, About.IDENTITY),
    ("MessageRejected", "Sending suspended for this account", NOW, About.SENDER),
    ("MessageRejected", "Message contains a virus", EVER, About.MESSAGE),
    ("SendingPausedException", "Sending is paused", NOW, About.SENDER),
    ("AccessDeniedException", "User is not authorized to perform ses:SendEmail", NOW, About.SENDER),
    ("AccessDeniedException", "on resource arn:aws:ses:eu-central-1:1:identity/bank.example", NOW, About.IDENTITY),
]
END_USER_MESSAGING = [
    ("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", EVER, About.RECIPIENT, SuppressionReason.COMPLAINT),
    ("ValidationException", "MAXIMUM_SIZE_EXCEEDED", EVER, About.MESSAGE, None),
    ("ValidationException", "DESTINATION_COUNTRY_BLOCKED", EVER, About.UNCLEAR, None),
    ("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", NOW, About.SENDER, None),
]
SNS = [
    (
        "InvalidParameter",
        "Invalid parameter: PhoneNumber Reason: is not valid to publish to",
        EVER,
        About.RECIPIENT,
        None,
    ),
    ("InvalidParameter", "Invalid parameter: Message too long", EVER, About.MESSAGE, None),
    ("OptedOut", "The number opted out", EVER, About.RECIPIENT, SuppressionReason.COMPLAINT),
    ("AuthorizationError", "Not allowed", NOW, About.SENDER, None),
]
FCM = [
    (404, "NOT_FOUND", "UNREGISTERED", None, EVER, About.RECIPIENT, SuppressionReason.HARD_BOUNCE),
    (
        400,
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "message.token",
        EVER,
        About.RECIPIENT,
        SuppressionReason.HARD_BOUNCE,
    ),
    (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.data", EVER, About.MESSAGE, None),
    (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", None, EVER, About.UNCLEAR, None),
    (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", None, Outcome.RATE_LIMITED, About.SENDER, None),
    (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", None, NOW, About.SENDER, None),
    (403, "PERMISSION_DENIED", None, None, NOW, About.SENDER, None),
    (404, "NOT_FOUND", None, None, NOW, About.SENDER, None),
    (418, "TEAPOT", None, None, EVER, About.UNCLEAR, None),
    (503, "UNAVAILABLE", "UNAVAILABLE", None, Outcome.UNKNOWN, About.SENDER, None),
]
APNS = [
    (410, "Unregistered", EVER, About.RECIPIENT, SuppressionReason.HARD_BOUNCE),
    (410, "ExpiredToken", EVER, About.RECIPIENT, SuppressionReason.HARD_BOUNCE),
    (400, "BadDeviceToken", EVER, About.UNCLEAR, None),
    (400, "DeviceTokenNotForTopic", EVER, About.UNCLEAR, None),
    (413, "PayloadTooLarge", EVER, About.MESSAGE, None),
    (429, "TooManyRequests", Outcome.RATE_LIMITED, About.RECIPIENT, None),
    (400, "TopicDisallowed", NOW, About.IDENTITY, None),
    (429, "TooManyProviderTokenUpdates", NOW, About.SENDER, None),
    (403, "InvalidProviderToken", NOW, About.SENDER, None),
    (503, "ServiceUnavailable", NOW, About.SENDER, None),
    (500, "InternalServerError", Outcome.UNKNOWN, About.SENDER, None),
]
SENDGRID = [
    (400, "personalizations.0.to.0.email", EVER, About.RECIPIENT),
    (400, "personalizations.0.subject", EVER, About.MESSAGE),
    (400, "content.0.value", EVER, About.MESSAGE),
    (413, None, EVER, About.MESSAGE),
    (403, "from", NOW, About.IDENTITY),
    (401, None, NOW, About.SENDER),
    (400, "mail_settings", NOW, About.SENDER),
    (503, None, NOW, About.SENDER),
    (429, None, Outcome.RATE_LIMITED, About.SENDER),
    (500, None, Outcome.UNKNOWN, About.SENDER),
]
RECIPIENTS = {
    "email": "a@b.example",
    "sms": "+12025550123",
    "fcm": "cX7Yz:" + "APA91b" * 24,
    "apns": "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0",
}


class RefusingClient:
    """A client of AWS whose every call is answered with one error."""

    def __init__(self, code: str, text: str, status: int = 400, **fields: Any) -> None:
        self._response = {
            "Error": {"Code": code, "Message": text},
            "ResponseMetadata": {"HTTPStatusCode": status},
            **fields,
        }

    def _refuse(self, **_: Any) -> None:
        raise ClientError(self._response, "Send")  # type: ignore[arg-type]

    send_email = send_text_message = publish = _refuse


def error_of(provider: Provider, recipient: str) -> ProviderError:
    message = an_outgoing(
        notification_id="65f0c1d2a1b2c3d4e5f60718",
        channel=provider.channel,
        recipient=RECIPIENTS[recipient],
        subject="Hi",
        message="Hello",
        attempt=1,
    )
    with pytest.raises(ProviderError) as caught:
        provider.send(message)
    return caught.value


@pytest.fixture
def twilio() -> Iterator[TwilioService]:
    with TwilioService() as service:
        yield service


@pytest.mark.parametrize(("status", "code", "outcome", "about", "suppression_reason"), TWILIO)
def test_what_twilio_refuses(
    twilio: TwilioService,
    status: int,
    code: int,
    outcome: Outcome,
    about: About,
    suppression_reason: SuppressionReason | None,
) -> None:
    provider = client_of(twilio)
    twilio.follow(error_reply(status, code, "Refused"))

    error = error_of(provider, "sms")
    provider.close()

    assert (error.outcome, error.about, error.suppression_reason) == (outcome, about, suppression_reason)


@pytest.mark.parametrize(("code", "text", "outcome", "about"), SES)
def test_what_amazon_ses_refuses(code: str, text: str, outcome: Outcome, about: About) -> None:
    provider = SesEmailProvider(RefusingClient(code, text), sender="no-reply@bank.example")  # type: ignore[arg-type]

    error = error_of(provider, "email")

    assert (error.outcome, error.about) == (outcome, about)


@pytest.mark.parametrize(("code", "reason", "outcome", "about", "suppression_reason"), END_USER_MESSAGING)
def test_what_aws_end_user_messaging_refuses(
    code: str, reason: str, outcome: Outcome, about: About, suppression_reason: SuppressionReason | None
) -> None:
    client = RefusingClient(code, "Refused", Reason=reason)

    error = error_of(EndUserMessagingSmsProvider(client), "sms")  # type: ignore[arg-type]

    assert (error.outcome, error.about, error.suppression_reason) == (outcome, about, suppression_reason)


@pytest.mark.parametrize(("code", "text", "outcome", "about", "suppression_reason"), SNS)
def test_what_amazon_sns_refuses(
    code: str, text: str, outcome: Outcome, about: About, suppression_reason: SuppressionReason | None
) -> None:
    error = error_of(SnsSmsProvider(RefusingClient(code, text)), "sms")  # type: ignore[arg-type]

    assert (error.outcome, error.about, error.suppression_reason) == (outcome, about, suppression_reason)


@pytest.mark.parametrize(("status", "canonical", "code", "field", "outcome", "about", "suppression_reason"), FCM)
def test_what_fcm_refuses(
    status: int,
    canonical: str,
    code: str | None,
    field: str | None,
    outcome: Outcome,
    about: About,
    suppression_reason: SuppressionReason | None,
) -> None:
    with fcm.TokenService() as tokens, fcm.FcmService(tokens) as service:
        service.follow(fcm.refusal(status, canonical, code, bad_field=field))
        provider = test_fcm.provider_at(service)

        error = error_of(provider, "fcm")
        provider.close()

    assert (error.outcome, error.about, error.suppression_reason) == (outcome, about, suppression_reason)


@pytest.mark.parametrize(("status", "reason", "outcome", "about", "suppression_reason"), APNS)
def test_what_apns_refuses(
    status: int, reason: str, outcome: Outcome, about: About, suppression_reason: SuppressionReason | None
) -> None:
    with apns.ApnsService(ManualClock()) as service:
        service.follow(apns.refusal(status, reason))
        provider = test_apns.provider_at(service)

        error = error_of(provider, "apns")
        provider.close()

    assert (error.outcome, error.about, error.suppression_reason) == (outcome, about, suppression_reason)


@pytest.mark.parametrize(("status", "field", "outcome", "about"), SENDGRID)
def test_what_sendgrid_refuses(status: int, field: str | None, outcome: Outcome, about: About) -> None:
    with sendgrid.SendGridService() as service:
        service.follow(sendgrid.error_reply(status, field, "Refused"))
        provider = test_sendgrid.provider_at(service.url)

        error = error_of(provider, "email")
        provider.close()

    assert (error.outcome, error.about) == (outcome, about)
