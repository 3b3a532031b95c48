"""An email message as bytes (RFC 5322), composed so that it arrives as it was given; `body` makes the part below.

Nothing is parsed: a value is either written unchanged, because it can only be read in one way, or encoded as a whole.

- Text of a header that is not plain becomes encoded words (RFC 2047): anything beyond ASCII, anything with ``=?`` in
  it, which a reader could take for an encoded word, and spaces that folding or a reader could change.
- A display name with special characters is a quoted string (RFC 5322, 3.2.4), or encoded words.
- An address is written unchanged; its form is checked, so that it can only be one address.
- Lines have 78 characters at the most, and those with an encoded word 76; a single address or Message-ID may be longer,
  but not above the 998 that RFC 5322, 2.1.1 allows.

From the standard library's ``email`` package only the date format is imported.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from wavecom.adapters.providers.email.body import alternatives, text_part, with_files
from wavecom.domain.content.attachments import AttachedFile

LINE_MAX: Final = 78
"""Characters of a line, without its end (RFC 5322, 2.1.1)."""
ENCODED_LINE_MAX: Final = 76
"""Characters of a header's line that holds an encoded word (RFC 2047, 2)."""
ENCODED_WORD_MAX: Final = 75
"""Characters of an encoded word with its delimiters (RFC 2047, 2)."""
ADDRESS_MAX: Final = 254
"""Octets of an address (RFC 3696, erratum 1690: the path of RFC 5321, 4.5.3.1.3 without its brackets)."""

_BREAKS_A_HEADER: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, line and paragraph separators, and halves of surrogate pairs."""
_PLAIN: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a0-\U0010ffff-]+"
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
"""A dot-atom and a domain of ASCII labels (RFC 5322, 3.4.1; beyond ASCII in the local part: RFC 6532, 3.2)."""
_MESSAGE_ID: Final = re.compile(rf"[A-Za-z0-9_-]+@{_LABEL}(?:\.{_LABEL})*")
_URL: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]_/-]{1,900}")

_LETTER: Final = re.compile(r"(?s:.)[\u0300-\u036f\u200b-\u200d\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff]{0,3}")
"""A character with its modifiers: 16 octets at most, for which the shortest encoded word has room. U+FEFF stays with
the character before it, since readers treat it as a byte order mark at the beginning of a text and drop it; they treat
each encoded word as a text."""
_LIKE_AN_ENCODED_WORD: Final = "=?"
_B: Final = ("=?utf-8?b?", "?=")
_Q: Final = ("=?utf-8?q?", "?=")
_Q_TOKENS: Final = [
    chr(octet) if chr(octet).isalnum() and octet < 128 else "_" if octet == 32 else f"={octet:02X}"
    for octet in range(256)
]
"""The representation of each octet in an encoded word: RFC 2047, 5 (3) allows more characters, in a subject most."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in ASCII (a domain beyond ASCII as Punycode), and the name that is shown for it."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part after the ``@``."""
        return self.address.rpartition("@")[2]


def compose(
    *,
    sender: Mailbox,
    recipient: str,
    subject: str | None,
    text: str,
    date: datetime,
    message_id: str,
    html: str | None = None,
    reply_to: str | None = None,
    unsubscribe_url: str | None = None,
    files: Sequence[AttachedFile] = (),
) -> bytes:
    """Return a message with lines that end in CRLF; the last line of the text and of the HTML gets an end if need be.

    Answers go to ``reply_to``, else to the sender; mail programs offer to post to ``unsubscribe_url``.

    ``date`` has a time zone; ``message_id`` comes without brackets. A ``recipient`` whose local part is not ASCII is
    written in the header as UTF-8 (RFC 6532), and only a server with SMTPUTF8 accepts the message.

    Raises `ValueError` for an address or Message-ID of another form, and for text that a header or body cannot contain.
    """
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("the Message-ID is not one")
    headers = [
        _folded("From", mailbox_words(sender, first_column=len("From: "))),
        *([_folded("Reply-To", [_checked_address(reply_to)])] if reply_to is not None else []),
        _folded("To", [_checked_address(recipient)]),
        *([_folded("Subject", _text_words(subject, first_column=len("Subject: ")))] if subject is not None else []),
        f"Date: {format_datetime(date)}",
        f"Message-ID: <{message_id}>",
        *[_folded(name, [value]) for name, value in unsubscribe_headers(unsubscribe_url).items()],
        "MIME-Version: 1.0",
    ]
    part = text_part(text) if html is None else alternatives(text, html)
    if not files:
        return "\r\n".join([*headers, *part]).encode()
    return b"".join(with_files("\r\n".join(headers), "\r\n".join(part), files))


def unsubscribe_headers(url: str | None) -> dict[str, str]:
    """Return the headers by which mail programs let a recipient leave with one click (RFC 8058, section 3.1).

    Raises `ValueError` for an address that could be more than one.
    """
    if url is None:
        return {}
    if not _URL.fullmatch(url):
        raise ValueError("an address for leaving has another form")
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def mailbox_words(mailbox: Mailbox, *, first_column: int = 0) -> list[str]:
    """Return the words of a mailbox in a header; between words a line may be folded, else there is a space.

    The first begins at column ``first_column``. Raises `ValueError` for an address of another form, and for a name
    that a header cannot contain.
    """
    address = _checked_address(mailbox.address)
    if not address.isascii():
        raise ValueError("the sender's address is not ASCII")
    if not mailbox.name:
        return [address]
    return [*_name_words(mailbox.name, first_column), f"<{address}>"]


def quoted(text: str) -> str:
    """Return a quoted string (RFC 5322, 3.2.4)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _name_words(name: str, first_column: int) -> list[str]:
    """Return a display name as atoms if possible, else as a quoted string if that can be folded, else encoded."""
    if _LIKE_AN_ENCODED_WORD not in name and _PLAIN.fullmatch(name):
        words = (name if _ATOMS.fullmatch(name) else quoted(name)).split(" ")
        if _fit(words, first_column):
            return words
    return list(_encoded_words(name, first_column))


def _text_words(text: str, *, first_column: int) -> list[str]:
    """Return free text unchanged if it can be folded and read in only one way, else encoded."""
    if not text:
        return [""]
    words = text.split(" ")
    if _LIKE_AN_ENCODED_WORD not in text and _PLAIN.fullmatch(text) and _fit(words, first_column):
        return words
    return list(_encoded_words(text, first_column))


def _fit(words: Sequence[str], first_column: int) -> bool:
    return first_column + len(words[0]) <= LINE_MAX and all(1 + len(word) <= LINE_MAX for word in words)


def _encoded_words(text: str, first_column: int) -> Iterator[str]:
    """Yield encoded words that hold whole characters (RFC 2047, 5), in the encoding that is shorter for all."""
    if _BREAKS_A_HEADER.search(text):
        raise ValueError("control characters and line breaks do not belong in a header")
    octets = text.encode()
    q_length = sum(len(_Q_TOKENS[octet]) for octet in octets)
    encoded, (start, end) = (_q, _Q) if q_length <= _b_length(len(octets)) else (_b, _B)
    room = min(ENCODED_LINE_MAX - first_column, ENCODED_WORD_MAX) - len(start) - len(end)
    part = b""
    for letter in _LETTER.findall(text):
        longer = part + letter.encode()
        if part and len(encoded(longer)) > room:
            yield f"{start}{encoded(part)}{end}"
            room, longer = ENCODED_WORD_MAX - len(start) - len(end), letter.encode()
        part = longer
    yield f"{start}{encoded(part)}{end}"


def _q(octets: bytes) -> str:
    return "".join([_Q_TOKENS[octet] for octet in octets])


def _b(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _b_length(octets: int) -> int:
    return -(-octets // 3) * 4


def _checked_address(address: str) -> str:
    if len(address.encode(errors="replace")) > ADDRESS_MAX or not _ADDRESS.fullmatch(address):
        raise ValueError("an address has another form")
    if _BREAKS_A_HEADER.search(address) or _LIKE_AN_ENCODED_WORD in address:
        raise ValueError("an address would be read as something else")
    return address


def _folded(name: str, words: Sequence[str]) -> str:
    """Return a header, folded before words that would make a line too long and fit in the next."""
    lines: list[str] = []
    line = f"{name}: {words[0]}"
    if len(line) > LINE_MAX >= 1 + len(words[0]):
        lines, line = [f"{name}:"], f" {words[0]}"
    for word in words[1:]:
        limit = ENCODED_LINE_MAX if _LIKE_AN_ENCODED_WORD in line + word else LINE_MAX
        if len(line) + 1 + len(word) > limit:
            lines.append(line)
            line = f" {word}"
        else:
            line += f" {word}"
    return "\r\n".join([*lines, line])
