"""URLs of endpoints, read by one strict grammar, so that what was checked and what is called cannot differ.

It is the one of RFC 3986 without what an endpoint does not need. IP addresses are taken in their usual form alone:
resolvers read "127.1", "0x7f.1" and "2130706433" as addresses too (inet_aton(3)).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote

from wavecom.adapters.webhooks.addresses import IpAddress, is_public

URL_MAX: Final = 2_048
"""The most characters of a URL, as it is given and with all that is escaped."""
LOOPBACK: Final = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
"""The addresses of "localhost" (RFC 6761, section 6.3), where a deployment allows them."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PORT_MAX: Final = 65_535
_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>\[[^\]]*\]|[^/?:\[\]]*)(?P<port>:[^/?]*)?(?P<target>[/?].*)?"
)
_PORT: Final = re.compile(":[0-9]{1,5}")
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})+")
"""A host name of two labels or more (RFC 1123, section 2.1); one label would be looked up in our own domains."""
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label that makes resolvers read the host as an IPv4 address (URL Standard, "ends in a number checker")."""
_INTERNAL_NAMES: Final = ("home.arpa", "internal", "local", "localdomain", "localhost", "onion")
"""Names that are nobody's on the internet (RFC 8375, RFC 6762, RFC 6761, RFC 7686; "internal": ICANN, July 2024)."""
_NEITHER_ESCAPED: Final = "%/?:@!$&'()*+,;=-._~"
"""Characters that stay in a path and a query (RFC 3986, sections 3.3 and 3.4), with % for those escaped already."""
_NO_HOST: Final = "must have a valid host name with a domain"
_NOT_PUBLIC: Final = "must have an address on the public internet"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that may be called as far as its text tells.

    ``host`` is a name in Punycode or an IP address without brackets, and ``addresses`` what it means if that needs no
    resolver. ``target`` is the path with the query.
    """

    scheme: str
    host: str
    port: int
    target: str
    addresses: tuple[IpAddress, ...]

    @property
    def host_header(self) -> str:
        """The value of ``Host`` (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def read_endpoint(url: str, *, ports: Collection[int], allow_loopback: bool) -> Endpoint:
    """Return the endpoint at ``url``, which must be https and on one of ``ports``.

    With ``allow_loopback``, 127.0.0.1, ::1 and localhost are allowed too, over http and on any port.

    Raises `ValueError` with the end of a sentence that begins with the field's name.
    """
    parts = _split(url, allow_loopback=allow_loopback)
    scheme, name = parts["scheme"].lower(), _ascii_host(parts["host"])
    addresses = _literal(name)
    is_loopback = allow_loopback and (name == "localhost" or (bool(addresses) and set(addresses) <= set(LOOPBACK)))
    if scheme != "https" and not is_loopback:
        raise ValueError("must begin with https://")
    port = _port(parts["port"], scheme)
    if port is None or (port not in ports and not is_loopback):
        raise ValueError(f"must have port {' or '.join(map(str, sorted(ports)))}")
    if not is_loopback:
        _require_public(name, addresses)
    target = quote(parts["target"] or "/", safe=_NEITHER_ESCAPED)
    target = target if target.startswith("/") else f"/{target}"
    if len(target) > URL_MAX:
        raise ValueError(f"must have at most {URL_MAX:,} characters when it is escaped")
    host = str(addresses[0]) if addresses else name
    return Endpoint(scheme, host, port, target, LOOPBACK if name == "localhost" else addresses)


def _split(url: str, *, allow_loopback: bool) -> re.Match[str]:
    if len(url) > URL_MAX:
        raise ValueError(f"must have at most {URL_MAX:,} characters")
    if not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("must have no spaces, no backslashes and no invisible characters")
    if "#" in url:
        raise ValueError("must have no fragment (#)")
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in ({"http", "https"} if allow_loopback else {"https"}):
        raise ValueError("must begin with https://")
    if "@" in re.split("[/?]", rest, maxsplit=1)[0]:
        raise ValueError("must have no user name and no password")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise ValueError(_NO_HOST)
    return parts


def _ascii_host(host: str) -> str:
    """Return a host in lower case, as Punycode, without the dot of the root."""
    if not host.isascii():
        import idna  # noqa: PLC0415 - for the few that have such a name

        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise ValueError(_NO_HOST) from None
    return host.lower().removesuffix(".")


def _literal(name: str) -> tuple[IpAddress, ...]:
    """Return the address that a host is, none for a name."""
    try:
        if name.startswith("["):
            return (IPv6Address(name[1:-1]),)
        if _NUMBER.fullmatch(name.rpartition(".")[2]):
            return (IPv4Address(name),)
    except ValueError:
        raise ValueError("must have its IP address in the usual form") from None
    return ()


def _require_public(name: str, addresses: tuple[IpAddress, ...]) -> None:
    if not all(map(is_public, addresses)):
        raise ValueError(_NOT_PUBLIC)
    if addresses:
        return
    if any(name == each or name.endswith(f".{each}") for each in _INTERNAL_NAMES):
        raise ValueError(_NOT_PUBLIC)
    if not _NAME.fullmatch(name):
        raise ValueError(_NO_HOST)


def _port(text: str | None, scheme: str) -> int | None:
    """Return the port that a URL names or that belongs to its scheme, None for one that does not exist."""
    if text is None:
        return _DEFAULT_PORTS[scheme]
    number = int(text[1:]) if _PORT.fullmatch(text) else 0
    return number if 0 < number <= _PORT_MAX else None
