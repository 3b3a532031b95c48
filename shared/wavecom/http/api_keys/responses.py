"""Answers about API keys."""

from typing import Self

from wavecom.domain import api_keys as domain
from wavecom.domain.api_keys import Role
from wavecom.domain.tenants import is_test
from wavecom.http.framework.responses import Shape, Success, Timestamp, iso, iso_or_none


class ApiKey(Shape):
    """An API key, without its secret."""

    id: str
    tenant_id: str
    name: str
    role: Role
    rate_limit: int | None
    test: bool
    created_at: Timestamp
    revoked_at: Timestamp | None

    @classmethod
    def from_domain(cls, key: domain.ApiKey, **more: str) -> Self:
        """Return a key as operators see it; ``more`` are the further fields of a subclass."""
        return cls(
            id=key.key_id,
            tenant_id=key.tenant_id,
            name=key.name,
            role=key.role,
            rate_limit=key.rate_limit,
            test=is_test(key.tenant_id),
            created_at=iso(key.created_at),
            revoked_at=iso_or_none(key.revoked_at),
            **more,
        )


class ApiKeysAnswer(Success[list[ApiKey]]):
    """API keys, the newest first."""


class NewApiKey(ApiKey):
    """A new API key with its token, which is told only once."""

    token: str


class NewApiKeyAnswer(Success[NewApiKey]):
    """A new API key."""
