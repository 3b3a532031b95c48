"""IP addresses that webhooks may go to: those of the public internet.

The tables are from the IANA registries "IPv4 Special-Purpose Address Space" and "IPv6 Special-Purpose Address Space"
(RFC 6890 and its successors), "IPv4 Multicast" and "IPv6 Global Unicast Address Assignments". They are our own, since
`ipaddress` answers another question, and not the same in every version of Python: ``is_global`` is true for multicast
(224.0.0.1, ff0e::1), for site-local addresses (fec0::1), for IPv4 in IPv6 (::127.0.0.1, 64:ff9b::127.0.0.1), for what
nobody was given (4000::1), up to 3.12 for 6to4 (2002::/16) and local-use NAT64, and in 3.13 still for 3fff::/20. What
the registries call globally reachable without being anybody's server (AS112, AMT, PCP) is refused here as well.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

IpAddress = IPv4Address | IPv6Address

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network, unspecified (RFC 791, RFC 1122)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # behind a carrier's NAT (RFC 6598); Alibaba Cloud's metadata is 100.100.100.200
        "127.0.0.0/8",  # loopback (RFC 1122)
        "168.63.129.16/32",  # the host of a virtual machine in Azure ("What is IP address 168.63.129.16?")
        "169.254.0.0/16",  # link-local (RFC 3927); metadata of most clouds
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890); Oracle Cloud's metadata is 192.0.0.192
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # AMT (RFC 7450)
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved (RFC 1112), and broadcast (RFC 919)
    )
)
_GLOBAL_UNICAST_V6: Final = IPv6Network("2000::/3")
"""The addresses that are given to networks (RFC 4291, section 2.4, and the registry of assignments).

Outside lie unspecified, loopback, IPv4-compatible and IPv4-mapped addresses (::/8), local-use NAT64 (64:ff9b:1::/48,
RFC 8215), discard-only and dummy prefixes (100::/64, RFC 6666; 100:0:0:1::/64, RFC 9780), segment routing (5f00::/16,
RFC 9602), unique local (fc00::/7, RFC 4193; AWS has fd00:ec2::254), link-local (fe80::/10), site-local (fec0::/10,
RFC 3879) and multicast (ff00::/8).
"""
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # protocol assignments (RFC 2928): Teredo, benchmarks, AMT, ORCHID, DRIP
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4, which contains an IPv4 address (RFC 3056)
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
        "3ffe::/16",  # the 6bone, given back (RFC 3701)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a network without IPv4 sees them (RFC 6052): they are what their last 32 bits say."""
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""Bits 64 to 95 of addresses whose last 32 bits are an IPv4 address that they are tunnelled to (RFC 5214, 6.1)."""


def is_public(address: IpAddress) -> bool:
    """Return whether an address is global unicast and leads to the public internet, and nowhere else."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address.scope_id is not None:
        return False
    number = int(address)
    if address in _NAT64:
        return is_public(IPv4Address(number & 0xFFFF_FFFF))
    if address not in _GLOBAL_UNICAST_V6 or (number >> 32) & 0xFFFF_FFFF in _ISATAP:
        return False
    return not any(address in network for network in _NOT_PUBLIC_V6)
