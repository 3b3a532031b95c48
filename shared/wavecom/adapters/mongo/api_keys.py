"""API keys, hashed, with a short-lived cache so that a request needs no look-up of its own."""

import threading
import time
from datetime import timedelta

from wavecom.adapters.mongo.client import Document, Mongo, available
from wavecom.domain.tenant import ApiKey, Role

CACHE = timedelta(seconds=30)
"""How long a revoked key may go on working, and a new one may be unknown."""
CACHE_SIZE = 10_000


class MongoApiKeys:
    """`wavecom.ports.ApiKeys` on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._apikeys = mongo.database.apikeys
        self._cache: dict[str, tuple[float, ApiKey]] = {}
        self._lock = threading.Lock()

    def get(self, key_id: str) -> ApiKey | None:
        """See `wavecom.ports.ApiKeys.get`. Only keys that exist are cached, so guesses fill no memory."""
        cached = self._cache.get(key_id)
        if cached is not None and cached[0] > time.monotonic():
            return cached[1]
        with available():
            document = self._apikeys.find_one({"_id": key_id})
        if document is None:
            return None
        key = _from_document(document)
        with self._lock:
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            self._cache[key_id] = (time.monotonic() + CACHE.total_seconds(), key)
        return key

    def add(self, key: ApiKey) -> None:
        """See `wavecom.ports.ApiKeys.add`."""
        with available():
            self._apikeys.insert_one(_to_document(key))


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
