"""API keys and rate limits, from memory."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from wavecom.domain.api_keys import ApiKey
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.rate_limits import Allowance
from wavecom.domain.tenants import TEST_SUFFIX


class FakeApiKeys:
    """API keys in a dictionary, without a cache. ``gets`` and ``reads`` count what is asked of them."""

    def __init__(self, *, ids_held: int = 100_000) -> None:
        self.stored: dict[str, ApiKey] = {}
        self.gets = self.reads = 0
        self._ids_held = ids_held

    def get(self, key_id: str) -> ApiKey | None:
        self.gets += 1
        return self.stored.get(key_id)

    def add(self, key: ApiKey) -> None:
        if key.key_id in self.stored:
            raise StoreUnavailableError("The id is taken")
        self.stored[key.key_id] = key

    def all(self, tenant_id: str | None) -> list[ApiKey]:
        wanted = (tenant_id, f"{tenant_id}{TEST_SUFFIX}")
        found = [each for each in self.stored.values() if tenant_id is None or each.tenant_id in wanted]
        return sorted(found, key=lambda each: each.created_at, reverse=True)[:1_000]

    def ids(self) -> frozenset[str] | None:
        self.reads += 1
        return frozenset(self.stored) if len(self.stored) <= self._ids_held else None

    def revoke(self, key_id: str, at: datetime) -> bool:
        key = self.stored.get(key_id)
        if key is not None and key.revoked_at is None:
            self.stored[key_id] = replace(key, revoked_at=at)
        return key is not None


class FakeRateLimits:
    """Requests per key and minute in a dictionary, under one lock."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, datetime]] = Counter()
        self._lock = threading.Lock()

    def take(self, key: str, *, limit: int, at: datetime) -> Allowance:
        minute = at.replace(second=0, microsecond=0)
        with self._lock:
            self._used[key, minute] += 1
            used = self._used[key, minute]
        return Allowance(
            allowed=used <= limit,
            limit=limit,
            remaining=max(0, limit - used),
            resets_in=minute + timedelta(minutes=1) - at,
        )
