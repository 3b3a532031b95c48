"""Who calls: tenants, their API keys and what a key may do."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from wavecom.domain.notification import OnUnknown

TEST_SUFFIX = "~test"
"""Ends the id of the tenant that a tenant's test keys open: a world of its own, served by simulators only."""
TENANT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Fit for an SQS message group (Amazon SQS developer guide, "Message group ID") and for names of counters."""
_TOKEN = re.compile(r"wc_(?P<test>test_)?(?P<key_id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")


class Role(StrEnum):
    """What a key may see."""

    TENANT = "tenant"
    """Its own tenant, and nothing else."""
    OPERATOR = "operator"
    """Its own tenant, and metrics over all tenants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPolicy:
    """What a tenant has chosen for all its notifications that do not say otherwise."""

    on_unknown: OnUnknown = OnUnknown.RESEND


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who makes a request. ``rate_limit`` is in requests a minute; None means the service's default."""

    tenant_id: str
    key_id: str
    role: Role = Role.TENANT
    rate_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a client sends: ``wc_<key id>_<secret>``, or ``wc_test_…`` for a test key."""

    key_id: str
    secret: str = field(repr=False)
    test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A stored key: the SHA-256 of its secret, never the secret."""

    key_id: str
    secret_hash: str
    tenant_id: str
    name: str
    role: Role
    created_at: datetime
    rate_limit: int | None = None
    revoked_at: datetime | None = None

    def opens_with(self, token: Token) -> bool:
        """Whether ``token`` is this key's, prefix included, and the key not revoked; compared in constant time."""
        matches = hmac.compare_digest(self.secret_hash, hash_secret(token.secret))
        return matches and token.test == is_test(self.tenant_id) and self.revoked_at is None

    def caller(self) -> Caller:
        """Return who calls with this key. A test key sees its test world alone, whatever its role."""
        role = Role.TENANT if is_test(self.tenant_id) else self.role
        return Caller(tenant_id=self.tenant_id, key_id=self.key_id, role=role, rate_limit=self.rate_limit)


def hash_secret(secret: str) -> str:
    """Return the SHA-256 (hex) of a secret. A secret has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_api_key(
    *, tenant_id: str, name: str, role: Role, at: datetime, rate_limit: int | None = None, test: bool = False
) -> tuple[ApiKey, str]:
    """Return a new key and its token, which is shown once and stored nowhere.

    A ``test`` key opens the tenant's test world. Raises ValueError where ``tenant_id`` is not fit for one.
    """
    if not TENANT_ID.fullmatch(tenant_id):
        raise ValueError("A tenant's id is 1 to 64 letters, digits, hyphens and underscores")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey(
        key_id=key_id,
        secret_hash=hash_secret(secret),
        tenant_id=f"{tenant_id}{TEST_SUFFIX}" if test else tenant_id,
        name=name,
        role=role,
        created_at=at,
        rate_limit=rate_limit,
    )
    return key, f"wc_{'test_' if test else ''}{key_id}_{secret}"


def is_test(tenant_id: str) -> bool:
    """Whether this is the test world of a tenant."""
    return tenant_id.endswith(TEST_SUFFIX)


def read_token(text: str) -> Token | None:
    """Return the token that a text is, or None where it is none."""
    match = _TOKEN.fullmatch(text)
    return Token(key_id=match["key_id"], secret=match["secret"], test=match["test"] is not None) if match else None
