"""Senders and links for leaving, at every provider of email: what an independent parser or the service reads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

import pytest

from tests import email_services
from tests.builders import an_outgoing
from tests.mail_reader import read_mails
from tests.standins.sendgrid import SendGridService
from tests.standins.ses import BULK, SINGLE, SesService
from wavecom.adapters.links import SealedLinks
from wavecom.adapters.providers.email.message import unsubscribe_headers
from wavecom.domain.categories import Subscription
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.senders import Sender
from wavecom.ports.providers import BulkProvider, Provider

BILLING = Sender(
    id="billing",
    channel=Channel.EMAIL,
    address="billing@wavecom.example.com",
    name="Müller, Söhne & Co. 银行",
    reply_to="help@wavecom.example.com",
)
BARE = Sender(id="bare", channel=Channel.EMAIL, address="alerts@wavecom.example.com")
BEYOND_ASCII = Sender(id="beyond", channel=Channel.EMAIL, address="info@bücher.example.com")

LEAVING = ("List-Unsubscribe", "List-Unsubscribe-Post")
LINKS = SealedLinks("https://links.bank.example", ["k" * 40])

Seen = tuple[str, str, str | None]
"""The address that a message comes from, the name beside it, and the address for answers."""
EXPECTED: dict[Sender | None, Seen] = {
    None: ("no-reply@wavecom.example.com", "Bank", None),
    BILLING: ("billing@wavecom.example.com", "Müller, Söhne & Co. 银行", "help@wavecom.example.com"),
    BARE: ("alerts@wavecom.example.com", "", None),
    BEYOND_ASCII: ("info@xn--bcher-kva.example.com", "", None),
}


@dataclass(frozen=True)
class Way:
    """A provider, and of the messages that arrived there who they come from, and headers for leaving, by recipient."""

    provider: Provider
    arrived: Callable[[], dict[str, Seen]]
    headers: Callable[[], dict[str, dict[str, str]]]


@pytest.fixture(params=["smtp", "ses", "sendgrid"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    match request.param:
        case "smtp":
            with email_services.smtp() as (smtp, inbox):
                yield Way(smtp, lambda: _seen_by_smtp(inbox), lambda: _headers_by_smtp(inbox))
        case "ses":
            with email_services.ses(monkeypatch) as (ses, service):
                yield Way(ses, lambda: _seen_by_ses(service), lambda: service.headers)
        case "sendgrid":
            with email_services.sendgrid() as (sendgrid, sent):
                yield Way(sendgrid, lambda: _seen_by_sendgrid(sent), lambda: _headers_by_sendgrid(sent))


def _seen_by_smtp(inbox: email_services.Inbox) -> dict[str, Seen]:
    mails = read_mails(inbox.mails)
    assert inbox.envelopes == [each["from"]["address"] for each in mails]
    assert all(each["messageId"].endswith(f"{each['from']['address'].rpartition('@')[2]}>") for each in mails)
    return {
        each["to"][0]["address"]: (
            each["from"]["address"],
            each["from"]["name"],
            each["replyTo"][0]["address"] if "replyTo" in each else None,
        )
        for each in mails
    }


def _headers_by_smtp(inbox: email_services.Inbox) -> dict[str, dict[str, str]]:
    names = {name.lower(): name for name in LEAVING}
    return {
        mail["to"][0]["address"]: {names[key]: value for key, value in mail["values"].items() if key in names}
        for mail in read_mails(inbox.mails)
    }


def _seen_by_ses(service: SesService) -> dict[str, Seen]:
    assert {each.path for each in service.requests} <= {BULK, SINGLE}
    return {
        recipient: _read_by_ses(request.json)
        for request in service.requests
        for each in request.json.get("BulkEmailEntries", [request.json])
        for recipient in each["Destination"]["ToAddresses"]
    }


def _read_by_ses(request: dict[str, Any]) -> Seen:
    (mail,) = read_mails([f"From: {request['FromEmailAddress']}\r\n\r\n".encode("ascii")])
    (reply_to,) = request.get("ReplyToAddresses", [None])
    return mail["from"]["address"], mail["from"]["name"], reply_to


def _seen_by_sendgrid(service: SendGridService) -> dict[str, Seen]:
    return {
        recipient["email"]: (
            request.json["from"]["email"],
            parseaddr(f"{request.json['from'].get('name', '')} <a@b.example>")[0],
            request.json.get("reply_to", {}).get("email"),
        )
        for request in service.requests
        for each in request.json["personalizations"]
        for recipient in each["to"]
    }


def _headers_by_sendgrid(service: SendGridService) -> dict[str, dict[str, str]]:
    return {
        each["to"][0]["email"]: each.get("headers", {})
        for request in service.requests
        for each in request.json["personalizations"]
    }


def message(number: int, sender: Sender | None = None, **changes: Any) -> OutgoingMessage:
    return an_outgoing(
        notification_id=f"{number:024x}",
        channel=Channel.EMAIL,
        recipient=f"c{number}@example.com",
        subject="Your receipt",
        message="Thank you",
        attempt=1,
        sender=sender,
        **changes,
    )


def came_from(way: Way, given: Sequence[OutgoingMessage]) -> None:
    assert way.arrived() == {each.recipient: EXPECTED[each.sender] for each in given}


@pytest.mark.parametrize("sender", EXPECTED, ids=lambda sender: sender.id if sender else "own")
def test_a_message_comes_from_its_sender(way: Way, sender: Sender | None) -> None:
    given = message(1, sender)

    way.provider.send(given)

    came_from(way, [given])


def test_messages_of_several_senders_keep_their_own(way: Way) -> None:
    senders = [*EXPECTED]
    given = [message(number, senders[number % len(senders)]) for number in range(11)]

    if isinstance(way.provider, BulkProvider):
        assert len(way.provider.send_many(given)) == len(given)
    else:
        for each in given:
            way.provider.send(each)

    came_from(way, given)


def link_for(recipient: str) -> str:
    return LINKS.make(
        Subscription(tenant_id="bank-a", channel=Channel.EMAIL, recipient=recipient, category="a-category-of-a-tenant")
    )


def test_a_mail_program_is_offered_the_link_of_each_recipient(way: Way) -> None:
    long = f"{'ä' * 20}.{'x' * 40}@{'b' * 60}.example"
    links = {each: link_for(each) for each in ("c1@example.com", "c2@example.com", "c3@example.com")}
    links["c1@example.com"] = link_for(long)
    given = [message(number, unsubscribe_url=links[f"c{number}@example.com"]) for number in (1, 2, 3)]
    given += [message(4), message(5)]

    if isinstance(way.provider, BulkProvider):
        way.provider.send_many(given)
    else:
        for each in given:
            way.provider.send(each)

    expected = {
        recipient: {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        for recipient, link in links.items()
    }
    assert way.headers() == {**expected, "c4@example.com": {}, "c5@example.com": {}}


def test_a_single_message_has_the_link_too(way: Way) -> None:
    link = link_for("c1@example.com")

    way.provider.send(message(1, unsubscribe_url=link))

    assert way.headers()["c1@example.com"]["List-Unsubscribe"] == f"<{link}>"


@pytest.mark.parametrize("url", ["https://a.example/u/x>\r\nBcc: all@b.example", "mailto:a@b.example", "https://a b"])
def test_no_address_becomes_another_header(url: str) -> None:
    with pytest.raises(ValueError, match="another form"):
        unsubscribe_headers(url)
