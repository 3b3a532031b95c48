"""Files that emails carry: their types, their limits, and the check of their bytes."""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from wavecom.domain.content.text import has_visible_text, is_one_line

ATTACHMENTS_MAX: Final = 10
"""The most attachments of one notification."""
ATTACHED_MAX_BYTES: Final = 10 * 1024 * 1024
"""The most bytes of a notification's attachments together, as they are before any encoding."""
FILENAME_MAX_BYTES: Final = 200
"""The longest file name in UTF-8: three characters a byte (RFC 2231) still fit the longest line of a header."""
UPLOAD_WITHIN: Final = timedelta(minutes=15)
"""The time in which the bytes must come."""
UNUSED_KEPT: Final = timedelta(hours=24)
"""The time for which an attachment is kept that no notification uses."""

_FORBIDDEN_IN_NAMES: Final = re.compile(r'[\\/:*?"<>|]')
"""Characters that file systems forbid, and those that would lead out of a folder."""


class Scan(StrEnum):
    """What a scanner for malware says of an attachment."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNABLE = "unscannable"
    """It cannot be scanned, for example since it has a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that an email carries: its name, media type, size in bytes and SHA-256 (hex).

    ``scanned`` is None where no scanner is configured. A notification keeps a copy, as it was when it was accepted.
    """

    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    scanned: Scan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAttachment:
    """A tenant's attachment as it is kept.

    ``checked`` says that its bytes came and are what was declared. At ``due_at`` it is deleted, unless a notification
    still has it; while its bytes are deleted it is ``removing``, and no notification can get it.
    """

    tenant_id: str
    attachment: Attachment
    created_at: datetime
    due_at: datetime
    checked: bool = False
    removing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A request by which a client puts the bytes: PUT them to ``url`` with ``headers``, before ``expires_at``."""

    url: str
    headers: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """An attachment with its bytes."""

    filename: str
    content_type: str
    octets: bytes


def new_attachment_id() -> str:
    """Return 24 random hex digits."""
    return secrets.token_hex(12)


@dataclass(frozen=True, slots=True)
class _FileType:
    """A type of files: the ends of their names, in small letters, and the check of their first bytes or of all."""

    extensions: tuple[str, ...]
    fits: Callable[[bytes], bool]


def _begins_with(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda octets: octets.startswith(signatures)


def _is_text(octets: bytes) -> bool:
    return b"\x00" not in octets and not octets.startswith((b"%PDF-", b"PK\x03\x04", b"MZ", b"\x7fELF"))


def _is_calendar(octets: bytes) -> bool:
    return _is_text(octets) and octets.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].upper() == b"BEGIN:VCALENDAR"


def _is_webp(octets: bytes) -> bool:
    return octets[:4] == b"RIFF" and octets[8:12] == b"WEBP"


_ZIP: Final = _begins_with(b"PK\x03\x04")
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_FILE_TYPES: Final[Mapping[str, _FileType]] = {
    "application/pdf": _FileType((".pdf",), lambda octets: b"%PDF-" in octets[:1024]),
    "image/png": _FileType((".png",), _begins_with(b"\x89PNG\r\n\x1a\n")),
    "image/jpeg": _FileType((".jpg", ".jpeg"), _begins_with(b"\xff\xd8\xff")),
    "image/gif": _FileType((".gif",), _begins_with(b"GIF87a", b"GIF89a")),
    "image/webp": _FileType((".webp",), _is_webp),
    "text/calendar": _FileType((".ics",), _is_calendar),
    "text/csv": _FileType((".csv",), _is_text),
    "text/plain": _FileType((".txt",), _is_text),
    "application/json": _FileType((".json",), _is_text),
    "application/xml": _FileType((".xml",), _is_text),
    "application/zip": _FileType((".zip",), _ZIP),
    f"{_OFFICE}.wordprocessingml.document": _FileType((".docx",), _ZIP),
    f"{_OFFICE}.spreadsheetml.sheet": _FileType((".xlsx",), _ZIP),
}
"""Signatures: WHATWG, "MIME Sniffing", section 6; ISO 32000-1, annex H.3.4.1 (the header of a PDF may come within its
first 1,024 bytes); RFC 5545, section 3.4; APPNOTE.TXT of ZIP, section 4.3.7."""

KNOWN_TYPES: Final = tuple(_FILE_TYPES)
"""The media types that a deployment can allow."""
USUAL_TYPES: Final = KNOWN_TYPES[:8]
"""Those that it allows unless it says otherwise: PDF, images, calendar entries, tables and texts."""


def name_problem(filename: str, content_type: str) -> str | None:
    """Return why a file of a known type cannot have a name, as the end of a sentence; None if it can."""
    if len(filename.encode(errors="surrogatepass")) > FILENAME_MAX_BYTES:
        return f"must have at most {FILENAME_MAX_BYTES} bytes in UTF-8"
    stem, dot, extension = filename.rpartition(".")
    if not is_one_line(filename) or _FORBIDDEN_IN_NAMES.search(filename) or not has_visible_text(stem):
        return 'must be the name of a file on one line, without a folder and without any of \\ / : * ? " < > |'
    if filename != filename.strip() or filename.startswith("."):
        return "must not begin or end with a space, or begin with a dot"
    extensions = _FILE_TYPES[content_type].extensions
    if dot + extension.lower() not in extensions:
        return f"must end in {' or '.join(extensions)}, as a file of the type {content_type} does"
    return None


def bytes_problem(attachment: Attachment, octets: bytes) -> str | None:
    """Return why bytes are not those of an attachment, as the end of a sentence; None if they are."""
    if len(octets) != attachment.size:
        return f"has {len(octets):,} bytes instead of the {attachment.size:,} that were declared"
    if hashlib.sha256(octets).hexdigest() != attachment.sha256:
        return "has another SHA-256 than the one that was declared"
    file_type = _FILE_TYPES.get(attachment.content_type)
    if file_type is None or not file_type.fits(octets):
        return f"is no file of the type {attachment.content_type}"
    return None


def bytes_together(attachments: Iterable[Attachment]) -> int:
    """Return the size of attachments together, before any encoding."""
    return sum(each.size for each in attachments)


def size_problem(attachments: Iterable[Attachment]) -> str | None:
    """Return why one notification cannot have attachments, as the end of a sentence; None if it can."""
    size = bytes_together(attachments)
    return f"have {size:,} bytes together; {ATTACHED_MAX_BYTES:,} are the most" if size > ATTACHED_MAX_BYTES else None
