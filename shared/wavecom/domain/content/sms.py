"""The number of segments of a text message. It decides the price; networks and providers limit it.

A text whose characters are all in the GSM 7-bit default alphabet or its extension table (3GPP TS 23.038, sections 6.2.1
and 6.2.1.1) goes out in septets; any other in UCS-2, 16 bits a unit, where a character beyond U+FFFF takes two. One
message holds 160 septets or 70 units. A longer text is cut into segments that begin with a header of 6 octets, which
leaves 153 septets or 67 units (3GPP TS 23.040, section 9.2.3.24.1). A character of the extension table takes two
septets and a surrogate pair two units; neither is cut apart, so a segment may end one short (Twilio documentation,
"What is GSM-7 character encoding?" and "What is UCS-2 character encoding?").
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_CHARACTERS: Final = 1_600
"""The longest text that providers accept (Twilio, "Messages resource"; Amazon SNS, "Publish"; AWS End User Messaging,
"SendTextMessage")."""
MAX_SEGMENTS: Final = 10
"""Ten segments have 1,530 characters at the most, fewer than `MAX_CHARACTERS`."""

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""TS 23.038, section 6.2.1, without the escape to the extension table."""
_EXTENSION: Final = "\f^{}\\[~]|€"
"""TS 23.038, section 6.2.1.1."""
_GSM_7: Final = re.compile(f"[{re.escape(_BASIC + _EXTENSION)}]*")
_EXTENDED: Final = re.compile(f"[{re.escape(_EXTENSION)}]")
_BEYOND_BMP: Final = re.compile("[\U00010000-\U0010ffff]")


class Encoding(StrEnum):
    """How a text message travels."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments that a text is sent in."""

    encoding: Encoding
    count: int


_LIMITS: Final = {Encoding.GSM_7: (_EXTENDED, 160, 153), Encoding.UCS_2: (_BEYOND_BMP, 70, 67)}
"""For each encoding: the characters that take two places, the places in a single message and in each of several."""


def segments(text: str) -> Segments:
    """Return the encoding and the number of segments of a text; an empty one needs one."""
    encoding = Encoding.GSM_7 if _GSM_7.fullmatch(text) else Encoding.UCS_2
    wide, single_limit, part_limit = _LIMITS[encoding]
    wide_positions = [match.start() for match in wide.finditer(text)]
    if len(text) + len(wide_positions) <= single_limit:
        return Segments(encoding, 1)
    if not wide_positions:
        return Segments(encoding, -(-len(text) // part_limit))
    wide_set = frozenset(wide_positions)
    count, used = 1, 0
    for position in range(len(text)):
        width = 2 if position in wide_set else 1
        if used + width > part_limit:
            count, used = count + 1, 0
        used += width
    return Segments(encoding, count)
