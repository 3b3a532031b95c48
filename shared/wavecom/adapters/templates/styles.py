"""Rules of style sheets written into the elements that they are about, since many mail programs read no style sheet.

The tool that applies the rules reads a copy; only its ``style`` attributes come into the source, which else stays as it
is. The style sheets stay too, for rules that no attribute can hold, such as ``@media`` and ``:hover``.
"""

import re
from functools import cache
from typing import Any, Final

from wavecom.adapters.html.cleaner import DEPTH_MAX, depth
from wavecom.adapters.html.tags import HtmlTag, html_tags
from wavecom.adapters.templates.held_tags import HeldTags

RULES_TIMES_ELEMENTS_MAX: Final = 1_000_000
"""Each rule is looked for among all elements: 2,000 of both took ten seconds."""
SHEET_TIMES_ELEMENTS_MAX: Final = 50_000_000
"""Characters of the style sheets, each of which may come into every element."""
_REMOTE: Final = re.compile(r"@import\b|@font-face\b", re.IGNORECASE)
_NUMBER: Final = "data-wavecom-number"


class NotInlinedError(Exception):
    """The styles cannot be written into the elements; the text says why."""


def with_styles_inlined(html: str) -> str:
    """Return the source of HTML with the rules of its style sheets in its elements too. Raises `NotInlinedError`."""
    held = HeldTags(html)
    found = list(html_tags(held.text))
    sheets = [held.text[tag.end : tag.content_end] for tag in found if tag.name == "style" and not tag.is_end]
    if not sheets:
        return html
    _check(held.text, sheets, len(found))
    styles = _styles_by_number(_numbered(held.text, found))
    parts, position = [], 0
    for number, tag in enumerate(found):
        edit = _edit(tag, styles.get(number), held.word)
        if edit is not None:
            start, end, text = edit
            parts += [held.text[position:start], text]
            position = end
    whole = held.put_back("".join([*parts, held.text[position:]]))
    assert whole is not None, "no tag was touched"
    return whole


def _check(html: str, sheets: list[str], elements: int) -> None:
    sheet = "".join(sheets)
    if _REMOTE.search(sheet):
        raise NotInlinedError("loads a font or a style sheet from the network, which tells when an email is read")
    if depth(html) > DEPTH_MAX:
        raise NotInlinedError(f"has more than {DEPTH_MAX} elements within each other")
    rules = sheet.count("{") + sheet.count(",")
    if rules * elements > RULES_TIMES_ELEMENTS_MAX or len(sheet) * elements > SHEET_TIMES_ELEMENTS_MAX:
        raise NotInlinedError("has too many rules of style for its number of elements")


def _numbered(html: str, found: list[HtmlTag]) -> str:
    """Return HTML whose elements have numbers, for what the tool makes of them."""
    parts, position = [], 0
    for number, tag in enumerate(found):
        if not tag.is_end and tag.closed:
            parts += [html[position : tag.name_end], f' {_NUMBER}="{number}"']
            position = tag.name_end
    return "".join([*parts, html[position:]])


def _styles_by_number(html: str) -> dict[int, str]:
    """Return the styles that the rules give each numbered element, as the text of an attribute."""
    try:
        inlined = _inliner().inline(html)
    except ValueError as exc:  # its InlineError is one
        raise NotInlinedError(f"has a style sheet that cannot be read: {exc}") from exc
    styles: dict[int, str] = {}
    for tag in html_tags(inlined):
        given = {each.name: each.value or "" for each in tag.attributes}
        if _NUMBER in given and "style" in given:
            styles.setdefault(int(given[_NUMBER]), given["style"])
    return styles


def _edit(tag: HtmlTag, style: str | None, word: str) -> tuple[int, int, str] | None:
    """Return the place of an element's style and its new text, or None where it stays.

    A style that depends on the template's tags stays.
    """
    if style is None:
        return None
    for attribute in tag.attributes:
        if attribute.name == "style" and attribute.quote:
            if word in (attribute.value or "") or attribute.value == style:
                return None
            end = attribute.value_start + len(attribute.value or "")
            return attribute.value_start - 1, end + 1, f'"{style}"'
        if attribute.name.endswith("style"):
            return None
    return tag.name_end, tag.name_end, f' style="{style}"'


@cache
def _inliner() -> Any:
    import css_inline  # noqa: PLC0415 - only versions that are made need it

    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
