"""The AWS End User Messaging provider against a loopback server that speaks AWS JSON 1.0."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOON, ManualClock, an_outgoing
from tests.standins.aws_sms import EndUserMessagingService, end_user_messaging_error
from tests.standins.http_service import Fault, Reply
from wavecom.adapters.providers.sms.end_user_messaging import EndUserMessagingSmsProvider, end_user_messaging_client
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    PermanentError,
    ProviderError,
    RateLimitedError,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.senders import Sender

SECRET = "wJalrXUtnFEMI-K7MDENG"
TOKEN = "FwoGZXIvYXdzEBYaDH-session"
IDENTITY = "pool-0123456789abcdef0"
NUMBER = "+12025550123"


def message_to(recipient: str = NUMBER, **changes: Any) -> OutgoingMessage:
    values = {
        "notification_id": "65f0c1d2a1b2c3d4e5f60718",
        "channel": Channel.SMS,
        "recipient": recipient,
        "subject": None,
        "message": "Your code is 4711 & 你好",
        "attempt": 1,
    }
    return an_outgoing(**{**values, **changes})


def error_of(provider: EndUserMessagingSmsProvider, message: OutgoingMessage | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.send(message or message_to())
    return caught.value


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)


@pytest.fixture
def service() -> Iterator[EndUserMessagingService]:
    with EndUserMessagingService() as service:
        yield service


def provider_at(url: str, *, max_connections: int = 4, **options: Any) -> EndUserMessagingSmsProvider:
    client = end_user_messaging_client(
        region="eu-central-1",
        endpoint_url=url,
        connect_timeout=timedelta(seconds=0.5),
        timeout=timedelta(seconds=0.5),
        max_connections=max_connections,
    )
    return EndUserMessagingSmsProvider(client, origination_identity=IDENTITY, **options)


@pytest.fixture
def provider(service: EndUserMessagingService) -> Iterator[EndUserMessagingSmsProvider]:
    provider = provider_at(service.url)
    yield provider
    provider.close()


def test_message_is_taken_whole_and_names_its_notification(service: EndUserMessagingService) -> None:
    provider = provider_at(service.url, name="sms-frankfurt", configuration_set="wavecom-events")

    receipt = provider.send(message_to())

    provider.close()
    (request,) = service.requests
    assert len(receipt.provider_message_id) == 36
    assert request.json == {
        "DestinationPhoneNumber": NUMBER,
        "OriginationIdentity": IDENTITY,
        "MessageBody": "Your code is 4711 & 你好",
        "MessageType": "TRANSACTIONAL",
        "ConfigurationSetName": "wavecom-events",
        "Context": {"notificationId": "65f0c1d2a1b2c3d4e5f60718", "provider": "sms-frankfurt"},
    }
    assert (provider.name, provider.channel, provider.idempotent) == ("sms-frankfurt", Channel.SMS, False)


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (timedelta(minutes=5), 300),
        (timedelta(seconds=90, milliseconds=999), 90),
        (timedelta(hours=72), 259_200),
        (timedelta(days=30), 259_200),
        (timedelta(seconds=4, milliseconds=999), 5),
        (timedelta(seconds=-3), 5),
    ],
)
def test_deadline_bounds_the_time_to_live(service: EndUserMessagingService, left: timedelta, seconds: int) -> None:
    provider = provider_at(service.url, clock=ManualClock())

    provider.send(message_to(expires_at=NOON + left))

    provider.close()
    assert service.requests[0].json["TimeToLive"] == seconds


def test_identity_and_configuration_set_are_left_to_aws_unless_told(service: EndUserMessagingService) -> None:
    client = end_user_messaging_client(region="eu-central-1", endpoint_url=service.url)
    provider = EndUserMessagingSmsProvider(client)

    provider.send(message_to())

    provider.close()
    assert service.requests[0].json.keys() == {"DestinationPhoneNumber", "MessageBody", "MessageType", "Context"}


@pytest.mark.parametrize(
    "message", [message_to("not-a-number"), message_to(message="   "), message_to(message="x" * 1601)]
)
def test_number_or_text_that_the_service_refuses_is_permanent(
    provider: EndUserMessagingSmsProvider, message: OutgoingMessage
) -> None:
    error = error_of(provider, message)

    assert (type(error), error.code) == (PermanentError, "FIELD_VALIDATION_FAILED")


def test_message_that_breaks_the_model_is_permanent_and_not_sent(
    service: EndUserMessagingService, provider: EndUserMessagingSmsProvider
) -> None:
    error = error_of(provider, message_to(message=""))

    assert (type(error), error.code) == (PermanentError, "ParamValidationError")
    assert service.requests == []


@pytest.mark.parametrize(
    ("status", "code", "reason", "family"),
    [
        (400, "ThrottlingException", None, RateLimitedError),
        (429, "SomethingNew", None, RateLimitedError),
        (400, "ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", TransientError),
        (400, "ServiceQuotaExceededException", None, TransientError),
        (400, "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", PermanentError),
        (400, "ConflictException", "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE", PermanentError),
        (400, "ConflictException", "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION", PermanentError),
        (400, "ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED", TransientError),
        (400, "ConflictException", "NO_ORIGINATION_IDENTITIES_FOUND", TransientError),
        (400, "ConflictException", "RESOURCE_NOT_ACTIVE", TransientError),
        (400, "ConflictException", None, TransientError),
        (400, "ValidationException", "DESTINATION_COUNTRY_BLOCKED", PermanentError),
        (400, "ValidationException", "MAXIMUM_SIZE_EXCEEDED", PermanentError),
        (400, "ValidationException", "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY", TransientError),
        (400, "ValidationException", "SENDER_ID_NOT_REGISTERED", TransientError),
        (400, "ValidationException", "INVALID_PARAMETER", TransientError),
        (400, "ValidationException", None, TransientError),
        (400, "ResourceNotFoundException", None, TransientError),
        (400, "AccessDeniedException", "ACCOUNT_DISABLED", TransientError),
        (400, "AccessDeniedException", None, TransientError),
        (400, "ExpiredTokenException", None, TransientError),
        (400, "UnrecognizedClientException", None, TransientError),
        (403, "InvalidSignatureException", None, TransientError),
        (404, "UnknownOperationException", None, TransientError),
        (400, "SomethingNew", None, PermanentError),
        (500, "InternalServerException", None, UnknownOutcomeError),
        (503, "ServiceUnavailable", None, TransientError),
        (504, "GatewayTimeout", None, UnknownOutcomeError),
    ],
)
def test_error_means_what_the_table_says(
    service: EndUserMessagingService,
    provider: EndUserMessagingSmsProvider,
    status: int,
    code: str,
    reason: str | None,
    family: type[ProviderError],
) -> None:
    service.follow(end_user_messaging_error(status, code, reason))

    error = error_of(provider)

    assert (type(error), error.code) == (family, reason or code)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("more", "family"),
    [
        ({"Message": "1 validation error: DestinationPhoneNumber"}, PermanentError),
        ({"Fields": [{"Name": "messageBody", "Message": "too long"}]}, PermanentError),
        ({"Fields": [{"Name": "OriginationIdentity", "Message": "unknown"}]}, TransientError),
    ],
)
@pytest.mark.parametrize(
    "reason",
    ["CANNOT_PARSE", "FIELD_VALIDATION_FAILED", "INVALID_PARAMETER", "INVALID_REQUEST", "MISSING_PARAMETER", "OTHER"],
)
def test_general_reason_is_permanent_where_it_names_the_number_or_the_text(
    service: EndUserMessagingService,
    provider: EndUserMessagingSmsProvider,
    reason: str,
    more: dict[str, Any],
    family: type[ProviderError],
) -> None:
    service.follow(end_user_messaging_error(400, "ValidationException", reason, **more))

    assert type(error_of(provider)) is family


def test_reason_of_ours_is_transient_even_where_it_names_the_number(
    service: EndUserMessagingService, provider: EndUserMessagingSmsProvider
) -> None:
    text = "OriginationIdentity cannot send to DestinationPhoneNumber"
    service.follow(
        end_user_messaging_error(400, "ValidationException", "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY", Message=text)
    )

    assert type(error_of(provider)) is TransientError


@pytest.mark.parametrize(
    "fault",
    [Fault.NEVER_ANSWER, Fault.HANG_UP, Fault.RESET, Fault.GARBAGE, Fault.BREAK_OFF],
    ids=lambda each: each.name,
)
def test_request_without_an_answer_is_unknown_and_not_repeated(
    service: EndUserMessagingService, provider: EndUserMessagingSmsProvider, fault: Fault
) -> None:
    service.follow(fault)

    error = error_of(provider)

    assert type(error) is UnknownOutcomeError
    assert len(service.requests) == 1
    assert provider.send(message_to()).provider_message_id


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"MessageId": ""}'])
def test_answer_without_message_id_is_unknown(
    service: EndUserMessagingService, provider: EndUserMessagingSmsProvider, body: bytes
) -> None:
    service.follow(Reply(200, body))

    assert type(error_of(provider)) is UnknownOutcomeError


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (301, TransientError),
        (407, TransientError),
        (408, TransientError),
        (500, UnknownOutcomeError),
        (502, UnknownOutcomeError),
        (503, UnknownOutcomeError),
    ],
)
def test_refusal_that_is_not_json_goes_by_its_status(
    service: EndUserMessagingService, provider: EndUserMessagingSmsProvider, status: int, meaning: type
) -> None:
    service.follow(Reply(status, b"<html>"))

    error = error_of(provider)

    assert (type(error), error.code) == (meaning, str(status))


def test_code_that_is_no_code_is_not_kept(
    service: EndUserMessagingService, provider: EndUserMessagingSmsProvider
) -> None:
    service.follow(end_user_messaging_error(400, f"No SMS to {NUMBER}, sorry"))

    assert error_of(provider).code == "400"


def test_nobody_listening_is_transient() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    provider = provider_at(f"http://127.0.0.1:{port}")

    error = error_of(provider)

    provider.close()
    assert (type(error), error.code) == (TransientError, "EndpointConnectionError")


def test_missing_credentials_are_transient_and_nothing_is_sent(
    service: EndUserMessagingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    provider = provider_at(service.url)

    error = error_of(provider)

    provider.close()
    assert (type(error), error.code) == (TransientError, "NoCredentialsError")
    assert service.requests == []


def test_hundred_messages_share_the_connections(service: EndUserMessagingService) -> None:
    service.delay_seconds = 0.01
    provider = provider_at(service.url, max_connections=8)

    with ThreadPoolExecutor(8) as executor:
        receipts = list(executor.map(lambda _: provider.send(message_to()), range(100)))

    provider.close()
    assert len({receipt.provider_message_id for receipt in receipts}) == 100
    assert service.connections <= 8


def test_credentials_stay_out_of_errors(
    service: EndUserMessagingService, provider: EndUserMessagingSmsProvider
) -> None:
    quoted = f"The canonical string should have been 'x-amz-security-token:{TOKEN}'"
    service.follow(end_user_messaging_error(403, "SignatureDoesNotMatch", Message=quoted), Fault.HANG_UP)

    errors = [error_of(provider), error_of(provider)]

    assert service.requests[0].headers["x-amz-security-token"] == TOKEN
    for error in errors:
        told = f"{error} {error!r} {error.code} {provider!r}"
        assert not any(secret in told for secret in (SECRET, TOKEN))


@pytest.mark.parametrize(("tier", "in_sandbox"), [("SANDBOX", True), ("PRODUCTION", False)])
def test_it_tells_whether_the_account_is_in_the_sandbox(
    service: EndUserMessagingService, tier: str, in_sandbox: bool
) -> None:
    attributes = [{"Name": "DEFAULT_PROTECT_CONFIGURATION_ID", "Value": "x"}, {"Name": "ACCOUNT_TIER", "Value": tier}]
    content = json.dumps({"AccountAttributes": attributes}).encode()
    service.always = Reply(200, content, {"Content-Type": "application/x-amz-json-1.0"})

    assert provider_at(service.url).in_sandbox() is in_sandbox
    assert service.requests[0].headers["x-amz-target"] == "PinpointSMSVoiceV2.DescribeAccountAttributes"


def test_message_comes_from_its_sender(service: EndUserMessagingService) -> None:
    provider = provider_at(service.url)

    provider.send(message_to(sender=Sender(id="theirs", channel=Channel.SMS, address="MyBank")))
    provider.send(message_to())

    assert [each.json["OriginationIdentity"] for each in service.requests] == ["MyBank", IDENTITY]
