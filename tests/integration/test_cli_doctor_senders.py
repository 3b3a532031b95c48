"""``wavecom doctor`` on the domains of senders, with a DNS server of our own."""

import socket
import threading
from collections.abc import Iterator

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from cli.client import Api as Client
from cli.examine_senders import sender_domains
from cli.findings import Finding
from tests.integration.conftest import Api, MakeApi
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.senders import Sender


class Dns:
    """Answers for TXT records by their names; any other name does not exist."""

    def __init__(self, texts: dict[str, list[str]]) -> None:
        self.texts = texts
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self.resolver = dns.resolver.Resolver(configure=False)
        self.resolver.nameservers, self.resolver.port = ["127.0.0.1"], self._socket.getsockname()[1]
        self.resolver.lifetime = 2.0

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            octets, sender = self._socket.recvfrom(4096)
            if not octets:
                return
            query = dns.message.from_wire(octets)
            answer = dns.message.make_response(query)
            name = str(query.question[0].name).removesuffix(".")
            self.asked.append(name)
            if name in self.texts:
                answer.answer += [
                    dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", f'"{text}"') for text in self.texts[name]
                ]
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(answer.to_wire(), sender)


@pytest.fixture
def names() -> Iterator[Dns]:
    server = Dns({})
    yield server
    server.close()


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


def findings(api: Api, resolver: dns.resolver.Resolver, *addresses: str) -> list[Finding]:
    """Return what is said about the domains of senders with these addresses."""
    for number, address in enumerate(addresses):
        sender = Sender(id=f"s{number}", channel=Channel.EMAIL, address=address)
        api.services.senders.put("bank-a", sender, default=False)
    with Client(str(api.client.base_url), None, lambda text: None) as client:
        return list(sender_domains(client, resolver))


def test_without_senders_nothing_is_asked_and_nothing_is_said(api: Api, names: Dns) -> None:
    short = Sender(id="short", channel=Channel.SMS, address="72345")
    api.services.senders.put("bank-a", short, default=False)

    assert findings(api, names.resolver) == []
    assert names.asked == []


def test_a_domain_with_a_record_is_well_and_each_is_asked_once(api: Api, names: Dns) -> None:
    names.texts = {"_dmarc.bank.example": ["google-site-verification=x", "v=DMARC1; p=reject"]}

    (found,) = findings(api, names.resolver, "billing@bank.example", "alerts@bank.example")

    assert (found.verdict, found.text) == ("ok", "bank.example has a DMARC record")
    assert names.asked == ["_dmarc.bank.example"]


def test_the_record_of_the_domain_above_counts(api: Api, names: Dns) -> None:
    names.texts = {"_dmarc.bank.example": ["v=DMARC1; p = none"]}

    (found,) = findings(api, names.resolver, "billing@mail.bank.example")

    assert found.verdict == "ok"
    assert "its policy, none" in found.text
    assert names.asked == ["_dmarc.mail.bank.example", "_dmarc.bank.example"]


def test_the_policy_of_subdomains_is_another_tag(api: Api, names: Dns) -> None:
    names.texts = {"_dmarc.bank.example": ["v=DMARC1; p=reject; sp=none"]}

    (found,) = findings(api, names.resolver, "billing@bank.example")

    assert found.text == "bank.example has a DMARC record"


@pytest.mark.parametrize("texts", [{}, {"_dmarc.bank.example": ["v=spf1 -all"]}])
def test_a_domain_without_a_record_is_named_with_advice(api: Api, names: Dns, texts: dict[str, list[str]]) -> None:
    names.texts = texts

    (found,) = findings(api, names.resolver, "billing@bank.example")

    assert found.verdict == "warning"
    assert "bank.example has no DMARC record" in found.text
    assert "docs/providers.md" in found.advice


def test_a_domain_beyond_ascii_is_asked_for_in_punycode(api: Api, names: Dns) -> None:
    findings(api, names.resolver, "info@bücher.example")

    assert names.asked == ["_dmarc.xn--bcher-kva.example"]


def test_where_no_dns_answers_the_first_domain_says_so_and_no_other_is_asked(api: Api, names: Dns) -> None:
    names.resolver.port = 1
    names.resolver.lifetime = 0.3

    (found,) = findings(api, names.resolver, "a@bank.example", "b@other.example")

    assert (found.verdict, found.text) == ("warning", "bank.example was not looked at: the DNS does not answer")
