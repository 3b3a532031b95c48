"""API keys, hashed, with a short-lived cache, so that most requests need no look-up."""

from datetime import datetime, timedelta

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.cache import TimedCache
from wavecom.domain.api_keys import ApiKey, Role
from wavecom.domain.tenants import TEST_SUFFIX

CACHE = timedelta(seconds=30)
"""The time for which a revoked key may still work, and a new one may be unknown."""
LIST_LIMIT = 1_000
IDS_LIMIT = 100_000
"""The most key ids held in memory, about 7 MB."""


class MongoApiKeys:
    """`wavecom.ports.tenants.ApiKeys` on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._apikeys = mongo.database.apikeys
        self._cache = TimedCache[str, ApiKey](CACHE)

    def get(self, key_id: str) -> ApiKey | None:
        """See `wavecom.ports.tenants.ApiKeys.get`. Only keys that exist are cached, so guesses fill no memory."""
        if (cached := self._cache.find(key_id)) is not None:
            return cached
        with available():
            document = self._apikeys.find_one({"_id": key_id})
        if document is None:
            return None
        key = _from_document(document)
        self._cache.put(key_id, key)
        return key

    def add(self, key: ApiKey) -> None:
        """See `wavecom.ports.tenants.ApiKeys.add`."""
        with available():
            self._apikeys.insert_one(_to_document(key))

    def all(self, tenant_id: str | None) -> list[ApiKey]:
        """See `wavecom.ports.tenants.ApiKeys.all`."""
        query = {} if tenant_id is None else {"tenantId": {"$in": [tenant_id, f"{tenant_id}{TEST_SUFFIX}"]}}
        with available():
            return [_from_document(each) for each in self._apikeys.find(query).sort("createdAt", -1).limit(LIST_LIMIT)]

    def ids(self) -> frozenset[str] | None:
        """See `wavecom.ports.tenants.ApiKeys.ids`."""
        with available():
            found = [each["_id"] for each in self._apikeys.find({}, {"_id": 1}).limit(IDS_LIMIT + 1)]
        return frozenset(found) if len(found) <= IDS_LIMIT else None

    def revoke(self, key_id: str, at: datetime) -> bool:
        """See `wavecom.ports.tenants.ApiKeys.revoke`. Other processes use their cached key until it expires."""
        with available():
            result = self._apikeys.update_one({"_id": key_id, "revokedAt": None}, {"$set": {"revokedAt": at}})
            known = result.matched_count == 1 or self._apikeys.find_one({"_id": key_id}) is not None
        self._cache.drop(key_id)
        return known


def _to_document(key: ApiKey) -> Document:
    return {
        "_id": key.key_id,
        "secretHash": key.secret_hash,
        "tenantId": key.tenant_id,
        "name": key.name,
        "role": key.role.value,
        "createdAt": key.created_at,
        "rateLimit": key.rate_limit,
        "revokedAt": key.revoked_at,
    }


def _from_document(document: Document) -> ApiKey:
    return ApiKey(
        key_id=document["_id"],
        secret_hash=document["secretHash"],
        tenant_id=document["tenantId"],
        name=document["name"],
        role=Role(document["role"]),
        created_at=document["createdAt"],
        rate_limit=document["rateLimit"],
        revoked_at=document["revokedAt"],
    )
