"""An endpoint: the address of a client's system, and the events that it gets."""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from wavecom.domain.events.event import EventType
from wavecom.domain.webhooks.delivery import HELD_FOR, HELD_MAX

ENDPOINTS_MAX: Final = 20
"""The most endpoints of a tenant."""
OLD_SECRET_VALID: Final = timedelta(hours=24)
"""The time for which a rotated secret signs beside the new one."""
FAILING_MAX: Final = timedelta(days=5)
"""The time after which an endpoint that only fails is disabled, as Svix does (Svix documentation, "Retry Schedule")."""
SLOW_FOR: Final = timedelta(hours=1)
"""The time after a slow answer in which an endpoint is not quick: one that hangs now and then must not hold up the
queue of the quick ones more than once an hour."""
RECOVER_MAX: Final = timedelta(days=14)
SECRET_BYTES: Final = 32
"""24 to 64 (Standard Webhooks, "Symmetric")."""
ENDPOINT_ID: Final = re.compile("ep_[0-9a-f]{24}")
HEADERS_MAX: Final = 10
HEADER_NAME: Final = re.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
"""A token of RFC 9110, section 5.6.2."""
HEADER_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?")
"""Visible ASCII, with spaces within (RFC 9110, section 5.5)."""
_OURS: Final = frozenset(
    {"connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "te"}
    | {"trailer", "transfer-encoding", "upgrade", "user-agent"}
)
"""Headers that the call itself sets, and those of its connection."""


class DisabledReason(StrEnum):
    """Why an endpoint gets nothing."""

    BY_CLIENT = "byClient"
    FAILING = "failing"
    """All its deliveries have failed for five days."""
    GONE = "gone"
    """It answered 410."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldSecret:
    """A secret that was replaced, and until when it signs too."""

    secret: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """A recovery under way: of what failed or was missed from ``since`` to ``until``, it has come to ``after``."""

    since: datetime
    until: datetime
    after: tuple[datetime, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A tenant's endpoint.

    ``headers`` are added to each delivery. With ``metadata``, events of notifications carry what the client stored
    with them. ``failing_since`` is the first failure after its last success. One that is ``quick`` answered
    within some seconds lately; the deliveries of others wait apart, so that they delay nobody else's. It is not quick
    again before ``slow_until``. ``notice_due`` is true from when we disabled it until its tenant's contact was told.
    """

    id: str
    tenant_id: str
    url: str
    types: tuple[EventType, ...]
    secret: str = field(repr=False)
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    metadata: bool = False
    old_secret: OldSecret | None = None
    disabled: DisabledReason | None = None
    failing_since: datetime | None = None
    quick: bool = False
    slow_until: datetime | None = None
    notice_due: bool = False
    recovery: Recovery | None = None

    def gets(self, kind: EventType) -> bool:
        """Return whether events of a kind go to it."""
        return self.disabled is None and kind in self.types

    def held_for(self, at: datetime) -> timedelta:
        """Return how long deliveries wait while it does not answer: as long as it has been failing, within bounds."""
        failing = at - self.failing_since if self.failing_since is not None else HELD_FOR
        return min(max(failing, HELD_FOR), HELD_MAX)

    def secrets_at(self, at: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at ``at``, the present one first."""
        if self.old_secret is not None and at < self.old_secret.until:
            return (self.secret, self.old_secret.secret)
        return (self.secret,)

    def rotated(self, at: datetime) -> "Endpoint":
        """Return a copy with a new secret; the present one signs too for a day."""
        old = OldSecret(secret=self.secret, until=at + OLD_SECRET_VALID)
        return replace(self, secret=new_secret(), old_secret=old, updated_at=at)


def merge(before: Endpoint, after: Endpoint, stored: Endpoint) -> Endpoint | None:
    """Return what the change from ``before`` to ``after`` makes of the ``stored`` one; None if that was changed too.

    Health and recovery are noted at any time. That is no change of the endpoint, and it stays unless ``after`` differs.
    """
    if replace(stored, **_noted(before)) != before:
        return None
    earlier, noted = _noted(before), _noted(stored)
    return replace(after, **{name: noted[name] for name, value in _noted(after).items() if value == earlier[name]})


def disabled(seen: Endpoint, stored: Endpoint, reason: DisabledReason, at: datetime) -> Endpoint | None:
    """Return the ``stored`` endpoint as one that we disable for what was ``seen``.

    None if it was changed meanwhile, or has succeeded and is no longer failing.
    """
    if reason is DisabledReason.FAILING and stored.failing_since != seen.failing_since:
        return None
    return merge(seen, replace(seen, disabled=reason, notice_due=True, updated_at=at), stored)


_NOTED: Final = ("failing_since", "quick", "slow_until", "notice_due", "recovery")


def _noted(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in _NOTED}


def new_endpoint_id() -> str:
    """Return ``ep_`` and 24 random hex digits."""
    return f"ep_{secrets.token_hex(12)}"


def new_secret() -> str:
    """Return a random secret as Standard Webhooks writes it: ``whsec_`` and base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def headers_problem(headers: Mapping[str, str]) -> str | None:
    """Return why headers cannot be added to deliveries, as the end of a sentence; None if they can."""
    if len(headers) > HEADERS_MAX:
        return f"must be {HEADERS_MAX} at the most"
    names = [name.lower() for name in headers]
    if len(set(names)) < len(names):
        return "must have names that differ in more than capitals"
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name):
            return "must have names of letters, digits and hyphens, 64 characters at the most"
        if name.lower() in _OURS or name.lower().startswith(("webhook-", "proxy-", "sec-")):
            return f"must not have {name}, which is not for endpoints to choose"
        if not HEADER_VALUE.fullmatch(value):
            return "must have values of visible ASCII characters, 1,024 at the most"
    return None
