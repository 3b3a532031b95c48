"""The tenants' policies, from memory."""

from wavecom.domain.tenants import DEFAULT_POLICY, TenantPolicy


class FakeTenants:
    """Policies in a dictionary."""

    def __init__(self) -> None:
        self.policies: dict[str, TenantPolicy] = {}

    def get(self, tenant_id: str) -> TenantPolicy:
        return self.policies.get(tenant_id, DEFAULT_POLICY)

    def put(self, tenant_id: str, policy: TenantPolicy) -> None:
        self.policies[tenant_id] = policy
