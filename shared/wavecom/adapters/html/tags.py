"""The tags of HTML, found as browsers find them, without building a document.

Rules of the HTML Standard, "Tokenization": where comments end, elements whose content is text, spaces.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

HELD: Final = "\ue000"
"""A character of nobody's (Unicode, Private Use Area), which stands for what a template prints."""
SILENT: Final = "\ue001"
"""Likewise, for a tag of a template that prints nothing."""
RAW: Final = frozenset({"iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "xmp"})
"""Elements whose content browsers take for text as it is, some of them or all of them."""
ESCAPABLE: Final = frozenset({"textarea", "title"})
"""Elements whose content is text with character references."""
COMMENT: Final = "!--"
_CONDITION: Final = r"<!--\[if[^\]>]*\]>|"
_TAG_OR_COMMENT: Final = (
    r"(?P<comment><!--(?:-?>|.*?(?P<comment_end>--!?>|\Z)))"
    rf"|<(?:[!?]|/(?![A-Za-z{HELD}{SILENT}]))[^>]*>?"
    rf"|<(?P<slash>/?)(?P<name>[A-Za-z{HELD}{SILENT}][^ \t\n\f\r/>]*)"
)
_NEXT: Final = re.compile(_CONDITION + _TAG_OR_COMMENT, re.DOTALL)
_NEXT_ELSEWHERE: Final = re.compile(_TAG_OR_COMMENT, re.DOTALL)
_ATTRIBUTE: Final = re.compile(
    r"[ \t\n\f\r/]*(?P<name>=[^ \t\n\f\r=/>]*|[^ \t\n\f\r=/>]+)"
    r"(?:[ \t\n\f\r]*=[ \t\n\f\r]*"
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^ \t\n\f\r>]*)))?"""
)
_TAG_END: Final = re.compile(r"[ \t\n\f\r/]*>")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: its name in small letters, its value as it is written, and where both begin.

    ``quote`` is the quotation mark around the value, or empty. ``value`` is None where there is none.
    """

    name: str
    start: int
    value: str | None
    value_start: int
    quote: str


@dataclass(frozen=True, slots=True)
class HtmlTag:
    """A beginning or an end of an element, from ``start`` to ``end``; its name in small letters.

    ``content_end`` is where the content of an element ends whose content is text. A tag that is not ``closed`` has no
    end before that of the HTML. A comment has the name `COMMENT`.
    """

    name: str
    is_end: bool
    attributes: tuple[Attribute, ...]
    start: int
    name_end: int
    end: int
    content_end: int
    closed: bool


def html_tags(html: str, *, as_outlook: bool = True) -> Iterator[HtmlTag]:
    """Yield the tags and comments of HTML in order.

    The content of conditional comments counts as HTML where it is read ``as_outlook`` reads it; other programs, and
    parsers, see comments.
    """
    position = 0
    while found := (_NEXT if as_outlook else _NEXT_ELSEWHERE).search(html, position):
        position = found.end()
        if found["name"] is None:
            if found["comment"]:
                closed = found["comment_end"] != ""
                yield HtmlTag(COMMENT, False, (), found.start(), position, position, position, closed)
            continue
        attributes, end, closed = _attributes(html, position)
        name, is_end = found["name"].lower(), found["slash"] == "/"
        position = _content_end(html, name, end) if not is_end and name in RAW | ESCAPABLE else end
        yield HtmlTag(name, is_end, attributes, found.start(), found.end(), end, position, closed)


def _attributes(html: str, position: int) -> tuple[tuple[Attribute, ...], int, bool]:
    """Return the attributes of a tag from ``position`` on, where the tag ends, and whether it does."""
    found: list[Attribute] = []
    while not (end := _TAG_END.match(html, position)):
        attribute = _ATTRIBUTE.match(html, position)
        if attribute is None:
            return tuple(found), len(html), False
        kind = next((kind for kind in ("double", "single", "bare") if attribute[kind] is not None), None)
        found.append(
            Attribute(
                name=attribute["name"].lower(),
                start=attribute.start("name"),
                value=attribute[kind] if kind else None,
                value_start=attribute.start(kind) if kind else attribute.end(),
                quote={"double": '"', "single": "'"}.get(kind or "", ""),
            )
        )
        position = attribute.end()
    return tuple(found), end.end(), True


def _content_end(html: str, name: str, position: int) -> int:
    if name == "plaintext":
        return len(html)
    end = re.compile(rf"</{name}(?=[ \t\n\f\r/>{SILENT}])", re.IGNORECASE).search(html, position)
    return end.start() if end else len(html)
