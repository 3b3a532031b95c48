"""Store the tenants' suppression lists."""

from collections.abc import Sequence
from typing import Protocol

from wavecom.domain.notifications.notification import Notification
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression


class Suppressions(Protocol):
    """The tenants' suppression lists."""

    def among(self, notifications: Sequence[Notification]) -> dict[str, SuppressionReason]:
        """Return the reason for each suppressed recipient, by notification id. One call a batch."""

    def add(self, suppressions: Sequence[Suppression]) -> None:
        """Put addresses on their lists; an address that is already listed stays as it is."""

    def remove(self, tenant_id: str, suppression_id: str) -> bool:
        """Take an address off a tenant's list and return whether it was there."""

    def get(self, tenant_id: str, suppression_id: str) -> Suppression | None:
        """Return an address on a tenant's list, or None if it is not there."""

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Suppression]:
        """Return up to ``limit`` of a tenant's suppressions in the order of their ids, after one."""
