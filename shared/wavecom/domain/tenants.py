"""Tenants: their ids, their test worlds, and their policies."""

import re
from dataclasses import dataclass

from wavecom.domain.notifications.enums import OnUnknown

TEST_SUFFIX = "~test"
"""The suffix of the tenant id that a tenant's test keys open: a separate world, served by simulators only."""
TENANT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""A valid tenant id, fit for an SQS message group (Amazon SQS developer guide, "Message group ID") and counter names.

Ids that begin with a hyphen or an underscore are the system's own, such as ``-``, the tenant of requests without one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPolicy:
    """A tenant's defaults for notifications that do not say otherwise."""

    on_unknown: OnUnknown = OnUnknown.RESEND


DEFAULT_POLICY = TenantPolicy()


def is_test(tenant_id: str) -> bool:
    """Return whether this is the test world of a tenant."""
    return tenant_id.endswith(TEST_SUFFIX)
