"""Access tokens of Google's OAuth 2.0, for a service account, renewed before they expire."""

import json
import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.auth import transport
from google.auth.exceptions import GoogleAuthError
from google.oauth2.service_account import Credentials

from wavecom.adapters.providers.http import LOGGABLE_CODE, HttpCaller, json_object
from wavecom.domain.providers.outcomes import (
    TransientError,
    UnknownOutcomeError,
)

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
RENEW_BEFORE: Final = timedelta(minutes=4)
"""The time before its end at which an access token is renewed; it stays in use meanwhile."""
RENEWAL_PAUSE: Final = timedelta(seconds=30)
"""The pause after a failed renewal while the access token is still valid."""
_TIMEOUT_MAX: Final = timedelta(seconds=5)
_TOKEN_LIFETIME: Final = timedelta(hours=1)
"""The assumed lifetime of an access token without ``expires_in`` (Google, "Using OAuth 2.0 for Server to Server
Applications")."""
_IN_FLIGHT: Final = timedelta(seconds=10)
"""The margin before a token's end within which it could expire on the way."""
_BEARER: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""Text that an Authorization header can contain (RFC 6750, section 2.1)."""


def read_account(given: Mapping[str, str] | str) -> dict[str, str]:
    """Return the values of a service account's key file, given as JSON text or as its values.

    Raises ValueError if it is unusable, without its text.
    """
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


@dataclass(frozen=True, slots=True)
class _AccessToken:
    value: str = field(repr=False)
    renew_at: datetime
    ends_at: datetime


class AccessTokens:
    """The service account's access token. One thread fetches it while the others wait, or use the old one."""

    def __init__(self, account: Mapping[str, str], *, timeout: timedelta) -> None:
        self._request = _TokenRequest(account["token_uri"], timeout=min(timeout, _TIMEOUT_MAX))
        self._credentials = Credentials.from_service_account_info(account, scopes=[SCOPE])  # type: ignore[no-untyped-call]
        self._lock = threading.Lock()
        self._token: _AccessToken | None = None
        self._fetching: Future[_AccessToken] | None = None

    def get(self, *, refused: str | None = None) -> str:
        """Return a valid access token that is not ``refused``. Raises `TransientError` if none is available."""
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
        """Close the connection to the token endpoint."""
        self._request.close()

    def _fetch(self, fetching: Future[_AccessToken], *, fallback: _AccessToken | None) -> None:
        """Complete ``fetching`` with a new access token, or with ``fallback`` if there is one and no new one."""
        token: _AccessToken | None = None
        try:
            token = self._new_token()
        except TransientError as exc:
            if fallback is None:
                fetching.set_exception(exc)
            else:
                token = replace(fallback, renew_at=datetime.now(UTC) + RENEWAL_PAUSE)
        finally:
            with self._lock:
                self._token, self._fetching = token, None
            if token is not None:
                fetching.set_result(token)
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
            error = str(json_object(answer.body).get("error", ""))
            code = error if LOGGABLE_CODE.fullmatch(error) else f"http_{answer.status}"
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
