"""Segments of SMS, against the library smsutil and the figures that Twilio publishes."""

import random

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from wavecom.domain.content.sms import MAX_CHARACTERS, MAX_SEGMENTS, Encoding, segments

ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"


def counted(text: str) -> tuple[str, int]:
    found = segments(text)
    return found.encoding.value, found.count


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("", "GSM-7", 1),
        ("Your code is 1234", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("a" * 459, "GSM-7", 3),
        ("a" * 918, "GSM-7", 6),
        ("a" * 919, "GSM-7", 7),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 158 + "€", "GSM-7", 1),
        ("a" * 159 + "€", "GSM-7", 2),
        ("я" * 70, "UCS-2", 1),
        ("я" * 71, "UCS-2", 2),
        ("я" * 134, "UCS-2", 2),
        ("я" * 135, "UCS-2", 3),
        ("я" * 402, "UCS-2", 6),
        ("я" * 403, "UCS-2", 7),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("ç", "UCS-2", 1),
        ("a" * 160 + "`", "UCS-2", 3),
        ("\x1b", "UCS-2", 1),
        ("Votre commande est prête", "UCS-2", 1),
        ("\u00a0", "UCS-2", 1),
    ],
)
def test_encoding_and_count(text: str, encoding: str, count: int) -> None:
    assert counted(text) == (encoding, count)


def test_an_escape_pair_is_not_cut_at_the_end_of_a_segment() -> None:
    text = "a" * 152 + "€" + "a" * 152

    assert len(text) + 1 == 306  # septets, which two segments would hold
    assert counted(text) == ("GSM-7", 3)
    assert counted("a" * 153 + "€" + "a" * 151) == ("GSM-7", 2)


def test_a_surrogate_pair_is_not_cut_at_the_end_of_a_segment() -> None:
    text = "я" * 66 + "😀" + "я" * 66

    assert len(text.encode("utf-16-be")) == 134 * 2  # which two segments would hold
    assert counted(text) == ("UCS-2", 3)
    assert counted("я" * 67 + "😀" + "я" * 65) == ("UCS-2", 2)


def test_the_tables_are_those_of_the_standard() -> None:
    assert {character for code in range(0x10000) if segments(character := chr(code)).encoding is Encoding.GSM_7} == {
        *ALPHABET,
        *EXTENSION,
    }
    assert len(set(ALPHABET)) == 127  # with the escape, 128
    assert [counted(each * 80 + "a") for each in EXTENSION] == [("GSM-7", 2)] * len(EXTENSION)


def test_no_accepted_text_is_longer_than_providers_take() -> None:
    assert counted("a" * (153 * MAX_SEGMENTS)) == ("GSM-7", MAX_SEGMENTS)
    assert 153 * MAX_SEGMENTS <= MAX_CHARACTERS


@given(st.text(st.sampled_from(ALPHABET[:20] + EXTENSION), max_size=700))
def test_gsm_7_agrees_with_smsutil(text: str) -> None:
    assert counted(text) == ("GSM-7", max(1, len(smsutil.split(text).parts)))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=500))
def test_any_text_agrees_with_smsutil(text: str) -> None:
    expected = smsutil.split(text.replace("\x1b", "\u0378"))

    encoding = {"gsm0338": "GSM-7", "utf_16_be": "UCS-2"}[expected.encoding]
    assert counted(text) == (encoding, len(expected.parts))


def test_long_texts_agree_with_smsutil() -> None:
    draw = random.Random(11)
    for _ in range(300):
        units = draw.choice([ALPHABET + EXTENSION * 3, "яЖ😀🏦", "ab€"])
        text = "".join(draw.choice(units) for _ in range(draw.randrange(150, 1_600)))

        assert counted(text)[1] == len(smsutil.split(text).parts), ascii(text)
