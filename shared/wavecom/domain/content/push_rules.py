"""Rules for what a push message carries, whether a client gives it or a template makes it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from wavecom.domain.content.push import COLLAPSE_KEY, RESERVED_KEYS, RESERVED_PREFIXES, PushOptions
from wavecom.domain.content.text import is_one_line

DATA_MAX: Final = 30
ADDRESS_MAX: Final = 2048
BADGE_MAX: Final = 99_999
SOUND: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
PUSH_PARTS: Final = ("link", "image", "sound", "badge", "collapse_key")
"""The parts of a template that become options of a push message, beside ``data``."""
DATA_PREFIX: Final = "data."
"""The beginning of the name of a part that becomes a text for the app."""

_CODE_SCHEMES: Final = frozenset(
    {
        "about",
        "blob",
        "content",
        "data",
        "feed",
        "file",
        "filesystem",
        "intent",
        "jar",
        "javascript",
        "vbscript",
        "view-source",
    }
)
"""Schemes that run or read something, rather than lead somewhere."""
_OF_THE_WEB: Final = frozenset({"http", "https"})


def checked_link(address: str) -> str:
    """Return an address that a tap may open. Raises ValueError with the end of a sentence for any other."""
    scheme, host = _parts(address)
    if len(scheme) < 2 or scheme in _CODE_SCHEMES or (scheme in _OF_THE_WEB and not host):
        raise ValueError("must be an address with a scheme, such as https://bank.example/pay or bank://pay")
    return address


def checked_picture(address: str) -> str:
    """Return the address of a picture. Raises ValueError with the end of a sentence for any other."""
    scheme, host = _parts(address)
    if scheme != "https" or not host:
        raise ValueError("must be an address that begins with https://")
    return address


def checked_sound(sound: str) -> str:
    """Return the name of a sound. Raises ValueError with the end of a sentence for any other."""
    if not SOUND.fullmatch(sound):
        raise ValueError("must be the name of a file of your app, or default")
    return sound


def checked_badge(text: str) -> int:
    """Return the number of a badge. Raises ValueError with the end of a sentence for a text that is none."""
    if not (text.isascii() and text.isdigit() and int(text) <= BADGE_MAX):
        raise ValueError(f"must be a number from 0 to {BADGE_MAX:,}")
    return int(text)


def checked_collapse_key(key: str) -> str:
    """Return a collapse key. Raises ValueError with the end of a sentence for any other."""
    if not COLLAPSE_KEY.fullmatch(key):
        raise ValueError("must be 1 to 32 letters, digits, hyphens and underscores")
    return key


def checked_data_key(key: str) -> str:
    """Return a name in ``data``. Raises ValueError with the end of a sentence for one that others use."""
    if key.lower() in RESERVED_KEYS or key.lower().startswith(RESERVED_PREFIXES):
        raise ValueError("is a name that FCM, APNs or WaveCom uses itself")
    return key


_CHECKS: Final = {
    "link": checked_link,
    "image": checked_picture,
    "sound": checked_sound,
    "badge": checked_badge,
    "collapse_key": checked_collapse_key,
}


def part_problem(name: str, text: str) -> str | None:
    """Return why the text of a template's part cannot be sent, as the end of a sentence; None if it can."""
    check = _CHECKS.get(name)
    if check is None:
        return None
    try:
        check(text)
    except ValueError as exc:
        return str(exc)
    return None


def options_of(texts: Mapping[str, str]) -> PushOptions | None:
    """Return the options that checked texts make, by the names of the parts; None if none of them is one."""
    given = {name: check(texts[name]) for name, check in _CHECKS.items() if name in texts}
    data = dict(_data(texts))
    return PushOptions(**given, data=data or None) if given or data else None  # type: ignore[arg-type]


def merged(made: PushOptions | None, given: PushOptions | None) -> PushOptions | None:
    """Return the options of a template with those that a notification gives in their place."""
    if made is None or given is None:
        return given or made
    chosen = {name: getattr(given, name) for name in PUSH_PARTS if getattr(given, name) is not None}
    others = {name: getattr(made, name) for name in PUSH_PARTS if name not in chosen}
    return PushOptions(**chosen, **others, data={**(made.data or {}), **(given.data or {})} or None)


def _data(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in texts.items():
        if name.startswith(DATA_PREFIX):
            yield name.removeprefix(DATA_PREFIX), text


def _parts(address: str) -> tuple[str, str]:
    """Return the scheme and the host of an address, empty where it has none. Raises ValueError."""
    if not address.isascii() or not address.isprintable() or " " in address or not is_one_line(address):
        raise ValueError("must have ASCII characters only, and no spaces")
    if len(address) > ADDRESS_MAX:
        raise ValueError(f"must have at most {ADDRESS_MAX:,} characters")
    parts = urlsplit(address)
    _ = parts.port  # raises ValueError for one that is none
    return parts.scheme.lower(), parts.hostname or ""
