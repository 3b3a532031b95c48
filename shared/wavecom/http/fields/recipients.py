"""Validation of recipients, for each channel. The libraries are imported with the first request that needs them."""

import re

from wavecom.domain.content.push import APNS_TOKEN, FCM_TOKEN
from wavecom.domain.notifications.enums import Channel

MAX_LENGTH = 4096
LOCAL_PART_MAX_BYTES = 64
"""The limit before the @ (RFC 5321, section 4.5.3.1.1), in UTF-8 (RFC 6531, section 3.1)."""

_PHONE = re.compile(r"\+[0-9 ().-]+")
"""A plus, ASCII digits, and as separators ASCII spaces, hyphens, dots and parentheses. The library alone would
read letters as telephone keys, accept digits of every script, and skip invisible characters."""


def normalise(channel: Channel, recipient: str) -> str:
    """Return the recipient in its canonical form. Raises ValueError with the problem, without the recipient."""
    match channel:
        case Channel.EMAIL:
            return _email(recipient)
        case Channel.SMS:
            return _phone(recipient)
        case Channel.PUSH:
            return _token(recipient)


def read(text: str, channel: Channel | None = None) -> str:
    """Return the canonical form of a recipient to look up, of any channel if none is given.

    It comes in a URL, in which an unescaped plus sign reads as a space (URL Standard, section 5.1). So a space at the
    beginning of a phone number, and any space within an email address, is read as a plus. An invalid recipient is
    returned unchanged, and matches nothing.
    """
    for each in (Channel.PUSH, Channel.SMS, Channel.EMAIL) if channel is None else (channel,):
        try:
            return normalise(each, _with_plus(each, text))
        except ValueError:
            continue
    return text


def _with_plus(channel: Channel, text: str) -> str:
    bare = text.strip(" ")
    match channel:
        case Channel.EMAIL:
            return bare.replace(" ", "+")
        case Channel.SMS if text.startswith(" ") and not bare.startswith("+"):
            return f"+{bare}"
        case _:
            return bare


def _email(recipient: str) -> str:
    """Check and normalise an address: a domain in lower case and Unicode, no comments, quotes, names or literals.

    The domain is mapped as in browsers (UTS 46), so that a full-width letter becomes the plain one. The local part is
    only composed (NFC).
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        address = validate_email(recipient, check_deliverability=False)
    except EmailNotValidError as exc:
        raise ValueError("must be a valid email address") from exc
    if "=?" in address.local_part:
        raise ValueError("must have no =? before the @, which mail programs would decode to another address")
    if len(address.local_part.encode()) > LOCAL_PART_MAX_BYTES:
        raise ValueError(f"must have {LOCAL_PART_MAX_BYTES} bytes at the most before the @")
    return address.normalized


def _phone(recipient: str) -> str:
    if not _PHONE.fullmatch(recipient):
        raise ValueError(
            "must be a phone number with its country code, for example +12025550123: a plus and digits from 0 to 9, "
            "separated by nothing but spaces, hyphens, dots and parentheses"
        )
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(recipient, None)
    except phonenumbers.NumberParseException as exc:
        raise ValueError("must be a phone number with its country code, for example +12025550123") from exc
    if not phonenumbers.is_valid_number(number):
        raise ValueError("must be a phone number that can exist in its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _token(recipient: str) -> str:
    if APNS_TOKEN.fullmatch(recipient):
        return recipient.lower()
    if FCM_TOKEN.fullmatch(recipient):
        return recipient
    raise ValueError("must be an FCM registration token or an APNs device token")
