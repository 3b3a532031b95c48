"""Store the tenants' policies, senders and categories, and their API keys with their limits."""

from datetime import datetime
from typing import Protocol

from wavecom.domain.api_keys import ApiKey
from wavecom.domain.categories import Category
from wavecom.domain.notifications.enums import OnUnknown
from wavecom.domain.rate_limits import Allowance
from wavecom.domain.senders import Sender
from wavecom.domain.tenants import TenantPolicy


class Tenants(Protocol):
    """The tenants' policies. A change holds at once in the process that makes it, and within 30 seconds in others."""

    def get(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy, or the default if it has none, from a short-lived cache."""

    def latest(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy as it is stored at present, from no cache."""

    def choose_on_unknown(self, tenant_id: str, on_unknown: OnUnknown) -> None:
        """Store what becomes of a tenant's notifications whose outcome is unknown."""

    def choose_contact(self, tenant_id: str, contact: str | None) -> None:
        """Store the address to which WaveCom writes about a tenant; None if there is none any more."""

    def put_sender(self, tenant_id: str, sender: Sender, *, default: bool) -> None:
        """Store a sender of a tenant, in place of the one with its id; ``default`` says if it is its channel's."""

    def remove_sender(self, tenant_id: str, sender: Sender) -> bool:
        """Remove a sender of a tenant, and return whether it was still there."""

    def put_category(self, tenant_id: str, category: Category) -> None:
        """Store a category of a tenant, in place of the one with its id."""

    def remove_category(self, tenant_id: str, category_id: str) -> bool:
        """Remove a category of a tenant, and return whether there was one."""


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
