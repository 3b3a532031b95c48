"""What tenants have chosen, with a short-lived cache so that a request needs no look-up of its own."""

import time
from datetime import timedelta

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.domain.notifications.enums import OnUnknown
from wavecom.domain.tenants import TenantPolicy

CACHE = timedelta(seconds=30)
"""How long a changed policy may not be in force everywhere."""
CACHE_SIZE = 10_000


class MongoTenants:
    """`wavecom.ports.tenants.Tenants` on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._tenants = mongo.database.tenants
        self._cache: dict[str, tuple[float, TenantPolicy]] = {}

    def get(self, tenant_id: str) -> TenantPolicy:
        """See `wavecom.ports.tenants.Tenants.get`."""
        cached = self._cache.get(tenant_id)
        if cached is not None and cached[0] > time.monotonic():
            return cached[1]
        with available():
            document = self._tenants.find_one({"_id": tenant_id})
        policy = TenantPolicy(on_unknown=OnUnknown(document["onUnknown"])) if document else TenantPolicy()
        self._keep(tenant_id, policy)
        return policy

    def put(self, tenant_id: str, policy: TenantPolicy) -> None:
        """See `wavecom.ports.tenants.Tenants.put`."""
        with available():
            update = {"$set": {"onUnknown": policy.on_unknown.value}}
            self._tenants.update_one({"_id": tenant_id}, update, upsert=True)
        self._keep(tenant_id, policy)

    def _keep(self, tenant_id: str, policy: TenantPolicy) -> None:
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[tenant_id] = (time.monotonic() + CACHE.total_seconds(), policy)
