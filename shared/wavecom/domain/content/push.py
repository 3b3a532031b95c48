"""Push messages: what they carry beside their texts, and the form in which FCM and APNs receive them.

| option | FCM | APNs |
| --- | --- | --- |
| ``data`` | ``data`` | members beside ``aps`` |
| ``link`` | ``data.link``; browsers: ``webpush.fcm_options.link``, if it is HTTPS | ``link`` beside ``aps`` |
| ``sound`` | ``android.notification.sound``; Apple devices: ``aps.sound`` | ``aps.sound`` |
| ``badge`` | ``android.notification.notification_count``; Apple devices: ``aps.badge`` | ``aps.badge`` |
| ``image`` | ``notification.image``; Apple devices: ``fcm_options.image`` | ``image`` beside ``aps`` |
| ``collapse_key`` | ``android.collapse_key``, ``apns-collapse-id``, ``Topic`` | ``apns-collapse-id`` |

With an image Apple devices are told ``mutable-content``, so that an extension of the app may load it.

Sources: Firebase, "REST Resource: projects.messages"; Apple, "Generating a remote notification" and "Sending
notification requests to APNs"; RFC 8030, section 5.4.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PAYLOAD_MAX_BYTES: Final = 4096
"""The limit of both services (Apple, "Generating a remote notification"; Firebase, "About FCM messages")."""
APNS_TOKEN: Final = re.compile(r"(?:[0-9a-fA-F]{2}){32,100}")
"""Opaque bytes written as hex, 32 of them today, up to 100 (Apple, "Sending notification requests to APNs")."""
FCM_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+:[A-Za-z0-9_-]{100,}")
"""An instance id, a colon and a long URL-safe text (Firebase, "Manage FCM registration tokens")."""
COLLAPSE_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""A key that all three services take; the strictest is the ``Topic`` of RFC 8030, section 5.4."""
DATA_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
RESERVED_KEYS: Final = frozenset({"from", "message_type", "collapse_key", "aps", "notificationid", "link", "image"})
"""Names, in small letters, in ``data`` that FCM (Firebase, "About FCM messages"), APNs and we use ourselves."""
RESERVED_PREFIXES: Final = ("google", "gcm")

_ID: Final = "0" * 24


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOptions:
    """The options of a push message, beside its title and its body.

    ``data`` are texts for the app by name, ``link`` is the address that a tap opens, ``sound`` a file of the app or
    ``default``, ``badge`` the number on the app's icon, ``image`` the address of a picture. Of messages with the same
    ``collapse_key`` that wait for a device, it gets the last.
    """

    data: Mapping[str, str] | None = None
    link: str | None = None
    sound: str | None = None
    badge: int | None = None
    image: str | None = None
    collapse_key: str | None = None

    @property
    def for_app(self) -> dict[str, str]:
        """The texts that the app finds beside the notification itself."""
        return {**(self.data or {}), **({"link": self.link} if self.link else {})}


NO_OPTIONS: Final = PushOptions()


def is_apns_token(recipient: str) -> bool:
    """Return whether a recipient is an APNs device token; any other token is FCM's."""
    return APNS_TOKEN.fullmatch(recipient) is not None


def apns_body(notification_id: str, title: str | None, body: str, options: PushOptions | None) -> dict[str, Any]:
    """Return the JSON that APNs is given."""
    options = options or NO_OPTIONS
    fields: dict[str, Any] = {
        "aps": {"alert": _texts(title, body), **_aps(options)},
        "notificationId": notification_id,
        **options.for_app,
    }
    if options.image:
        fields["image"] = options.image
    return fields


def fcm_message(notification_id: str, title: str | None, body: str, options: PushOptions | None) -> dict[str, Any]:
    """Return the JSON of FCM's ``message``, without its token and its lifespan."""
    options = options or NO_OPTIONS
    fields: dict[str, Any] = {
        "notification": _texts(title, body),
        "data": {"notificationId": notification_id, **options.for_app},
    }
    if options.image:
        fields["notification"]["image"] = options.image
    parts = {"android": _android(options), "apns": _apple(options), "webpush": _browsers(options)}
    return fields | {name: part for name, part in parts.items() if part}


def payload_bytes(recipient: str, title: str | None, body: str, options: PushOptions | None = None) -> int:
    """Return the size in bytes (UTF-8) of a message as the push service of its recipient receives it.

    APNs counts the whole body; of FCM's message counts what reaches a device: ``notification``, ``data``, and what
    Apple devices and browsers get beside them. Unpaired surrogates, which UTF-8 cannot carry, count as three bytes.
    """
    if is_apns_token(recipient):
        payload = apns_body(_ID, title, body, options)
    else:
        message = fcm_message(_ID, title, body, options)
        of_apple = message.get("apns", {}).get("payload", {})
        of_browsers = message.get("webpush", {}).get("fcm_options", {})
        payload = {"notification": message["notification"], "data": message["data"], **of_apple, **of_browsers}
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))


def _texts(title: str | None, body: str) -> dict[str, str]:
    return {"body": body} if title is None else {"body": body, "title": title}


def _aps(options: PushOptions) -> dict[str, Any]:
    given = {
        "sound": options.sound,
        "badge": options.badge,
        "mutable-content": 1 if options.image else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _android(options: PushOptions) -> dict[str, Any]:
    given = {"sound": options.sound, "notification_count": options.badge}
    notification = {name: value for name, value in given.items() if value is not None}
    return {
        **({"notification": notification} if notification else {}),
        **({"collapse_key": options.collapse_key} if options.collapse_key else {}),
    }


def _apple(options: PushOptions) -> dict[str, Any]:
    aps = _aps(options)
    return {
        **({"payload": {"aps": aps}} if aps else {}),
        **({"fcm_options": {"image": options.image}} if options.image else {}),
        **({"headers": {"apns-collapse-id": options.collapse_key}} if options.collapse_key else {}),
    }


def _browsers(options: PushOptions) -> dict[str, Any]:
    on_the_web = options.link if options.link and options.link.startswith("https://") else None
    return {
        **({"fcm_options": {"link": on_the_web}} if on_the_web else {}),
        **({"headers": {"Topic": options.collapse_key}} if options.collapse_key else {}),
    }
