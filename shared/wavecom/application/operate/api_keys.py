"""Create, rotate and revoke API keys."""

from dataclasses import dataclass

from wavecom.domain.api_keys import ApiKey, Role, new_api_key, rotated_key
from wavecom.domain.errors import NotFoundError
from wavecom.ports.system import Clock
from wavecom.ports.tenants import ApiKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageApiKeys:
    """Manages the keys of all tenants. A key's token is returned once and stored nowhere."""

    api_keys: ApiKeys
    clock: Clock

    def list(self, tenant_id: str | None) -> list[ApiKey]:
        """Return the keys of a tenant, or of all for None, newest first, revoked ones included."""
        return self.api_keys.all(tenant_id)

    def create(
        self, *, tenant_id: str, name: str, role: Role, rate_limit: int | None = None, test: bool = False
    ) -> tuple[ApiKey, str]:
        """Create a key and return it with its token; a ``test`` key opens the tenant's test world.

        Raises ValueError if ``tenant_id`` or ``name`` is not valid.
        """
        made, token = new_api_key(
            tenant_id=tenant_id, name=name, role=role, at=self.clock(), rate_limit=rate_limit, test=test
        )
        self.api_keys.add(made)
        return made, token

    def rotate(self, key_id: str) -> tuple[ApiKey, str]:
        """Create a key like this one and return it with its token. Raises `NotFoundError`, also for a revoked key."""
        old = self.api_keys.get(key_id)
        if old is None or old.revoked_at is not None:
            raise NotFoundError("There is no such key")
        made, token = rotated_key(old, self.clock())
        self.api_keys.add(made)
        return made, token

    def revoke(self, key_id: str) -> None:
        """Revoke a key. Raises `NotFoundError`."""
        if not self.api_keys.revoke(key_id, self.clock()):
            raise NotFoundError("There is no such key")
