"""What every provider promises, held against each adapter; the services behind them are real servers on loopback."""

import asyncio
import contextlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from moto import mock_aws

from tests.builders import an_outgoing
from tests.contract.adapters import on_servers
from tests.fakes import FakeProvider
from wavecom.adapters.providers.email.ses import SesEmailProvider, ses_client
from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider
from wavecom.adapters.providers.simulated import Fate, SimulatedProvider, magic_recipient
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    About,
    Outcome,
    PermanentError,
    ProviderError,
    RateLimitedError,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.ports.providers import BulkProvider, Provider

PORT = Provider

SENDER = "no-reply@wavecom.example.com"
TIMEOUT = timedelta(seconds=1)


class Case(Enum):
    """What the service behind the provider does with a message."""

    TAKES = auto()
    REFUSES_RECIPIENT = auto()
    REFUSES_NOW = auto()
    TAKES_AND_NEVER_ANSWERS = auto()
    TAKES_AND_HANGS_UP = auto()


@dataclass(frozen=True, slots=True)
class Subject:
    """A provider with a recipient for each case that its service can be brought to."""

    provider: Provider
    recipients: dict[Case, str]

    def message(self, case: Case, *, notification_id: str = "65f0c1d2a1b2c3d4e5f60718") -> OutgoingMessage:
        return an_outgoing(
            notification_id=notification_id,
            channel=self.provider.channel,
            recipient=self.recipients[case],
            subject="Grüße",
            message="Your code is 4711.\n.\nThank you",
            attempt=1,
        )


EMAIL_RECIPIENTS = {
    Case.TAKES: "takes@example.com",
    Case.REFUSES_RECIPIENT: "refuses-recipient@example.com",
    Case.REFUSES_NOW: "refuses-now@example.com",
    Case.TAKES_AND_NEVER_ANSWERS: "never-answers@example.com",
    Case.TAKES_AND_HANGS_UP: "hangs-up@example.com",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class SmtpService:
    """Decides by the recipient what to answer."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        match address.partition("@")[0]:
            case "refuses-recipient":
                return "550 5.1.1 No such mailbox"
            case "refuses-now":
                return "451 4.3.2 Come again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        match envelope.rcpt_tos[0].partition("@")[0]:
            case "never-answers":
                await asyncio.sleep(60)
            case "hangs-up":
                server.transport.abort()
        return "250 2.0.0 Queued"


@contextlib.contextmanager
def smtp_service() -> Iterator[Subject]:
    controller = Controller(SmtpService(), hostname="127.0.0.1", port=free_port())
    controller.start()
    provider = SmtpEmailProvider(
        host="127.0.0.1", port=controller.port, sender=SENDER, encryption=Encryption.NONE, timeout=TIMEOUT, pool_size=16
    )
    try:
        yield Subject(provider, EMAIL_RECIPIENTS)
    finally:
        provider.close()
        controller.stop()


@dataclass
class SesService:
    """Answers SendEmail as the Amazon SES API v2 reference describes it, deciding by the recipient."""

    closing: threading.Event = field(default_factory=threading.Event)
    answers: dict[str, tuple[int, str | None, dict[str, str]]] = field(
        default_factory=lambda: {
            "takes": (200, None, {"MessageId": "0100018c-a1b2-000000"}),
            "refuses-recipient": (400, "BadRequestException", {"message": "Illegal address"}),
            "refuses-now": (429, "TooManyRequestsException", {"message": "Maximum sending rate exceeded"}),
        }
    )

    def handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                name = request["Destination"]["ToAddresses"][0].partition("@")[0]
                if name not in service.answers:
                    self.close_connection = True
                    if name == "never-answers":
                        service.closing.wait(60)
                    return
                status, error, answer = service.answers[name]
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if error:
                    self.send_header("x-amzn-ErrorType", error)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        return Handler


class HttpServer(ThreadingHTTPServer):
    """Lets as many clients connect at once as a test has threads."""

    request_queue_size = 64


@contextlib.contextmanager
def ses_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Subject]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    service = SesService()
    server = HttpServer(("127.0.0.1", 0), service.handler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    client = ses_client(
        region="eu-central-1",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        connect_timeout=TIMEOUT,
        timeout=TIMEOUT,
    )
    try:
        yield Subject(SesEmailProvider(client, sender=SENDER), EMAIL_RECIPIENTS)
    finally:
        service.closing.set()
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def ses_in_moto() -> Iterator[Subject]:
    with mock_aws():
        client = ses_client(region="eu-central-1")
        client.create_email_identity(EmailIdentity="wavecom.example.com")
        recipients = {Case.TAKES: "takes@example.com", Case.REFUSES_RECIPIENT: "no-domain"}
        yield Subject(SesEmailProvider(client, sender=SENDER), recipients)


def simulated(channel: Channel) -> Subject:
    fates = {
        Case.TAKES: Fate.DELIVERED,
        Case.REFUSES_RECIPIENT: Fate.BOUNCE,
        Case.REFUSES_NOW: Fate.LIMITED,
        Case.TAKES_AND_NEVER_ANSWERS: Fate.TIMEOUT,
    }
    recipients = {case: magic_recipient(channel, fate) for case, fate in fates.items()}
    return Subject(SimulatedProvider(f"simulated-{channel.lower()}", channel), recipients)


def fake() -> Subject:
    errors = {
        Case.REFUSES_RECIPIENT: PermanentError("No such mailbox", code="550", about=About.RECIPIENT),
        Case.REFUSES_NOW: TransientError("Come again", code="451"),
        Case.TAKES_AND_NEVER_ANSWERS: UnknownOutcomeError("No answer", code="timeout"),
        Case.TAKES_AND_HANGS_UP: UnknownOutcomeError("No answer", code="connection_lost"),
    }
    provider = FakeProvider()
    for case, error in errors.items():
        provider.answers[EMAIL_RECIPIENTS[case]] = [error] * 10
    return Subject(provider, EMAIL_RECIPIENTS)


@contextlib.contextmanager
def subject_of(adapter: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Subject]:
    match adapter:
        case "smtp":
            with smtp_service() as subject:
                yield subject
        case "ses":
            with ses_service(monkeypatch) as subject:
                yield subject
        case "ses-moto":
            with ses_in_moto() as subject:
                yield subject
        case "fake":
            yield fake()
        case _:
            yield simulated(Channel(adapter))


ON_SERVERS = ("smtp", "ses", "ses-moto")
EVERY_ADAPTER = ("fake", "EMAIL", "SMS", "PUSH", *ON_SERVERS)
ADAPTERS_BY_CASE = {
    Case.TAKES: EVERY_ADAPTER,
    Case.REFUSES_RECIPIENT: EVERY_ADAPTER,
    Case.REFUSES_NOW: EVERY_ADAPTER[:-1],
    Case.TAKES_AND_NEVER_ANSWERS: EVERY_ADAPTER[:-1],
    Case.TAKES_AND_HANGS_UP: ("fake", "smtp", "ses"),
}
"""Moto knows neither limits nor silence, and the simulated provider has no line to drop."""


def adapters(*cases: Case) -> pytest.MarkDecorator:
    pairs = [(adapter, case) for case in cases for adapter in ADAPTERS_BY_CASE[case]]
    ids = [f"{adapter}-{case.name.lower()}" for adapter, case in pairs]
    values = [on_servers(*pair) if pair[0] in ON_SERVERS else pair for pair in pairs]
    return pytest.mark.parametrize(("subject", "case"), values, indirect=["subject"], ids=ids)


@pytest.fixture
def subject(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Subject]:
    with subject_of(request.param, monkeypatch) as subject:
        yield subject


def error_of(subject: Subject, case: Case) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        subject.provider.send(subject.message(case))
    return caught.value


@adapters(Case.TAKES)
def test_provider_says_who_it_is(subject: Subject, case: Case) -> None:
    assert subject.provider.name
    assert isinstance(subject.provider.channel, Channel)
    assert isinstance(subject.provider.idempotent, bool)


@adapters(Case.TAKES)
def test_only_a_provider_for_bulk_takes_more_than_one_message_in_a_call(subject: Subject, case: Case) -> None:
    assert subject.provider.bulk_limit >= 1
    assert subject.provider.bulk_limit == 1 or isinstance(subject.provider, BulkProvider)


@adapters(Case.TAKES)
def test_accepted_message_has_a_receipt(subject: Subject, case: Case) -> None:
    receipt = subject.provider.send(subject.message(case))

    assert receipt.provider_message_id.strip()


@adapters(Case.REFUSES_RECIPIENT)
def test_refused_recipient_is_permanent(subject: Subject, case: Case) -> None:
    assert isinstance(error_of(subject, case), PermanentError)


@adapters(Case.REFUSES_NOW)
def test_refusal_for_now_is_transient_or_a_limit(subject: Subject, case: Case) -> None:
    assert isinstance(error_of(subject, case), TransientError | RateLimitedError)


@adapters(Case.TAKES_AND_NEVER_ANSWERS, Case.TAKES_AND_HANGS_UP)
def test_silence_after_the_message_went_out_is_unknown(subject: Subject, case: Case) -> None:
    assert isinstance(error_of(subject, case), UnknownOutcomeError)


@adapters(Case.REFUSES_RECIPIENT, Case.REFUSES_NOW, Case.TAKES_AND_NEVER_ANSWERS, Case.TAKES_AND_HANGS_UP)
def test_code_is_safe_to_log(subject: Subject, case: Case) -> None:
    code = error_of(subject, case).code

    assert re.fullmatch(r"[A-Za-z0-9._]{1,64}", code)
    assert subject.recipients[case] not in code


@adapters(Case.REFUSES_RECIPIENT, Case.REFUSES_NOW, Case.TAKES_AND_NEVER_ANSWERS, Case.TAKES_AND_HANGS_UP)
def test_provider_goes_on_after_an_error(subject: Subject, case: Case) -> None:
    error_of(subject, case)

    receipt = subject.provider.send(subject.message(Case.TAKES))

    assert receipt.provider_message_id


@adapters(Case.REFUSES_RECIPIENT, Case.TAKES_AND_NEVER_ANSWERS)
def test_many_threads_share_a_provider_and_each_gets_its_own_answer(subject: Subject, case: Case) -> None:
    cases = [Case.TAKES, case] * 6
    expected = {Case.TAKES: Outcome.ACCEPTED, case: error_of(subject, case).outcome}

    def outcome_of(number: int) -> Outcome:
        try:
            subject.provider.send(subject.message(cases[number], notification_id=f"{number:024x}"))
        except ProviderError as exc:
            return exc.outcome
        return Outcome.ACCEPTED

    with ThreadPoolExecutor(len(cases)) as executor:
        outcomes = list(executor.map(outcome_of, range(len(cases))))

    assert outcomes == [expected[each] for each in cases]
