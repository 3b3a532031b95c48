"""Store the tenants' suppression lists, and make the links by which recipients leave a category."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from wavecom.domain.categories import Subscription
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression


class Suppressions(Protocol):
    """The tenants' suppression lists."""

    def among(self, notifications: Sequence[Notification]) -> dict[str, SuppressionReason]:
        """Return why notifications must not be sent, by their ids. One call a batch.

        A recipient may be suppressed for everything, or have left the notification's category.
        """

    def present(self, tenant_id: str, suppression_ids: Collection[str]) -> set[str]:
        """Return those of the ids that are on a tenant's list."""

    def add(self, suppressions: Sequence[Suppression]) -> None:
        """Put addresses on their lists; an address that is already listed stays as it is.

        The events of this and of `remove` are written with the change.
        """

    def remove(self, tenant_id: str, suppression_id: str, at: datetime) -> bool:
        """Take an address off a tenant's list at ``at`` and return whether it was there."""

    def get(self, tenant_id: str, suppression_id: str) -> Suppression | None:
        """Return an address on a tenant's list, or None if it is not there."""

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Suppression]:
        """Return up to ``limit`` of a tenant's suppressions in the order of their ids, after one."""


class UnsubscribeLinks(Protocol):
    """Addresses that nobody else can make, and that show nobody whom they are about."""

    def make(self, subscription: Subscription) -> str:
        """Return the address by which a recipient leaves a category."""

    def read(self, token: str) -> Subscription | None:
        """Return the subscription that the last part of an address is about, None if we have not made it."""
