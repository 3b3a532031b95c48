"""Store the tenants' policies."""

from typing import Protocol

from wavecom.domain.tenants import TenantPolicy


class Tenants(Protocol):
    """The tenants' policies."""

    def get(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy, or the default if it has none, from a short-lived cache."""

    def put(self, tenant_id: str, policy: TenantPolicy) -> None:
        """Store a tenant's policy."""
