"""Checks on text that give the same answer on every version of Python and of Unicode."""

import re
import unicodedata
from typing import Final

_BREAKS_A_LINE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""The categories Cc, Zl, Zp and Cs (Unicode, UnicodeData.txt). The first and the last never change ("Unicode Character
Encoding Stability Policies", Property Value Stability); Zl and Zp have had one character each since Unicode 1.1."""
_INVISIBLE: Final = frozenset({"Cc", "Cf"})


def is_one_line(text: str) -> bool:
    """Return whether a text is one line that a header can carry: no control, no line or paragraph separator.

    Unpaired surrogates are refused too, since no encoding carries them. Everything else belongs to some language:
    no-break spaces, joiners, ideographic spaces, and characters that are newer than this Python.
    """
    return _BREAKS_A_LINE.search(text) is None


def has_visible_text(text: str) -> bool:
    """Return whether a text has a character other than spaces, controls and format characters.

    Format characters (category Cf) are joiners and marks of direction, which show nothing by themselves.
    """
    return any(not each.isspace() and unicodedata.category(each) not in _INVISIBLE for each in text)
