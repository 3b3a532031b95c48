"""Languages of a template: their names, and the choice of one."""

import re
from collections.abc import Collection
from typing import Final

LOCALE: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
"""A language, and optionally a script and a region (RFC 5646, sections 2.2.1, 2.2.3 and 2.2.4), as it is written."""


def best_match(available: Collection[str], wanted: str | None, default: str) -> str:
    """Return the language to use: the wanted one or one above it (``de-CH``, then ``de``), else ``default``.

    This is the lookup of RFC 4647, section 3.4.
    """
    while wanted:
        if wanted in available:
            return wanted
        wanted = wanted.rpartition("-")[0]
    return default
