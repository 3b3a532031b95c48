"""Email addresses, checked to be exactly one address before they reach a header or a provider."""

import re
from typing import Final

from wavecom.adapters.providers.email.message import Mailbox
from wavecom.domain.content.text import is_one_line

_BARE: Final = re.compile(r'[^<>"\s,;:()]+')
_WITH_PLAIN_NAME: Final = re.compile(r'(?P<name>[^()<>\[\]:;@\\,"]*) *<(?P<address>[^<>]*)>')
_WITH_QUOTED_NAME: Final = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*)" *<(?P<address>[^<>]*)>')
_SENDER_LOCAL: Final = re.compile(r"(?=.{1,64}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
"""A dot-atom (RFC 5322, 3.2.3) of 64 octets at the most (RFC 5321, 4.5.3.1.1)."""
_SENDER_DOMAIN: Final = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_EXAMPLE: Final = "for example WaveCom <no-reply@bank.example>"


def parse_sender(text: str) -> Mailbox:
    """Return the mailbox that a setting names: an address, ``Name <address>`` or ``"Name" <address>``.

    The syntax is that of a mailbox in RFC 5322, 3.4, without comments; a name may also have letters beyond ASCII and
    dots, quoted or not. The address comes back with its domain in Punycode (RFC 5891).

    Raises `ValueError` with a sentence that begins after the setting's name and does not repeat its value.
    """
    if not is_one_line(text):
        raise ValueError("must have no control characters and no line breaks")
    text = text.strip(" ")
    if _BARE.fullmatch(text):
        return Mailbox(sender_address(text))
    if match := _WITH_QUOTED_NAME.fullmatch(text):
        return Mailbox(sender_address(match["address"]), re.sub(r"\\(.)", r"\1", match["name"]))
    if match := _WITH_PLAIN_NAME.fullmatch(text):
        return Mailbox(sender_address(match["address"]), match["name"].strip(" "))
    if text.count("<") > 1 or re.search(r"@[^<>]*[,;].*@", text):
        raise ValueError(f"must be one address, {_EXAMPLE}")
    if re.fullmatch(r"[^<>]*<[^<>]*>", text):
        raise ValueError(
            'must have quotes around a name with any of ()[]:;@\\," in it, for example "Bank: Alerts" '
            '<no-reply@bank.example>, with \\" for each quote in JSON'
        )
    raise ValueError(f"must be an address, {_EXAMPLE}")


def checked_recipient(recipient: str) -> str:
    """Return the address with its domain in Punycode; its local part may be beyond ASCII.

    A local part with ``=?`` is refused, although RFC 5322 allows it: RFC 2047, 5 forbids encoded words in an address,
    but servers and mail programs decode them, to another address or to several.

    Raises `ValueError` if it is not an address, without quoting it.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - 90 ms that SMS and push save

    try:
        parts = validate_email(recipient, check_deliverability=False)
    except EmailNotValidError as exc:
        raise ValueError("not an email address") from exc
    local = parts.ascii_local_part or parts.local_part
    if reads_as_encoded_word(local):
        raise ValueError("not an address that can be read in one way only")
    return f"{local}@{parts.ascii_domain}"


def reads_as_encoded_word(recipient: str) -> bool:
    """Return whether a part of an address could be taken for an encoded word (RFC 2047)."""
    return "=?" in recipient


def sender_address(text: str) -> str:
    """Return a sender's address with its domain in Punycode. A server of our own may have a name without dots."""
    local, _, domain = text.rpartition("@")
    if not local.isascii():
        raise ValueError("must be an address in ASCII up to the @")
    if not domain.isascii():
        domain = _punycode(domain)
    is_address = _SENDER_LOCAL.fullmatch(local) and _SENDER_DOMAIN.fullmatch(domain)
    if not is_address or reads_as_encoded_word(local):
        raise ValueError(f"must be an address, {_EXAMPLE}")
    return f"{local}@{domain}"


def _punycode(domain: str) -> str:
    import idna  # noqa: PLC0415 - for the few that have such a domain

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError(f"must be an address, {_EXAMPLE}") from None
