"""The text of an email made of its HTML, with the template's tags where they stood.

A line for each block, a blank line around paragraphs and headings, a dash before each item of a list, and an address in
parentheses after each link that does not show it.
"""

import re
from html.parser import HTMLParser
from typing import Final

from wavecom.adapters.templates.language import Tag, with_tags_replaced

_FIRST_HELD: Final = 0xF0000
"""A tag's character: the first of them, and so on in order (Unicode, Supplementary Private Use Area-A)."""
_HELD: Final = re.compile("[\U000f0000-\U000fffff]")
_SKIPPED: Final = frozenset({"head", "script", "style", "title"})
_LINES: Final = frozenset({"address", "blockquote", "dd", "div", "dl", "dt", "footer", "header", "li", "section", "tr"})
_PARAGRAPHS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"})
_CELLS: Final = frozenset({"td", "th"})
_SHOWN_PARTS: Final = 100
"""The most parts of a link in which its own address is looked for."""
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_SPACES_IN_LINE: Final = re.compile(r" {2,}")
_AROUND_LINES: Final = re.compile(r" *\n *")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def text_of_html(source: str) -> str:
    """Return the source of a text that says what a template's HTML says."""
    held: dict[str, str] = {}

    def hold(tag: Tag) -> str:
        character = chr(_FIRST_HELD + len(held))
        held[character] = source[tag.start : tag.end]
        return character

    source = _HELD.sub("", source)
    reader = _Reader()
    reader.feed(with_tags_replaced(source, hold))
    reader.close()
    return _HELD.sub(lambda found: held.get(found[0], ""), reader.text())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._skipped = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _SKIPPED:
            self._skipped += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "img":
            self._parts.append(given.get("alt", ""))
        elif tag == "a":
            self._links.append((given.get("href", ""), len(self._parts)))
        else:
            self._break(tag)
            self._parts.append("- " if tag == "li" else "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SKIPPED:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped = max(0, self._skipped - 1)
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            if (
                address
                and not address.startswith("#")
                and address not in "".join(self._parts[start : start + _SHOWN_PARTS])
            ):
                self._parts.append(f" ({address})")
        elif tag in _CELLS:
            self._parts.append(" ")
        else:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._parts.append(_SPACES.sub(" ", data))

    def text(self) -> str:
        lines = _AROUND_LINES.sub("\n", _SPACES_IN_LINE.sub(" ", "".join(self._parts)))
        return _BLANK_LINES.sub("\n\n", lines).strip()

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._parts.append("\n\n")
        elif tag in _LINES and not "".join(self._parts[-2:]).endswith("\n"):
            self._parts.append("\n")
