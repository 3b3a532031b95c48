"""Push messages through Firebase Cloud Messaging, HTTP v1 API: ``projects.messages.send`` to one registration token.

`REFUSALS` has the meaning of refusals. ``code`` of an error is FCM's ``errorCode``, else its ``status``, else
``http_`` and the HTTP status, else the name of httpx's or google-auth's exception, else a word of this module:
``no_message_name`` (Unknown), ``no_access_token`` (Transient: nothing was sent), ``not_utf8`` and ``not_an_fcm_token``
(Permanent, found before calling). After the first 401 a new access token is fetched and the request repeated once: a
401 is a definite refusal.

HTTP v1 takes no idempotency token; the notification's id goes to the app as the data ``notificationId``.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final
from urllib.parse import quote

from wavecom.adapters.providers.deadlines import seconds_left, unix_seconds, utc_now
from wavecom.adapters.providers.http import LOGGABLE_CODE, Answer, HttpCaller, json_object
from wavecom.adapters.providers.push.google_tokens import AccessTokens, read_account
from wavecom.adapters.providers.refusals import Rule, for_good, for_now, limit, read, unknown
from wavecom.domain.content.push import fcm_message, is_apns_token
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    About,
    PermanentError,
    ProviderError,
    Receipt,
    UnknownOutcomeError,
)
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.ports.system import Clock

INVALID_REGISTRATION: Final = "INVALID_REGISTRATION"
"""Our code for FCM's INVALID_ARGUMENT if the argument is the registration token."""
TIME_TO_LIVE_MAX_SECONDS: Final = 28 * 86_400
"""FCM keeps a message for four weeks at most, by default too (Firebase, "Set the lifespan of a message")."""
QUOTA_WAIT: Final = timedelta(minutes=1)
"""Windows of a quota last a minute (Firebase, "Best practices when sending FCM messages at scale")."""

_NO_REGISTRATION: Final = re.compile(r"not a valid FCM registration token|invalid registration", re.IGNORECASE)
REFUSALS: Final[tuple[Rule, ...]] = (
    for_good(
        ["UNREGISTERED", INVALID_REGISTRATION],
        About.RECIPIENT,
        "The app is gone from the device, or it never was a token",
        suppression_reason=SuppressionReason.HARD_BOUNCE,
    ),
    for_good(["SENDER_ID_MISMATCH"], About.UNCLEAR, "A token of another Firebase project, which may be served as well"),
    for_good(["INVALID_ARGUMENT", "http_413"], About.MESSAGE, "This request will never be taken: too big, for example"),
    limit(["QUOTA_EXCEEDED", "http_429"], "Too many messages", wait=QUOTA_WAIT),
    for_now(["THIRD_PARTY_AUTH_ERROR"], "The project's APNs key or web push key"),
    for_now(["http_401", "http_403", "http_404", "http_405"], "Our service account, rights, project or address of FCM"),
    for_now(["http_408", "http_3??"], "The service did not get the request"),
    for_good(["http_4??"], About.UNCLEAR, "Not documented"),
    unknown(["*"], "INTERNAL, UNAVAILABLE: FCM answers 503 even for what it delivers (firebase-admin-node, 1248)"),
)
"""Firebase, "ErrorCode" and "FcmError" of the REST reference, "Manage FCM registration tokens". A refusal's codes are
FCM's own and ``http_`` with the status."""
_TEXT_MAX: Final = 200
"""The most characters of the service's text in an error's text."""


class FcmPushProvider:
    """Sends push messages through Firebase Cloud Messaging."""

    channel = Channel.PUSH
    idempotent = False
    bulk_limit = 1

    def __init__(
        self,
        *,
        service_account: Mapping[str, str] | str,
        name: str = "fcm",
        base_url: str = "https://fcm.googleapis.com",
        timeout: timedelta = timedelta(seconds=10),
        max_connections: int = 128,
        clock: Clock = utc_now,
    ) -> None:
        """Prepare to send for the project of a service account's key file, given as JSON text or as its values.

        ``timeout`` limits each request to FCM. A send whose access token is missing or refused also waits for the
        token endpoint, up to 5 seconds, and a refused request is repeated once. ``max_connections`` should be at least
        the number of threads. Raises `ValueError` for an unusable service account.
        """
        account = read_account(service_account)
        self.name = name
        self._clock = clock
        self._path = f"/v1/projects/{quote(account['project_id'], safe='')}/messages:send"
        self._tokens = AccessTokens(account, timeout=timeout)
        self._call = HttpCaller("FCM", base_url, timeout=timeout, max_connections=max_connections)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds FCM's name for it, ``projects/*/messages/*``."""
        if is_apns_token(message.recipient):
            raise PermanentError("A device token of APNs", code="not_an_fcm_token", about=About.UNCLEAR, asked=False)
        token = self._tokens.get()
        answer = self._post(message, token)
        if answer.status == 401 and _refusal(answer).code != "THIRD_PARTY_AUTH_ERROR":
            answer = self._post(message, self._tokens.get(refused=token))
        if answer.status != 200:
            raise _refusal(answer)
        name = json_object(answer.body).get("name")
        if not isinstance(name, str) or not name:
            raise UnknownOutcomeError("FCM answered without a message's name", code="no_message_name")
        return Receipt(name)

    def close(self) -> None:
        """Close all connections."""
        self._call.close()
        self._tokens.close()

    def _post(self, message: OutgoingMessage, token: str) -> Answer:
        """Make the request. The message's remaining time is computed here, after the wait for an access token."""
        body = _body(message, self._clock())
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self._call("POST", self._path, content=body, headers=headers)


def _body(message: OutgoingMessage, now: datetime) -> bytes:
    content = message.content
    fields = fcm_message(message.notification_id, content.subject, content.message, content.push)
    fields["token"] = message.recipient
    if message.expires_at is not None:
        _limit_lifespan(fields, message.expires_at, now)
    try:
        return json.dumps({"message": fields}, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise PermanentError("Not text that UTF-8 can carry", code="not_utf8", about=About.MESSAGE) from exc


def _limit_lifespan(fields: dict[str, Any], expires_at: datetime, now: datetime) -> None:
    """Add the times until which Android, Apple devices and browsers are tried; a TTL of 0 means now or never.

    Source: Firebase, "Set the lifespan of a message"; RFC 8030, section 5.2.
    """
    seconds = seconds_left(expires_at, now, at_least=0, at_most=TIME_TO_LIVE_MAX_SECONDS)
    fields.setdefault("android", {})["ttl"] = f"{seconds}s"
    for name, header, value in (
        ("apns", "apns-expiration", str(unix_seconds(expires_at, now))),
        ("webpush", "TTL", str(seconds)),
    ):
        fields.setdefault(name, {}).setdefault("headers", {})[header] = value


def _refusal(answer: Answer) -> ProviderError:
    status, error = answer.status, json_object(answer.body).get("error")
    error = error if isinstance(error, dict) else {}
    text = str(error.get("message", ""))[:_TEXT_MAX]
    given = error.get("details")
    details = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    codes = [*(str(each.get("errorCode")) for each in details if "errorCode" in each), str(error.get("status", ""))]
    code = next((each for each in codes if LOGGABLE_CODE.fullmatch(each)), f"http_{status}")
    detail = f"FCM answered {status} {code}: {text}"
    if code == "INVALID_ARGUMENT" and (_names_the_token(details) or _NO_REGISTRATION.search(text)):
        code = INVALID_REGISTRATION
    given_codes = (code, f"http_{status}")
    return read(REFUSALS, given_codes, text, detail=detail, code=code, retry_after=answer.retry_after())


def _names_the_token(details: list[dict[str, Any]]) -> bool:
    """Return whether a ``google.rpc.BadRequest`` among the details names the field of the registration token."""
    lists = [each["fieldViolations"] for each in details if isinstance(each.get("fieldViolations"), list)]
    return any(isinstance(each, dict) and each.get("field") == "message.token" for each in chain(*lists))
