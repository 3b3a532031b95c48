"""Store API keys, and count their requests."""

from datetime import datetime
from typing import Protocol

from wavecom.domain.api_keys import ApiKey
from wavecom.domain.rate_limits import Allowance


class ApiKeys(Protocol):
    """Stored API keys."""

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key by its public id, or None if there is none, from a short-lived cache."""

    def add(self, key: ApiKey) -> None:
        """Store a new key. Raises `StoreUnavailableError` if there is one with its id, which stays as it is."""

    def all(self, tenant_id: str | None) -> list[ApiKey]:
        """Return a tenant's newest 1,000 keys, test keys included, or those of all tenants for None; newest first."""

    def ids(self) -> frozenset[str] | None:
        """Return the public ids of all keys, or None if there are too many to hold."""

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Revoke a key from ``at`` on, unless it is revoked already, and return whether it exists."""


class RateLimits(Protocol):
    """Counts requests per key and minute, over all processes."""

    def take(self, key: str, *, limit: int, at: datetime) -> Allowance:
        """Count one request of ``key`` in the minute of ``at``, and return whether it is within ``limit`` requests.

        Requests beyond the limit count too. Raises `StoreUnavailableError` when the database does not answer: the
        limit fails closed.
        """
