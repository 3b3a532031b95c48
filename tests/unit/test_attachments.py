"""Attachments: their names, their bytes, and how they are kept and deleted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, PDF, ManualClock, an_attachment
from tests.fakes import FakeAttachmentFiles, FakeAttachments
from wavecom.application.attachments.expire import LOOK_AGAIN, ExpireAttachments
from wavecom.application.attachments.manage import ManageAttachments, NewFile
from wavecom.application.deadline import Deadline
from wavecom.cache import BytesCache
from wavecom.domain.content.attachments import (
    KNOWN_TYPES,
    UNUSED_KEPT,
    USUAL_TYPES,
    Scan,
    StoredAttachment,
    bytes_problem,
    name_problem,
)
from wavecom.domain.errors import RefusedDraftError, StoreUnavailableError

OFFICE = "application/vnd.openxmlformats-officedocument"
SAMPLES = {
    "application/pdf": ("a.pdf", PDF),
    "image/png": ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00"),
    "image/jpeg": ("a.jpeg", b"\xff\xd8\xff\xe0\x00"),
    "image/gif": ("a.gif", b"GIF89a\x00"),
    "image/webp": ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 "),
    "text/calendar": ("a.ics", b"\xef\xbb\xbfBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    "text/csv": ("a.csv", "Größe;Betrag\r\n1;2\r\n".encode("latin-1")),
    "text/plain": ("a.txt", "你好\n".encode()),
    "application/json": ("a.json", b"{}"),
    "application/xml": ("a.xml", b"<a/>"),
    "application/zip": ("a.zip", b"PK\x03\x04\x00"),
    f"{OFFICE}.wordprocessingml.document": ("a.docx", b"PK\x03\x04\x00"),
    f"{OFFICE}.spreadsheetml.sheet": ("a.xlsx", b"PK\x03\x04\x00"),
}
LONG = Deadline(timedelta(hours=1))


def test_there_is_a_sample_of_every_type() -> None:
    assert set(SAMPLES) == set(KNOWN_TYPES)
    assert tuple(each for each in KNOWN_TYPES if not each.startswith("application/") or "pdf" in each) == USUAL_TYPES


@pytest.mark.parametrize("content_type", KNOWN_TYPES)
def test_a_file_of_a_type_fits_it_by_name_and_content(content_type) -> None:
    filename, octets = SAMPLES[content_type]

    assert name_problem(filename, content_type) is None
    assert name_problem(filename.upper(), content_type) is None
    assert bytes_problem(an_attachment(octets, filename, content_type), octets) is None


@pytest.mark.parametrize("content_type", KNOWN_TYPES)
@pytest.mark.parametrize(
    "octets",
    [b"MZ\x90\x00", b"\x7fELF\x02", b"\x00\x01", b"\xca\xfe\xba\xbe\x00"],
    ids=["windows-program", "linux-program", "binary", "java-class"],
)
def test_a_program_is_no_file_of_any_type(content_type, octets) -> None:
    given = an_attachment(octets, SAMPLES[content_type][0], content_type)

    assert bytes_problem(given, octets) == f"is no file of the type {content_type}"


@pytest.mark.parametrize(("content_type", "others"), [("application/pdf", "text/csv"), ("text/csv", "application/pdf")])
def test_another_types_content_is_told(content_type, others) -> None:
    given = an_attachment(SAMPLES[others][1], "a", content_type)

    assert bytes_problem(given, SAMPLES[others][1]) == f"is no file of the type {content_type}"


def test_other_bytes_than_those_that_were_declared_are_told() -> None:
    given = an_attachment(PDF)

    assert bytes_problem(given, PDF + b"\n") == f"has {len(PDF) + 1} bytes instead of the {len(PDF)} that were declared"
    changed = PDF.replace(b"November", b"Novembre")
    assert bytes_problem(given, changed) == "has another SHA-256 than the one that was declared"
    assert bytes_problem(replace(given, content_type="application/x-sh"), PDF) is not None


@pytest.mark.parametrize(
    "filename",
    [
        "statement.pdf",
        "Kontoauszug März 2026.pdf",
        "对账单.PDF",
        "a.b.c.pdf",
        "it's (final), v2; really!.pdf",
        "é" * 98 + ".pdf",
    ],
)
def test_names_of_files_are_free(filename) -> None:
    assert name_problem(filename, "application/pdf") is None


@pytest.mark.parametrize(
    "filename",
    [
        "statement",
        "statement.exe",
        "statement.pdf.exe",
        ".pdf",
        " .pdf",
        "\u200b.pdf",
        "../statement.pdf",
        "C:\\statement.pdf",
        'state"ment.pdf',
        "state\r\nment.pdf",
        "state\x00ment.pdf",
        "state\u2028ment.pdf",
        "statement.pdf ",
        " statement.pdf",
        ".statement.pdf",
        "é" * 99 + ".pdf",
        "\ud800.pdf",
        "",
    ],
)
def test_names_that_would_harm_are_not(filename) -> None:
    assert name_problem(filename, "application/pdf") is not None


class Kept:
    """A tenant's attachments, some of which are due."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.attachments = FakeAttachments()
        self.files = FakeAttachmentFiles()
        self.expiry = ExpireAttachments(attachments=self.attachments, files=self.files, clock=self.clock)

    def add(self, due_in: timedelta = UNUSED_KEPT) -> StoredAttachment:
        stored = StoredAttachment(tenant_id="bank-a", attachment=an_attachment(), created_at=NOON, due_at=NOON + due_in)
        self.attachments.add(stored)
        self.files.octets[stored.attachment.id] = PDF
        return stored

    def is_kept(self, stored: StoredAttachment) -> bool:
        stored_too = self.attachments.stored.get(stored.attachment.id) is not None
        assert stored_too is (stored.attachment.id in self.files.octets)
        return stored_too


def test_what_nobody_uses_is_deleted_when_it_is_due_and_not_before() -> None:
    kept = Kept()
    unused, later = kept.add(), kept.add(UNUSED_KEPT * 2)

    assert kept.expiry.expire(LONG) == 0
    assert kept.is_kept(unused)

    kept.clock.advance(UNUSED_KEPT)
    assert kept.expiry.expire(LONG) == 1
    assert not kept.is_kept(unused)
    assert kept.is_kept(later)


def test_what_a_notification_has_stays_until_its_last_one_goes() -> None:
    kept = Kept()
    used = kept.add()
    kept.attachments.attached.add(used.attachment.id)
    kept.clock.advance(UNUSED_KEPT)

    assert kept.expiry.expire(LONG) == 0
    assert kept.is_kept(used)

    kept.attachments.attached.clear()
    assert kept.expiry.expire(LONG) == 0, "It is asked for again only after a while"
    kept.clock.advance(LOOK_AGAIN)
    assert kept.expiry.expire(LONG) == 1
    assert not kept.is_kept(used)


def test_hundreds_are_deleted_at_once() -> None:
    kept = Kept()
    for _ in range(250):
        kept.add()
    kept.clock.advance(UNUSED_KEPT)

    assert kept.expiry.expire(LONG) == 250
    assert kept.attachments.stored == {}


def test_nothing_is_deleted_without_time() -> None:
    kept = Kept()
    unused = kept.add()
    kept.clock.advance(UNUSED_KEPT)

    assert kept.expiry.expire(Deadline(timedelta(0))) == 0
    assert kept.is_kept(unused)


def test_bytes_that_cannot_be_deleted_are_deleted_later_and_nobody_gets_them_meanwhile() -> None:
    kept = Kept()
    unused = kept.add()
    kept.clock.advance(UNUSED_KEPT)
    kept.files.down = True

    assert kept.expiry.expire(LONG) == 0
    assert kept.attachments.use("bank-a", [unused.attachment.id], until=kept.clock()) == []

    kept.files.down = False
    assert kept.expiry.expire(LONG) == 1
    assert not kept.is_kept(unused)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"content_type": "application/zip", "filename": "a.zip"}, "content_type"),
        ({"content_type": "application/x-msdownload"}, "content_type"),
        ({"filename": "a.exe"}, "filename"),
        ({"size": 10 * 1024 * 1024 + 1}, "size"),
    ],
)
def test_files_that_are_not_allowed_are_refused(changes, field) -> None:
    manage = ManageAttachments(
        attachments=FakeAttachments(),
        files=FakeAttachmentFiles(),
        types=USUAL_TYPES,
        has_scanner=False,
        clock=ManualClock(),
    )
    file = NewFile(filename="a.pdf", content_type="application/pdf", size=100, sha256="0" * 64)

    with pytest.raises(RefusedDraftError) as refused:
        manage.create("bank-a", replace(file, **changes))

    assert [each.field for each in refused.value.problems] == [field]
    assert manage.create("bank-a", file)[0].attachment.scanned is None
    scanned, _ = replace(manage, has_scanner=True).create("bank-a", file)
    assert scanned.attachment.scanned is Scan.PENDING


def test_the_cache_keeps_the_bytes_that_were_used_last_within_its_size() -> None:
    cache = BytesCache[str](10)
    reads: list[str] = []

    def get(key: str, size: int) -> bytes:
        def read() -> bytes:
            reads.append(key)
            return key.encode() * size

        return cache.get(key, read)

    assert get("a", 4) == b"aaaa"
    get("b", 4)
    get("a", 4)
    get("c", 4)
    assert reads == ["a", "b", "c"]

    get("a", 4)
    assert reads == ["a", "b", "c"], "b made room, since a was used later"
    get("b", 4)
    assert reads == ["a", "b", "c", "b"]
    assert get("x", 11) == b"x" * 11
    get("x", 11)
    assert reads[4:] == ["x", "x"], "One that is too large is not kept"
    get("b", 4)
    assert reads[6:] == [], "and takes nothing away"


def test_the_cache_keeps_nothing_of_a_read_that_failed() -> None:
    cache = BytesCache[str](10)

    def fail() -> bytes:
        raise StoreUnavailableError

    with pytest.raises(StoreUnavailableError):
        cache.get("a", fail)
    assert cache.get("a", lambda: b"there") == b"there"
