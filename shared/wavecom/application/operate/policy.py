"""Show and choose what holds for a tenant's notifications that do not say otherwise."""

from dataclasses import dataclass

from wavecom.domain.tenants import TenantPolicy
from wavecom.ports.tenants import Tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagePolicy:
    """A tenant's policy. A change is in force everywhere once the caches have run out, within 30 seconds."""

    tenants: Tenants

    def get(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy, the default one where it has chosen nothing."""
        return self.tenants.get(tenant_id)

    def choose(self, tenant_id: str, policy: TenantPolicy) -> TenantPolicy:
        """Store a tenant's policy and return it."""
        self.tenants.put(tenant_id, policy)
        return policy
