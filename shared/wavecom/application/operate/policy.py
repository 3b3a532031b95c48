"""Show and set a tenant's policy, the default for its notifications."""

from dataclasses import dataclass

from wavecom.domain.tenants import TenantPolicy
from wavecom.ports.tenants import Tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagePolicy:
    """Manages a tenant's policy. A change takes effect once the caches have expired, within 30 seconds."""

    tenants: Tenants

    def get(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy, or the default if it has none."""
        return self.tenants.get(tenant_id)

    def choose(self, tenant_id: str, policy: TenantPolicy) -> TenantPolicy:
        """Store a tenant's policy and return it."""
        self.tenants.put(tenant_id, policy)
        return policy
