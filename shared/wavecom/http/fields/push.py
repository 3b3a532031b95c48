"""Options of push messages, as clients write them."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from wavecom.domain.content import push as domain
from wavecom.domain.content.push import COLLAPSE_KEY, DATA_KEY, NO_OPTIONS, RESERVED_KEYS, RESERVED_PREFIXES
from wavecom.http.fields.text import one_line
from wavecom.http.framework.requests import WireModel

DATA_MAX: Final = 30
ADDRESS_MAX: Final = 2048
BADGE_MAX: Final = 99_999
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


def _link(address: str) -> str:
    scheme, host = _parts(address)
    if len(scheme) < 2 or scheme in _CODE_SCHEMES or (scheme in _OF_THE_WEB and not host):
        raise ValueError("must be an address with a scheme, such as https://bank.example/pay or bank://pay")
    return address


def _picture(address: str) -> str:
    scheme, host = _parts(address)
    if scheme != "https" or not host:
        raise ValueError("must be an address that begins with https://")
    return address


def _parts(address: str) -> tuple[str, str]:
    """Return the scheme and the host of an address, empty where it has none. Raises ValueError."""
    if not address.isascii() or not address.isprintable() or " " in one_line(address):
        raise ValueError("must have ASCII characters only, and no spaces")
    parts = urlsplit(address)
    _ = parts.port  # raises ValueError for one that is none
    return parts.scheme.lower(), parts.hostname or ""


def _free(key: str) -> str:
    if key.lower() in RESERVED_KEYS or key.lower().startswith(RESERVED_PREFIXES):
        raise ValueError("is a name that FCM, APNs or WaveCom uses itself")
    return key


_Address = Annotated[str, Field(min_length=1, max_length=ADDRESS_MAX)]
_DataKey = Annotated[str, Field(pattern=f"^{DATA_KEY.pattern}$"), AfterValidator(_free)]


class PushOptions(WireModel):
    """The options of a push message, beside its title (``subject``) and its body (``message``)."""

    data: Annotated[
        dict[_DataKey, str] | None,
        Field(max_length=DATA_MAX, description="Texts for your app, by name", examples=[{"account": "4711"}]),
    ] = None
    link: Annotated[
        Annotated[_Address, AfterValidator(_link)] | None,
        Field(description="What a tap opens", examples=["https://bank.example/pay/4711"]),
    ] = None
    sound: Annotated[
        str | None, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="A file of your app, or default")
    ] = None
    badge: Annotated[int | None, Field(ge=0, le=BADGE_MAX, strict=True, description="The number on its icon")] = None
    image: Annotated[
        Annotated[_Address, AfterValidator(_picture)] | None, Field(description="The address of a picture, by HTTPS")
    ] = None
    collapse_key: Annotated[
        str | None,
        Field(pattern=f"^{COLLAPSE_KEY.pattern}$", description="A device that was off gets the last message with it"),
    ] = None

    def to_domain(self) -> domain.PushOptions | None:
        """Return them in the domain's terms, None if nothing is given."""
        options = domain.PushOptions(**dict(self) | {"data": self.data or None})
        return None if options == NO_OPTIONS else options
