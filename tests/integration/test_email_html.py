"""HTML beside the text of an email: over real SMTP as an independent parser reads it, and at both services for bulk."""

import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from tests.builders import an_outgoing
from tests.mail_reader import read_mails
from tests.standins.sendgrid import API_KEY, SendGridService
from tests.standins.ses import SesService
from wavecom.adapters.providers.email.sendgrid import SendGridEmailProvider
from wavecom.adapters.providers.email.ses import SesEmailProvider, ses_client
from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import Receipt
from wavecom.ports.providers import BulkProvider, Provider

TIMEOUT = timedelta(seconds=5)
SENDER = "Bank <no-reply@wavecom.example.com>"
TEXT = "Guten Tag, 你好 & {{text}} = 1"
BODIES = [
    "<p>Guten Tag, <b>你好</b> &amp; {{html}} = 1</p>",
    '<!DOCTYPE html>\r\n<html>\n<body style="color: #333">\n.\n..x\n--=_alternatives\n</body>\n</html>\n',
    "<p>" + "x" * 3_000 + " " * 80 + "</p>",
    "<p>🧾 " + "é" * 9_000 + "</p>",
]


class Inbox:
    """Keeps what arrives at an SMTP server."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        self.mails.append(envelope.original_content or b"")
        return "250 2.0.0 OK"


@dataclass(frozen=True)
class Way:
    """A provider, and what arrived there: text and HTML by recipient; lines end in a newline."""

    provider: Provider
    arrived: Callable[[], dict[str, tuple[str, str | None]]]


def _smtp() -> Iterator[Way]:
    inbox = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    provider = SmtpEmailProvider(
        host="127.0.0.1", port=port, sender=SENDER, encryption=Encryption.NONE, timeout=TIMEOUT
    )

    def arrived() -> dict[str, tuple[str, str | None]]:
        mails = read_mails(inbox.mails)
        assert {each["attachments"] for each in mails} == {0}
        return {each["to"][0]["address"]: (each["text"], each.get("html")) for each in mails}

    yield Way(provider, arrived)
    provider.close()
    server.stop()


def _ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with SesService() as service:
        client = ses_client(
            region="eu-central-1",
            endpoint_url=service.url,
            connect_timeout=TIMEOUT,
            timeout=TIMEOUT,
            max_connections=4,
        )
        provider = SesEmailProvider(client, sender=SENDER)
        yield Way(provider, lambda: {to: (text, service.html.get(to)) for to, (_, text) in service.sent.items()})
        provider.close()


def _sendgrid() -> Iterator[Way]:
    with SendGridService() as service:
        provider = SendGridEmailProvider(
            name="sendgrid", api_key=API_KEY, sender=SENDER, max_connections=4, base_url=service.url, timeout=TIMEOUT
        )
        yield Way(provider, lambda: {each.to: (each.text, each.html) for each in service.emails})
        provider.close()


@pytest.fixture(params=["smtp", "ses", "sendgrid"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    match request.param:
        case "smtp":
            yield from _smtp()
        case "ses":
            yield from _ses(monkeypatch)
        case "sendgrid":
            yield from _sendgrid()


def message(number: int, html: str | None) -> OutgoingMessage:
    return an_outgoing(
        notification_id=f"{number:024x}",
        channel=Channel.EMAIL,
        recipient=f"c{number}@example.com",
        subject="Your receipt",
        message=TEXT,
        html=html,
        attempt=1,
    )


def lines(text: str | None) -> list[str] | None:
    return None if text is None else text.splitlines()


def arrived_as_given(way: Way, given: Sequence[OutgoingMessage]) -> None:
    arrived = way.arrived()
    for each in given:
        text, html = arrived[each.recipient]
        assert (lines(text), lines(html)) == (lines(each.content.message), lines(each.content.html))


@pytest.mark.parametrize("html", BODIES, ids=range(len(BODIES)))
def test_both_parts_arrive_as_they_were_accepted(way: Way, html: str) -> None:
    given = message(1, html)

    way.provider.send(given)

    arrived_as_given(way, [given])


def test_with_and_without_html_go_together(way: Way) -> None:
    given = [message(number, f"<p>{number}</p>" if number % 3 else None) for number in range(12)]
    given.append(message(12, BODIES[3]))

    if isinstance(way.provider, BulkProvider):
        answers = way.provider.send_many(given)
        assert {type(each) for each in answers} == {Receipt}
    else:
        for each in given:
            way.provider.send(each)

    arrived_as_given(way, given)
