"""Push messages through Firebase Cloud Messaging, HTTP v1 API: ``projects.messages.send`` to one registration token.

What a refusal means stands in `REFUSALS`. ``code`` of an error is FCM's ``errorCode``, else its ``status``, else
``http_`` and the HTTP status, else the name of httpx's or google-auth's exception, else a word of this module:
``no_message_name`` (Unknown), ``no_access_token`` (Transient: nothing was sent), ``not_utf8`` and ``not_an_fcm_token``
(Permanent, found before calling). After the first 401 the access token is fetched anew and the request made again,
once: a 401 is a definite refusal.

HTTP v1 takes no idempotency token; the notification's id goes to the app as the data ``notificationId``.
"""

import json
import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final
from urllib.parse import quote

from google.auth import transport
from google.auth.exceptions import GoogleAuthError
from google.oauth2.service_account import Credentials

from wavecom.adapters.providers.deadlines import seconds_left, unix_seconds, utc_now
from wavecom.adapters.providers.http import Answer, HttpCaller
from wavecom.adapters.providers.refusals import Rule, for_good, for_now, limit, read, unknown
from wavecom.domain.content.push import is_apns_token
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    About,
    PermanentError,
    ProviderError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.ports.system import Clock

INVALID_REGISTRATION: Final = "INVALID_REGISTRATION"
"""Our code for FCM's INVALID_ARGUMENT where the argument is the registration token."""
SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
TIME_TO_LIVE_MAX_SECONDS: Final = 28 * 86_400
"""FCM keeps a message for four weeks at most, by default too (Firebase, "Set the lifespan of a message")."""
QUOTA_WAIT: Final = timedelta(minutes=1)
"""Windows of a quota last a minute (Firebase, "Best practices when sending FCM messages at scale")."""
RENEW_BEFORE: Final = timedelta(minutes=4)
"""How long before its end an access token is renewed; meanwhile it goes on being used."""
RENEWAL_PAUSE: Final = timedelta(seconds=30)
"""How long a failed renewal is not tried again while the access token is valid."""

_TOKEN_TIMEOUT: Final = timedelta(seconds=5)
_TOKEN_LIFETIME: Final = timedelta(hours=1)
"""Of an access token whose ``expires_in`` is missing (Google, "Using OAuth 2.0 for Server to Server Applications")."""
_IN_FLIGHT: Final = timedelta(seconds=10)
"""An access token this close to its end could end on the way."""
_CODE: Final = re.compile(r"[A-Za-z0-9._]{1,64}")
_BEARER: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What an Authorization header can carry (RFC 6750, section 2.1)."""
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
_TEXT_KEPT: Final = 200
"""Characters of the service's own words that an error's text keeps."""


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

        ``timeout`` bounds each request to FCM. A send whose access token is missing or refused also waits for the
        token endpoint, up to 5 seconds, and a refused request is made once more. ``max_connections`` should be no
        less than the number of threads. Raises `ValueError` for an unusable service account.
        """
        account = _service_account(service_account)
        self.name = name
        self._clock = clock
        self._path = f"/v1/projects/{quote(account['project_id'], safe='')}/messages:send"
        self._tokens = _AccessTokens(account, timeout=min(timeout, _TOKEN_TIMEOUT))
        self._call = HttpCaller("FCM", base_url, timeout=timeout, max_connections=max_connections)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds FCM's name for it, ``projects/*/messages/*``."""
        if is_apns_token(message.recipient):
            raise PermanentError("A device token of APNs", code="not_an_fcm_token", about=About.UNCLEAR)
        _check_text(message)
        token = self._tokens.get()
        answer = self._post(message, token)
        if answer.status == 401 and _refusal(answer).code != "THIRD_PARTY_AUTH_ERROR":
            answer = self._post(message, self._tokens.get(refused=token))
        if answer.status != 200:
            raise _refusal(answer)
        name = _json_object(answer.body).get("name")
        if not isinstance(name, str) or not name:
            raise UnknownOutcomeError("FCM answered without a message's name", code="no_message_name")
        return Receipt(name)

    def close(self) -> None:
        """Close all connections."""
        self._call.close()
        self._tokens.close()

    def _post(self, message: OutgoingMessage, token: str) -> Answer:
        """Make the request. What is left of the message's time is seen here, after the wait for an access token."""
        body = _body(message, self._clock())
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self._call("POST", self._path, content=body, headers=headers)


def _service_account(given: Mapping[str, str] | str) -> dict[str, str]:
    try:
        account = json.loads(given) if isinstance(given, str) else dict(given)
    except ValueError:
        raise ValueError("service_account is not JSON") from None  # the cause would carry the private key along
    if not isinstance(account, dict):
        raise ValueError("service_account is not a JSON object")  # noqa: TRY004 - a value of the configuration
    missing = [key for key in ("client_email", "private_key", "project_id", "token_uri") if not account.get(key)]
    if missing:
        raise ValueError(f"service_account lacks {', '.join(missing)}")
    return account


def _check_text(message: OutgoingMessage) -> None:
    try:
        "".join([message.recipient, message.subject or "", message.message]).encode()
    except UnicodeEncodeError as exc:
        raise PermanentError("Not text that UTF-8 can carry", code="not_utf8", about=About.MESSAGE) from exc


def _body(message: OutgoingMessage, now: datetime) -> bytes:
    notification = {"body": message.message}
    if message.subject is not None:
        notification["title"] = message.subject
    fields: dict[str, Any] = {
        "token": message.recipient,
        "notification": notification,
        "data": {"notificationId": message.notification_id},
    }
    if message.expires_at is not None:
        fields |= _lifespan(message.expires_at, now)
    return json.dumps({"message": fields}, ensure_ascii=False).encode()


def _lifespan(expires_at: datetime, now: datetime) -> dict[str, Any]:
    """Return until when Android, Apple devices and browsers are tried; a TTL of 0 is now or never.

    Source: Firebase, "Set the lifespan of a message"; RFC 8030, section 5.2.
    """
    seconds = seconds_left(expires_at, now, at_least=0, at_most=TIME_TO_LIVE_MAX_SECONDS)
    return {
        "android": {"ttl": f"{seconds}s"},
        "apns": {"headers": {"apns-expiration": str(unix_seconds(expires_at, now))}},
        "webpush": {"headers": {"TTL": str(seconds)}},
    }


def _refusal(answer: Answer) -> ProviderError:
    status, error = answer.status, _json_object(answer.body).get("error")
    error = error if isinstance(error, dict) else {}
    text = str(error.get("message", ""))[:_TEXT_KEPT]
    given = error.get("details")
    details = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    codes = [*(str(each.get("errorCode")) for each in details if "errorCode" in each), str(error.get("status", ""))]
    code = next((each for each in codes if _CODE.fullmatch(each)), f"http_{status}")
    detail = f"FCM answered {status} {code}: {text}"
    if code == "INVALID_ARGUMENT" and (_names_the_token(details) or _NO_REGISTRATION.search(text)):
        code = INVALID_REGISTRATION
    given_codes = (code, f"http_{status}")
    return read(REFUSALS, given_codes, text, detail=detail, code=code, retry_after=answer.retry_after())


def _names_the_token(details: list[dict[str, Any]]) -> bool:
    """Return whether a ``google.rpc.BadRequest`` among the details names the field of the registration token."""
    lists = [each["fieldViolations"] for each in details if isinstance(each.get("fieldViolations"), list)]
    return any(isinstance(each, dict) and each.get("field") == "message.token" for each in chain(*lists))


def _json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``, an empty one for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class _AccessToken:
    value: str = field(repr=False)
    renew_at: datetime
    ends_at: datetime


class _AccessTokens:
    """The service account's access token, fetched by one thread while the others wait, or go on with the old one."""

    def __init__(self, account: Mapping[str, str], *, timeout: timedelta) -> None:
        self._request = _TokenRequest(account["token_uri"], timeout=timeout)
        self._credentials = Credentials.from_service_account_info(account, scopes=[SCOPE])  # type: ignore[no-untyped-call]
        self._lock = threading.Lock()
        self._token: _AccessToken | None = None
        self._fetching: Future[_AccessToken] | None = None

    def get(self, *, refused: str | None = None) -> str:
        """Return a valid access token that is not ``refused``. Raises `TransientError` when there is none to be had."""
        with self._lock:
            now = datetime.now(UTC)
            token = self._token
            if token is not None and (token.value == refused or token.ends_at <= now):
                token = None
            if token is not None and (now < token.renew_at or self._fetching is not None):
                return token.value
            fetching, first = self._fetching, self._fetching is None
            if fetching is None:
                fetching = self._fetching = Future()
        if first:
            self._fetch(fetching, fallback=token)
        try:
            return fetching.result().value
        except TransientError as exc:
            raise TransientError(str(exc), code=exc.code) from exc

    def close(self) -> None:
        self._request.close()

    def _fetch(self, fetching: Future[_AccessToken], *, fallback: _AccessToken | None) -> None:
        """Settle ``fetching`` with a new access token, or with ``fallback`` when there is one and no new one."""
        settled: _AccessToken | None = None
        try:
            settled = self._new_token()
        except TransientError as exc:
            if fallback is None:
                fetching.set_exception(exc)
            else:
                settled = replace(fallback, renew_at=datetime.now(UTC) + RENEWAL_PAUSE)
        finally:
            with self._lock:
                self._token, self._fetching = settled, None
            if settled is not None:
                fetching.set_result(settled)
            elif not fetching.done():
                fetching.cancel()

    def _new_token(self) -> _AccessToken:
        try:
            self._credentials.refresh(self._request)
        except (GoogleAuthError, ValueError, TypeError, OverflowError) as exc:
            raise TransientError("Not an answer of a token endpoint", code=type(exc).__name__) from exc
        value, expiry = self._credentials.token, self._credentials.expiry
        if not isinstance(value, str) or not _BEARER.fullmatch(value):
            raise TransientError("The token endpoint gave no access token", code="no_access_token")
        ends_at = expiry.replace(tzinfo=UTC) if expiry is not None else datetime.now(UTC) + _TOKEN_LIFETIME
        return _AccessToken(value, renew_at=ends_at - RENEW_BEFORE, ends_at=ends_at - _IN_FLIGHT)


class _TokenRequest(transport.Request):
    """Google-auth's requests to the token endpoint, with a deadline, through the proxy of the environment.

    It raises `TransientError` for any answer but 200: google-auth would sleep and try again.
    """

    def __init__(self, token_uri: str, *, timeout: timedelta) -> None:
        self._call = HttpCaller("Google's token endpoint", token_uri, timeout=timeout, max_connections=1)

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> "_TokenAnswer":
        try:
            answer = self._call(method, url, content=body, headers=headers)
        except UnknownOutcomeError as exc:
            raise TransientError(str(exc), code=exc.code) from exc
        if answer.status != 200:
            error = str(_json_object(answer.body).get("error", ""))
            code = error if _CODE.fullmatch(error) else f"http_{answer.status}"
            raise TransientError(f"No access token: {answer.status} {code}", code=code)
        return _TokenAnswer(answer.status, answer.headers, answer.body)

    def close(self) -> None:
        self._call.close()


@dataclass(frozen=True, slots=True)
class _TokenAnswer:
    """A token endpoint's answer, by the names that google-auth reads."""

    status: int
    headers: Mapping[str, str]
    data: bytes
