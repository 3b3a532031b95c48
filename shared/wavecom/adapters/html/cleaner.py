"""HTML cleaned by nh3, which parses it as browsers do and writes what is allowed of it anew."""

import re
from collections import Counter
from functools import cache
from typing import Any, Final

from wavecom.adapters.html.allowed import ATTRIBUTES, SCHEMES, STYLES, TAGS
from wavecom.adapters.html.tags import COMMENT, html_tags
from wavecom.domain.content.html import CleanHtml
from wavecom.domain.errors import Problem, RefusedDraftError

DEPTH_MAX: Final = 256
"""The most elements within each other; nh3's time grows with the square of their number."""
FORMATTING_MAX: Final = 32
"""The most elements of formatting within each other: a parser repeats them in each paragraph that follows."""
_VOID: Final = re.compile(r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr")
"""Elements that have no end (HTML Standard, "Void elements")."""
_ENDS_BY_ITSELF: Final = re.compile(r"body|colgroup|d[dt]|head|html|li|p|tbody|td|tfoot|th|thead|tr")
"""Elements whose end may be left out, which stand within each other only with others between (HTML Standard, "Optional
tags"). Within drawings and formulas they are elements like others."""
_BEGINNING: Final = re.compile(r"<[A-Za-z]")
_FORMATTING: Final = re.compile(r"a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u")
"""Elements that a parser opens again (HTML Standard, "Parsing": formatting elements)."""
_NAMED_MAX: Final = 10
"""The most kinds of removed parts that are named."""
_NAMES: Final = re.compile(r"<([a-zA-Z][a-zA-Z0-9:-]{0,30})|[\s\"'/](on[a-z]{1,30})\s*=", re.IGNORECASE)
_DOCUMENT: Final = frozenset({"html", "head", "body", "meta", "title", "link"})
"""The frame of a whole document: mail programs put their own around what they show."""


class Nh3Cleaner:
    """`wavecom.ports.content.HtmlCleaner` on nh3."""

    def clean(self, html: str) -> CleanHtml:
        """See `wavecom.ports.content.HtmlCleaner.clean`."""
        if depth(html) > DEPTH_MAX:
            raise RefusedDraftError([Problem("html", f"has more than {DEPTH_MAX} elements within each other")])
        cleaned = _cleaner().clean(html)
        return CleanHtml(html=cleaned, removed=tuple(_removed(html, cleaned)))


@cache
def _cleaner() -> Any:
    import nh3  # noqa: PLC0415 - only HTML needs it

    return nh3.Cleaner(
        tags=set(TAGS),
        attributes={name: set(allowed) for name, allowed in ATTRIBUTES.items()},
        generic_attribute_prefixes={"aria-"},
        clean_content_tags={"script", "style", "title", "template", "noscript"},
        filter_style_properties=set(STYLES),
        url_schemes=set(SCHEMES),
        link_rel=None,
        strip_comments=True,
    )


def depth(html: str) -> int:
    """Return the most elements that are open at once, or more where ends do not match their beginnings.

    Beginnings in a title, a style and the like count too: within drawings and formulas they are elements.
    """
    opened: Counter[str] = Counter()
    deepest = formatting = now = 0
    for tag in html_tags(html, as_outlook=False):
        name = tag.name
        is_foreign = opened["svg"] or opened["math"]
        if name == COMMENT or _VOID.fullmatch(name) or (_ENDS_BY_ITSELF.fullmatch(name) and not is_foreign):
            continue
        change = 1 if not tag.is_end else -min(opened[name], 1)
        opened[name] += change
        now += change + len(_BEGINNING.findall(html, tag.end, tag.content_end))
        if _FORMATTING.fullmatch(name):
            formatting += change
        deepest = max(deepest, now, DEPTH_MAX + 1 if formatting > FORMATTING_MAX else 0)
    return deepest


def _removed(before: str, after: str) -> list[str]:
    """Return the kinds of elements and event handlers that only ``before`` has, in its order.

    Both are read by the same simple pattern: what stands in a text or in an attribute is in both, and is not told.
    """
    kept = set(_kinds(after)) | _DOCUMENT
    found = [each for each in dict.fromkeys(_kinds(before)) if each not in kept]
    return found[:_NAMED_MAX]


def _kinds(html: str) -> list[str]:
    return [(element or handler).lower() for element, handler in _NAMES.findall(html)]
