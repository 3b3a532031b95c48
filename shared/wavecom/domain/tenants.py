"""Tenants: their ids, their test worlds, and what holds for all of their notifications."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from wavecom.domain.categories import Category
from wavecom.domain.notifications.enums import OnUnknown
from wavecom.domain.senders import NO_SENDERS, Senders

TEST_SUFFIX = "~test"
"""The suffix of the tenant id that a tenant's test keys open: a separate world, served by simulators only."""
SYSTEM_TENANT = "_wavecom"
"""The tenant of what WaveCom itself writes to people. No key opens it."""
TENANT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""A valid tenant id, fit for an SQS message group (Amazon SQS developer guide, "Message group ID") and counter names.

Ids that begin with a hyphen or an underscore are the system's own, such as ``-``, the tenant of requests without one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPolicy:
    """The rules of a tenant's notifications: its defaults where they do not say otherwise, senders and categories.

    ``categories`` are by their ids. ``contact`` is the address of email to which WaveCom itself writes.
    """

    on_unknown: OnUnknown = OnUnknown.RESEND
    senders: Senders = NO_SENDERS
    categories: Mapping[str, Category] = field(default_factory=lambda: MappingProxyType({}))
    contact: str | None = None


DEFAULT_POLICY = TenantPolicy()


def is_test(tenant_id: str) -> bool:
    """Return whether this is the test world of a tenant."""
    return tenant_id.endswith(TEST_SUFFIX)


def live(tenant_id: str) -> str:
    """Return the tenant to which a test world belongs, and every other tenant's id unchanged."""
    return tenant_id.removesuffix(TEST_SUFFIX)
