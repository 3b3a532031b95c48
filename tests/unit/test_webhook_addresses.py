"""Addresses that webhooks may go to, and the many ways to write those that they may not."""

import ipaddress
from typing import Any

import pytest

from wavecom.adapters.webhooks.addresses import is_public
from wavecom.adapters.webhooks.calls import HttpWebhookCalls
from wavecom.adapters.webhooks.urls import Endpoint, read_endpoint
from wavecom.domain.webhooks.answers import WebhookCallError
from wavecom.topology import WEBHOOK_PORTS

SCHEME = "must begin with https://"
PORT = "must have port 443 or 8443"
HOST = "must have a valid host name with a domain"
USUAL = "must have its IP address in the usual form"
PUBLIC = "must have an address on the public internet"
PASSWORD = "must have no user name and no password"
FRAGMENT = "must have no fragment (#)"
CHARACTERS = "must have no spaces, no backslashes and no invisible characters"
LENGTH = "must have at most 2,048 characters"

REFUSED = [
    # IPv4 in its usual form
    ("https://0.0.0.0/", PUBLIC),
    ("https://0.1.2.3/", PUBLIC),
    ("https://10.0.0.1/", PUBLIC),
    ("https://100.64.0.1/", PUBLIC),
    ("https://100.100.100.200/", PUBLIC),
    ("https://127.0.0.1/", PUBLIC),
    ("https://127.0.0.1./", PUBLIC),
    ("https://127.255.255.254/", PUBLIC),
    ("https://168.63.129.16/", PUBLIC),
    ("https://169.254.169.254/latest/meta-data/", PUBLIC),
    ("https://169.254.170.2/v2/credentials", PUBLIC),
    ("https://172.16.0.1/", PUBLIC),
    ("https://172.31.255.255/", PUBLIC),
    ("https://192.0.0.8/", PUBLIC),
    ("https://192.0.0.9/", PUBLIC),
    ("https://192.0.0.192/", PUBLIC),
    ("https://192.0.2.1/", PUBLIC),
    ("https://192.31.196.1/", PUBLIC),
    ("https://192.52.193.1/", PUBLIC),
    ("https://192.88.99.1/", PUBLIC),
    ("https://192.168.1.1/", PUBLIC),
    ("https://192.175.48.1/", PUBLIC),
    ("https://198.18.0.1/", PUBLIC),
    ("https://198.19.255.255/", PUBLIC),
    ("https://198.51.100.1/", PUBLIC),
    ("https://203.0.113.1/", PUBLIC),
    ("https://224.0.0.1/", PUBLIC),
    ("https://239.255.255.250/", PUBLIC),
    ("https://240.0.0.1/", PUBLIC),
    ("https://255.255.255.255/", PUBLIC),
    # IPv4 in the forms that inet_aton, and so many a resolver, takes
    ("https://2130706433/", USUAL),
    ("https://017700000001/", USUAL),
    ("https://0x7f000001/", USUAL),
    ("https://0x7F.1/", USUAL),
    ("https://0177.0.0.1/", USUAL),
    ("https://127.1/", USUAL),
    ("https://127.0.1/", USUAL),
    ("https://127.0.0.0x1/", USUAL),
    ("https://127.000.000.001/", USUAL),
    ("https://127.0.0.1.0/", USUAL),
    ("https://0/", USUAL),
    ("https://0x/", USUAL),
    ("https://256.256.256.256/", USUAL),
    ("https://4294967297/", USUAL),
    ("https://134744072/", USUAL),
    # digits and dots of other scripts, which Unicode maps to those of ASCII (UTS #46)
    ("https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", PUBLIC),
    ("https://①②⑦.⓪.⓪.①/", PUBLIC),
    ("https://127。0。0。1/", PUBLIC),
    ("https://127\uff0e0\uff0e0\uff0e1/", PUBLIC),
    ("https://\uff11\uff12\uff17.1/", USUAL),
    ("https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", PUBLIC),
    # IPv6
    ("https://[::]/", PUBLIC),
    ("https://[::1]/", PUBLIC),
    ("https://[0:0:0:0:0:0:0:1]:8443/", PUBLIC),
    ("https://[::2]/", PUBLIC),
    ("https://[::127.0.0.1]/", PUBLIC),
    ("https://[::8.8.8.8]/", PUBLIC),
    ("https://[::ffff:127.0.0.1]/", PUBLIC),
    ("https://[::ffff:7f00:1]/", PUBLIC),
    ("https://[::ffff:8.8.8.8]/", PUBLIC),
    ("https://[::ffff:0:127.0.0.1]/", PUBLIC),
    ("https://[64:ff9b::127.0.0.1]/", PUBLIC),
    ("https://[64:ff9b::a9fe:a9fe]/", PUBLIC),
    ("https://[64:ff9b:1::8.8.8.8]/", PUBLIC),
    ("https://[100::1]/", PUBLIC),
    ("https://[100:0:0:1::1]/", PUBLIC),
    ("https://[2001::1]/", PUBLIC),
    ("https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", PUBLIC),
    ("https://[2001:2::1]/", PUBLIC),
    ("https://[2001:10::1]/", PUBLIC),
    ("https://[2001:20::1]/", PUBLIC),
    ("https://[2001:db8::1]/", PUBLIC),
    ("https://[2002:7f00:1::]/", PUBLIC),
    ("https://[2002:808:808::1]/", PUBLIC),
    ("https://[2600:1f18::5efe:10.0.0.1]/", PUBLIC),
    ("https://[2600:1f18::200:5efe:127.0.0.1]/", PUBLIC),
    ("https://[2620:4f:8000::1]/", PUBLIC),
    ("https://[3ffe::1]/", PUBLIC),
    ("https://[3fff::1]/", PUBLIC),
    ("https://[4000::1]/", PUBLIC),
    ("https://[5f00::1]/", PUBLIC),
    ("https://[fc00::1]/", PUBLIC),
    ("https://[fd00:ec2::254]/", PUBLIC),
    ("https://[fe80::1]/", PUBLIC),
    ("https://[fe80::1%25eth0]/", PUBLIC),
    ("https://[fe80::1%eth0]/", PUBLIC),
    ("https://[2606:4700::1111%251]/", PUBLIC),
    ("https://[fec0::1]/", PUBLIC),
    ("https://[ff02::1]/", PUBLIC),
    ("https://[ff0e::1]/", PUBLIC),
    ("https://[v1.fe80::1]/", USUAL),
    ("https://[127.0.0.1]/", USUAL),
    ("https://[]/", USUAL),
    ("https://[::1/", HOST),
    ("https://[::1]evil.example/", HOST),
    ("https://[::1].evil.example/", HOST),
    ("https://::1/", PORT),
    # names of nobody on the internet
    ("https://localhost/", PUBLIC),
    ("https://LOCALHOST./", PUBLIC),
    ("https://db.localhost/", PUBLIC),
    ("https://localhost.localdomain/", PUBLIC),
    ("https://metadata.google.internal/", PUBLIC),
    ("https://printer.local/", PUBLIC),
    ("https://router.home.arpa/", PUBLIC),
    ("https://abc.onion/", PUBLIC),
    ("https://metadata/", HOST),
    # hosts that are none, or that parsers read in several ways
    ("https://", HOST),
    ("https:///path", HOST),
    ("https://./", HOST),
    ("https://client.example../", HOST),
    ("https://.client.example/", HOST),
    ("https://a..client.example/", HOST),
    ("https://-a.client.example/", HOST),
    ("https://a_b.client.example/", HOST),
    (f"https://{'a' * 64}.example/", HOST),
    (f"https://{'a.' * 126}example/", HOST),
    ("https://127.0.0.1%2e/", HOST),
    ("https://%31%32%37.0.0.1/", USUAL),
    ("https://client%2eexample/", HOST),
    ("https://℀.example/", HOST),
    ("https://a|b.example/", HOST),
    ("https://client.example;127.0.0.1/", USUAL),
    ("https://client.example,127.0.0.1/", USUAL),
    # user names and passwords
    ("https://user@client.example/", PASSWORD),
    ("https://user:password@client.example/", PASSWORD),
    ("https://client.example@127.0.0.1/", PASSWORD),
    ("https://@client.example/", PASSWORD),
    ("https://127.0.0.1:443@client.example/", PASSWORD),
    # ports
    ("https://client.example:80/", PORT),
    ("https://client.example:22/", PORT),
    ("https://client.example:0/", PORT),
    ("https://client.example:/", PORT),
    ("https://client.example:65979/", PORT),
    ("https://client.example:443:8443/", PORT),
    ("https://client.example:+443/", PORT),
    ("https://client.example:\uff14\uff14\uff13/", PORT),
    ("https://client.example:4294967739/", PORT),
    # schemes
    ("http://client.example/", SCHEME),
    ("http://127.0.0.1/", SCHEME),
    ("ftp://client.example/", SCHEME),
    ("file:///etc/passwd", SCHEME),
    ("gopher://client.example/", SCHEME),
    ("//client.example/", SCHEME),
    ("https:client.example", SCHEME),
    ("https:/client.example", SCHEME),
    ("client.example", SCHEME),
    ("", SCHEME),
    # characters
    ("https://client.example/#", FRAGMENT),
    ("https://client.example#@127.0.0.1/", FRAGMENT),
    ("https://client.example\\@127.0.0.1/", CHARACTERS),
    ("https:\\\\127.0.0.1/", CHARACTERS),
    (" https://client.example/", CHARACTERS),
    ("https://client.example/a b", CHARACTERS),
    ("https://client.example/\r\nHost: 127.0.0.1", CHARACTERS),
    ("https://client.example/\t", CHARACTERS),
    ("https://client.example\x00.evil.example/", CHARACTERS),
    ("https://client\u00a0.example/", CHARACTERS),
    ("https://127.0.0\u200b.1/", CHARACTERS),
    ("https://127.0.0.\u00ad1/", CHARACTERS),
    ("https://client.example/\u202e", CHARACTERS),
    ("https://client.example/\ud800", CHARACTERS),
    ("https://client.example/" + "a" * 2_048, LENGTH),
    ("https://client.example/" + "ü" * 1_000, "must have at most 2,048 characters when it is escaped"),
]

TAKEN = [
    ("https://hooks.client.example", ("hooks.client.example", 443, "/", "hooks.client.example")),
    ("https://hooks.client.example./a?b=c", ("hooks.client.example", 443, "/a?b=c", "hooks.client.example")),
    ("HTTPS://HOOKS.Client.Example:443/A", ("hooks.client.example", 443, "/A", "hooks.client.example")),
    ("https://client.example:8443/", ("client.example", 8443, "/", "client.example:8443")),
    ("https://client.example?b=c", ("client.example", 443, "/?b=c", "client.example")),
    ("https://client.example/@b/c:d", ("client.example", 443, "/@b/c:d", "client.example")),
    ("https://client.example/%7E%20x?y=%2F//", ("client.example", 443, "/%7E%20x?y=%2F//", "client.example")),
    ("https://client.example/ü?q=<ж>", ("client.example", 443, "/%C3%BC?q=%3C%D0%B6%3E", "client.example")),
    ("https://bücher.example/", ("xn--bcher-kva.example", 443, "/", "xn--bcher-kva.example")),
    ("https://straße.example/", ("xn--strae-oqa.example", 443, "/", "xn--strae-oqa.example")),
    ("https://例え。テスト/", ("xn--r8jz45g.xn--zckzah", 443, "/", "xn--r8jz45g.xn--zckzah")),
    ("https://127.0.0.1.nip.example/", ("127.0.0.1.nip.example", 443, "/", "127.0.0.1.nip.example")),
    ("https://r3---sn-a.example/", ("r3---sn-a.example", 443, "/", "r3---sn-a.example")),
    ("https://localhost.example/", ("localhost.example", 443, "/", "localhost.example")),
    ("https://mylocalhost.example/", ("mylocalhost.example", 443, "/", "mylocalhost.example")),
    ("https://93.184.216.34/", ("93.184.216.34", 443, "/", "93.184.216.34")),
    ("https://\uff19\uff13.184.216.34/", ("93.184.216.34", 443, "/", "93.184.216.34")),
    ("https://[2606:4700::0:1111]:8443/", ("2606:4700::1111", 8443, "/", "[2606:4700::1111]:8443")),
    ("https://[64:ff9b::8.8.8.8]/", ("64:ff9b::808:808", 443, "/", "[64:ff9b::808:808]")),
    ("https://client.example/" + "a" * 2_025, ("client.example", 443, "/" + "a" * 2_025, "client.example")),
]


def never(*_: object) -> Any:
    raise AssertionError("No resolver is asked, and nothing is connected to")


def read(url: str) -> Endpoint:
    return read_endpoint(url, ports=WEBHOOK_PORTS, allow_loopback=False)


@pytest.mark.parametrize(("url", "problem"), REFUSED)
def test_refused_url_is_called_by_nobody_and_says_only_what_its_text_shows(url: str, problem: str) -> None:
    calls = HttpWebhookCalls(resolve=never, connect=never)

    assert calls.problem_of(url) == problem
    with pytest.raises(WebhookCallError, match=r"^The endpoint has no address that may be called$") as refused:
        calls.post(url, {}, b"")
    assert refused.value.code == "address_refused"
    assert (refused.value.__cause__, refused.value.__context__) == (None, None)


@pytest.mark.parametrize(("url", "parts"), TAKEN)
def test_url_on_the_internet_is_taken(url: str, parts: tuple[str, int, str, str]) -> None:
    assert HttpWebhookCalls(resolve=never).problem_of(url) is None
    found = read(url)
    assert (found.host, found.port, found.target, found.host_header) == parts


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "http://LOCALHOST.:8000/a",
        "http://127.0.0.1:8000/",
        "https://127.0.0.1:1/",
        "http://[::1]:65535/",
        "https://client.example/",
    ],
)
def test_development_may_call_this_machine(url: str) -> None:
    assert HttpWebhookCalls(allow_loopback=True).problem_of(url) is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://client.example/", SCHEME),
        ("http://127.0.0.2/", SCHEME),
        ("https://127.0.0.2/", PUBLIC),
        ("https://10.0.0.1/", PUBLIC),
        ("https://[::ffff:127.0.0.1]/", PUBLIC),
        ("https://a.localhost/", PUBLIC),
        ("https://client.example:8080/", PORT),
        ("http://localhost:65536/", PORT),
        ("http://localhost:0/", PORT),
        ("http://user@localhost/", PASSWORD),
        ("file://localhost/etc/passwd", SCHEME),
        ("http://127.1/", USUAL),
    ],
)
def test_development_may_call_nothing_else(url: str, problem: str) -> None:
    assert HttpWebhookCalls(allow_loopback=True).problem_of(url) == problem


def test_ports_are_the_deployments() -> None:
    calls = HttpWebhookCalls(ports=[9443])

    assert calls.problem_of("https://client.example:9443/") is None
    assert calls.problem_of("https://client.example/") == "must have port 9443"


@pytest.mark.parametrize(
    ("last_before", "network", "first_after"),
    [
        (None, "0.0.0.0/8", "1.0.0.0"),
        ("9.255.255.255", "10.0.0.0/8", "11.0.0.0"),
        ("100.63.255.255", "100.64.0.0/10", "100.128.0.0"),
        ("126.255.255.255", "127.0.0.0/8", "128.0.0.0"),
        ("169.253.255.255", "169.254.0.0/16", "169.255.0.0"),
        ("172.15.255.255", "172.16.0.0/12", "172.32.0.0"),
        ("191.255.255.255", "192.0.0.0/24", "192.0.1.0"),
        ("192.167.255.255", "192.168.0.0/16", "192.169.0.0"),
        ("198.17.255.255", "198.18.0.0/15", "198.20.0.0"),
        ("223.255.255.255", "224.0.0.0/3", None),
        (None, "::/3", "2000::"),
        ("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/23", "2001:200::"),
        ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32", "2001:db9::"),
        ("2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2002::/16", "2003::"),
        ("3ffd:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe::/16", None),
        (None, "3fff::/20", "3fff:1000::"),
        ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::/2", None),
        (None, "8000::/1", None),
    ],
)
def test_network_is_refused_to_its_edges(last_before: str | None, network: str, first_after: str | None) -> None:
    refused = ipaddress.ip_network(network)

    assert not is_public(refused[0])
    assert not is_public(refused[-1])
    assert all(is_public(ipaddress.ip_address(each)) for each in (last_before, first_after) if each)


def test_nothing_is_public_that_python_knows_to_be_private() -> None:
    sample = [ipaddress.IPv4Address(first << 24 | second << 16) for first in range(256) for second in range(256)]

    wrong = [each for each in sample if is_public(each) and not each.is_global]

    assert wrong == []
    assert sum(map(is_public, sample)) > 50_000
