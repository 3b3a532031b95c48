"""The places where variables may stand in a template's HTML, checked without rendering.

Escaping makes a value harmless in text and in an attribute between quotes. Elsewhere it does not: without quotes a
value ends its attribute at the first space, in a script or a style it is code, and at the beginning of a link it
chooses the scheme (OWASP, "Cross Site Scripting Prevention Cheat Sheet"). So that this holds whatever the branches are,
a branch begins and ends within the same tag, value, comment or text (as in Go's html/template).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Final

from wavecom.adapters.html.tags import COMMENT, ESCAPABLE, HELD, RAW, SILENT, Attribute, HtmlTag, html_tags
from wavecom.adapters.templates.language import Tag, Token, Violation, tags, with_tags_replaced

LINKS: Final = frozenset({"href", "src", "action", "formaction", "background", "poster", "cite", "data", "xlink:href"})
"""Attributes that hold an address (HTML Standard, "Attributes": valid URL)."""
LINK_FILTER: Final = "url"
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel", "sms", "cid"})
"""Schemes of addresses that may have variables in them."""
_NOT_AVAILABLE: Final = frozenset({"script", "svg", "math", "select"})
"""Elements that mail programs do not show, and whose content browsers read by rules of its own."""
_BEFORE_SCHEME: Final = "".join(chr(code) for code in range(33))
"""Characters that browsers pass over before an address (URL Standard, "C0 control or space")."""
_WITHIN_SCHEME: Final = re.compile(r"[\t\n\r]")
"""Characters that browsers pass over within an address (URL Standard, "ASCII tab or newline")."""
_LITERAL: Final = re.compile(r"(?:(?P<scheme>[a-z][a-z0-9+.-]*):)|[^:]*?[/?#]", re.IGNORECASE)
"""The beginning of an address that decides what it is, whatever follows."""
_ELEMENT: Final = re.compile(r"<[A-Za-z]")
_CDATA: Final = "<![CDATA["
_CHANGE: Final = {"if": 1, "for": 1, "endif": -1, "endfor": -1}
_WORDS_BETWEEN_VALUES: Final = frozenset({"or", "and", "not", "if", "else", "in", "is"})
_HELD_OR_SILENT: Final = re.compile(f"[{HELD}{SILENT}]")

Place = tuple[int, str]
"""The position of a misplaced variable or tag, and the reason."""


def markup_violations(source: str) -> Iterator[Violation]:
    """Yield each variable of a template's HTML that stands where escaping does not make its value harmless."""
    source = _HELD_OR_SILENT.sub("\ufffd", source)
    template = list(tags(source))
    html = _Html(with_tags_replaced(source, lambda tag: HELD if tag.kind == "{" else SILENT), template)
    seen: set[tuple[int, str]] = set()
    for position, message in html.places():
        number = html.number(position)
        start = template[number].start if number < len(template) else len(source)
        line = source.count("\n", 0, start) + 1
        if (line, message) not in seen:
            seen.add((line, message))
            yield Violation(line, message)


class _Html:
    """A template's HTML with a character in the place of each of the template's tags."""

    def __init__(self, text: str, template: Sequence[Tag]) -> None:
        self._text = text
        self._template = template
        self._positions = [found.start() for found in _HELD_OR_SILENT.finditer(text)]

    def number(self, position: int) -> int:
        """Return the number of the template's first tag at or after a position."""
        return bisect_left(self._positions, position)

    def places(self) -> Iterator[Place]:
        """Yield the position of everything that is misplaced, and the reason, as each kind of program reads it."""
        if (start := self._text.find(_CDATA)) >= 0:
            yield start, "<![CDATA[ is not available"
        for as_outlook in (True, False) if "<!--[if" in self._text else (True,):
            for tag in html_tags(self._text, as_outlook=as_outlook):
                yield from self._of_tag(tag)

    def _of_tag(self, tag: HtmlTag) -> Iterator[Place]:
        if not tag.closed:
            yield tag.start, "a comment has no end" if tag.name == COMMENT else "a tag of an element has no end"
        yield from self._branches(tag.start, tag.end)
        if HELD in tag.name or SILENT in tag.name:
            yield tag.start, "a variable or a branch cannot be in the name of an element"
        if tag.name in _NOT_AVAILABLE:
            yield tag.start, f"{tag.name} is not available; mail programs do not show it"
        for attribute in tag.attributes:
            yield from self._of_attribute(tag, attribute)
        if tag.content_end > tag.end:
            yield from self._of_content(tag)

    def _of_content(self, tag: HtmlTag) -> Iterator[Place]:
        yield from self._branches(tag.end, tag.content_end)
        if tag.name in RAW and (inside := self._text.find(HELD, tag.end, tag.content_end)) >= 0:
            yield inside, f"a variable cannot stand in a {tag.name}"
        if tag.name in ESCAPABLE and (element := _ELEMENT.search(self._text, tag.end, tag.content_end)):
            yield element.start(), f"an element cannot stand in a {tag.name}"

    def _branches(self, start: int, end: int) -> Iterator[Place]:
        """Yield a place if a branch or a loop begins between two positions and ends elsewhere, or the other way."""
        depth = lowest = 0
        for tag in self._template[self.number(start) : self.number(end)]:
            depth += _CHANGE.get(tag.word, 0)
            lowest = min(lowest, depth)
        if depth or lowest < 0:
            yield start, "an if or a for must begin and end within the same tag, value, comment or text"

    def _of_attribute(self, tag: HtmlTag, attribute: Attribute) -> Iterator[Place]:
        name, value = attribute.name.strip(SILENT), attribute.value
        if HELD in name or SILENT in name or (attribute.name.endswith(SILENT) and value is not None):
            yield attribute.start, "a variable or a branch cannot be in the name of an attribute"
        if value is None:
            return
        yield from self._branches(attribute.value_start, attribute.value_start + len(value))
        if HELD not in value:
            return
        held = attribute.value_start + value.index(HELD)
        if not attribute.quote:
            yield held, f"the value of {name} must be in quotes"
        elif name.startswith("on") or name in {"style", "srcdoc"}:
            yield held, f"a variable cannot stand in {name}"
        elif tag.name == "meta":
            yield held, "a variable cannot stand in meta"
        elif name in LINKS:
            yield from self._of_link(name, value, attribute.value_start)

    def _of_link(self, name: str, value: str, start: int) -> Iterator[Place]:
        """Yield the variables of an address that may choose its scheme, if branches before them make nothing of it."""
        for found in re.finditer(HELD, value):
            since = value[: found.start()]
            if value.lstrip(_BEFORE_SCHEME).startswith(SILENT):
                since = since.rpartition(SILENT)[2]
            literal = _LITERAL.match(_WITHIN_SCHEME.sub("", unescape(since)).lstrip(_BEFORE_SCHEME).replace(SILENT, ""))
            if literal is None and not self._is_link(start + found.start()) and not self._is_after_a_link(value, found):
                yield (
                    start + found.start(),
                    f"a variable at the beginning of {name} needs the filter {LINK_FILTER}, which checks its scheme",
                )
            elif literal and literal["scheme"] and literal["scheme"].lower() not in SCHEMES:
                yield start + found.start(), f"a variable cannot stand in an address of {literal['scheme'].lower()}:"

    def _is_link(self, position: int) -> bool:
        return _is_filtered(self._template[self.number(position)].tokens)

    @staticmethod
    def _is_after_a_link(value: str, found: re.Match[str]) -> bool:
        """Return whether another variable begins the address, which is looked at by itself."""
        return HELD in value[: found.start()].rpartition(SILENT)[2]


def _is_filtered(tokens: Sequence[Token]) -> bool:
    """Return whether a whole expression, and not only its last value, goes through the filter of links."""
    if [text for _, text in tokens[-2:]] != ["|", LINK_FILTER]:
        return False
    depth = 0
    for kind, text in tokens[:-2]:
        depth += (text in {"(", "["}) - (text in {")", "]"})
        if not depth and (text in _WORDS_BETWEEN_VALUES or (kind == "other" and text not in {".", "|", ")", "]"})):
            return False
    return True
