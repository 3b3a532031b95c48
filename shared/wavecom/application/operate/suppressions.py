"""Show and change a tenant's suppression list."""

from dataclasses import dataclass

from wavecom.domain.errors import NotFoundError
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression, suppression_id
from wavecom.ports.suppressions import Suppressions
from wavecom.ports.system import Clock
from wavecom.ports.tenants import Tenants


@dataclass(frozen=True, slots=True)
class SuppressionPage:
    """A page of suppressions, and the id after which the next page begins, None at the end."""

    suppressions: list[Suppression]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageSuppressions:
    """Lists, adds and removes a tenant's suppressed addresses."""

    suppressions: Suppressions
    tenants: Tenants
    clock: Clock

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> SuppressionPage:
        """Return up to ``limit`` suppressions in the order of their ids, after one."""
        found = self.suppressions.page(tenant_id, limit=limit + 1, after=after)
        return SuppressionPage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def look_up(self, tenant_id: str, recipient: str, channel: Channel | None) -> SuppressionPage:
        """Return a recipient's suppressions: on each channel at most one for everything, and one for each category."""
        categories = (None, *self.tenants.latest(tenant_id).categories)
        channels = [channel] if channel else list(Channel)
        ids = [suppression_id(each, recipient, category) for each in channels for category in categories]
        present = self.suppressions.present(tenant_id, ids)
        found = [self.suppressions.get(tenant_id, each) for each in ids if each in present]
        return SuppressionPage([each for each in found if each is not None], None)

    def add(self, tenant_id: str, channel: Channel, recipient: str) -> Suppression:
        """Put an address on the list and return its suppression; an address that is already listed stays as it is."""
        added = Suppression(
            tenant_id=tenant_id,
            channel=channel,
            recipient=recipient,
            reason=SuppressionReason.MANUAL,
            created_at=self.clock(),
        )
        self.suppressions.add([added])
        return self.suppressions.get(tenant_id, added.id) or added

    def remove(self, tenant_id: str, suppression_id: str) -> None:
        """Take an address off the list. Raises `NotFoundError`."""
        if not self.suppressions.remove(tenant_id, suppression_id, self.clock()):
            raise NotFoundError("There is no such suppression")
