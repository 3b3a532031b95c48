"""HTML beside the text of an email: over real SMTP as an independent parser reads it, and at both services for bulk."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from tests import email_services
from tests.builders import an_outgoing
from tests.mail_reader import read_mails
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import Receipt
from wavecom.ports.providers import BulkProvider, Provider

TEXT = "Guten Tag, 你好 & {{text}} = 1"
BODIES = [
    "<p>Guten Tag, <b>你好</b> &amp; {{html}} = 1</p>",
    '<!DOCTYPE html>\r\n<html>\n<body style="color: #333">\n.\n..x\n--=_alternatives\n</body>\n</html>\n',
    "<p>" + "x" * 3_000 + " " * 80 + "</p>",
    "<p>🧾 " + "é" * 9_000 + "</p>",
]


@dataclass(frozen=True)
class Way:
    """A provider, and what arrived there: text and HTML by recipient; lines end in a newline."""

    provider: Provider
    arrived: Callable[[], dict[str, tuple[str, str | None]]]


@pytest.fixture(params=["smtp", "ses", "sendgrid"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    match request.param:
        case "smtp":
            with email_services.smtp() as (smtp, inbox):
                yield Way(smtp, lambda: _read(inbox))
        case "ses":
            with email_services.ses(monkeypatch) as (provider, service):
                yield Way(
                    provider, lambda: {to: (text, service.html.get(to)) for to, (_, text) in service.sent.items()}
                )
        case "sendgrid":
            with email_services.sendgrid() as (sendgrid, sent):
                yield Way(sendgrid, lambda: {each.to: (each.text, each.html) for each in sent.emails})


def _read(inbox: email_services.Inbox) -> dict[str, tuple[str, str | None]]:
    mails = read_mails(inbox.mails)
    assert {each["attachments"] for each in mails} == {0}
    return {each["to"][0]["address"]: (each["text"], each.get("html")) for each in mails}


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
