"""Hostile and foreign headers, as a real SMTP server gets them and an independent parser reads them."""

import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from tests.builders import an_outgoing
from tests.certificates import self_signed
from tests.mail_reader import read_mails
from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.outcomes import About, PermanentError, TransientError

OURS = ["from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding"]
SUBJECTS = [
    "Invoice =?utf-8?q?=0D=0ABcc:_x@evil.example=0D=0AContent-Type:_text/html=0D=0A=0D=0A<h1>Pay_here</h1>?=",
    "abc =?utf-8?q?evil?= def",
    "=?utf-8?q?=00?=",
    "=?utf-8?q?=1B[31mred?=",
    "Votre commande est prête\u00a0!",
    "Prix\u202f: 12 €",
    "👨\u200d👩\u200d👧",
    "ご注文\u3000完了",
    "می\u200cخواهم",  # noqa: RUF001
    "\U0001fae8 " * 60,
    "x" * 998,
]


class Inbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return "250 2.0.0 OK"

    def mail(self) -> dict[str, Any]:
        """Return the one message that arrived, as the parser reads it."""
        (envelope,) = self.envelopes
        (mail,) = read_mails([envelope.original_content or b""])
        return mail


def started(inbox: Inbox, **options: Any) -> Controller:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    return controller


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[Controller]:
    controller = started(inbox)
    yield controller
    controller.stop()


def send(server: Controller, *, sender: str = "Bank <no-reply@bank.example>", **changes: Any) -> None:
    message = an_outgoing(
        **{
            "notification_id": "65f0c1d2a1b2c3d4e5f60718",
            "channel": Channel.EMAIL,
            "recipient": "customer@example.com",
            "subject": "Your receipt",
            "message": "Thank you",
            "attempt": 1,
            **changes,
        }
    )
    provider = SmtpEmailProvider(
        host="127.0.0.1",
        port=server.port,
        sender=sender,
        encryption=Encryption.NONE,
        timeout=timedelta(seconds=5),
    )
    try:
        provider.send(message)
    finally:
        provider.close()


@pytest.mark.parametrize("subject", SUBJECTS, ids=range(len(SUBJECTS)))
def test_subject_arrives_as_it_was_accepted_and_adds_nothing(server: Controller, inbox: Inbox, subject: str) -> None:
    send(server, subject=subject)

    mail = inbox.mail()
    assert (mail["subject"], mail["text"].rstrip(), mail["names"]) == (subject, "Thank you", OURS)
    assert [each["address"] for each in mail["to"]] == ["customer@example.com"]


@pytest.mark.parametrize(
    "recipient",
    [
        "=?utf-8?q?a=0D=0ABcc=3A_x=40evil.example?=@example.com",
        "=?utf-8?q?a=2C_x=40evil.example?=@example.com",
    ],
)
def test_recipient_that_reads_as_another_is_refused_before_anything_is_sent(
    server: Controller, inbox: Inbox, recipient: str
) -> None:
    with pytest.raises(PermanentError) as caught:
        send(server, recipient=recipient)

    assert (caught.value.code, caught.value.about) == ("5.1.3", About.RECIPIENT)
    assert inbox.envelopes == []


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        (
            '"Bank of Somewhere Very Far Away, N.A., Department of Notices, Alerts and More" <no-reply@bank.example>',
            "Bank of Somewhere Very Far Away, N.A., Department of Notices, Alerts and More",
            "no-reply@bank.example",
        ),
        ("Zoë Bank <no-reply@bänk.example>", "Zoë Bank", "no-reply@xn--bnk-qla.example"),
        ('"Bank: Alerts" <no-reply@bank.example>', "Bank: Alerts", "no-reply@bank.example"),
        ('"=?utf-8?q?evil?=" <no-reply@bank.example>', "=?utf-8?q?evil?=", "no-reply@bank.example"),
        ("no-reply@bank.example", "", "no-reply@bank.example"),
    ],
)
def test_sender_arrives_as_one_mailbox(server: Controller, inbox: Inbox, sender: str, name: str, address: str) -> None:
    send(server, sender=sender)

    assert inbox.mail()["from"] == {"name": name, "address": address}
    assert inbox.envelopes[0].mail_from == address


def test_connection_is_encrypted_from_the_first_byte(inbox: Inbox, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)

    server = started(inbox, ssl_context=certificate.for_server())

    def provider(context: ssl.SSLContext | None) -> SmtpEmailProvider:
        return SmtpEmailProvider(
            host="127.0.0.1",
            port=server.port,
            sender="no-reply@bank.example",
            encryption=Encryption.IMPLICIT,
            tls_context=context,
            timeout=timedelta(seconds=5),
        )

    message = an_outgoing(
        notification_id="65f0c1d2a1b2c3d4e5f60718",
        channel=Channel.EMAIL,
        recipient="customer@example.com",
        subject="Hi",
        message="Thank you",
        attempt=1,
    )
    try:
        trusting = provider(certificate.for_client())
        trusting.send(message)
        trusting.send(message)
        trusting.close()
        with pytest.raises(TransientError) as caught:
            provider(None).send(message)
    finally:
        server.stop()

    assert len(inbox.envelopes) == 2
    assert caught.value.code == "tls_failed", "the certificate is verified"
