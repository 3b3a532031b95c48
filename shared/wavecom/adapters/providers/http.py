"""Calls to providers over HTTP: the client, a deadline for the whole call, and the meaning of connection failures.

A failure before the request could be written is Transient: nothing was sent. Any later failure, including an
incomplete answer, is Unknown: it may have been sent. ``code`` is the name of httpx's exception.
"""

import json
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from wavecom.adapters.providers.proxies import ProxyTransport, proxy_for
from wavecom.adapters.retry_after import read_retry_after
from wavecom.domain.providers.outcomes import TransientError, UnknownOutcomeError

ANSWER_MAX_BYTES: Final = 1024 * 1024
"""The largest answer; a larger one counts as broken."""
_NOTHING_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
LOGGABLE_CODE: Final = re.compile(r"[A-Za-z0-9._]{1,64}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of a provider."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def retry_after(self, now: datetime | None = None) -> timedelta | None:
        """Return the wait that ``Retry-After`` names, in seconds or as a date (RFC 9110, section 10.2.3), if any.

        It is a day at the most.
        """
        return read_retry_after(self.headers.get("retry-after", ""), now)


def _transport(base_url: str, *, max_connections: int, http2: bool, tls: ssl.SSLContext | None) -> httpx.HTTPTransport:
    """Return the transport of calls to ``base_url``, through the proxy that the environment names for it, if any."""
    proxy = proxy_for(base_url)
    make_transport = httpx.HTTPTransport if proxy is None else ProxyTransport
    return make_transport(
        verify=tls if tls is not None else True,
        trust_env=False,
        http1=not http2,
        http2=http2,
        limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
        proxy=proxy,
    )


class HttpCaller:
    """Makes calls to one provider over pooled connections, from many threads at once."""

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        timeout: timedelta,
        connect_timeout: timedelta = timedelta(seconds=3),
        max_connections: int = 128,
        http2: bool = False,
        headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare calls to ``service`` (its name in errors) below ``base_url``; no connection is made yet.

        They go through the proxy that the environment names for ``base_url`` now, if any (`proxy_for`). Raises
        `ValueError` if that is not a valid one.

        ``timeout`` limits the whole call. ``max_connections`` should be at least the number of threads. With
        ``http2``, httpcore is safe for one thread only. ``tls`` is for several callers to share, since each context
        costs 45 ms.
        """
        self._service = service
        self._timeout_seconds = timeout.total_seconds()
        self._client = httpx.Client(
            base_url=base_url,
            headers=dict(headers or {}),
            transport=_transport(base_url, max_connections=max_connections, http2=http2, tls=tls),
            timeout=httpx.Timeout(
                self._timeout_seconds, connect=min(connect_timeout.total_seconds(), self._timeout_seconds)
            ),
            follow_redirects=False,
            trust_env=False,
        )

    def __call__(self, method: str, path: str, **request: Any) -> Answer:
        """Make one call and return its answer, whatever its status; ``request`` has arguments of `httpx.Client.stream`.

        Raises `TransientError` if nothing was sent and `UnknownOutcomeError` if something may have been.
        """
        deadline = time.monotonic() + self._timeout_seconds
        try:
            with self._client.stream(method, path, **request) as response:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if len(body) > ANSWER_MAX_BYTES:
                        raise UnknownOutcomeError(f"{self._service} does not stop answering", code="answer_too_long")
                    if time.monotonic() > deadline:
                        raise UnknownOutcomeError(f"{self._service} answers too slowly", code="timeout")
                return Answer(response.status_code, response.headers, bytes(body))
        except _NOTHING_SENT as exc:
            raise TransientError(f"Not connected to {self._service}", code=type(exc).__name__) from exc
        except httpx.HTTPError as exc:
            raise UnknownOutcomeError(f"No answer from {self._service}", code=type(exc).__name__) from exc

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``, an empty one for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
