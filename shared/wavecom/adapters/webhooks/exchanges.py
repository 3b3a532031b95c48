"""One request and its answer, over a connection to a checked address."""

import contextlib
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpcore

from wavecom.adapters.webhooks.addresses import IpAddress
from wavecom.adapters.webhooks.connections import (
    AnswerTooLongError,
    BoundedStream,
    Connect,
    Connection,
    IdleConnections,
    Place,
    seconds_to,
)
from wavecom.adapters.webhooks.urls import Endpoint
from wavecom.domain.webhooks.answers import WebhookFailure

ANSWER_MAX_BYTES: Final = 16 * 1024
"""The most bytes that are read of an answer, with its headers. A longer body is cut off, longer headers are refused."""
BODY_KEPT_BYTES: Final = 1_024
"""The most bytes that are kept of a body. The rest is read so that the connection can be used again."""
CONNECT_LIMIT: Final = timedelta(seconds=5)
"""The time for one address to take a connection, before the next is tried."""
ADDRESSES_TRIED: Final = 3
"""The most addresses of a name that a call tries to connect to."""
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token (RFC 9110, section 5.6.2)."""
_HEADER_VALUE: Final = re.compile(r"[ -~]*")
"""A field value (RFC 9110, section 5.5) without tabs and without bytes beyond ASCII."""
_FRAMING: Final = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers that say where a request ends and what becomes of its connection (RFC 9110 and RFC 9112)."""


class ExchangeError(Exception):
    """There is no answer."""

    def __init__(self, failure: WebhookFailure) -> None:
        super().__init__(failure.value)
        self.failure: Final = failure


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer of any status: the first value of ``Retry-After``, if any, and the bytes that are kept of the body."""

    status: int
    retry_after: str
    body: bytes


class Exchanges:
    """Exchanges with endpoints, from many threads at once, over connections that are kept and used again.

    As many connections are open to one place as there were calls to it at the same moment.
    """

    def __init__(self, *, tls: ssl.SSLContext, connect: Connect, idle_for: timedelta) -> None:
        """Use ``tls`` for https and ``connect`` for every new connection, and keep connections for ``idle_for``."""
        self._tls = tls
        self._tls.set_alpn_protocols(["http/1.1"])
        self._connect = connect
        self._idle = IdleConnections(keep_for=idle_for)

    def post(
        self,
        endpoint: Endpoint,
        addresses: Sequence[IpAddress],
        headers: Mapping[str, str],
        body: bytes,
        *,
        deadline: float,
    ) -> RawAnswer:
        """Make one POST to one of ``addresses``, all of which were checked, and return the answer.

        ``deadline`` is a time of `time.monotonic` for all of it. A kept connection may turn out to be dead, when
        nothing of an answer comes over it; then the request is made once more, over a new one.

        Raises `ExchangeError`.
        """
        request = _request(endpoint, headers, body)
        try:
            kept = self._kept(endpoint, addresses)
            if kept is not None:
                try:
                    return self._exchange(kept, request, deadline)
                except (httpcore.NetworkError, httpcore.RemoteProtocolError):
                    if kept.stream.received_bytes:
                        raise
            return self._exchange(self._open(endpoint, addresses, deadline), request, deadline)
        except (httpcore.TimeoutException, TimeoutError) as exc:
            raise ExchangeError(WebhookFailure.TIMED_OUT) from exc
        except (httpcore.NetworkError, httpcore.ProtocolError) as exc:
            raise ExchangeError(WebhookFailure.BROKEN_ANSWER) from exc

    def close(self) -> None:
        """Close the connections that no call uses."""
        self._idle.close()

    def _kept(self, endpoint: Endpoint, addresses: Sequence[IpAddress]) -> Connection | None:
        for address in addresses:
            connection = self._idle.take(_place(endpoint, address))
            if connection is not None:
                return connection
        return None

    def _open(self, endpoint: Endpoint, addresses: Sequence[IpAddress], deadline: float) -> Connection:
        """Connect to the first of ``addresses`` that lets us."""
        failure = WebhookFailure.NOT_CONNECTED
        for address in addresses[:ADDRESSES_TRIED]:
            try:
                opened = self._opened(endpoint, address, deadline)
            except ssl.SSLError:
                failure = WebhookFailure.TLS_FAILED
                continue
            except OSError:
                seconds_to(deadline)  # ends the call once its time is over
                continue
            stream = BoundedStream(opened)
            http = httpcore.HTTP11Connection(_url(endpoint).origin, stream)
            return Connection(_place(endpoint, address), stream, http)
        raise ExchangeError(failure)

    def _opened(self, endpoint: Endpoint, address: IpAddress, deadline: float) -> socket.socket:
        """Return a connected socket, over which TLS has checked the name. Raises `OSError`, `ssl.SSLError` among it."""
        limit = min(seconds_to(deadline), CONNECT_LIMIT.total_seconds())
        plain = self._connect(address, endpoint.port, limit)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if endpoint.scheme == "http":
                return plain
            plain.settimeout(seconds_to(deadline))  # for the handshake as a whole
            return self._tls.wrap_socket(plain, server_hostname=endpoint.host)
        except BaseException:
            plain.close()
            raise

    def _exchange(self, connection: Connection, request: httpcore.Request, deadline: float) -> RawAnswer:
        connection.stream.begin(deadline=deadline, max_bytes=ANSWER_MAX_BYTES)
        response = connection.http.handle_request(request)
        if not connection.stream.received_bytes:
            connection.http.close()
            raise httpcore.RemoteProtocolError("The answer came with the one before, so it is of no request")
        body = bytearray()
        try:
            with contextlib.suppress(AnswerTooLongError):
                for part in response.iter_stream():
                    body += part[: BODY_KEPT_BYTES - len(body)]
        finally:
            response.close()
        if connection.http.is_idle():
            self._idle.keep(connection)
        waits = [value for name, value in response.headers if name.lower() == b"retry-after"]
        return RawAnswer(response.status, waits[0].decode("ascii", "replace") if waits else "", bytes(body))


def _place(endpoint: Endpoint, address: IpAddress) -> Place:
    return Place(endpoint.scheme, endpoint.host, endpoint.port, address)


def _url(endpoint: Endpoint) -> httpcore.URL:
    return httpcore.URL(scheme=endpoint.scheme, host=endpoint.host, port=endpoint.port, target=endpoint.target)


def _request(endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> httpcore.Request:
    """Return the request. Raises `ExchangeError` for headers that may not be sent."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _FRAMING or not _HEADER_VALUE.fullmatch(value):
            raise ExchangeError(WebhookFailure.HEADER_REFUSED)
    lines = [("Host", endpoint.host_header), ("Content-Length", str(len(body))), *headers.items()]
    return httpcore.Request(
        b"POST",
        _url(endpoint),
        headers=[(name.encode(), value.strip().encode()) for name, value in lines],
        content=body,
    )
