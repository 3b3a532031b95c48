"""The Amazon SNS provider against moto, and against a loopback server that speaks the AWS Query protocol."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from tests.builders import an_outgoing
from tests.standins.aws_sms import SnsService, message_attributes, sns_error
from tests.standins.http_service import Fault, Reply
from wavecom.adapters.providers.sms.sns import SnsSmsProvider, sns_client
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

REGION = "eu-central-1"
SECRET = "wJalrXUtnFEMI-K7MDENG"
TOKEN = "FwoGZXIvYXdzEBYaDH-session"
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


def error_of(provider: SnsSmsProvider, message: OutgoingMessage | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.send(message or message_to())
    return caught.value


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)


@pytest.fixture
def service() -> Iterator[SnsService]:
    with SnsService() as service:
        yield service


def provider_at(url: str, *, max_connections: int = 4, **options: Any) -> SnsSmsProvider:
    client = sns_client(
        region=REGION,
        endpoint_url=url,
        connect_timeout=timedelta(seconds=0.5),
        timeout=timedelta(seconds=0.5),
        max_connections=max_connections,
    )
    return SnsSmsProvider(client, **options)


@pytest.fixture
def provider(service: SnsService) -> Iterator[SnsSmsProvider]:
    provider = provider_at(service.url)
    yield provider
    provider.close()


def test_message_arrives_whole() -> None:
    with mock_aws():
        provider = SnsSmsProvider(sns_client(region=REGION), sender_id="WaveCom")

        receipt = provider.send(message_to())

        sent = sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages
        assert sent == {receipt.provider_message_id: (NUMBER, "Your code is 4711 & 你好")}


def test_request_is_transactional_and_names_the_sender(service: SnsService) -> None:
    provider = provider_at(service.url, name="sns-frankfurt", sender_id="WaveCom")

    receipt = provider.send(message_to())

    provider.close()
    (request,) = service.requests
    assert len(receipt.provider_message_id) == 36
    assert (request.form["PhoneNumber"], request.form["Message"]) == (NUMBER, "Your code is 4711 & 你好")
    assert message_attributes(request.form) == {
        "AWS.SNS.SMS.SMSType": "Transactional",
        "AWS.SNS.SMS.SenderID": "WaveCom",
    }
    assert (provider.name, provider.channel, provider.idempotent) == ("sns-frankfurt", Channel.SMS, False)


def test_sender_is_left_to_sns_unless_told(service: SnsService, provider: SnsSmsProvider) -> None:
    provider.send(message_to())

    assert message_attributes(service.requests[0].form) == {"AWS.SNS.SMS.SMSType": "Transactional"}


@pytest.mark.parametrize("message", [message_to("not-a-number"), message_to(message="x" * 1601)])
def test_number_or_text_that_sns_refuses_is_permanent(provider: SnsSmsProvider, message: OutgoingMessage) -> None:
    error = error_of(provider, message)

    assert (type(error), error.code) == (PermanentError, "InvalidParameter")


def test_text_that_cannot_be_encoded_is_permanent_and_not_sent(service: SnsService, provider: SnsSmsProvider) -> None:
    error = error_of(provider, message_to(message="half an emoji: \ud83d"))

    assert (type(error), error.code) == (PermanentError, "UnicodeEncodeError")
    assert service.requests == []


@pytest.mark.parametrize(
    ("status", "code", "text", "family"),
    [
        (400, "InvalidParameter", f"PhoneNumber Reason: {NUMBER} is not valid to publish to", PermanentError),
        (400, "ParameterValueInvalid", "No", PermanentError),
        (400, "ValidationException", "No", PermanentError),
        (400, "InvalidParameterValue", "No", PermanentError),
        (400, "InvalidParameter", "Invalid parameter: MessageAttributes Reason: no", TransientError),
        (400, "ParameterValueInvalid", "AWS.SNS.SMS.SenderID is too long", TransientError),
        (400, "ValidationException", "messageAttributes failed to satisfy constraint", TransientError),
        (400, "InvalidParameterValue", "AWS.SNS.SMS.SenderID is too long", TransientError),
        (400, "OptedOut", "Phone number is opted out", PermanentError),
        (400, "EndpointDisabled", "Disabled", PermanentError),
        (400, "PlatformApplicationDisabled", "Disabled", TransientError),
        (404, "NotFound", "No such thing", TransientError),
        (400, "UserError", "Sandbox", TransientError),
        (403, "AuthorizationError", "Not authorized to perform sns:Publish", TransientError),
        (403, "InvalidSecurity", "Signature", TransientError),
        (400, "KMSThrottling", "Rate exceeded", RateLimitedError),
        (400, "KMSDisabled", "Key", TransientError),
        (400, "KMSInvalidState", "Key", TransientError),
        (400, "KMSNotFound", "Key", TransientError),
        (400, "KMSAccessDenied", "Key", TransientError),
        (403, "KMSOptInRequired", "Key", TransientError),
        (429, "Throttled", "Rate exceeded", RateLimitedError),
        (400, "ThrottlingException", "Rate exceeded", RateLimitedError),
        (400, "Throttling", "Rate exceeded", RateLimitedError),
        (429, "SomethingNew", "Slow down", RateLimitedError),
        (400, "ExpiredTokenException", "Expired", TransientError),
        (403, "InvalidClientTokenId", "Invalid", TransientError),
        (400, "RequestExpired", "Clock", TransientError),
        (400, "IncompleteSignature", "Signature", TransientError),
        (400, "SomethingNew", "No", PermanentError),
        (500, "InternalError", "Internal", UnknownOutcomeError),
        (503, "ServiceUnavailable", "Unavailable", TransientError),
        (504, "GatewayTimeout", "Timeout", UnknownOutcomeError),
    ],
)
def test_error_means_what_the_table_says(
    service: SnsService, provider: SnsSmsProvider, status: int, code: str, text: str, family: type[ProviderError]
) -> None:
    service.follow(sns_error(status, code, text))

    error = error_of(provider)

    assert (type(error), error.code) == (family, code)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [Fault.NEVER_ANSWER, Fault.HANG_UP, Fault.RESET, Fault.GARBAGE, Fault.BREAK_OFF],
    ids=lambda each: each.name,
)
def test_request_without_an_answer_is_unknown_and_not_repeated(
    service: SnsService, provider: SnsSmsProvider, fault: Fault
) -> None:
    service.follow(fault)

    error = error_of(provider)

    assert type(error) is UnknownOutcomeError
    assert len(service.requests) == 1
    assert provider.send(message_to()).provider_message_id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b"<other/>",
        b"\xff\xfe",
        b"<PublishResponse><PublishResult><MessageId/></PublishResult></PublishResponse>",
    ],
)
def test_answer_without_message_id_is_unknown(service: SnsService, provider: SnsSmsProvider, body: bytes) -> None:
    service.follow(Reply(200, body))

    assert type(error_of(provider)) is UnknownOutcomeError


def test_refusal_that_is_not_xml_goes_by_its_status(service: SnsService, provider: SnsSmsProvider) -> None:
    service.follow(Reply(502, b"<html>Bad gateway"))

    error = error_of(provider)

    assert (type(error), error.code) == (UnknownOutcomeError, "502")


def test_nobody_listening_is_transient() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    provider = provider_at(f"http://127.0.0.1:{port}")

    error = error_of(provider)

    provider.close()
    assert (type(error), error.code) == (TransientError, "EndpointConnectionError")


def test_missing_credentials_are_transient_and_nothing_is_sent(
    service: SnsService, monkeypatch: pytest.MonkeyPatch
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


def test_hundred_messages_share_the_connections(service: SnsService) -> None:
    service.delay_seconds = 0.01
    provider = provider_at(service.url, max_connections=8)

    with ThreadPoolExecutor(8) as executor:
        receipts = list(executor.map(lambda _: provider.send(message_to()), range(100)))

    provider.close()
    assert len({receipt.provider_message_id for receipt in receipts}) == 100
    assert service.connections <= 8


def test_credentials_stay_out_of_errors(service: SnsService, provider: SnsSmsProvider) -> None:
    quoted = f"The canonical string should have been 'x-amz-security-token:{TOKEN}'"
    service.follow(sns_error(403, "SignatureDoesNotMatch", quoted), Fault.HANG_UP)

    errors = [error_of(provider), error_of(provider)]

    assert service.requests[0].headers["x-amz-security-token"] == TOKEN
    for error in errors:
        told = f"{error} {error!r} {error.code} {provider!r}"
        assert not any(secret in told for secret in (SECRET, TOKEN))


@pytest.mark.parametrize("in_sandbox", [True, False])
def test_it_tells_whether_the_account_is_in_the_sandbox(service: SnsService, in_sandbox: bool) -> None:
    name = "GetSMSSandboxAccountStatus"
    result = f"<{name}Result><IsInSandbox>{str(in_sandbox).lower()}</IsInSandbox></{name}Result>"
    service.always = Reply(200, f"<{name}Response>{result}</{name}Response>".encode(), {"Content-Type": "text/xml"})

    assert provider_at(service.url).in_sandbox() is in_sandbox
    assert service.requests[0].form["Action"] == name


def test_message_comes_from_its_sender(service: SnsService) -> None:
    provider = provider_at(service.url, sender_id="Ours")

    provider.send(message_to(sender=Sender(id="theirs", channel=Channel.SMS, address="MyBank")))
    provider.send(message_to())

    seen = [message_attributes(each.form)["AWS.SNS.SMS.SenderID"] for each in service.requests]
    assert seen == ["MyBank", "Ours"]
