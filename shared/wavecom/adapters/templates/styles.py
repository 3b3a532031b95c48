"""Rules of style sheets written into the elements that they are about, since many mail programs read no style sheet.

The tool that applies the rules reads a copy; only its ``style`` attributes come into the source, which else stays as it
is. The style sheets stay too, for rules that no attribute can hold, such as ``@media`` and ``:hover``.
"""

import re
from functools import cache
from typing import Any, Final

from wavecom.adapters.html.cleaner import DEPTH_MAX, depth
from wavecom.adapters.html.tags import COMMENT, HtmlTag, html_tags
from wavecom.adapters.templates.held_tags import HeldTags

RULES_TIMES_ELEMENTS_MAX: Final = 1_000_000
"""Each rule is looked for among all elements: 2,000 of both took ten seconds."""
SHEET_TIMES_ELEMENTS_MAX: Final = 50_000_000
"""Characters of the style sheets, each of which may come into every element."""
DECLARATIONS_MAX: Final = 1_500
"""The time grows with the square of an element's declarations: 6,000 for 150 elements took six seconds."""
_ABOUT_ORDER: Final = re.compile(r"[^{}]{0,500}:(?:first|last|nth|only|empty)\b[^{}]{0,500}\{[^{}]{0,5000}\}")
_REMOTE: Final = re.compile(r"@import\b|@font-face\b", re.IGNORECASE)
_NUMBER: Final = "data-wavecom-number"

Edit = tuple[int, int, str]
"""A part of a text, by its two ends, and what comes in its place."""


class NotInlinedError(Exception):
    """The styles cannot be written into the elements; the text says why."""


def with_styles_inlined(html: str) -> str:
    """Return the source of HTML with the rules of its style sheets in its elements too. Raises `NotInlinedError`."""
    held = HeldTags(html)
    found = list(html_tags(held.text))
    sheets = [tag for tag in found if tag.name == "style" and not tag.is_end]
    if not sheets:
        return html
    _check(held.text, "".join(held.text[tag.end : tag.content_end] for tag in sheets), len(found))
    styles = _styles_by_number(_numbered(held, found))
    edits = [
        edit
        for number, tag in enumerate(found)
        if number in styles and (edit := _edit(tag, styles[number], held.word)) is not None
    ]
    whole = held.put_back(_edited(held.text, edits))
    if whole is None:
        raise NotInlinedError("has a style that depends on a variable")
    return whole


def _check(html: str, sheet: str, elements: int) -> None:
    if _REMOTE.search(sheet):
        raise NotInlinedError("loads a font or a style sheet from the network, which tells when an email is read")
    if depth(html) > DEPTH_MAX:
        raise NotInlinedError(f"has more than {DEPTH_MAX} elements within each other")
    rules = sheet.count("{") + sheet.count(",")
    if (
        sheet.count("{") + sheet.count(";") > DECLARATIONS_MAX
        or rules * elements > RULES_TIMES_ELEMENTS_MAX
        or len(sheet) * elements > SHEET_TIMES_ELEMENTS_MAX
    ):
        raise NotInlinedError("has too many rules of style for its number of elements")


def _numbered(held: HeldTags, found: list[HtmlTag]) -> str:
    """Return HTML whose elements have numbers, for what the tool makes of them.

    It is without the styles that depend on the template, and where the template has branches or loops without rules
    about the order of elements, which depends on it.
    """
    edits: list[Edit] = []
    for number, tag in enumerate(found):
        if tag.is_end or not tag.closed or tag.name == COMMENT:
            continue
        edits.append((tag.name_end, tag.name_end, f' {_NUMBER}="{number}"'))
        edits += [
            (each.start, each.start + len("style"), "data-style")
            for each in tag.attributes
            if each.name == "style" and held.word in (each.value or "")
        ]
        if tag.name == "style" and held.are_silent:
            sheet = held.text[tag.end : tag.content_end]
            edits.append((tag.end, tag.content_end, _ABOUT_ORDER.sub("", sheet)))
    return _edited(held.text, edits)


def _edited(text: str, edits: list[Edit]) -> str:
    parts, position = [], 0
    for start, end, replacement in edits:
        parts += [text[position:start], replacement]
        position = end
    return "".join([*parts, text[position:]])


def _styles_by_number(html: str) -> dict[int, str]:
    """Return the styles that the rules give each numbered element, as the text of an attribute."""
    try:
        inlined = _inliner().inline(html)
    except ValueError as exc:  # its InlineError is one
        raise NotInlinedError(f"has a style, of a sheet or of an element, that cannot be read: {exc}") from exc
    styles: dict[int, str] = {}
    for tag in html_tags(inlined):
        given = {each.name: each.value or "" for each in tag.attributes}
        if given.get(_NUMBER, "").isdecimal() and "style" in given:
            styles.setdefault(int(given[_NUMBER]), given["style"])
    return styles


def _edit(tag: HtmlTag, style: str, word: str) -> Edit | None:
    """Return the place of an element's style and its new text, or None where it stays.

    An element stays whose attributes or rules depend on the template, or whose style the tool has quoted otherwise.
    """
    given = {each.name: each.value or "" for each in tag.attributes}
    depends = any(word in each for each in (style, *given, *(given.get(name, "") for name in ("class", "id", "style"))))
    if depends or "&" in style or style.count("'") % 2:
        return None
    for attribute in tag.attributes:
        if attribute.name == "style":
            if not attribute.quote or attribute.value == style:
                return None
            end = attribute.value_start + len(attribute.value or "")
            return attribute.value_start - 1, end + 1, f'"{style}"'
    return tag.name_end, tag.name_end, f' style="{style}"'


@cache
def _inliner() -> Any:
    import css_inline  # noqa: PLC0415 - only versions that are made need it

    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
