"""The languages in which templates write amounts, numbers and times, with all their regions. Pure data.

The Unicode CLDR knows some 700, in 33 MB; a function's layer carries these alone (``layers/prune.py``).
"""

from typing import Final

# fmt: off
LANGUAGES: Final = frozenset(
    {
        "ar", "bg", "bn", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga",
        "gl", "he", "hi", "hr", "hu", "id", "is", "it", "ja", "ko", "lb", "lt", "lv", "mk", "ms", "mt", "nb",
        "nl", "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "th", "tr", "uk", "vi",
        "zh",
    }
)
# fmt: on
"""Those of the European Union and its neighbours, and the largest others (ISO 639)."""
