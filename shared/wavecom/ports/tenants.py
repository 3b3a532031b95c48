"""Store the tenants' policies, senders and categories."""

from typing import Protocol

from wavecom.domain.categories import Category
from wavecom.domain.notifications.enums import OnUnknown
from wavecom.domain.senders import Sender
from wavecom.domain.tenants import TenantPolicy


class Tenants(Protocol):
    """The tenants' policies. A change holds at once in the process that makes it, and within 30 seconds in others."""

    def get(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy, or the default if it has none, from a short-lived cache."""

    def latest(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy as it is stored at present, from no cache."""

    def choose_on_unknown(self, tenant_id: str, on_unknown: OnUnknown) -> None:
        """Store what becomes of a tenant's notifications whose outcome is unknown."""

    def put_sender(self, tenant_id: str, sender: Sender, *, default: bool) -> None:
        """Store a sender of a tenant, in place of the one with its id; ``default`` says if it is its channel's."""

    def remove_sender(self, tenant_id: str, sender: Sender) -> bool:
        """Remove a sender of a tenant, and return whether it was still there."""

    def put_category(self, tenant_id: str, category: Category) -> None:
        """Store a category of a tenant, in place of the one with its id."""

    def remove_category(self, tenant_id: str, category_id: str) -> bool:
        """Remove a category of a tenant, and return whether there was one."""
