"""Show and set a tenant's policy: the default for its notifications, and whom WaveCom writes to."""

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

    def choose_on_unknown(self, tenant_id: str, on_unknown: OnUnknown) -> None:
        """Store what becomes of notifications whose outcome is unknown."""
        self.tenants.choose_on_unknown(tenant_id, on_unknown)

    def choose_contact(self, tenant_id: str, contact: str | None) -> None:
        """Store the address to which WaveCom writes about the tenant, None for nobody."""
        self.tenants.choose_contact(tenant_id, contact)
