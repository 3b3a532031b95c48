"""Show and set a tenant's policy, the default for its notifications."""

from dataclasses import dataclass

from wavecom.domain.notifications.enums import OnUnknown
from wavecom.domain.tenants import TenantPolicy
from wavecom.ports.tenants import Tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagePolicy:
    """Manages a tenant's policy. A change takes effect once the caches have expired, within 30 seconds."""

    tenants: Tenants

    def get(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy, or the default if it has none."""
        return self.tenants.get(tenant_id)

    def choose(self, tenant_id: str, on_unknown: OnUnknown) -> TenantPolicy:
        """Store what becomes of notifications whose outcome is unknown, and return the whole policy."""
        self.tenants.choose_on_unknown(tenant_id, on_unknown)
        return self.tenants.get(tenant_id)
