"""Attachments of an email, byte for byte at a real SMTP server, SES and SendGrid, as independent parsers read them."""

import base64
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as modern

import pytest

from tests import email_services
from tests.builders import PDF, an_outgoing
from tests.mail_reader import read_mails
from wavecom.domain.content.attachments import AttachedFile
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.ports.providers import Provider

HTML = "<p>Guten Tag, <b>你好</b></p>"
ICS = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
FILES = [
    AttachedFile(filename="statement.pdf", content_type="application/pdf", octets=PDF),
    AttachedFile(filename="Kontoauszug März 2026.pdf", content_type="application/pdf", octets=bytes(range(256)) * 40),
    AttachedFile(filename="对账单 (100%); v2.csv", content_type="text/csv", octets="Größe;Betrag\r\n1;2".encode()),
    AttachedFile(filename="latin.csv", content_type="text/csv", octets="Größe".encode("latin-1")),
    AttachedFile(
        filename="it's =this (100%).txt", content_type="text/plain", octets=b".\r\n..\r\n--=_attachments--\r\n"
    ),
    AttachedFile(filename="é" * 98 + ".ics", content_type="text/calendar", octets=ICS),
    AttachedFile(filename="empty lines.txt", content_type="text/plain", octets=b"\n\n\n"),
    AttachedFile(filename="a.png", content_type="image/png", octets=b"\x89PNG\r\n\x1a\n" + os.urandom(100_000)),
]

Arrived = list[tuple[str, str, bytes]]


@dataclass(frozen=True)
class Way:
    """A provider, and what arrived there: name, type and bytes of each attachment, text and HTML, by recipient."""

    provider: Provider
    arrived: Callable[[], dict[str, tuple[Arrived, str, str | None]]]
    raw: Callable[[], list[bytes]]


@pytest.fixture(params=["smtp", "ses", "sendgrid"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    match request.param:
        case "smtp":
            with email_services.smtp() as (smtp, inbox):
                yield Way(smtp, lambda: _read(inbox.mails), lambda: inbox.mails)
        case "ses":
            with email_services.ses(monkeypatch) as (provider, service):
                yield Way(provider, lambda: _read(service.mails), lambda: service.mails)
        case "sendgrid":
            with email_services.sendgrid() as (sendgrid, sent):
                yield Way(
                    sendgrid, lambda: {each.to: (list(each.files), each.text, each.html) for each in sent.emails}, list
                )


def _read(mails: list[bytes]) -> dict[str, tuple[Arrived, str, str | None]]:
    found = {}
    for each in read_mails(mails):
        files = [(file["filename"], file["mimeType"], base64.b64decode(file["content"])) for file in each["files"]]
        assert {file["disposition"] for file in each["files"]} <= {"attachment"}
        found[each["to"][0]["address"]] = (files, each["text"], each.get("html"))
    return found


def as_read(file: AttachedFile) -> tuple[str, str, bytes]:
    """Return what postal-mime finds of a file; it reads calendars as text, whose lines then end in newlines."""
    octets = file.octets.replace(b"\r\n", b"\n") if file.content_type == "text/calendar" else file.octets
    return file.filename, file.content_type, octets


def check(way: Way, *given: AttachedFile) -> None:
    """Check that attachments arrived in their order, as both parsers see it."""
    found, _, _ = way.arrived()["user@example.com"]
    raw = way.raw()
    whole = [(each.filename, each.content_type, each.octets) for each in given]
    assert found == ([as_read(each) for each in given] if raw else whole)
    for each in raw:
        mail = message_from_bytes(each, policy=modern)
        attached = list(mail.iter_attachments())
        assert [part.get_filename() for part in attached] == [file.filename for file in given]
        assert [part.get_payload(decode=True) for part in attached] == [file.octets for file in given]


def message(*files: AttachedFile, html: str | None = None) -> OutgoingMessage:
    return an_outgoing(
        notification_id="a" * 24,
        channel=Channel.EMAIL,
        recipient="user@example.com",
        subject="Your statement, 你好",
        message="Guten Tag, 你好",
        html=html,
        unsubscribe_url="https://links.example/u/token",
        attempt=1,
        files=files,
    )


@pytest.mark.parametrize("html", [None, HTML], ids=["text", "text-and-html"])
def test_attachments_arrive_byte_for_byte_with_their_names_in_their_order(way: Way, html: str | None) -> None:
    way.provider.send(message(*FILES, html=html))

    check(way, *FILES)
    _, text, arrived_html = way.arrived()["user@example.com"]
    assert text.strip() == "Guten Tag, 你好"
    assert (arrived_html or "").strip() == (html or "")


@pytest.mark.parametrize("file", FILES, ids=range(len(FILES)))
def test_each_arrives_alone(way: Way, file: AttachedFile) -> None:
    way.provider.send(message(file))

    check(way, file)


def test_ten_megabytes_arrive(way: Way) -> None:
    octets = os.urandom(10 * 1024 * 1024)

    way.provider.send(message(AttachedFile(filename="large.pdf", content_type="application/pdf", octets=octets)))

    ((_, _, arrived),), _, _ = way.arrived()["user@example.com"]
    assert arrived == octets


def test_the_text_comes_first_then_its_html_then_the_files(way: Way) -> None:
    way.provider.send(message(FILES[0], FILES[2], FILES[3], html=HTML))

    for raw in way.raw():
        mail = message_from_bytes(raw, policy=modern)
        assert not mail.defects
        assert [part.get_content_type() for part in mail.walk()] == [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "application/pdf",
            "text/csv",
            "text/csv",
        ]
        *_, utf_8, latin = mail.walk()
        assert (utf_8.get_content_charset(), latin.get_content_charset()) == ("utf-8", None)
        assert mail["List-Unsubscribe"] == "<https://links.example/u/token>"
        assert mail["From"] == "Bank <no-reply@wavecom.example.com>"
        assert max(len(line) for line in raw.split(b"\r\n")) <= 998
        assert b"\n" not in raw.replace(b"\r\n", b"")
