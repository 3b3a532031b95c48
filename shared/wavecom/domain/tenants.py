"""Tenants: their ids, their test worlds, and what they have chosen."""

import re
from dataclasses import dataclass

from wavecom.domain.notifications.enums import OnUnknown

TEST_SUFFIX = "~test"
"""Ends the id of the tenant that a tenant's test keys open: a world of its own, served by simulators only."""
TENANT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Fit for an SQS message group (Amazon SQS developer guide, "Message group ID") and for names of counters.

What begins with a hyphen or an underscore is the system's own, such as ``-``, the tenant of requests without one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPolicy:
    """What a tenant has chosen for all its notifications that do not say otherwise."""

    on_unknown: OnUnknown = OnUnknown.RESEND


DEFAULT_POLICY = TenantPolicy()


def is_test(tenant_id: str) -> bool:
    """Whether this is the test world of a tenant."""
    return tenant_id.endswith(TEST_SUFFIX)
