"""Push messages through the Apple Push Notification service, HTTP/2 provider API, with a provider token.

`REFUSALS` has the meaning of refusals. ``code`` of an error is its ``reason``, else ``http_`` and the status, else the
name of httpx's exception, else ``no_apns_id`` (Unknown). After 403 ExpiredProviderToken the token is renewed, if that
is allowed, and the request repeated once: a 403 is a definite refusal. Found before sending, all Permanent:
``not_an_apns_token``, ``not_utf8``, ``PayloadTooLarge`` above 4096 bytes.

APNs does not promise to send requests with the same ``apns-id`` only once.
"""

import json
import queue
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from google.auth import jwt
from google.auth.crypt.es256 import ES256Signer
from h2.exceptions import H2Error

from wavecom.adapters.providers.deadlines import unix_seconds, utc_now
from wavecom.adapters.providers.http import Answer, HttpCaller
from wavecom.adapters.providers.proxies import proxy_for
from wavecom.adapters.providers.refusals import Rule, for_good, for_now, read, unknown
from wavecom.domain.content.push import PAYLOAD_MAX_BYTES, apns_body, is_apns_token
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    About,
    PermanentError,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.ports.system import Clock

RENEW_AFTER: Final = timedelta(minutes=40)
"""Age of a provider token at which it is renewed. APNs refuses one older than 60 minutes, and a new one more often
than every 20 minutes (Apple, "Establishing a token-based connection to APNs")."""
RENEW_NOT_BEFORE: Final = timedelta(minutes=20)
"""Age of a provider token below which it is kept, even if APNs calls it expired."""

_APNS_IDS: Final = uuid.UUID("7f1b1c86-6a0e-4f0b-9a55-1d0c9a1f3b5e")
"""The namespace of the name-based UUIDs (RFC 9562, section 5.5) that identify notifications at APNs."""
_REASON: Final = re.compile(r"[A-Za-z0-9._]{1,64}")
CONNECTIONS: Final = 32
"""The connections of one process. They are fewer than the parallel sends (256), which wait for one: APNs answers within
tens of milliseconds, so 32 carry several hundred messages a second, and each is a TLS session with its own memory."""
REFUSALS: Final[tuple[Rule, ...]] = (
    for_good(
        ["Unregistered", "ExpiredToken"],
        About.RECIPIENT,
        "The app or the token is gone from the device",
        suppression_reason=SuppressionReason.HARD_BOUNCE,
    ),
    for_good(
        ["BadDeviceToken", "DeviceTokenNotForTopic"],
        About.UNCLEAR,
        "No token; or one of the other environment or of another app, by our settings: a slip in them must not cost "
        "every token",
    ),
    for_good(["PayloadTooLarge", "PayloadEmpty"], About.MESSAGE, "Its size"),
    for_now(["BadTopic", "MissingTopic", "TopicDisallowed"], "Our topic", about=About.IDENTITY),
    for_now(["IdleTimeout", "TooManyProviderTokenUpdates"], "Our connection, our provider token"),
    for_now(["http_401", "http_403", "http_404", "http_405", "http_408", "http_3??"], "Our key, rights or address"),
    for_now(["ServiceUnavailable", "Shutdown"], "The service refused"),
    for_good(["http_4??"], About.UNCLEAR, "Not documented"),
    unknown(["*"], "InternalServerError and others: it may have failed after it was taken"),
)
"""Apple, "Handling notification responses from APNs". A refusal's codes are its reason and ``http_`` with the status.
429 TooManyRequests is too much for one device."""


class ApnsPushProvider:
    """Sends push messages to one app through the Apple Push Notification service."""

    channel = Channel.PUSH
    idempotent = False
    bulk_limit = 1

    def __init__(
        self,
        *,
        key_id: str,
        team_id: str,
        private_key: str,
        topic: str,
        name: str = "apns",
        base_url: str = "https://api.push.apple.com",
        timeout: timedelta = timedelta(seconds=10),
        max_connections: int = CONNECTIONS,
        time_to_live: timedelta = timedelta(days=1),
        clock: Clock = utc_now,
    ) -> None:
        """Prepare to send to the app ``topic`` (its bundle id), or to that of a message's sender; nothing is connected.

        ``private_key`` is the content of the .p8 file of the key ``key_id`` of the team ``team_id``. ``timeout``
        limits the wait for one of the ``max_connections``, and each request: each connection carries one at a time.
        ``time_to_live`` is the time for which APNs tries to reach a device that is off, unless the message's deadline
        is earlier. Raises `ValueError` for a key that is not on the curve P-256.
        """
        self.name = name
        self._topic = topic
        self._time_to_live = time_to_live
        self._clock = clock
        self._tokens = _ProviderTokens(_signer(private_key, key_id), team_id, clock)
        self._connections = _Connections(base_url, timeout=timeout, size=max_connections)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds its ``apns-id``, which is derived from the notification's id."""
        if not is_apns_token(message.recipient):
            raise PermanentError("Not an APNs device token", code="not_an_apns_token", about=About.UNCLEAR, asked=False)
        payload = _payload(message)
        token = self._tokens.get()
        with self._connections.one() as call:
            answer = self._post(call, message, payload, token)
            if answer.status == 403 and _reason(answer) == "ExpiredProviderToken":
                renewed = self._tokens.get(refused=token)
                if renewed != token:
                    answer = self._post(call, message, payload, renewed)
        if answer.status != 200:
            raise _refusal(answer)
        apns_id = answer.headers.get("apns-id")
        if not apns_id:
            raise UnknownOutcomeError("APNs answered without an apns-id", code="no_apns_id")
        return Receipt(apns_id)

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def _post(self, call: HttpCaller, message: OutgoingMessage, payload: bytes, token: str) -> Answer:
        """Make the request. The device token is only in the target, because httpx logs addresses, without targets."""
        headers = {
            "authorization": f"bearer {token}",
            "apns-id": str(uuid.uuid5(_APNS_IDS, message.notification_id)),
            "apns-topic": self._topic if message.sender is None else message.sender.address,
            "apns-push-type": "alert",
            "apns-priority": "10",
            "apns-expiration": str(self._expiration(message)),
            "content-type": "application/json",
        }
        if message.content.push and message.content.push.collapse_key:
            headers["apns-collapse-id"] = message.content.push.collapse_key
        target = f"/3/device/{message.recipient}".encode("ascii")
        try:
            return call("POST", "/3/device", content=payload, headers=headers, extensions={"target": target})
        except H2Error as exc:
            raise UnknownOutcomeError("APNs breaks the protocol in an answer", code=type(exc).__name__) from exc

    def _expiration(self, message: OutgoingMessage) -> int:
        """Return the time at which APNs gives up, in seconds since 1970: after the time to live or at the deadline."""
        now = self._clock()
        ends_at = now + self._time_to_live
        return unix_seconds(ends_at if message.expires_at is None else min(ends_at, message.expires_at), now)


def _signer(private_key: str, key_id: str) -> ES256Signer:
    try:
        signer = ES256Signer.from_string(private_key, key_id)
    except TypeError as exc:
        raise ValueError("private_key is not an elliptic curve key") from exc
    if not isinstance(signer, ES256Signer) or signer.algorithm != "ES256":
        raise ValueError("private_key is not on the curve P-256")
    return signer


def _payload(message: OutgoingMessage) -> bytes:
    content = message.content
    fields = apns_body(message.notification_id, content.subject, content.message, content.push)
    try:
        payload = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as exc:
        raise PermanentError("Not text that UTF-8 can carry", code="not_utf8", about=About.MESSAGE) from exc
    if len(payload) > PAYLOAD_MAX_BYTES:
        detail = f"{len(payload)} bytes are more than APNs takes"
        raise PermanentError(detail, code="PayloadTooLarge", about=About.MESSAGE)
    return payload


def _reason(answer: Answer) -> str:
    """Return APNs's reason for a refusal, which is JSON (``{"reason": "..."}``), or an empty text."""
    try:
        value: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    return str(value.get("reason", "")) if isinstance(value, dict) else ""


def _refusal(answer: Answer) -> ProviderError:
    status, reason = answer.status, _reason(answer)
    code = reason if _REASON.fullmatch(reason) else f"http_{status}"
    detail = f"APNs answered {status} {code}"
    if status == 429 and reason != "TooManyProviderTokenUpdates":
        return RateLimitedError(detail, code=code, retry_after=answer.retry_after(), of_recipient=True)
    return read(REFUSALS, (code, f"http_{status}"), "", detail=detail, code=code)


@dataclass(frozen=True, slots=True)
class _ProviderToken:
    value: str = field(repr=False)
    issued_at: datetime


class _ProviderTokens:
    """The provider token that all requests of this process share."""

    def __init__(self, signer: ES256Signer, team_id: str, clock: Clock) -> None:
        self._signer = signer
        self._team_id = team_id
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _ProviderToken | None = None

    def get(self, *, refused: str | None = None) -> str:
        """Return a provider token that is young enough, and not ``refused`` if a new one may be made already."""
        with self._lock:
            now = self._clock()
            token = self._token
            limit = RENEW_NOT_BEFORE if token is not None and token.value == refused else RENEW_AFTER
            if token is None or not timedelta(0) <= now - token.issued_at < limit:
                token = self._token = self._sign(now)
            return token.value

    def _sign(self, now: datetime) -> _ProviderToken:
        claims = {"iss": self._team_id, "iat": int(now.timestamp())}
        signed: bytes = jwt.encode(self._signer, claims)  # type: ignore[no-untyped-call]
        return _ProviderToken(signed.decode("ascii"), now)


class _Connections:
    """HTTP/2 connections, each used by one thread at a time.

    httpcore's HTTP/2 connection keeps the state of its streams without a lock: threads that share one disturb each
    other's requests. So each connection has its own caller, created when it is first needed.
    """

    def __init__(self, base_url: str, *, timeout: timedelta, size: int) -> None:
        self._base_url = base_url
        self._timeout = timeout
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._free: queue.LifoQueue[HttpCaller | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)
        self._lock = threading.Lock()
        self._callers: list[HttpCaller] = []
        proxy_for(base_url)  # raises `ValueError` for a wrong proxy now, not with the first message

    @contextmanager
    def one(self) -> Iterator[HttpCaller]:
        """Lend a connection, preferably the last used one. Raises `TransientError` if none is free in time."""
        try:
            caller = self._free.get(timeout=self._timeout.total_seconds())
        except queue.Empty as exc:
            raise TransientError("All connections to APNs are busy", code="PoolTimeout") from exc
        try:
            if caller is None:
                caller = self._open()
            yield caller
        finally:
            self._free.put(caller)

    def close(self) -> None:
        with self._lock:
            for caller in self._callers:
                caller.close()

    def _open(self) -> HttpCaller:
        caller = HttpCaller("APNs", self._base_url, timeout=self._timeout, max_connections=1, http2=True, tls=self._tls)
        with self._lock:
            self._callers.append(caller)
        return caller
