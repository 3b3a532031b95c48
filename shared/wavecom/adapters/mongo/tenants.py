"""The tenants' policies, with a short-lived cache, so that most requests need no look-up."""

from datetime import timedelta

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.cache import TimedCache
from wavecom.domain.notifications.enums import OnUnknown
from wavecom.domain.tenants import TenantPolicy

CACHE = timedelta(seconds=30)
"""The time until a changed policy is in force everywhere."""


class MongoTenants:
    """`wavecom.ports.tenants.Tenants` on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._tenants = mongo.database.tenants
        self._cache = TimedCache[str, TenantPolicy](CACHE)

    def get(self, tenant_id: str) -> TenantPolicy:
        """See `wavecom.ports.tenants.Tenants.get`."""
        return self._cache.get(tenant_id, lambda: self._read(tenant_id))

    def put(self, tenant_id: str, policy: TenantPolicy) -> None:
        """See `wavecom.ports.tenants.Tenants.put`."""
        with available():
            update = {"$set": {"onUnknown": policy.on_unknown.value}}
            self._tenants.update_one({"_id": tenant_id}, update, upsert=True)
        self._cache.put(tenant_id, policy)

    def _read(self, tenant_id: str) -> TenantPolicy:
        with available():
            document = self._tenants.find_one({"_id": tenant_id})
        return TenantPolicy(on_unknown=OnUnknown(document["onUnknown"])) if document else TenantPolicy()
