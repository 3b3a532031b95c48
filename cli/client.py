"""The HTTP client of WaveCom's API: one call, and its retries.

It retries a few times: connection errors if a second call cannot have a second effect (GET, an Idempotency-Key, or
nothing was sent yet); 429, which refuses before any effect; 503 under the same condition as connection errors.
Between two tries it waits as long as Retry-After asks, a minute at the most.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Self

import httpx

from cli.errors import RefusedError, UnreachableError, UsageError
from cli.reach import is_loopback, not_ours, unreachable

TIMEOUT: Final = httpx.Timeout(35.0, connect=5.0)
"""Seconds. An answer takes at most 30 (Amazon API Gateway quotas, "HTTP API quotas": integration timeout)."""
TRIES: Final = 4
BACKOFF_SECONDS: Final = 0.25
"""The wait before the second try after a connection error; it doubles with each, up to `BACKOFF_MAX_SECONDS`."""
BACKOFF_MAX_SECONDS: Final = 5.0
LONGEST_WAIT_SECONDS: Final = 60.0
"""The window of the rate limit; longer waits are reported to the user instead."""
DIRECT: Final[Mapping[str, None]] = {"http://": None, "https://": None}
"""No proxy, whatever the environment says: a proxy cannot reach this machine's own address."""
KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
"""Valid API keys and idempotency keys: text that fits in a header."""

Query = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: ``body`` is its JSON, None if it is not JSON; ``seconds`` is its duration."""

    status: int
    headers: httpx.Headers
    body: Any
    seconds: float
    certificate_ends: datetime | None = None

    @property
    def data(self) -> Any:
        """The ``data`` of the envelope. Raises `UnreachableError` if there is none."""
        if not (isinstance(self.body, dict) and "data" in self.body):
            raise UnreachableError("The answer is not WaveCom's", "Check --url or WAVECOM_URL.")
        return self.body["data"]

    @property
    def error_code(self) -> str:
        """The ``code`` of an error, "" if there is none."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("code", "")) if isinstance(error, dict) else ""


class Api:
    """WaveCom's API at one URL. ``key`` is sent over plain HTTP only to this machine; ``say`` reports waits."""

    def __init__(self, url: str, key: str | None, say: Callable[[str], None]) -> None:
        self.url = url.rstrip("/")
        self.has_key = key is not None
        parsed = _parsed(self.url)
        self.is_local = is_loopback(parsed.host)
        self.is_encrypted = parsed.scheme == "https"
        self.is_test_key = bool(key and key.startswith("wc_test_"))
        self.answered = False
        self._say = say
        self._authorization = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(
            headers={"User-Agent": "wavecom-cli", "Accept": "application/json"},
            timeout=TIMEOUT,
            mounts=DIRECT if self.is_local else None,
        )

    def __enter__(self) -> Self:
        """Return the client, which closes its connections at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def exposes_key(self) -> bool:
        """True if the key would travel unencrypted over a network."""
        return self.has_key and not self.is_encrypted and not self.is_local

    def get(self, path: str, query: Query | None = None) -> Any:
        """GET ``path`` and return the ``data`` of the answer. Raises `RefusedError` and `UnreachableError`."""
        return self.call("GET", path, query=query).data

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Query | None = None,
        idempotency_key: str | None = None,
        tries: int = TRIES,
    ) -> Answer:
        """Make a call, retry it if that is safe and may help, and return the successful answer.

        Raises `RefusedError` and `UnreachableError`.
        """
        may_repeat = method == "GET" or idempotency_key is not None
        for number in range(1, tries + 1):
            last = number == tries
            try:
                answer = self.once(method, path, body, query=query, idempotency_key=idempotency_key)
            except UnreachableError as exc:
                if last or exc.stays or not (may_repeat or exc.not_sent):
                    raise
                self._wait(_backoff(number), str(exc))
                continue
            if 200 <= answer.status < 300:
                if not (isinstance(answer.body, dict) and answer.body.get("success") is True):
                    raise not_ours(self.url, answer.status)
                return answer
            refusal = _refusal(self.url, answer)
            wait = refusal.retry_after or _backoff(number)
            passes = refusal.status == 429 or (refusal.status == 503 and may_repeat)
            if last or not passes or wait > LONGEST_WAIT_SECONDS:
                raise refusal
            self._wait(wait, f"{refusal} ({refusal.code})")
        raise AssertionError("A loop that returns or raises")

    def once(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Query | None = None,
        idempotency_key: str | None = None,
        with_key: bool = True,
    ) -> Answer:
        """Make one call and return its answer, also an error. Raises `UnreachableError`."""
        if with_key and self.exposes_key:
            raise UsageError(
                f"An API key must not travel unencrypted, and {self.url} is plain HTTP",
                "Use an address that begins with https://",
            )
        headers = {**(self._authorization if with_key else {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        request = self._client.build_request(
            method,
            f"{self.url}{path}",
            params={name: _text(value) for name, value in (query or {}).items() if value is not None},
            headers=headers,
            content=None if body is None else json.dumps(body).encode(),
        )
        started = time.monotonic()
        try:
            response = self._client.send(request, stream=True)
            try:
                ends = _certificate_ends(response)  # known only while the connection is open
                response.read()
            finally:
                response.close()
        except httpx.RequestError as exc:
            raise unreachable(self.url, exc) from exc
        self.answered = True
        return Answer(response.status_code, response.headers, _json(response), time.monotonic() - started, ends)

    def _wait(self, seconds: float, why: str) -> None:
        self._say(f"{why}. Trying again in {seconds:.3g} s.")
        time.sleep(seconds)


def _backoff(number: int) -> float:
    return min(BACKOFF_SECONDS * 2.0 ** (number - 1), BACKOFF_MAX_SECONDS)


def _parsed(url: str) -> httpx.URL:
    advice = "It looks like https://wavecom.example.com or http://localhost:5000."
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as exc:
        raise UsageError("The URL is not valid", advice) from exc
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.query or parsed.fragment:
        raise UsageError("The URL is not valid", advice)
    if parsed.userinfo:
        raise UsageError("The URL must have no user and no password in it", "The key comes from WAVECOM_API_KEY.")
    return parsed


def _text(value: str | int | bool | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _certificate_ends(response: httpx.Response) -> datetime | None:
    stream = response.extensions.get("network_stream")
    connection = stream.get_extra_info("ssl_object") if stream else None
    certificate = connection.getpeercert() if connection else None
    return parsedate_to_datetime(_as_rfc_2822(certificate["notAfter"])) if certificate else None


def _as_rfc_2822(not_after: str) -> str:
    """Return ``Jan  5 09:34:43 2026 GMT`` as ``5 Jan 2026 09:34:43 GMT``."""
    month, day, clock, year, zone = not_after.split()
    return f"{day} {month} {year} {clock} {zone}"


def _refusal(url: str, answer: Answer) -> RefusedError:
    """Return the error of an answer. Raises `UnreachableError` if it is not WaveCom's."""
    body = answer.body if isinstance(answer.body, dict) else {}
    retry_after = _seconds(answer.headers.get("retry-after"))
    error = body.get("error")
    if isinstance(error, dict):
        details = error.get("details", [])
        if not (isinstance(details, list) and all(isinstance(each, dict) for each in details)):
            raise not_ours(url, answer.status)
        return RefusedError(
            str(error.get("message", "")),
            status=answer.status,
            code=str(error.get("code", "")),
            details=[(str(each.get("field")), str(each.get("message"))) for each in details],
            request_id=str(body.get("requestId", "")),
            retry_after=retry_after,
        )
    if isinstance(body.get("message"), str):  # a gateway's own answer
        code = f"HTTP_{answer.status}"
        return RefusedError(body["message"], status=answer.status, code=code, retry_after=retry_after)
    raise not_ours(url, answer.status)


def _seconds(retry_after: str | None) -> float | None:
    """Return a Retry-After header in seconds: a number or a date (RFC 9110, section 10.2.3)."""
    if retry_after is None:
        return None
    try:
        if retry_after.isdecimal():
            return float(retry_after)
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
