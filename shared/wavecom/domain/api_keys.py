"""API keys: the token a client sends, the stored key, and its role."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from wavecom.domain.tenants import TENANT_ID, TEST_SUFFIX, is_test

NAME_MAX = 200
LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
"""Text that stays on its line and reads in its order: no control characters, no line separators, and none of the
characters that turn a text around (Unicode Standard Annex 9, section 2)."""
_TOKEN = re.compile(r"wc_(?P<test>test_)?(?P<key_id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")


class Role(StrEnum):
    """What a key may see."""

    TENANT = "tenant"
    """Its own tenant, and nothing else."""
    OPERATOR = "operator"
    """Its own tenant, and metrics over all tenants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The client that makes a request. ``rate_limit`` is in requests a minute; None means the service's default."""

    tenant_id: str
    key_id: str
    role: Role = Role.TENANT
    rate_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The token that a client sends: ``wc_<key id>_<secret>``, or ``wc_test_…`` for a test key."""

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
        """Return whether ``token`` is this key's, prefix included, and not revoked. Compares in constant time."""
        matches = hmac.compare_digest(self.secret_hash, hash_secret(token.secret))
        return matches and token.test == is_test(self.tenant_id) and self.revoked_at is None

    def caller(self) -> Caller:
        """Return the caller that uses this key. A test key sees only its test world, whatever its role."""
        role = Role.TENANT if is_test(self.tenant_id) else self.role
        return Caller(tenant_id=self.tenant_id, key_id=self.key_id, role=role, rate_limit=self.rate_limit)


def hash_secret(secret: str) -> str:
    """Return the SHA-256 (hex) of a secret. A secret has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_api_key(
    *, tenant_id: str, name: str, role: Role, at: datetime, rate_limit: int | None = None, test: bool = False
) -> tuple[ApiKey, str]:
    """Return a new key and its token, which is shown once and stored nowhere.

    A ``test`` key opens the tenant's test world. Raises ValueError if ``tenant_id`` or ``name`` is not valid.
    """
    if not TENANT_ID.fullmatch(tenant_id):
        raise ValueError(
            "A tenant's id is 1 to 64 letters, digits, hyphens and underscores; it begins with a letter or a digit"
        )
    if not (LINE.fullmatch(name) and len(name) <= NAME_MAX):
        raise ValueError(f"A key's name is one line of 1 to {NAME_MAX} characters that are all visible")
    owner = f"{tenant_id}{TEST_SUFFIX}" if test else tenant_id
    return _make_key(tenant_id=owner, name=name, role=role, at=at, rate_limit=rate_limit)


def rotated_key(old: ApiKey, at: datetime) -> tuple[ApiKey, str]:
    """Return a new key with the tenant, name, role and limit of ``old``, and its token."""
    return _make_key(tenant_id=old.tenant_id, name=old.name, role=old.role, at=at, rate_limit=old.rate_limit)


def _make_key(*, tenant_id: str, name: str, role: Role, at: datetime, rate_limit: int | None) -> tuple[ApiKey, str]:
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey(
        key_id=key_id,
        secret_hash=hash_secret(secret),
        tenant_id=tenant_id,
        name=name,
        role=role,
        created_at=at,
        rate_limit=rate_limit,
    )
    return key, f"wc_{'test_' if is_test(tenant_id) else ''}{key_id}_{secret}"


def read_token(text: str) -> Token | None:
    """Return the token that a text holds, or None if it is not one."""
    match = _TOKEN.fullmatch(text)
    return Token(key_id=match["key_id"], secret=match["secret"], test=match["test"] is not None) if match else None
