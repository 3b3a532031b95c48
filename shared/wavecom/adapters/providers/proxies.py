"""The proxy of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) on the way to a provider.

The variables are read as boto3 reads them, so that all providers use the same way. httpx would read them only together
with ``.netrc``, whose credentials do not belong in a provider's call.
"""

from typing import Any, Final
from urllib.request import getproxies, proxy_bypass

import httpx

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PORT_MAX: Final = 65_535
_NOTHING_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def proxy_for(base_url: str) -> httpx.Proxy | None:
    """Return the proxy that the environment names for ``base_url``, or None.

    Raises `ValueError`, without the proxy's address and credentials, if it is not the address of an HTTP proxy.
    """
    url = httpx.URL(base_url)
    address = getproxies().get(url.scheme)
    if not address or _is_bypassed(url):
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (httpx.InvalidURL, ValueError):
        raise ValueError(f"{url.scheme.upper()}_PROXY is no URL") from None  # the cause would carry the password along
    if proxy.url.scheme not in _DEFAULT_PORTS or not proxy.url.host or not 0 < (proxy.url.port or 80) <= _PORT_MAX:
        raise ValueError(f"{url.scheme.upper()}_PROXY is not the address of an HTTP proxy")
    if proxy.url.scheme == "https":
        proxy.ssl_context = httpx.create_ssl_context(trust_env=False)
    return proxy


def _is_bypassed(url: httpx.URL) -> bool:
    """Return whether NO_PROXY names the host, its domain, or the host with its port."""
    port = url.port or _DEFAULT_PORTS.get(url.scheme)
    return bool(proxy_bypass(url.host) or proxy_bypass(f"{url.host}:{port}"))


class ProxyTransport(httpx.HTTPTransport):
    """Makes requests through a proxy, by a tunnel (CONNECT) for HTTPS URLs.

    It raises `httpx.ProxyError` for any failure while the tunnel is made: nothing of the request was sent. httpcore
    would ask for the tunnel with the request's ``target``, so that becomes part of the URL.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Make one request."""
        is_begun = False

        def note(event: str, info: dict[str, Any]) -> None:
            nonlocal is_begun
            if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
                is_begun = True

        extensions = {**request.extensions, "trace": note}
        target = extensions.pop("target", request.url.raw_path)
        sent = httpx.Request(
            request.method,
            request.url.copy_with(raw_path=target),
            headers=request.headers,
            stream=request.stream,
            extensions=extensions,
        )
        try:
            return super().handle_request(sent)
        except _NOTHING_SENT:
            raise
        except httpx.TransportError as exc:
            if is_begun:
                raise
            raise httpx.ProxyError("The proxy made no tunnel") from exc
