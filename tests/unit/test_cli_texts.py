"""What the command line makes of texts: what it prints, and what it reads."""

import pytest
import typer

from cli.output import clean
from cli.values import day

FSI, PDI = "\u2068", "\u2069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, ""),
        (7, "7"),
        ("Prix\u202f: 12\u00a0€", "Prix\u202f: 12\u00a0€"),
        ("👨\u200d👩\u200d👧 \U0001fae8", "👨\u200d👩\u200d👧 \U0001fae8"),
        ("שלום\u200f!", "שלום\u200f!"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[2J\x07\x7f", r"\x1b[2J\x07\x7f"),
        ("\x85\x9b31m", r"\x85\x9b31m"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("\ud83d", r"\ud83d"),
    ],
)
def test_controls_are_escaped_and_the_rest_is_shown(text: object, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202eabc", f"{FSI}\u202eabc{PDI}"),
        ("\u202babc\u202c", f"{FSI}\u202babc\u202c{PDI}"),
        ("\u2067abc", f"{FSI}\u2067abc{PDI}{PDI}"),
        ("\u2066a\u2069b", f"{FSI}\u2066a\u2069b{PDI}"),
        ("a\u2069\u202eb", f"{FSI}a\\u2069\u202eb{PDI}"),
        ("\u2066\u2067\u2069\u2069\u2069", f"{FSI}\u2066\u2067\u2069\u2069\\u2069{PDI}"),
    ],
)
def test_marks_of_direction_reach_no_further_than_their_text(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize("text", ["2026-1-5", "20260105", "\uff12026-01-05", "2026-02-30", "2026-01-05\n", ""])
def test_a_day_is_written_in_one_way(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        day(text)


def test_a_day_is_kept() -> None:
    assert day("2026-01-05") == "2026-01-05"
