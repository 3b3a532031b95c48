"""The providers of email with what stands behind each: a real SMTP server, and stand-ins of SES and SendGrid."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from tests.standins.sendgrid import API_KEY, SendGridService
from tests.standins.ses import SesService
from wavecom.adapters.providers.email.sendgrid import SendGridEmailProvider
from wavecom.adapters.providers.email.ses import SesEmailProvider, ses_client
from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider

SENDER = "Bank <no-reply@wavecom.example.com>"
"""The providers' own, of a domain that the services have verified."""
TIMEOUT = timedelta(seconds=5)


class Inbox:
    """Keeps what arrives at an SMTP server, with the senders of the envelopes."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.envelopes: list[str | None] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        self.mails.append(envelope.original_content or b"")
        self.envelopes.append(envelope.mail_from)
        return "250 2.0.0 OK"


@contextmanager
def smtp() -> Iterator[tuple[SmtpEmailProvider, Inbox]]:
    """Yield a provider, and what arrives at its server."""
    inbox = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    provider = SmtpEmailProvider(
        host="127.0.0.1", port=port, sender=SENDER, encryption=Encryption.NONE, timeout=TIMEOUT
    )
    yield provider, inbox
    provider.close()
    server.stop()


@contextmanager
def ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SesEmailProvider, SesService]]:
    """Yield a provider and its service."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with SesService() as service:
        client = ses_client(
            region="eu-central-1", endpoint_url=service.url, connect_timeout=TIMEOUT, timeout=TIMEOUT, max_connections=4
        )
        provider = SesEmailProvider(client, sender=SENDER)
        yield provider, service
        provider.close()


@contextmanager
def sendgrid() -> Iterator[tuple[SendGridEmailProvider, SendGridService]]:
    """Yield a provider and its service."""
    with SendGridService() as service:
        provider = SendGridEmailProvider(
            name="sendgrid", api_key=API_KEY, sender=SENDER, max_connections=4, base_url=service.url, timeout=TIMEOUT
        )
        yield provider, service
        provider.close()
