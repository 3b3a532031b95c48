"""The caller of a request, by its API key, or as the development tenant."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from wavecom.domain.api_keys import Caller, Role, read_token
from wavecom.http.framework.errors import ForbiddenError, UnauthenticatedError
from wavecom.http.framework.key_lookup import KeyLookup
from wavecom.http.services import HttpConfig

_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
"""Methods that change nothing (RFC 9110, section 9.2.1)."""
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="WaveCom"'}


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request that identify its sender; ``headers`` has lower case names, ``address`` may be empty."""

    method: str
    headers: Mapping[str, str]
    address: str


def authenticate(request: Request, config: HttpConfig, keys: KeyLookup) -> Caller:
    """Return the caller, by ``Authorization: Bearer <key>`` or ``X-API-Key: <key>``.

    Raises `UnauthenticatedError`, also for an Authorization of another scheme. A request without either is the
    development tenant's, if there is one. That tenant answers only to a loopback host name, so that no page gets in by
    rebinding its own name, and refuses changes by pages of another origin. Raises `ForbiddenError`, and
    `TooManyRequestsError` for an address that guesses keys.
    """
    headers = request.headers
    given = _token(headers)
    if given is None:
        if config.development_tenant is None:
            raise UnauthenticatedError("An API key is required: Authorization: Bearer <key>", headers=_CHALLENGE)
        if not _LOOPBACK.fullmatch(headers.get("host", "")):
            raise ForbiddenError("The development tenant answers to localhost only; use an API key")
        if request.method not in _SAFE_METHODS and _is_foreign(headers, config.cors_origins):
            raise ForbiddenError("The development tenant changes nothing for pages of other origins; use an API key")
        return Caller(tenant_id=config.development_tenant, key_id="development", role=Role.OPERATOR)
    token = read_token(given)
    if token is not None:
        key = keys.find(token.key_id, request.address)
        if key is not None and key.opens_with(token):
            return key.caller()
    raise UnauthenticatedError("The API key is not valid", headers=_CHALLENGE)


def _token(headers: Mapping[str, str]) -> str | None:
    """Return the given key, None if there is none. A proxy may use another scheme beside X-API-Key."""
    authorization = headers.get("authorization")
    if authorization is None:
        return headers.get("x-api-key")
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _is_foreign(headers: Mapping[str, str], known: Collection[str]) -> bool:
    """Return whether a page of another origin makes the request, by headers of the browser that no page can forge.

    ``Origin`` (Fetch standard, section 3.2) comes with everything but GET and HEAD; ``Sec-Fetch-Site`` (W3C, Fetch
    Metadata Request Headers) is ``same-site`` for another port of the same host. A request with neither is no page's.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    if origin is not None and origin in known:
        return False
    host = headers.get("host", "").lower()
    is_own = origin is None or origin.lower() in {f"http://{host}", f"https://{host}"}
    return not is_own or site not in {"same-origin", "none"}
