"""Limits of the push services: device tokens and message size."""

import json
import re
from typing import Any, Final

PAYLOAD_MAX_BYTES: Final = 4096
"""The limit of both services (Apple, "Generating a remote notification"; Firebase, "About FCM messages")."""
APNS_TOKEN: Final = re.compile(r"(?:[0-9a-fA-F]{2}){32,100}")
"""Opaque bytes written as hex, 32 of them today, up to 100 (Apple, "Sending notification requests to APNs")."""
FCM_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+:[A-Za-z0-9_-]{100,}")
"""An instance id, a colon and a long URL-safe text (Firebase, "Manage FCM registration tokens")."""

_ID: Final = "0" * 24


def is_apns_token(recipient: str) -> bool:
    """Return whether a recipient is an APNs device token; any other token is FCM's."""
    return APNS_TOKEN.fullmatch(recipient) is not None


def payload_bytes(recipient: str, subject: str | None, message: str) -> int:
    """Return the size in bytes (UTF-8) of a message as the push service of its recipient receives it.

    APNs counts the whole body; FCM counts ``notification`` and ``data``, which reach the app. Unpaired surrogates,
    which UTF-8 cannot carry, count as three bytes each.
    """
    texts = {"body": message} if subject is None else {"body": message, "title": subject}
    payload: dict[str, Any]
    if is_apns_token(recipient):
        payload = {"aps": {"alert": texts}, "notificationId": _ID}
    else:
        payload = {"notification": texts, "data": {"notificationId": _ID}}
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))
