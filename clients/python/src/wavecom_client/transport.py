"""The part that both drivers share: answers and errors of httpx become those of the core."""

import ssl
from collections.abc import Iterator, Mapping
from typing import Final

import httpx

from wavecom_client.wire import Answer, Failure, Request

CONNECT_SECONDS: Final = 5.0
DIRECT: Final[Mapping[str, None]] = {"http://": None, "https://": None}
"""No proxy, whatever the environment says: a proxy cannot reach this machine's own address."""
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def timeout(request: Request) -> httpx.Timeout:
    """Return the time limits of the parts of a request."""
    return httpx.Timeout(request.timeout_seconds, connect=min(CONNECT_SECONDS, request.timeout_seconds))


def headers_of(request: Request) -> httpx.Headers:
    """Return the headers as httpx's own, whose text hides the key."""
    return httpx.Headers(request.headers)


class Body:
    """The body of an answer, while it arrives: httpx limits the time between two pieces, and this that of the whole."""

    def __init__(self, response: httpx.Response, until: float) -> None:
        self._response = response
        self._until = until
        self._pieces: list[bytes] = []

    def add(self, piece: bytes, now: float) -> None:
        """Keep a piece. Raises `httpx.ReadTimeout` when the time is over."""
        if now > self._until:
            raise httpx.ReadTimeout("The answer takes too long", request=self._response.request)
        self._pieces.append(piece)

    def answer(self) -> Answer:
        """Return the answer that has arrived."""
        headers = {name.lower(): value for name, value in self._response.headers.items()}
        return Answer(self._response.status_code, headers, b"".join(self._pieces))


def failure_of(request: Request, exc: httpx.RequestError) -> Failure:
    """Return what an error of httpx means for the request."""
    url = httpx.URL(request.url)
    where = f"{url.scheme}://{url.netloc.decode()}"
    not_trusted = any(isinstance(each, ssl.SSLError) for each in _causes(exc))
    not_sent = isinstance(exc, NOT_SENT)
    match exc:
        case httpx.TimeoutException():
            text = f"{where} does not answer in time"
        case httpx.ConnectError() if not_trusted:
            text = f"{where} has no certificate that is trusted, or does not speak TLS"
        case httpx.ConnectError():
            text = f"Nothing answers at {where}"
        case _:
            text = f"The connection to {where} broke"
    return Failure(
        text=text,
        sent=not not_sent,
        timed_out=isinstance(exc, httpx.TimeoutException),
        lasting=(not_trusted and not_sent) or isinstance(exc, httpx.UnsupportedProtocol | httpx.LocalProtocolError),
        cause=exc,
    )


def _causes(exc: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = exc
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
