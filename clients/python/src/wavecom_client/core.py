"""The core, without input or output: it makes the requests of a call, repeats them, and reads the answers.

A call is repeated only where that cannot do anything twice:

- nothing was sent yet (connection refused, name not found): always;
- 429: always, since it refuses before any effect;
- 503, a broken connection or no answer in time: if the call is repeatable, that is, reads, or has an idempotency key.

Between two attempts it waits with growing, random delays, or for as long as ``Retry-After`` says (RFC 9110, section
10.2.3), within bounds; and never beyond the deadline of the whole call.
"""

import random
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from wavecom_client.errors import (
    ApiError,
    ConnectionFailedError,
    TimedOutError,
    UnexpectedAnswerError,
    WaveComError,
    api_error,
    json_of,
)
from wavecom_client.version import __version__
from wavecom_client.wire import Answer, Call, Failure, Pause, QueryValue, Request, query_text, send, to_json

USER_AGENT: Final = f"wavecom-client-python/{__version__}"
SENDABLE: Final = re.compile(r"[\x21-\x7e]{1,255}")
"""API keys and idempotency keys: printable ASCII without spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """The bounds of a call's attempts. All times are in seconds.

    ``deadline`` bounds the call with all its attempts and waits. An answer that asks to wait for longer than
    ``longest_wait``, or beyond the deadline, is raised at once.
    """

    attempts: int = 4
    deadline: float = 120.0
    backoff: float = 0.25
    backoff_max: float = 5.0
    longest_wait: float = 60.0

    def delay(self, failures: int, chance: float) -> float:
        """Return the wait after so many failures in a row: doubled with each, less up to a half by chance (0 to 1)."""
        return min(self.backoff * 2.0 ** min(failures - 1, 30), self.backoff_max) * (1 - chance / 2)


class Core:
    """One API at one address, with a key. Raises `ValueError` for an address or a key that cannot be used.

    ``timeout`` is the longest that one attempt takes, in seconds. Over plain HTTP the key is sent to this machine only,
    unless ``allow_plain_http`` is true.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        *,
        timeout: float = 35.0,
        retries: Retries | None = None,
        allow_plain_http: bool = False,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        url = urlsplit(base_url)
        is_plain = not (url.query or url.fragment or url.username) and (url.port is None or url.port > 0)
        if url.scheme not in {"http", "https"} or not url.hostname or not is_plain:
            raise ValueError("The base URL looks like https://wavecom.example.com")
        if api_key is not None and not SENDABLE.fullmatch(api_key):
            raise ValueError("The API key is empty, or has characters that no key has, such as a line break at its end")
        self.is_local = _is_loopback(url.hostname)
        if api_key is not None and url.scheme == "http" and not (self.is_local or allow_plain_http):
            raise ValueError(
                "An API key must not travel unencrypted: use https, or allow_plain_http on a private network"
            )
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self.retries = retries or Retries()
        self.clock = clock
        self.chance = chance
        self._authorization = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}

    def data(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        idempotency_key: str | None = None,
        repeatable: bool = False,
    ) -> Call[Any]:
        """Make a call and return the ``data`` of its answer. Raises `WaveComError`."""
        envelope, _ = yield from self.envelope(
            method, path, query=query, body=body, idempotency_key=idempotency_key, repeatable=repeatable
        )
        return data_of(envelope)

    def envelope(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        idempotency_key: str | None = None,
        repeatable: bool = False,
    ) -> Call[tuple[dict[str, Any], Answer]]:
        """Make a call and return the whole body of its answer, and the answer. Raises `WaveComError`."""
        request = self.request(method, path, query=query, body=body, idempotency_key=idempotency_key)
        may_repeat = repeatable or method == "GET" or idempotency_key is not None
        try:
            answer = yield from self.attempts(request, repeatable=may_repeat)
            return envelope_of(answer), answer
        except WaveComError as exc:
            exc.idempotency_key = idempotency_key
            raise

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        idempotency_key: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Request:
        """Return a request to the API."""
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if idempotency_key is not None:
            headers["Idempotency-Key"] = sendable_key(idempotency_key)
        parameters = {name: query_text(value) for name, value in (query or {}).items() if value is not None}
        return Request(
            method=method,
            url=f"{self.base_url}{path}{'?' if parameters else ''}{urlencode(parameters)}",
            headers={**headers, **self._authorization},
            content=None if body is None else to_json(body),
            timeout_seconds=timeout_seconds or self.timeout,
        )

    def attempts(self, request: Request, *, repeatable: bool) -> Call[Answer]:
        """Make a request, again where that is safe and may help, and return the successful answer.

        Raises `ApiError`, `ConnectionFailedError`, `TimedOutError` and `UnexpectedAnswerError`.
        """
        ends = self.clock() + self.retries.deadline
        failures = 0
        while True:
            left = ends - self.clock()
            result = yield from send(_within(request, left))
            if isinstance(result, Answer) and 200 <= result.status < 300:
                return result
            failures += 1
            error = error_of(result)
            wait = self.wait_after(result, failures)
            again = failures < self.retries.attempts and may_help(result, repeatable=repeatable)
            if not again or wait > self.retries.longest_wait or self.clock() + wait >= ends:
                raise error from (result.cause if isinstance(result, Failure) else None)
            yield Pause(wait)

    def wait_after(self, result: Answer | Failure, failures: int) -> float:
        """Return for how many seconds to wait after ``failures`` in a row, of which ``result`` is the last."""
        asked = retry_after(result.headers) if isinstance(result, Answer) else None
        return self.retries.delay(failures, self.chance()) if asked is None else asked


def may_help(result: Answer | Failure, *, repeatable: bool) -> bool:
    """Return whether another attempt may go better, and cannot do anything twice."""
    if isinstance(result, Failure):
        return not result.lasting and (repeatable or not result.sent)
    return result.status == 429 or (result.status == 503 and repeatable)


def error_of(result: Answer | Failure) -> WaveComError:
    """Return the error of what is no success."""
    if isinstance(result, Failure):
        kind = TimedOutError if result.timed_out else ConnectionFailedError
        return kind(result.text, sent=result.sent)
    if result.status < 400:
        return UnexpectedAnswerError(f"The answer has status {result.status}; is the base URL that of WaveCom's API?")
    error: ApiError = api_error(result.status, result.content, retry_after(result.headers))
    return error


def envelope_of(answer: Answer) -> dict[str, Any]:
    """Return the body of a successful answer. Raises `UnexpectedAnswerError` if it is not WaveCom's."""
    body = json_of(answer.content)
    if not (isinstance(body, dict) and body.get("success") is True):
        raise UnexpectedAnswerError("The answer is not WaveCom's; is the base URL that of its API?")
    return body


def data_of(envelope: Mapping[str, Any]) -> Any:
    """Return the ``data`` of a body. Raises `UnexpectedAnswerError` if it has none."""
    if "data" not in envelope:
        raise UnexpectedAnswerError("The answer has no data")
    return envelope["data"]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the header in seconds, which is a number or a date; None if it is absent or neither."""
    text = headers.get("retry-after", "")
    try:
        if text.isdecimal():
            return float(text)
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def new_key() -> str:
    """Return an idempotency key that nobody else has."""
    return str(uuid.uuid4())


def sendable_key(key: str) -> str:
    """Return an idempotency key. Raises `ValueError` if it is not one that fits in a header."""
    if not SENDABLE.fullmatch(key):
        raise ValueError("An idempotency key has 1 to 255 characters of ASCII, without spaces")
    return key


def _within(request: Request, left: float) -> Request:
    return Request(
        method=request.method,
        url=request.url,
        headers=request.headers,
        content=request.content,
        timeout_seconds=min(request.timeout_seconds, max(left, 0.001)),
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
