"""MJML, which becomes HTML that old mail programs show well, checked before the compiler reads it.

The compiler (MRML) names no lines and passes over elements that it does not know. So what it is given is well-formed
XML, made of the elements below, with text where it may be (MJML documentation, "Components").
"""

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from wavecom.adapters.html.tags import html_tags
from wavecom.adapters.templates.held_tags import HeldTags
from wavecom.adapters.templates.language import Violation

DEPTH_MAX: Final = 50
"""The deepest nesting; the compiler reads by recursion."""
_CONTAINERS: Final = re.compile(
    r"mjml|mj-(?:head|attributes|body|wrapper|section|group|column|hero|navbar|social|accordion(?:-element)?|carousel)"
)
"""Elements with elements in them, and no text."""
_LEAVES: Final = re.compile(
    r"mj-(?:title|preview|style|all|class|breakpoint|text|button|image|divider|spacer|table|raw|navbar-link|"
    r"social-element|accordion-(?:title|text)|carousel-image)"
)
_VOID: Final = re.compile(r"br|col|hr|img|input|wbr")
_DECLARATION: Final = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
_STRAY: Final = re.compile(r"&(?![A-Za-z][A-Za-z0-9]{1,30};|#\d{1,7};|#[xX][0-9A-Fa-f]{1,6};)")
_WITH_HTML: Final = frozenset({"mj-text", "mj-button", "mj-table", "mj-raw", "mj-accordion-text", "mj-navbar-link"})
"""Elements that may have HTML in them."""
_FONTS: Final = re.compile(r"<link\b[^>]{0,500}>|@import[^;@]{0,500};", re.IGNORECASE)
"""Loads the compiler's own choice of fonts from the network, and so tells when an email is read."""


class NotMjmlError(Exception):
    """The source does not become HTML; the text says why."""


def mjml_violations(source: str) -> Iterator[Violation]:
    """Yield what is wrong with MJML, at the most to the first place where it is no XML."""
    reader = _Reader()
    try:
        reader.parser.Parse(_as_xml(HeldTags(source)), True)
    except expat.ExpatError as exc:
        reader.found.append(Violation(exc.lineno, f"is not well-formed: {expat.errors.messages[exc.code]}"))
    except _ReadNoFurtherError:
        pass
    yield from reader.found


def html_of_mjml(source: str) -> str:
    """Return the HTML of MJML without violations, with its tags in place. Raises `NotMjmlError`."""
    from mjml import mjml2html  # noqa: PLC0415 - only versions that are made need it

    held = HeldTags(source)
    try:
        html = mjml2html(_as_xml(held).strip())
    except ValueError as exc:
        raise NotMjmlError(f"cannot be compiled: {exc}") from exc
    whole = held.put_back(_FONTS.sub("", html))
    if whole is None:
        raise NotMjmlError("has a tag in a place that is not shown; write it in mj-text, or in mj-raw")
    return whole


def _as_xml(held: HeldTags) -> str:
    """Return a source with what HTML may leave out: ends of ``<br>``, ``&amp;`` for ``&``, values of attributes."""
    text = _DECLARATION.sub("", held.text)
    inserts: list[tuple[int, str]] = []
    for tag in html_tags(text):
        if not tag.is_end and tag.closed and _VOID.fullmatch(tag.name) and text[tag.end - 2] != "/":
            inserts.append((tag.end - 1, "/"))
        for attribute in tag.attributes:
            word = re.match(rf"{held.word}\d+e", attribute.name)
            if word is None:
                continue
            if text[attribute.start - 1] in "\"'":
                inserts.append((attribute.start, " "))
            if attribute.value is None or word[0] != attribute.name:
                inserts.append((attribute.start + word.end(), held.no_value))
    for position, insert in reversed(inserts):
        text = text[:position] + insert + text[position:]
    return _STRAY.sub("&amp;", text)


class _ReadNoFurtherError(Exception):
    """Reading on could take long."""


class _Reader:
    """Reads XML and collects what is no MJML."""

    def __init__(self) -> None:
        self.found: list[Violation] = []
        self._open: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.UseForeignDTD(True)  # names of HTML such as &nbsp; are left to HTML
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _add(self, message: str) -> None:
        self.found.append(Violation(self.parser.CurrentLineNumber, message))

    def _doctype(self, *_: object) -> None:
        self._add("must have no document type")
        raise _ReadNoFurtherError

    def _start(self, name: str, _: dict[str, str]) -> None:
        within = self._open[-1] if self._open else ""
        self._open.append(name)
        if len(self._open) > DEPTH_MAX:
            self._add(f"is nested deeper than {DEPTH_MAX} elements")
            raise _ReadNoFurtherError
        if not within and name != "mjml":
            self._add("must begin with mjml")
        elif name.startswith("mj") and not (_CONTAINERS.fullmatch(name) or _LEAVES.fullmatch(name)):
            self._add(f"{name} is not available")
        elif not name.startswith("mj") and not _WITH_HTML & set(self._open):
            self._add(f"{name} cannot stand in {within}")

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if text.strip() and self._open and _CONTAINERS.fullmatch(self._open[-1]):
            self._add(f"text cannot stand in {self._open[-1]}; write it in mj-text, and tags such as if in mj-raw")
