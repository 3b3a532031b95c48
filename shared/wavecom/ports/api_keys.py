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
        """Return a tenant's newest 1,000 keys, test keys included, or those of all tenants for None; newest first."""

    def ids(self) -> frozenset[str] | None:
        """Return the public ids of all keys, or None if there are too many to hold."""

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Revoke a key from ``at`` on, and return whether it exists."""


class RateLimits(Protocol):
    """Counts requests per key and minute, over all processes."""

    def take(self, key: str, *, limit: int, at: datetime) -> Allowance:
        """Count one request of ``key`` in the minute of ``at``."""
