"""Addresses of names: looked up within a time limit, checked once, and used for a short time.

``getaddrinfo`` takes as long as it likes, so each lookup has a thread of its own, which nobody need wait for. Calls to
one name share its lookup, so a name whose servers do not answer keeps one thread.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import Final

from wavecom.adapters.webhooks.addresses import IpAddress, is_public

_NAMES_MAX: Final = 4_096
_LOOKUPS_MAX: Final = 64
_NO_SUCH_NAME: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})

Resolve = Callable[[str], Sequence[str]]
"""Returns the addresses of a name, or raises `OSError`."""


class AddressRefusedError(Exception):
    """A name has no address, or one that may not be called."""


def system_addresses(name: str) -> list[str]:
    """Return the addresses of a name in the order in which they should be tried (RFC 6724), by the system's resolver.

    The name is complete, so that no domain of our own is put behind it. Raises `OSError`.
    """
    found = socket.getaddrinfo(f"{name}.", None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [str(address[0]) for *_, address in found]


@dataclass(slots=True)
class _Lookup:
    """A lookup under way or ended; ``until`` is when its addresses must not be used any more, by `time.monotonic`."""

    done: threading.Event = field(default_factory=threading.Event)
    addresses: tuple[IpAddress, ...] = ()
    failure: type[AddressRefusedError | OSError] | None = None
    until: float = float("inf")


class Lookups:
    """The addresses of names, for many threads at once."""

    def __init__(self, resolve: Resolve, *, keep_for: timedelta) -> None:
        """Ask ``resolve``, and use what it says for ``keep_for`` at the most."""
        self._resolve = resolve
        self._keep_seconds = keep_for.total_seconds()
        self._lookups: dict[str, _Lookup] = {}
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_LOOKUPS_MAX)

    def addresses(self, name: str, *, deadline: float) -> tuple[IpAddress, ...]:
        """Return the addresses of a name, all of them public, in the order in which they should be tried.

        ``deadline`` is a time of `time.monotonic`. Raises `AddressRefusedError`, `TimeoutError` at the deadline, and
        `OSError` if the resolver fails.
        """
        with self._lock:
            lookup = self._lookups.get(name)
            is_new = lookup is None or time.monotonic() >= lookup.until
            if lookup is None or is_new:
                lookup = self._lookups[name] = _Lookup()
        if is_new:
            self._begin(name, lookup, deadline)
        if not lookup.done.wait(deadline - time.monotonic()):
            raise TimeoutError("The resolver does not answer")
        if lookup.failure is not None:
            raise lookup.failure
        return lookup.addresses

    def _begin(self, name: str, lookup: _Lookup, deadline: float) -> None:
        if not self._slots.acquire(timeout=max(0.0, deadline - time.monotonic())):
            self._end(name, lookup, TimeoutError)
            return
        try:
            threading.Thread(target=self._run, args=(name, lookup), name="webhook-lookup", daemon=True).start()
        except RuntimeError:  # the system has no more threads
            self._slots.release()
            self._end(name, lookup, OSError)

    def _run(self, name: str, lookup: _Lookup) -> None:
        failure: type[AddressRefusedError | OSError] | None = OSError
        try:
            lookup.addresses = _checked(self._resolve(name))
            failure = None
        except AddressRefusedError:
            failure = AddressRefusedError
        except OSError as exc:
            if isinstance(exc, socket.gaierror) and exc.errno in _NO_SUCH_NAME:
                failure = AddressRefusedError
        finally:
            self._slots.release()
            self._end(name, lookup, failure)

    def _end(self, name: str, lookup: _Lookup, failure: type[AddressRefusedError | OSError] | None) -> None:
        """Let the callers have the result. A failed lookup is not kept."""
        with self._lock:
            lookup.failure = failure
            lookup.until = time.monotonic() + (0 if failure else self._keep_seconds)
            if failure is not None and self._lookups.get(name) is lookup:
                del self._lookups[name]
            while len(self._lookups) > _NAMES_MAX:
                del self._lookups[next(iter(self._lookups))]
        lookup.done.set()


def _checked(texts: Sequence[str]) -> tuple[IpAddress, ...]:
    """Return the addresses in ``texts``, each once. Raises `AddressRefusedError` unless there are some, all public."""
    try:
        addresses = tuple(dict.fromkeys(ip_address(each) for each in texts))
    except ValueError:
        raise AddressRefusedError("Not an address") from None
    if not addresses or not all(map(is_public, addresses)):
        raise AddressRefusedError("Not public")
    return addresses
