"""The body of an email message, as lines without their ends.

- Each part is quoted-printable or base64 (RFC 2045), whichever is shorter. HTML stands after the text that says the
  same (RFC 2046, 5.1.4: the best alternative comes last).
- Attachments stand after the text, in base64 (RFC 2046, 5.1.3). The name of one is a quoted string if it is plain
  ASCII, else encoded as a whole (RFC 2231, 4). A text in UTF-8 is declared as such.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from wavecom.domain.content.attachments import AttachedFile

LINE_MAX: Final = 76
"""Characters of a line of an encoded body (RFC 2045, 6.7 and 6.8)."""

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_SPACE_AT_LINE_END: Final = re.compile(r"([ \t])(?=\r\n)")
_PLAIN_NAME: Final = re.compile(r"[ -~]+")
_BOUNDARY: Final = "=_alternatives"
_OUTER_BOUNDARY: Final = "=_attachments"
"""Neither encoding of a body can contain ``=_`` (RFC 2046, 5.1.1, recommends it)."""
_BODY_TOKENS: Final = [
    chr(octet) if (32 <= octet < 127 and octet != ord("=")) or octet in b"\t\r\n" else f"={octet:02X}"
    for octet in range(256)
]


def alternatives(text: str, html: str) -> list[str]:
    """Return the headers and the body of a text and the HTML that says the same.

    The end of line before a boundary belongs to it (RFC 2046, 5.1.1), so each part leaves out its own last one.
    """
    *text_headers, text_body = text_part(text)
    *html_headers, html_body = text_part(html, "html")
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


def with_files(headers: str, part: str, files: Sequence[AttachedFile]) -> Iterator[bytes]:
    """Yield a message with attachments, in pieces; see `alternatives` for the ends of lines."""
    boundary = f"--{_OUTER_BOUNDARY}"
    content_type = f'Content-Type: multipart/mixed; boundary="{_OUTER_BOUNDARY}"'
    yield "\r\n".join([headers, content_type, "", boundary, part.removesuffix("\r\n")]).encode()
    for file in files:
        part_headers = [
            _media_type(file),
            "Content-Transfer-Encoding: base64",
            f"Content-Disposition: attachment; {_filename(file.filename)}",
        ]
        yield "\r\n".join(["", boundary, *part_headers, "", ""]).encode()
        yield base64.encodebytes(file.octets).removesuffix(b"\n").replace(b"\n", b"\r\n")
    yield f"\r\n{boundary}--\r\n".encode()


def _media_type(file: AttachedFile) -> str:
    if not file.content_type.startswith("text/"):
        return f"Content-Type: {file.content_type}"
    try:
        file.octets.decode()
    except UnicodeDecodeError:
        return f"Content-Type: {file.content_type}"
    return f'Content-Type: {file.content_type}; charset="utf-8"'


def _filename(name: str) -> str:
    """Return the parameter of a name; whatever it has, it can be read in one way only."""
    if _PLAIN_NAME.fullmatch(name) and '"' not in name and "\\" not in name and "=?" not in name:
        return f'filename="{name}"'
    return f"filename*=utf-8''{quote(name, safe='')}"


def text_part(text: str, subtype: str = "plain") -> list[str]:
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
    while len(line) > LINE_MAX:
        cut = LINE_MAX - 1
        escape = line.rfind("=", cut - 2, cut)
        cut = escape if escape != -1 else cut
        yield f"{line[:cut]}="
        line = line[cut:]
    yield line


def _base64(octets: bytes) -> str:
    """Encode octets in lines of 76 characters, with an end of line after the last (RFC 2045, 6.8)."""
    return base64.encodebytes(octets).decode().replace("\n", "\r\n")
