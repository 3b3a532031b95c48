"""Style sheets of HTML moved into the elements that they are about, since many mail programs read them nowhere else."""

import re
from functools import cache
from typing import Any, Final

from wavecom.adapters.html.cleaner import DEPTH_MAX, depth
from wavecom.adapters.templates.held_tags import HeldTags

_STYLE: Final = re.compile(r"<style\b", re.IGNORECASE)
_REMOTE: Final = re.compile(r"@import\b|@font-face\b", re.IGNORECASE)


class NotInlinedError(Exception):
    """The styles cannot be moved; the text says why."""


def with_styles_inlined(html: str) -> str:
    """Return the source of HTML without style sheets, but for rules such as ``@media``, which need one.

    Raises `NotInlinedError`.
    """
    if not _STYLE.search(html):
        return html
    if _REMOTE.search(html):
        raise NotInlinedError("loads a font or a style sheet from the network, which tells when an email is read")
    if depth(html) > DEPTH_MAX:
        raise NotInlinedError(f"has more than {DEPTH_MAX} elements within each other")
    held = HeldTags(html, as_comments=True)
    try:
        inlined = _inliner().inline(held.text)
    except ValueError as exc:  # its InlineError is one
        raise NotInlinedError(f"has a style sheet that cannot be read: {exc}") from exc
    whole = held.put_back(inlined)
    if whole is None:
        raise NotInlinedError("has a tag in a style sheet, or where a document has no text")
    return whole


@cache
def _inliner() -> Any:
    import css_inline  # noqa: PLC0415 - only versions that are made need it

    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
