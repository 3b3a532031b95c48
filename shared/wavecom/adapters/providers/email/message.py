"""An email message as bytes (RFC 5322), composed so that it arrives as it was given.

Nothing is parsed: a value is either written unchanged, because it can only be read in one way, or encoded as a whole.

- Text of a header that is not plain becomes encoded words (RFC 2047): anything beyond ASCII, anything with ``=?`` in
  it, which a reader could take for an encoded word, and spaces that folding or a reader could change.
- A display name with special characters is a quoted string (RFC 5322, 3.2.4), or encoded words.
- An address is written unchanged; its form is checked, so that it can only be one address.
- Each part of the body is quoted-printable or base64 (RFC 2045), whichever is shorter. HTML stands after the text that
  says the same (RFC 2046, 5.1.4: the best alternative comes last).
- Lines have 78 characters at the most, and those with an encoded word 76; a single address or Message-ID may be longer,
  but not above the 998 that RFC 5322, 2.1.1 allows.

Only the standard library is imported, and from its ``email`` package only the date format.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

LINE_MAX: Final = 78
"""Characters of a line, without its end (RFC 5322, 2.1.1)."""
ENCODED_LINE_MAX: Final = 76
"""Characters of a header's line that holds an encoded word (RFC 2047, 2), and of a line of an encoded body (RFC 2045,
6.7 and 6.8)."""
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
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_SPACE_AT_LINE_END: Final = re.compile(r"([ \t])(?=\r\n)")

_LETTER: Final = re.compile(r"(?s:.)[\u0300-\u036f\u200b-\u200d\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff]{0,3}")
"""A character with its modifiers: 16 octets at most, for which the shortest encoded word has room. U+FEFF stays with
the character before it, since readers treat it as a byte order mark at the beginning of a text and drop it; they treat
each encoded word as a text."""
_BOUNDARY: Final = "=_alternatives"
"""Neither encoding of a body can contain ``=_`` (RFC 2046, 5.1.1, recommends it)."""
_LIKE_AN_ENCODED_WORD: Final = "=?"
_B: Final = ("=?utf-8?b?", "?=")
_Q: Final = ("=?utf-8?q?", "?=")
_Q_TOKENS: Final = [
    chr(octet) if chr(octet).isalnum() and octet < 128 else "_" if octet == 32 else f"={octet:02X}"
    for octet in range(256)
]
"""The representation of each octet in an encoded word: RFC 2047, 5 (3) allows more characters, in a subject most."""
_BODY_TOKENS: Final = [
    chr(octet) if (32 <= octet < 127 and octet != ord("=")) or octet in b"\t\r\n" else f"={octet:02X}"
    for octet in range(256)
]


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
    part = _text_part(text) if html is None else _alternatives(text, html)
    return "\r\n".join([*headers, *part]).encode()


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


def _alternatives(text: str, html: str) -> list[str]:
    """Return the headers and the body of a text and the HTML that says the same.

    The end of line before a boundary belongs to it (RFC 2046, 5.1.1), so each part leaves out its own last one.
    """
    *text_headers, text_body = _text_part(text)
    *html_headers, html_body = _text_part(html, "html")
    return [
        f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"',
        "",
        f"--{_BOUNDARY}",
        *text_headers,
        text_body.removesuffix("\r\n"),
        f"--{_BOUNDARY}",
        *html_headers,
        html_body.removesuffix("\r\n"),
        f"--{_BOUNDARY}--",
        "",
    ]


def _text_part(text: str, subtype: str = "plain") -> list[str]:
    """Return the headers and the body of a text, an empty line between them."""
    lines = _LINE_END.sub("\r\n", text)
    octets = (lines if lines.endswith("\r\n") else f"{lines}\r\n").encode()
    quoted_printable = _quoted_printable(octets)
    in_base64 = _base64(octets)
    shorter_is_quoted = len(quoted_printable) <= len(in_base64)
    headers = [
        f'Content-Type: text/{subtype}; charset="utf-8"',
        f"Content-Transfer-Encoding: {'quoted-printable' if shorter_is_quoted else 'base64'}",
    ]
    return [*headers, "", quoted_printable if shorter_is_quoted else in_base64]


def _quoted_printable(octets: bytes) -> str:
    """Encode text whose lines all end in CRLF (RFC 2045, 6.7)."""
    escaped = "".join([_BODY_TOKENS[octet] for octet in octets])
    escaped = _SPACE_AT_LINE_END.sub(lambda space: f"={ord(space[1]):02X}", escaped)
    return "\r\n".join(part for line in escaped.split("\r\n") for part in _soft_lines(line))


def _soft_lines(line: str) -> Iterator[str]:
    """Yield a line in parts of 76 characters that end in ``=``, without splitting an escaped octet."""
    while len(line) > ENCODED_LINE_MAX:
        cut = ENCODED_LINE_MAX - 1
        escape = line.rfind("=", cut - 2, cut)
        cut = escape if escape != -1 else cut
        yield f"{line[:cut]}="
        line = line[cut:]
    yield line


def _base64(octets: bytes) -> str:
    """Encode octets in lines of 76 characters, with an end of line after the last (RFC 2045, 6.8)."""
    text = _b(octets)
    lines = [text[at : at + ENCODED_LINE_MAX] for at in range(0, len(text), ENCODED_LINE_MAX)]
    return "\r\n".join([*lines, ""])
