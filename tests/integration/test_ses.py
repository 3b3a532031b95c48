"""The Amazon SES provider against moto, and against a loopback server that answers as the API reference describes."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import Message, ses_backends

from tests.builders import an_outgoing
from wavecom.adapters.providers.email.ses import DAILY_QUOTA_WAIT, SesEmailProvider, ses_client
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    PermanentError,
    ProviderError,
    RateLimitedError,
    TransientError,
    UnknownOutcomeError,
)

NOTIFICATION_ID = "65f0c1d2a1b2c3d4e5f60718"
REGION = "eu-central-1"
SENDER = "WaveCom <no-reply@wavecom.example.com>"


def message_to(recipient: str = "customer@example.com", **changes: Any) -> OutgoingMessage:
    values = {
        "notification_id": NOTIFICATION_ID,
        "channel": Channel.EMAIL,
        "recipient": recipient,
        "subject": "Grüße 🎉",
        "message": "Guten Tag, 你好",
        "attempt": 1,
    }
    return an_outgoing(**{**values, **changes})


def error_of(provider: SesEmailProvider, message: OutgoingMessage | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.send(message or message_to())
    return caught.value


@dataclass
class Service:
    """Keeps the requests it gets and gives them all one answer; with ``status`` None it never answers."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    status: int | None = 200
    error: str | None = None
    body: bytes = b'{"MessageId": "0100018c-a1b2-000000"}'
    closing: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def refuse(self, status: int, error: str | None, text: str) -> None:
        self.status, self.error, self.body = status, error, json.dumps({"message": text}).encode()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
                service.requests.append({"path": self.path, **request})
                if service.status is None:
                    service.closing.wait(60)
                    self.close_connection = True
                    return
                self.send_response(service.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(service.body)))
                if service.error:
                    self.send_header("x-amzn-ErrorType", service.error)
                self.end_headers()
                self.wfile.write(service.body)

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        return Handler


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def service(credentials: None) -> Iterator[Service]:
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), service.handler())
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield service
    service.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


def provider_at(url: str, *, timeout: timedelta = timedelta(seconds=5), **options: Any) -> SesEmailProvider:
    client = ses_client(region=REGION, endpoint_url=url, connect_timeout=timedelta(seconds=0.5), timeout=timeout)
    return SesEmailProvider(client, sender=SENDER, **options)


@pytest.fixture
def provider(service: Service) -> SesEmailProvider:
    return provider_at(service.url)


@pytest.fixture
def moto_provider(credentials: None) -> Iterator[SesEmailProvider]:
    with mock_aws():
        yield SesEmailProvider(ses_client(region=REGION), sender=SENDER)


def verify_sender() -> None:
    ses_client(region=REGION).create_email_identity(EmailIdentity="wavecom.example.com")


def sent() -> list[Message]:
    return ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages


def test_message_arrives_whole(moto_provider: SesEmailProvider) -> None:
    verify_sender()

    receipt = moto_provider.send(message_to())

    (message,) = sent()
    assert receipt.provider_message_id == message.id
    assert (message.source, message.destinations) == (SENDER, {"ToAddresses": ["customer@example.com"]})
    assert (message.subject, message.body) == ("Grüße 🎉", "Guten Tag, 你好")


def test_sender_that_is_not_verified_is_our_account_and_transient(moto_provider: SesEmailProvider) -> None:
    error = error_of(moto_provider)

    assert (type(error), error.code) == (TransientError, "MessageRejected")
    assert sent() == []


def test_request_carries_the_notification_id_and_the_configuration_set(service: Service) -> None:
    provider = provider_at(service.url, configuration_set="wavecom-events", name="ses-frankfurt")

    receipt = provider.send(message_to())

    (request,) = service.requests
    assert receipt.provider_message_id == "0100018c-a1b2-000000"
    assert request["path"] == "/v2/email/outbound-emails"
    assert request["EmailTags"] == [
        {"Name": "notificationId", "Value": NOTIFICATION_ID},
        {"Name": "provider", "Value": "ses-frankfurt"},
    ]
    assert request["ConfigurationSetName"] == "wavecom-events"
    assert request["Content"]["Simple"]["Subject"] == {"Data": "Grüße 🎉", "Charset": "UTF-8"}
    assert request["Content"]["Simple"]["Body"] == {"Text": {"Data": "Guten Tag, 你好", "Charset": "UTF-8"}}
    assert provider.name == "ses-frankfurt"


def test_request_names_no_configuration_set_unless_told(service: Service, provider: SesEmailProvider) -> None:
    provider.send(message_to(subject=None))

    (request,) = service.requests
    assert "ConfigurationSetName" not in request
    assert request["Content"]["Simple"]["Subject"]["Data"] == ""


def test_domain_beyond_ascii_travels_as_punycode(service: Service, provider: SesEmailProvider) -> None:
    provider.send(message_to("info@straße.example.com"))

    assert service.requests[0]["Destination"] == {"ToAddresses": ["info@xn--strae-oqa.example.com"]}


@pytest.mark.parametrize(
    ("recipient", "code"),
    [("用户@example.com", "address_not_ascii"), ("用户", "address_invalid")],
)
def test_address_that_ses_cannot_take_is_permanent(
    service: Service, provider: SesEmailProvider, recipient: str, code: str
) -> None:
    error = error_of(provider, message_to(recipient))

    assert (type(error), error.code) == (PermanentError, code)
    assert service.requests == []


@pytest.mark.parametrize(
    ("status", "code", "text", "family"),
    [
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", RateLimitedError),
        (400, "ThrottlingException", "Rate exceeded", RateLimitedError),
        (400, "Throttling", "Maximum sending rate exceeded.", RateLimitedError),
        (400, "LimitExceededException", "Too many", RateLimitedError),
        (429, "SomethingNew", "Slow down", RateLimitedError),
        (400, "MessageRejected", "Message rejected: illegal content", PermanentError),
        (400, "MessageRejected", "Email address is not verified. The following identities failed", TransientError),
        (400, "BadRequestException", "Illegal address", PermanentError),
        (400, "SomethingNew", "No", PermanentError),
        (400, "AccountSuspendedException", "Suspended", TransientError),
        (400, "SendingPausedException", "Paused", TransientError),
        (400, "MailFromDomainNotVerifiedException", "No MX", TransientError),
        (400, "AccountSendingPausedException", "Paused", TransientError),
        (400, "ConfigurationSetSendingPausedException", "Paused", TransientError),
        (404, "NotFoundException", "Configuration set <wavecom> does not exist.", TransientError),
        (404, "UnknownOperationException", "No", TransientError),
        (403, "AccessDeniedException", "Not authorized to perform ses:SendEmail", TransientError),
        (403, "InvalidSignatureException", "Signature expired", TransientError),
        (400, "ExpiredTokenException", "The security token is expired", TransientError),
        (400, "UnrecognizedClientException", "The security token is invalid", TransientError),
        (500, "InternalFailure", "Internal failure", UnknownOutcomeError),
        (503, "ServiceUnavailable", "Unavailable", TransientError),
        (504, "GatewayTimeout", "Timeout", UnknownOutcomeError),
    ],
)
def test_error_means_what_the_table_says(
    service: Service, provider: SesEmailProvider, status: int, code: str, text: str, family: type[ProviderError]
) -> None:
    service.refuse(status, code, text)

    error = error_of(provider)

    assert (type(error), error.code) == (family, code)


def test_error_is_not_retried_by_the_client(service: Service, provider: SesEmailProvider) -> None:
    service.refuse(503, "ServiceUnavailable", "Unavailable")

    error_of(provider)

    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("text", "retry_after"),
    [("Maximum sending rate exceeded.", None), ("Daily message quota exceeded.", DAILY_QUOTA_WAIT)],
)
def test_daily_quota_asks_for_a_longer_wait(
    service: Service, provider: SesEmailProvider, text: str, retry_after: timedelta | None
) -> None:
    service.refuse(429, "TooManyRequestsException", text)

    error = error_of(provider)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after == retry_after


def test_silence_after_the_request_is_unknown_and_not_repeated(service: Service) -> None:
    service.status = None

    error = error_of(provider_at(service.url, timeout=timedelta(seconds=0.3)))

    assert (type(error), error.code) == (UnknownOutcomeError, "ReadTimeoutError")
    assert len(service.requests) == 1


def test_connection_lost_after_the_request_is_unknown(service: Service, provider: SesEmailProvider) -> None:
    service.status = None
    service.closing.set()

    error = error_of(provider)

    assert (type(error), error.code) == (UnknownOutcomeError, "ConnectionClosedError")


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"", b"[]", b"null", b"\xff\xfe"])
def test_answer_without_message_id_is_unknown(service: Service, provider: SesEmailProvider, body: bytes) -> None:
    service.body = body

    assert isinstance(error_of(provider), UnknownOutcomeError)


def test_refusal_without_a_code_goes_by_its_status(service: Service, provider: SesEmailProvider) -> None:
    service.status, service.body = 502, b"<html>Bad gateway</html>"

    assert isinstance(error_of(provider), UnknownOutcomeError), "SES may have taken it before the gateway failed"


def test_session_token_that_aws_quotes_stays_out_of_the_error(service: Service, provider: SesEmailProvider) -> None:
    service.refuse(403, "SignatureDoesNotMatch", "Expected 'x-amz-security-token:FwoGZXIvYXdz'")

    error = error_of(provider)

    assert "FwoGZXIvYXdz" not in f"{error} {error!r} {error.code}"


def test_nobody_listening_is_transient(credentials: None) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

    error = error_of(provider_at(f"http://127.0.0.1:{port}"))

    assert (type(error), error.code) == (TransientError, "EndpointConnectionError")


def test_missing_credentials_are_transient(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    error = error_of(provider_at(service.url))

    assert (type(error), error.code) == (TransientError, "NoCredentialsError")
    assert service.requests == []


class NotingClient:
    """Takes every request, and keeps what it says of the sender."""

    def __init__(self) -> None:
        self.senders: list[str] = []

    def send_email(self, **request: Any) -> dict[str, str]:
        self.senders.append(request["FromEmailAddress"])
        return {"MessageId": "1"}

    def send_bulk_email(self, **request: Any) -> dict[str, Any]:
        self.senders.append(request["FromEmailAddress"])
        return {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "1"}] * len(request["BulkEmailEntries"])}


@pytest.mark.parametrize(
    ("sender", "written"),
    [
        ("Zoë Bank <no-reply@bänk.example>", "=?utf-8?b?Wm/DqyBCYW5r?= <no-reply@xn--bnk-qla.example>"),
        ('"Bank: Alerts" <no-reply@bank.example>', '"Bank: Alerts" <no-reply@bank.example>'),
        ("no-reply@bank.example", "no-reply@bank.example"),
    ],
)
def test_sender_goes_out_in_encoded_words_and_punycode(sender: str, written: str) -> None:
    client = NotingClient()
    provider = SesEmailProvider(client, sender=sender)  # type: ignore[arg-type]

    provider.send(message_to())
    provider.send_many([message_to(), message_to("other@example.com")])

    assert client.senders == [written] * 2


@pytest.mark.parametrize("production", [True, False])
def test_it_tells_whether_the_account_is_in_the_sandbox(
    service: Service, provider: SesEmailProvider, production: bool
) -> None:
    service.body = json.dumps({"ProductionAccessEnabled": production, "SendingEnabled": True}).encode()

    assert provider.in_sandbox() is not production
    assert service.requests == [{"path": "/v2/email/account"}]


def test_an_account_that_may_not_be_looked_at_is_an_error_of_the_provider(
    service: Service, provider: SesEmailProvider
) -> None:
    service.refuse(403, "AccessDeniedException", "not authorized to perform: ses:GetAccount")

    with pytest.raises(TransientError):
        provider.in_sandbox()
