"""Looks up API keys, at little cost for clients that guess them.

An unknown key costs a database call. An address that sent many of them is answered from memory: the ids of all keys,
read at most once a second. So a valid key always passes, even from a shared address, and a guess is refused without a
call.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from wavecom.cache import TimedCache
from wavecom.domain.api_keys import ApiKey
from wavecom.http.framework.refused_addresses import RefusedAddresses
from wavecom.ports.tenants import ApiKeys

IDS_SECONDS: Final = 1.0
"""The time for which a new key may be refused with 429 if its address has just been guessing."""


class KeyLookup:
    """Finds keys by their id for clients at an address. Safe to use from many threads."""

    def __init__(self, api_keys: ApiKeys, now: Callable[[], float] = time.monotonic) -> None:
        self._api_keys = api_keys
        self._lock = threading.Lock()
        self._unknown = RefusedAddresses(now)
        self._ids = TimedCache[None, frozenset[str] | None](timedelta(seconds=IDS_SECONDS), now=now)

    def find(self, key_id: str, address: str) -> ApiKey | None:
        """Return the key with an id, None if there is none.

        Raises `TooManyRequestsError` instead if the address has sent too many unknown keys.
        """
        if self._unknown.are_too_many(address) and not self._is_known(key_id):
            raise self._unknown.error("Too many wrong API keys from this address")
        key = self._api_keys.get(key_id)
        if key is None:
            self._unknown.add(address)
        return key

    def _is_known(self, key_id: str) -> bool:
        with self._lock:  # one thread reads them, the others wait for it
            ids = self._ids.get(None, self._api_keys.ids)
        return ids is None or key_id in ids
