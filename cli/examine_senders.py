"""The checks of `wavecom doctor` on the senders of email: what the world is told about their domains.

Receivers ask the DNS what to do with email that claims to come from a domain but cannot prove it (DMARC, RFC 7489).
Google and Yahoo want a record from everybody who sends much (Google Workspace Admin Help, "Email sender guidelines").
Whether our messages do prove it shows only in their headers: docs/providers.md says how it comes about.
"""

from collections.abc import Iterator
from typing import Final

import dns.exception
import dns.resolver
import idna

from cli.client import Api
from cli.findings import Finding, ok, warning

DOMAINS_MAX: Final = 10
"""The most domains that are looked at; each may take `LIFETIME_SECONDS`."""
LIFETIME_SECONDS: Final = 3.0
LABELS_MAX: Final = 8
"""The longest name that is asked for above a domain, in labels (draft-ietf-dmarc-dmarcbis, "DNS Tree Walk")."""
ADVICE: Final = 'docs/providers.md, "Senders", says what to publish.'


def sender_domains(api: Api, resolver: dns.resolver.Resolver | None = None) -> Iterator[Finding]:
    """Check whether each domain that email comes from has a DMARC record. Yields nothing where there are no senders."""
    answer = api.once("GET", "/api/senders")
    if answer.status != 200:
        return
    addresses = [each["address"] for each in answer.data if each["type"] == "EMAIL"]
    domains = sorted({each.rpartition("@")[2] for each in addresses})
    for domain in domains[:DOMAINS_MAX]:
        try:
            record = _dmarc_record(domain, resolver or _resolver())
        except dns.exception.DNSException as exc:
            yield warning("senders", f"{domain} was not looked at: {_reason(exc)}", "Is there a network, and a DNS?")
            return
        if record is None:
            yield warning("senders", f"{domain} has no DMARC record: much of its email may be refused", ADVICE)
        elif "p=none" in record.replace(" ", "").lower().split(";"):
            yield ok("senders", f"{domain} has a DMARC record; its policy, none, lets others write in its name")
        else:
            yield ok("senders", f"{domain} has a DMARC record")


def _resolver() -> dns.resolver.Resolver:
    resolver = dns.resolver.get_default_resolver()
    resolver.lifetime = LIFETIME_SECONDS
    return resolver


def _dmarc_record(domain: str, resolver: dns.resolver.Resolver) -> str | None:
    """Return the record of a domain, or of the nearest one above it that has one, None if there is none."""
    labels = idna.encode(domain, uts46=True).decode().split(".")[-LABELS_MAX:]
    while len(labels) > 1:
        try:
            found = resolver.resolve(f"_dmarc.{'.'.join(labels)}.", "TXT")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            labels = labels[1:]
            continue
        texts = [b"".join(each.strings).decode("ascii", "replace") for each in found]
        records = [text for text in texts if text.lower().startswith("v=dmarc1")]
        if records:
            return records[0]
        labels = labels[1:]
    return None


def _reason(exc: dns.exception.DNSException) -> str:
    return "the DNS does not answer" if isinstance(exc, dns.exception.Timeout) else "the DNS cannot be asked"
