"""Counts what is refused by address, so that whoever guesses keys or forges signatures is told to wait.

Each process counts for itself, which is imprecise and free.
"""

import ipaddress
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from wavecom.http.framework.errors import TooManyRequestsError

REFUSALS_MAX: Final = 30
"""The most refusals of one address in one window; a person's typing errors stay below it."""
WINDOW_SECONDS: Final = 60.0
ADDRESSES_MAX: Final = 10_000
"""The most addresses with their own count; all further ones share one, so that many addresses get no more guesses."""
_OTHERS: Final = "others"


class RefusedAddresses:
    """The refusals of each address in the present window. Safe to use from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._refusals: Counter[str] = Counter()
        self._window_ends = 0.0

    def add(self, address: str) -> None:
        """Count a refusal."""
        network = _network(address)
        with self._lock:
            if self._now() >= self._window_ends:
                self._refusals.clear()
                self._window_ends = self._now() + WINDOW_SECONDS
            self._refusals[self._key(network)] += 1

    def are_too_many(self, address: str) -> bool:
        """Return whether the address has had `REFUSALS_MAX` in this window."""
        return self._now() < self._window_ends and self._refusals[self._key(_network(address))] >= REFUSALS_MAX

    def error(self, message: str) -> TooManyRequestsError:
        """Return the refusal of an address with too many, with the time until the window ends."""
        wait = max(1, math.ceil(self._window_ends - self._now()))
        return TooManyRequestsError(message, headers={"Retry-After": str(wait)})

    def _key(self, network: str) -> str:
        return network if network in self._refusals or len(self._refusals) < ADDRESSES_MAX else _OTHERS


def _network(address: str) -> str:
    """Return the address to count: IPv6 by its /64, which belongs to one host (RFC 4291, section 2.5.4)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
