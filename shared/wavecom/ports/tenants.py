"""Store what tenants have chosen."""

from typing import Protocol

from wavecom.domain.tenants import TenantPolicy


class Tenants(Protocol):
    """What a tenant has chosen for all its notifications."""

    def get(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy, the default one where it has chosen nothing, from a short-lived cache."""

    def put(self, tenant_id: str, policy: TenantPolicy) -> None:
        """Store a tenant's policy."""
