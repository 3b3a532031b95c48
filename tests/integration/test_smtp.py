"""The SMTP provider against a real SMTP server on loopback: encryption, pooling, and every step of the dialogue."""

import asyncio
import contextlib
import email
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Any, Self

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from tests.builders import an_outgoing
from tests.certificates import Certificate, self_signed
from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider
from wavecom.adapters.providers.email.smtp_pool import Connection, ConnectionPool
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


def message_to(recipient: str = "customer@example.com", **changes: Any) -> OutgoingMessage:
    values = {
        "notification_id": NOTIFICATION_ID,
        "channel": Channel.EMAIL,
        "recipient": recipient,
        "subject": "Your receipt",
        "message": "Thank you",
        "attempt": 1,
    }
    return an_outgoing(**{**values, **changes})


@dataclass
class Mailbox:
    """Keeps what the server accepted, and lets a test answer MAIL, RCPT or the content in the server's place.

    Each of the three answers comes after ``delay_seconds``.
    """

    envelopes: list[Envelope] = field(default_factory=list)
    mail: str | None = None
    rcpt: str | None = None
    content: Callable[[SMTP], str] | None = None
    delay_seconds: float = 0

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        await asyncio.sleep(self.delay_seconds)
        if self.mail:
            return self.mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        await asyncio.sleep(self.delay_seconds)
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        await asyncio.sleep(self.delay_seconds)
        answer = self.content(server) if self.content else "250 2.0.0 Queued as 1234"
        if answer.startswith("250"):
            self.envelopes.append(envelope)
        return answer

    def letters(self) -> list[EmailMessage]:
        return [
            email.message_from_bytes(envelope.original_content or b"", EmailMessage, policy=SMTPUTF8)
            for envelope in self.envelopes
        ]


class Server(Controller):
    """An SMTP server that counts its connections and can hang up on all of them."""

    def __init__(self, mailbox: Mailbox, **options: Any) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.sessions: list[SMTP] = []
        super().__init__(mailbox, hostname="127.0.0.1", port=port, **options)

    def factory(self) -> SMTP:
        session: SMTP = super().factory()
        self.sessions.append(session)
        return session

    def start(self) -> None:
        super().start()
        self.sessions.clear()

    def hang_up(self) -> None:
        done = threading.Event()

        def hang_up() -> None:
            for session in self.sessions:
                if isinstance(session.transport, asyncio.Transport):
                    session.transport.abort()
            done.set()

        self.loop.call_soon_threadsafe(hang_up)
        done.wait(5)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Server]:
    with running(Server(mailbox)) as server:
        yield server


@contextlib.contextmanager
def provider_for(server: Server, **options: Any) -> Iterator[SmtpEmailProvider]:
    defaults = {
        "host": "127.0.0.1",
        "port": server.port,
        "sender": "WaveCom <no-reply@wavecom.example.com>",
        "encryption": Encryption.NONE,
        "timeout": timedelta(seconds=5),
    }
    provider = SmtpEmailProvider(**{**defaults, **options})
    try:
        yield provider
    finally:
        provider.close()


@pytest.fixture
def provider(server: Server) -> Iterator[SmtpEmailProvider]:
    with provider_for(server) as provider:
        yield provider


def error_of(provider: SmtpEmailProvider, message: OutgoingMessage | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.send(message or message_to())
    return caught.value


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def guarded(mailbox: Mailbox, certificate: Certificate) -> Iterator[Server]:
    """A server that demands encryption and the right password."""

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, credentials: Any) -> AuthResult:
        right = isinstance(credentials, LoginPassword) and credentials == LoginPassword(b"wavecom", b"secret")
        return AuthResult(success=right, handled=False)

    options = {
        "tls_context": certificate.for_server(),
        "require_starttls": True,
        "auth_required": True,
        "authenticator": authenticate,
    }
    with running(Server(mailbox, **options)) as server:
        yield server


def test_message_arrives_as_utf8_text_with_its_headers(provider: SmtpEmailProvider, mailbox: Mailbox) -> None:
    body = "Guten Tag, 你好 🎉\n.\n.. a line that begins with dots\n" + "long " * 400

    provider.send(message_to(subject="Grüße 🎉 " + "lang " * 30, message=body))

    (letter,) = mailbox.letters()
    assert letter["From"] == "WaveCom <no-reply@wavecom.example.com>"
    assert letter["To"] == "customer@example.com"
    assert letter["Subject"] == "Grüße 🎉 " + "lang " * 30
    assert letter["Message-ID"] == f"<{NOTIFICATION_ID}@wavecom.example.com>"
    assert abs(letter["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=5)
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().rstrip("\r\n").replace("\r\n", "\n") == body
    (envelope,) = mailbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@wavecom.example.com", ["customer@example.com"])


def test_plain_body_keeps_its_lone_dots(provider: SmtpEmailProvider, mailbox: Mailbox) -> None:
    provider.send(message_to(message="first\n.\n..second\nlast"))

    assert mailbox.letters()[0].get_content().split() == ["first", ".", "..second", "last"]


def test_message_without_subject_is_sent_without_one(provider: SmtpEmailProvider, mailbox: Mailbox) -> None:
    provider.send(message_to(subject=None))

    assert mailbox.letters()[0]["Subject"] is None


def test_resend_carries_the_same_message_id(provider: SmtpEmailProvider, mailbox: Mailbox) -> None:
    first = provider.send(message_to(attempt=1))
    second = provider.send(message_to(attempt=2))

    assert first == second
    assert {letter["Message-ID"] for letter in mailbox.letters()} == {f"<{first.provider_message_id}>"}


def test_many_messages_use_one_connection(server: Server, provider: SmtpEmailProvider, mailbox: Mailbox) -> None:
    for _ in range(20):
        provider.send(message_to())

    assert (len(mailbox.envelopes), len(server.sessions)) == (20, 1)


def test_refused_recipient_does_not_cost_the_connection(
    server: Server, provider: SmtpEmailProvider, mailbox: Mailbox
) -> None:
    mailbox.rcpt = "550 5.1.1 No such mailbox"
    error_of(provider)
    mailbox.rcpt = None

    provider.send(message_to("other@example.com"))

    assert len(server.sessions) == 1
    assert [envelope.rcpt_tos for envelope in mailbox.envelopes] == [["other@example.com"]]


def test_connection_that_died_while_idle_is_replaced(
    server: Server, provider: SmtpEmailProvider, mailbox: Mailbox
) -> None:
    provider.send(message_to())
    server.hang_up()

    provider.send(message_to())

    assert (len(mailbox.envelopes), len(server.sessions)) == (2, 2)


def test_many_threads_share_few_connections(server: Server, mailbox: Mailbox) -> None:
    ids = [f"{number:024x}" for number in range(100)]
    slow = timedelta(seconds=20)
    with provider_for(server, pool_size=5, timeout=slow) as provider, ThreadPoolExecutor(20) as executor:
        receipts = list(executor.map(lambda each: provider.send(message_to(notification_id=each)), ids))

    sent = sorted(letter["Message-ID"] for letter in mailbox.letters())
    assert sent == [f"<{each}@wavecom.example.com>" for each in ids]
    assert [receipt.provider_message_id for receipt in receipts] == [f"{each}@wavecom.example.com" for each in ids]
    assert 1 <= len(server.sessions) <= 5


def test_call_that_finds_no_free_connection_in_time_is_limited(server: Server) -> None:
    def connect(deadline: float) -> Connection:
        return Connection("127.0.0.1", server.port, local_hostname="example.com", deadline=deadline)

    pool = ConnectionPool(connect, size=1, connect_timeout=timedelta(seconds=5))
    with pool.connection(time.monotonic() + 5), pytest.raises(RateLimitedError) as caught:
        pool.connection(time.monotonic() + 0.05).__enter__()
    with pool.connection(time.monotonic() + 5) as connection:
        code, _ = connection.noop()
    pool.close()

    assert caught.value.code == "pool_exhausted"
    assert (code, len(server.sessions)) == (250, 1)


def test_answers_that_are_slow_together_run_into_the_timeout(server: Server, mailbox: Mailbox) -> None:
    mailbox.delay_seconds = 0.4
    with provider_for(server, timeout=timedelta(seconds=0.6)) as provider:
        error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "timeout")
    assert mailbox.envelopes == []


def test_answers_may_take_longer_than_connecting(server: Server, mailbox: Mailbox) -> None:
    mailbox.delay_seconds = 0.8
    with provider_for(server, connect_timeout=timedelta(seconds=0.5)) as provider:
        provider.send(message_to())

    assert len(mailbox.envelopes) == 1


def test_encryption_and_login(guarded: Server, mailbox: Mailbox, certificate: Certificate) -> None:
    context = certificate.for_client()
    login = {"encryption": Encryption.STARTTLS, "username": "wavecom", "password": "secret", "tls_context": context}
    with provider_for(guarded, **login) as provider:
        for _ in range(3):
            provider.send(message_to())

    assert (len(mailbox.envelopes), len(guarded.sessions)) == (3, 1)


def test_wrong_password_is_transient(guarded: Server, mailbox: Mailbox, certificate: Certificate) -> None:
    context = certificate.for_client()
    login = {"encryption": Encryption.STARTTLS, "username": "wavecom", "password": "wrong", "tls_context": context}
    with provider_for(guarded, **login) as provider:
        error = error_of(provider)

    assert isinstance(error, TransientError)
    assert error.code == "5.7.8"
    assert mailbox.envelopes == []


def test_certificate_that_nobody_vouches_for_is_not_trusted(guarded: Server, mailbox: Mailbox) -> None:
    with provider_for(guarded, encryption=Encryption.STARTTLS, username="wavecom", password="secret") as provider:
        error = error_of(provider)

    assert isinstance(error, TransientError)
    assert error.code == "tls_failed"
    assert mailbox.envelopes == []


def test_server_without_encryption_gets_nothing_when_encryption_is_wanted(server: Server, mailbox: Mailbox) -> None:
    with provider_for(server, encryption=Encryption.STARTTLS) as provider:
        error = error_of(provider)

    assert isinstance(error, TransientError)
    assert error.code == "not_supported"
    assert mailbox.envelopes == []


def test_server_that_demands_login_from_us_is_transient(
    guarded: Server, mailbox: Mailbox, certificate: Certificate
) -> None:
    with provider_for(guarded, encryption=Encryption.STARTTLS, tls_context=certificate.for_client()) as provider:
        error = error_of(provider)

    assert isinstance(error, TransientError)
    assert error.code in ("530", "5.7.0")


def test_credentials_without_encryption_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="encryption"):
        SmtpEmailProvider(
            host="127.0.0.1", port=25, sender="a@example.com", encryption=Encryption.NONE, username="wavecom"
        )


@pytest.mark.parametrize("sender", ["", "nobody", "WaveCom <>", "grüße@example.com", "a b@example.com"])
def test_unusable_sender_is_refused_at_once(sender: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        SmtpEmailProvider(host="127.0.0.1", port=25, sender=sender, encryption=Encryption.NONE)


@pytest.mark.parametrize("separator", ["\n", "\r", "\r\n"])
def test_header_injection_is_refused(provider: SmtpEmailProvider, mailbox: Mailbox, separator: str) -> None:
    injection = f"{separator}Bcc: third@example.com"

    by_subject = error_of(provider, message_to(subject=f"Hello{injection}"))
    by_recipient = error_of(provider, message_to(f"customer@example.com{injection}"))

    assert isinstance(by_subject, PermanentError)
    assert isinstance(by_recipient, PermanentError)
    assert (by_subject.code, by_recipient.code) == ("5.6.0", "5.1.3")
    assert mailbox.envelopes == []


@pytest.mark.parametrize("changes", [{"subject": "\ud800"}, {"message": "\ud800"}])
def test_text_that_is_no_unicode_is_permanent(provider: SmtpEmailProvider, changes: dict[str, str]) -> None:
    error = error_of(provider, message_to(**changes))

    assert isinstance(error, PermanentError)
    assert error.code == "5.6.0"


@pytest.mark.parametrize("recipient", ["", "nobody", "@example.com", "a@example.com, b@example.com", "a b@example.com"])
def test_recipient_that_is_no_address_is_permanent(provider: SmtpEmailProvider, recipient: str) -> None:
    error = error_of(provider, message_to(recipient))

    assert isinstance(error, PermanentError)
    assert error.code == "5.1.3"


def test_domain_beyond_ascii_travels_as_punycode(provider: SmtpEmailProvider, mailbox: Mailbox) -> None:
    provider.send(message_to("info@straße.example.com"))

    assert mailbox.envelopes[0].rcpt_tos == ["info@xn--strae-oqa.example.com"]


def test_local_part_beyond_ascii_needs_a_server_that_takes_it(mailbox: Mailbox) -> None:
    recipient = "用户@example.com"

    with running(Server(mailbox, enable_SMTPUTF8=True)) as modern, provider_for(modern) as provider:
        provider.send(message_to(recipient))
    with running(Server(mailbox, enable_SMTPUTF8=False)) as plain, provider_for(plain) as provider:
        error = error_of(provider, message_to(recipient))

    assert [envelope.rcpt_tos for envelope in mailbox.envelopes] == [[recipient]]
    assert mailbox.letters()[0]["To"] == recipient
    assert isinstance(error, PermanentError)
    assert error.code == "5.6.7"


@pytest.mark.parametrize(
    ("step", "reply", "family", "code"),
    [
        ("mail", "451 4.3.0 Try again", TransientError, "4.3.0"),
        ("mail", "530 5.7.0 Authentication required", TransientError, "5.7.0"),
        ("mail", "553 Sender not allowed", TransientError, "553"),
        ("mail", "552 5.3.4 Too big", PermanentError, "5.3.4"),
        ("mail", "454 Throttling failure: Maximum sending rate exceeded", RateLimitedError, "454"),
        ("rcpt", "450 4.2.1 Mailbox busy", TransientError, "4.2.1"),
        ("rcpt", "550 5.1.1 No such mailbox", PermanentError, "5.1.1"),
        ("rcpt", "550 No such mailbox", PermanentError, "550"),
        ("rcpt", "550 4.9.9 Classes that contradict each other", PermanentError, "550"),
        ("rcpt", "550-5.1.1 No such mailbox\r\n550 5.1.1 See the manual", PermanentError, "5.1.1"),
        ("rcpt", "550 5.1.8 Bad sender", TransientError, "5.1.8"),
        ("rcpt", "535 5.7.8 Credentials invalid", TransientError, "5.7.8"),
        ("content", "452 4.3.1 Disk full", TransientError, "4.3.1"),
        ("content", "554 5.6.0 Content refused", PermanentError, "5.6.0"),
        ("content", "554 No", PermanentError, "554"),
    ],
)
def test_reply_means_what_the_table_says(
    provider: SmtpEmailProvider, mailbox: Mailbox, step: str, reply: str, family: type[ProviderError], code: str
) -> None:
    setattr(mailbox, step, (lambda _: reply) if step == "content" else reply)

    error = error_of(provider)

    assert (type(error), error.code) == (family, code)
    assert mailbox.envelopes == []


@pytest.mark.parametrize("step", ["mail", "rcpt", "content"])
def test_server_that_shuts_down_is_transient_and_its_connection_dropped(
    server: Server, provider: SmtpEmailProvider, mailbox: Mailbox, step: str
) -> None:
    reply = "421 4.3.2 Shutting down"
    setattr(mailbox, step, (lambda _: reply) if step == "content" else reply)

    error = error_of(provider)
    setattr(mailbox, step, None)
    provider.send(message_to())

    assert (type(error), error.code) == (TransientError, "4.3.2")
    assert (len(mailbox.envelopes), len(server.sessions)) == (1, 2)


def test_reply_to_the_content_that_makes_no_sense_is_unknown(
    server: Server, provider: SmtpEmailProvider, mailbox: Mailbox
) -> None:
    mailbox.content = lambda _: "354 Go on"

    error = error_of(provider)
    mailbox.content = None
    provider.send(message_to())

    assert isinstance(error, UnknownOutcomeError)
    assert len(server.sessions) == 2


def test_nobody_listening_is_transient() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    provider = SmtpEmailProvider(host="127.0.0.1", port=port, sender="a@example.com", encryption=Encryption.NONE)

    error = error_of(provider)

    assert (type(error), error.code) == (TransientError, "connect_failed")


class Script:
    """A server that says ``lines`` one by one, reading a command before each but the first, then falls silent."""

    def __init__(self, *lines: str, hangs_up: bool) -> None:
        self._lines = lines
        self._hangs_up = hangs_up
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._play)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()

    def _play(self) -> None:
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rb") as commands:
            for number, line in enumerate(self._lines):
                if number:
                    commands.readline()
                connection.sendall(f"{line}\r\n".encode())
            if not self._hangs_up:
                self._over.wait(10)
            elif self._lines:
                commands.readline()


@pytest.mark.parametrize("hangs_up", [True, False], ids=["hangs-up", "is-silent"])
@pytest.mark.parametrize(
    ("lines", "family"),
    [
        ((), TransientError),
        (("220 Hello",), TransientError),
        (("220 Hello", "250 EHLO"), TransientError),
        (("220 Hello", "250 EHLO", "250 MAIL"), TransientError),
        (("220 Hello", "250 EHLO", "250 MAIL", "250 RCPT"), TransientError),
        (("220 Hello", "250 EHLO", "250 MAIL", "250 RCPT", "354 DATA"), UnknownOutcomeError),
    ],
    ids=["connect", "ehlo", "mail", "rcpt", "data", "content"],
)
def test_outcome_is_unknown_only_once_the_content_has_left(
    lines: tuple[str, ...], family: type[ProviderError], hangs_up: bool
) -> None:
    with Script(*lines, hangs_up=hangs_up) as script:
        provider = SmtpEmailProvider(
            host="127.0.0.1",
            port=script.port,
            sender="a@example.com",
            encryption=Encryption.NONE,
            timeout=timedelta(seconds=0.3),
        )
        began = time.monotonic()
        error = error_of(provider)
        took = time.monotonic() - began

    assert type(error) is family
    assert took < 4, "the call's timeout bounds connecting too, which alone might take 5 s"
    assert error.code in (("connection_lost", "connect_failed") if hangs_up else ("timeout",))
