"""The places where variables may stand in a template's HTML, checked without rendering.

Escaping makes a value harmless in text and in an attribute between quotes. Elsewhere it does not: without quotes a
value ends its attribute at the first space, in a script or a style it is code, and at the beginning of a link it
chooses the scheme (OWASP, "Cross Site Scripting Prevention Cheat Sheet").
"""

import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from typing import Final

from wavecom.adapters.html.tags import HELD, RAW, SILENT, Attribute, HtmlTag, html_tags
from wavecom.adapters.templates.language import Tag, Token, Violation, tags, with_tags_replaced

LINKS: Final = frozenset({"href", "src", "action", "formaction", "background", "poster", "cite", "data", "xlink:href"})
"""Attributes that hold an address (HTML Standard, "Attributes": valid URL)."""
LINK_FILTER: Final = "url"
_BEFORE_SCHEME: Final = "".join(chr(code) for code in range(33))
"""Characters that browsers pass over before an address (URL Standard, "C0 control or space")."""
_CHOOSES_A_PLACE: Final = re.compile(r"[#/?]|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_WORDS_BETWEEN_VALUES: Final = frozenset({"or", "and", "not", "if", "else", "in", "is"})

Place = tuple[int, str]
"""The position of a misplaced variable or tag, and the reason."""


def markup_violations(source: str) -> Iterator[Violation]:
    """Yield each variable of a template's HTML that stands where escaping does not make its value harmless."""
    source = source.replace(HELD, "").replace(SILENT, "")
    variables = [tag for tag in tags(source) if tag.kind == "{"]
    html = with_tags_replaced(source, lambda tag: HELD if tag.kind == "{" else SILENT)
    every = list(tags(source))
    for tag in html_tags(html):
        for position, message in _places(html, tag, _links(html, variables)):
            before = html.count(HELD, 0, position) + html.count(SILENT, 0, position)
            start = every[before].start if before < len(every) else len(source)
            yield Violation(source.count("\n", 0, start) + 1, message)


def _places(html: str, tag: HtmlTag, is_link: Callable[[int], bool]) -> Iterator[Place]:
    if not tag.closed:
        yield tag.start, "a comment has no end" if tag.name == "!--" else "a tag of an element has no end"
    if HELD in tag.name or SILENT in tag.name:
        yield tag.start, "a variable cannot be the name of an element"
    if tag.name == "script":
        yield tag.start, "script is not available; no mail program runs one"
    for attribute in tag.attributes:
        yield from _places_of_attribute(tag, attribute, is_link)
    if tag.name in RAW and (inside := html.find(HELD, tag.end, tag.content_end)) >= 0:
        yield inside, f"a variable cannot stand in a {tag.name}"


def _places_of_attribute(tag: HtmlTag, attribute: Attribute, is_link: Callable[[int], bool]) -> Iterator[Place]:
    """Yield the position of each misplaced variable in an attribute, and the reason."""
    name, value = attribute.name.replace(SILENT, ""), attribute.value
    if HELD in name:
        yield attribute.start + attribute.name.index(HELD), "a variable cannot be the name of an attribute"
    if value is None or HELD not in value:
        return
    held = attribute.value_start + value.index(HELD)
    if not attribute.quote:
        yield held, f"the value of {name} must be in quotes"
    elif name.startswith("on") or name in {"style", "srcdoc"}:
        yield held, f"a variable cannot stand in {name}"
    elif tag.name == "meta":
        yield held, "a variable cannot stand in meta"
    elif name in LINKS:
        for position in _beginnings(value):
            if not is_link(attribute.value_start + position):
                message = (
                    f"a variable at the beginning of {name} needs the filter {LINK_FILTER}, which checks its scheme"
                )
                yield attribute.value_start + position, message


def _beginnings(value: str) -> Iterator[int]:
    """Yield the positions of variables that may begin an address, where branches before them make nothing of it."""
    decoded = unescape(value).lstrip(_BEFORE_SCHEME)
    if not decoded.startswith((HELD, SILENT)):
        return
    for found in re.finditer(HELD, value):
        if decoded.startswith(HELD) and found.start() == value.index(HELD):
            yield found.start()
        elif decoded.startswith(SILENT):
            since = re.split(f"[{HELD}{SILENT}]", value[: found.start()])[-1]
            if not _CHOOSES_A_PLACE.match(unescape(since).strip(_BEFORE_SCHEME)):
                yield found.start()


def _links(html: str, variables: Sequence[Tag]) -> Callable[[int], bool]:
    """Return a function that says whether the variable held at a position goes through the filter of links."""
    return lambda position: _is_filtered(variables[html.count(HELD, 0, position)].tokens)


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
