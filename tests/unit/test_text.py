"""What one line of text is, and what can be seen: the same on every supported Python."""

import sys

import pytest

from wavecom.domain.content.text import has_visible_text, is_one_line

LINES = [
    "Votre commande est prête\u00a0!",
    "Prix\u202f: 12\u00a0€",
    "👨\u200d👩\u200d👧",
    "ご注文\u3000完了",
    "می\u200cخواهم",  # noqa: RUF001 - Persian
    "क्\u200dष",
    "\U0001fae8",
    "\u202eabc\u202c",
    "\u2066abc\u2069 \u200f",
    "zero\u200bwidth\ufeff",
    "soft\u00adhyphen",
    "unassigned \U0001fbff \u0378",
    "",
]
NO_LINES = [
    "a\nb",
    "a\rb",
    "a\x00",
    "\x1b[31m",
    "a\tb",
    "\x7f",
    "\x80",
    "\x85",
    "\x9f",
    "\u2028",
    "\u2029",
    "\ud83d",
    "\udc00",
]


@pytest.mark.parametrize("text", LINES)
def test_what_languages_need_is_one_line(text: str) -> None:
    assert is_one_line(text)


@pytest.mark.parametrize("text", NO_LINES)
def test_what_breaks_a_line_or_a_header_is_none(text: str) -> None:
    assert not is_one_line(f"Hello {text} there")


def test_of_all_characters_controls_separators_and_surrogates_are_refused() -> None:
    refused = {code for code in range(sys.maxunicode + 1) if not is_one_line(chr(code))}

    assert refused == {*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0xD800, 0xE000)}


@pytest.mark.parametrize("text", ["a", " .", "\u200b7", "\U0001fae8", "\u0300", "\n—"])
def test_text_that_can_be_seen(text: str) -> None:
    assert has_visible_text(text)


@pytest.mark.parametrize(
    "text", ["", " \t\r\n", "\u00a0\u3000\u2028", "\u200b\u200d\ufeff", "\u202e\u2066 \u00ad", "\x1b"]
)
def test_text_that_cannot_be_seen(text: str) -> None:
    assert not has_visible_text(text)
