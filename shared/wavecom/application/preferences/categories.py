"""Show and change a tenant's categories."""

from collections.abc import Mapping
from dataclasses import dataclass

from wavecom.domain.categories import CATEGORIES_MAX, Category
from wavecom.domain.errors import ConflictError, NotFoundError
from wavecom.ports.tenants import Tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageCategories:
    """Manages a tenant's categories. A change takes effect once the caches have expired, within 30 seconds."""

    tenants: Tenants

    def of(self, tenant_id: str) -> Mapping[str, Category]:
        """Return a tenant's categories by their ids."""
        return self.tenants.latest(tenant_id).categories

    def put(self, tenant_id: str, category: Category) -> None:
        """Store a category, in place of the one with its id. Raises `ConflictError` if the tenant has too many."""
        known = self.of(tenant_id)
        if category.id not in known and len(known) >= CATEGORIES_MAX:
            raise ConflictError(f"There are {CATEGORIES_MAX} categories, the most that a tenant may have")
        self.tenants.put_category(tenant_id, category)

    def remove(self, tenant_id: str, category_id: str) -> None:
        """Remove a category; nothing is accepted in it any more. Raises `NotFoundError`."""
        if not self.tenants.remove_category(tenant_id, category_id):
            raise NotFoundError("There is no such category")
