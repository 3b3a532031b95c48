"""The places where variables may stand in a template's HTML, checked without rendering.

Escaping makes a value harmless in text and in an attribute between quotes. Elsewhere it does not: without quotes a
value ends its attribute at the first space, in a script or a style it is code, and at the beginning of a link it
chooses the scheme (OWASP, "Cross Site Scripting Prevention Cheat Sheet").
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from wavecom.adapters.templates.language import Tag, Violation, tags, with_tags_replaced

LINKS: Final = frozenset({"href", "src", "action", "formaction", "background", "poster", "cite", "data", "xlink:href"})
"""Attributes that hold an address (HTML Standard, "Attributes": valid URL)."""
LINK_FILTER: Final = "url"
_HELD: Final = "\ue000"
"""Stands for a variable in the HTML that is looked at, a character of nobody's (Unicode, Private Use Area)."""
_TAG: Final = re.compile(r"<!--.*?(?:-->|\Z)|</?(?P<name>[A-Za-z\ue000][^\s/>]*)", re.DOTALL)
_ATTRIBUTE: Final = re.compile(
    r"""[\s/]*(?P<name>=[^\s=/>]*|[^\s=/>]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s>]*)))?"""
)
_TAG_END: Final = re.compile(r"[\s/]*>")
_RAW: Final = frozenset({"script", "style"})
"""Elements whose content is no text (HTML Standard, "Raw text")."""


def markup_violations(source: str) -> Iterator[Violation]:
    """Yield each variable of a template's HTML that stands where escaping does not make its value harmless."""
    source = source.replace(_HELD, "")
    variables = [tag for tag in tags(source) if tag.kind == "{"]
    html = with_tags_replaced(source, lambda tag: _HELD if tag.kind == "{" else "")

    def of(held: int, message: str) -> Violation:
        return Violation(source.count("\n", 0, variables[held].start) + 1, message)

    position = 0
    while opening := _TAG.search(html, position):
        position = opening.end()
        name = opening["name"]
        if name is None:
            continue
        if _HELD in name:
            yield of(html.count(_HELD, 0, opening.start()), "a variable cannot be the name of an element")
        attributes, position = _attributes(html, position)
        for start, message in _attribute_violations(attributes, _links(html, variables)):
            yield of(html.count(_HELD, 0, start), message)
        if name.lower() in _RAW and not opening[0].startswith("</"):
            end = re.compile(rf"</{name}", re.IGNORECASE).search(html, position)
            content_end = end.start() if end else len(html)
            if (inside := html.find(_HELD, position, content_end)) >= 0:
                yield of(html.count(_HELD, 0, inside), f"a variable cannot stand in a {name.lower()}")
            position = content_end


def _links(html: str, variables: Sequence[Tag]) -> Callable[[int], bool]:
    """Return a function that says whether the variable held at a position goes through the filter of links."""

    def is_link(position: int) -> bool:
        tokens = variables[html.count(_HELD, 0, position)].tokens
        return len(tokens) > 1 and (tokens[-2][1], tokens[-1][1]) == ("|", LINK_FILTER)

    return is_link


def _attributes(html: str, position: int) -> tuple[list[re.Match[str]], int]:
    """Return the attributes of a tag from ``position`` on, and where the tag ends."""
    found: list[re.Match[str]] = []
    while not (end := _TAG_END.match(html, position)):
        attribute = _ATTRIBUTE.match(html, position)
        if attribute is None:
            return found, len(html)
        found.append(attribute)
        position = attribute.end()
    return found, end.end()


def _attribute_violations(
    attributes: Iterable[re.Match[str]], is_link: Callable[[int], bool]
) -> Iterator[tuple[int, str]]:
    """Yield the position of each misplaced variable in a tag's attributes, and the reason."""
    for attribute in attributes:
        name = attribute["name"].lower()
        kind = next((kind for kind in ("double", "single", "bare") if attribute[kind] is not None), None)
        if _HELD in name:
            yield attribute.start("name") + name.index(_HELD), "a variable cannot be the name of an attribute"
        if kind is None or _HELD not in attribute[kind]:
            continue
        held = attribute.start(kind) + attribute[kind].index(_HELD)
        if kind == "bare":
            yield held, f"the value of {name} must be in quotes"
        elif name.startswith("on") or name in {"style", "srcdoc"}:
            yield held, f"a variable cannot stand in {name}"
        elif name in LINKS and attribute[kind].lstrip().startswith(_HELD) and not is_link(held):
            yield held, f"a variable at the beginning of {name} needs the filter {LINK_FILTER}, which checks its scheme"
