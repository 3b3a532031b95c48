"""Calls of webhooks by HTTP/1.1 over TLS, to addresses that were checked.

A name is resolved once, every address that it has is checked, and the connection goes to one of these very addresses,
while TLS (SNI and certificate) and ``Host`` go by the name: a resolver that says something else a moment later is not
asked again ("DNS rebinding"). Redirects are answers. A proxy of the environment is never used, although providers are
called through it: it would resolve the name once more, and connect to wherever it likes.
"""

import re
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wavecom.adapters.retry_after import read_retry_after
from wavecom.adapters.webhooks.lookups import AddressRefusedError, Lookups, Resolve, system_addresses
from wavecom.adapters.webhooks.urls import Endpoint, read_endpoint
from wavecom.domain.webhooks.answers import WebhookAnswer, WebhookCallError, WebhookFailure
from wavecom.topology import WEBHOOK_PORTS

if TYPE_CHECKING:
    from wavecom.adapters.webhooks.addresses import IpAddress
    from wavecom.adapters.webhooks.connections import Connect
    from wavecom.adapters.webhooks.exchanges import Exchanges, RawAnswer

TIME_LIMIT: Final = timedelta(seconds=15)
"""The time of a call, from the lookup of the name to the last byte of the answer."""
LOOKUP_LIMIT: Final = timedelta(seconds=5)
"""The part of it that the lookup may take."""
ADDRESSES_FOR: Final = timedelta(seconds=30)
"""The time for which the addresses of a name are used."""
IDLE_FOR: Final = timedelta(seconds=30)
"""The time for which a connection is kept without a call. Most servers close it after a minute or more."""
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class HttpWebhookCalls:
    """`wavecom.ports.webhooks.WebhookCalls` by HTTP, for as many threads as make calls."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        ports: Collection[int] = WEBHOOK_PORTS,
        time_limit: timedelta = TIME_LIMIT,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = system_addresses,
        connect: "Connect | None" = None,
        addresses_for: timedelta = ADDRESSES_FOR,
        idle_for: timedelta = IDLE_FOR,
    ) -> None:
        """Prepare calls to https endpoints on ``ports``, each within ``time_limit``; no connection is made yet.

        ``allow_loopback`` is for development: endpoints may then also be 127.0.0.1, ::1 or localhost, over http and on
        any port. ``tls`` says which certificates are valid (by default, those of certifi's authorities, as for
        providers). ``resolve`` returns the addresses of a name, and ``connect`` connects to one of them. Addresses are
        used for ``addresses_for``, and connections are kept without a call for ``idle_for``.
        """
        self._allow_loopback = allow_loopback
        self._ports = frozenset(ports)
        self._limit_seconds = time_limit.total_seconds()
        self._tls = tls
        self._connect = connect
        self._lookups = Lookups(resolve, keep_for=addresses_for)
        self._idle_for = idle_for
        self._made: Exchanges | None = None
        self._lock = threading.Lock()

    def _exchanges(self) -> "Exchanges":
        """Return what makes the calls, once for all threads. Who only checks URLs does without."""
        with self._lock:
            if self._made is None:
                import certifi  # noqa: PLC0415 - as said

                from wavecom.adapters.webhooks.connections import connect_directly  # noqa: PLC0415
                from wavecom.adapters.webhooks.exchanges import Exchanges  # noqa: PLC0415

                tls = self._tls or ssl.create_default_context(cafile=certifi.where())
                connect = self._connect or connect_directly
                self._made = Exchanges(tls=tls, connect=connect, idle_for=self._idle_for)
            return self._made

    def problem_of(self, url: str) -> str | None:
        """See `wavecom.ports.webhooks.WebhookCalls.problem_of`."""
        try:
            self._endpoint(url)
        except ValueError as exc:
            return str(exc)
        return None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """See `wavecom.ports.webhooks.WebhookCalls.post`."""
        started = time.monotonic()
        result = self._post(url, headers, body, deadline=started + self._limit_seconds)
        duration_ms = round((time.monotonic() - started) * 1000)
        if isinstance(result, WebhookFailure):
            raise WebhookCallError(result, duration_ms=duration_ms)
        return WebhookAnswer(
            status=result.status,
            body=_text(result.body),
            retry_after=read_retry_after(result.retry_after),
            duration_ms=duration_ms,
        )

    def close(self) -> None:
        """Close the connections that no call uses."""
        with self._lock:
            if self._made is not None:
                self._made.close()

    def _post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, deadline: float
    ) -> "RawAnswer | WebhookFailure":
        """Return the answer or the failure, without its cause, whose text may name what a client must not see."""
        from wavecom.adapters.webhooks.exchanges import ExchangeError  # noqa: PLC0415 - as above

        try:
            endpoint = self._endpoint(url)
        except ValueError:
            return WebhookFailure.ADDRESS_REFUSED
        try:
            addresses = self._addresses(endpoint, deadline)
            return self._exchanges().post(endpoint, addresses, headers, body, deadline=deadline)
        except AddressRefusedError:
            return WebhookFailure.ADDRESS_REFUSED
        except ExchangeError as exc:
            return exc.failure
        except TimeoutError:
            return WebhookFailure.TIMED_OUT
        except OSError:
            return WebhookFailure.NOT_CONNECTED

    def _endpoint(self, url: str) -> Endpoint:
        return read_endpoint(url, ports=self._ports, allow_loopback=self._allow_loopback)

    def _addresses(self, endpoint: Endpoint, deadline: float) -> "tuple[IpAddress, ...]":
        if endpoint.addresses:
            return endpoint.addresses
        limit = min(deadline, time.monotonic() + LOOKUP_LIMIT.total_seconds())
        return self._lookups.addresses(endpoint.host, deadline=limit)


def _text(body: bytes) -> str:
    return _CONTROL.sub("\ufffd", body.decode("utf-8", errors="replace").replace("\r\n", "\n"))
