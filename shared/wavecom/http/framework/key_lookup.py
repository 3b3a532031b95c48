"""Looks up API keys, at little cost for clients that guess them.

An unknown key costs a database call. An address that sent many of them is answered from memory: the ids of all keys,
read at most once a second. So a valid key always passes, even from a shared address, and a guess is refused without a
call. Each process counts for itself, which is imprecise and free.
"""

import ipaddress
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from wavecom.cache import TimedCache
from wavecom.domain.api_keys import ApiKey
from wavecom.http.framework.errors import TooManyRequestsError
from wavecom.ports.api_keys import ApiKeys

UNKNOWN_MAX: Final = 30
"""The most unknown keys of one address in one window; a person's typing errors stay below it."""
WINDOW_SECONDS: Final = 60.0
ADDRESSES_MAX: Final = 10_000
"""The most addresses with their own count; all further ones share one, so that many addresses get no more guesses."""
IDS_SECONDS: Final = 1.0
"""The time for which a new key may be refused with 429 if its address has just been guessing."""
_OTHERS: Final = "others"


class KeyLookup:
    """Finds keys by their id for clients at an address. Safe to use from many threads."""

    def __init__(self, api_keys: ApiKeys, now: Callable[[], float] = time.monotonic) -> None:
        self._api_keys = api_keys
        self._now = now
        self._lock = threading.Lock()
        self._unknown: Counter[str] = Counter()
        self._window_ends = 0.0
        self._ids = TimedCache[None, frozenset[str] | None](timedelta(seconds=IDS_SECONDS), now=now)

    def find(self, key_id: str, address: str) -> ApiKey | None:
        """Return the key with an id, None if there is none.

        Raises `TooManyRequestsError` instead if the address has sent too many unknown keys.
        """
        network = _network(address)
        if self._is_guessing(network) and not self._is_known(key_id):
            wait = max(1, math.ceil(self._window_ends - self._now()))
            raise TooManyRequestsError("Too many wrong API keys from this address", headers={"Retry-After": str(wait)})
        key = self._api_keys.get(key_id)
        if key is None:
            self._count(network)
        return key

    def _is_guessing(self, network: str) -> bool:
        if self._now() >= self._window_ends:
            return False
        return self._unknown[self._count_key(network)] >= UNKNOWN_MAX

    def _count(self, network: str) -> None:
        with self._lock:
            if self._now() >= self._window_ends:
                self._unknown.clear()
                self._window_ends = self._now() + WINDOW_SECONDS
            self._unknown[self._count_key(network)] += 1

    def _count_key(self, network: str) -> str:
        return network if network in self._unknown or len(self._unknown) < ADDRESSES_MAX else _OTHERS

    def _is_known(self, key_id: str) -> bool:
        with self._lock:  # one thread reads them, the others wait for it
            ids = self._ids.get(None, self._api_keys.ids)
        return ids is None or key_id in ids


def _network(address: str) -> str:
    """Return the address to count: IPv6 by its /64, which belongs to one host (RFC 4291, section 2.5.4)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
