"""Errors of addresses that do not answer, in plain words, with advice."""

import ipaddress
import ssl
from collections.abc import Iterator

import httpx

from cli.errors import UnreachableError

LOCAL_ADVICE = "Is the stack up? `make up` starts it; --url or WAVECOM_URL name another address."
REMOTE_ADVICE = "Check --url or WAVECOM_URL, the network and the proxy settings."


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def not_ours(url: str, status: int) -> UnreachableError:
    """Return the error of an address at which another server answers."""
    what = "a redirect" if 300 <= status < 400 else f"status {status}"
    return UnreachableError(f"The server at {url} is not WaveCom's API (it answers with {what})", REMOTE_ADVICE)


def unreachable(url: str, exc: httpx.RequestError) -> UnreachableError:
    """Return the error of a request that got no answer."""
    advice = LOCAL_ADVICE if is_loopback(httpx.URL(url).host) else REMOTE_ADVICE
    not_sent = isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    for cause in _causes(exc):
        if isinstance(cause, ssl.SSLCertVerificationError):
            advice = "Check the address; SSL_CERT_FILE may name the certificate of your own authority."
            text = f"The certificate of {url} is not trusted: {cause.verify_message}"
            return UnreachableError(text, advice, not_sent=True, stays=True)
        if isinstance(cause, ssl.SSLError) and not_sent:
            text = f"{url} does not speak TLS: {cause.reason}"
            return UnreachableError(text, "Try http://.", not_sent=True, stays=True)
    match exc:
        case httpx.TimeoutException():
            text = f"{url} does not answer in time"
        case httpx.ConnectError():
            text = f"Nothing answers at {url}"
        case _:
            text = f"The connection to {url} broke off"
    return UnreachableError(text, advice, not_sent=not_sent)


def _causes(exc: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = exc
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
