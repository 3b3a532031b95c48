"""What a valid recipient is, for each channel. The libraries are imported with the first request that needs them."""

import re

from wavecom.domain.notification import Channel

APNS_TOKEN = re.compile(r"(?:[0-9a-fA-F]{2}){32,100}")
"""Opaque bytes written as hex, 32 of them today, up to 100 (Apple, "Sending notification requests to APNs")."""
FCM_TOKEN = re.compile(r"[A-Za-z0-9_-]+:[A-Za-z0-9_-]{100,}")
"""An instance id, a colon and a long URL-safe text (Firebase, "Manage FCM registration tokens")."""
MAX_LENGTH = 4096


def normalise(channel: Channel, recipient: str) -> str:
    """Return the recipient in its canonical form. Raises ValueError with what is wrong, without the recipient."""
    match channel:
        case Channel.EMAIL:
            return _email(recipient)
        case Channel.SMS:
            return _phone(recipient)
        case Channel.PUSH:
            return _token(recipient)


def _email(recipient: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        return validate_email(recipient, check_deliverability=False).normalized
    except EmailNotValidError as exc:
        raise ValueError("must be a valid email address") from exc


def _phone(recipient: str) -> str:
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(recipient, None)
    except phonenumbers.NumberParseException as exc:
        raise ValueError("must be a phone number with its country code, for example +12025550123") from exc
    if number.extension or not phonenumbers.is_valid_number(number):
        raise ValueError("must be a phone number that can exist in its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _token(recipient: str) -> str:
    if APNS_TOKEN.fullmatch(recipient):
        return recipient.lower()
    if FCM_TOKEN.fullmatch(recipient):
        return recipient
    raise ValueError("must be an FCM registration token or an APNs device token")
