"""Store API keys, and count their requests."""

from datetime import datetime
from typing import Protocol

from wavecom.domain.api_keys import ApiKey
from wavecom.domain.rate_limits import Allowance


class ApiKeys(Protocol):
    """Stored API keys."""

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key by its public id."""

    def add(self, key: ApiKey) -> None:
        """Store a new key."""

    def all(self, tenant_id: str | None) -> list[ApiKey]:
        """Return the keys of a tenant, its test keys among them, or of all tenants for None; newest first, 1,000."""

    def ids(self) -> frozenset[str] | None:
        """Return the public ids of all keys, or None where they are too many to hold."""

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Let a key open nothing from ``at`` on, and say whether there is such a key."""


class RateLimits(Protocol):
    """Counts requests per key and minute, over all processes."""

    def take(self, key: str, *, limit: int, at: datetime) -> Allowance:
        """Count one request of ``key`` in the minute of ``at``."""
