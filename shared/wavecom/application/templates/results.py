"""Show what became of the variants of a version."""

from collections.abc import Mapping
from dataclasses import dataclass

from wavecom.application.templates.manage import ManageTemplates
from wavecom.ports.ledger import Counters


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantResults:
    """The results of a variant: numbers of notifications by the names of `Totals.variants`."""

    variant: str
    weight: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowResults:
    """Compares the variants of a version, by the counters."""

    manage: ManageTemplates
    counters: Counters

    def of(self, tenant_id: str, template_id: str, number: int) -> list[VariantResults]:
        """Return the results of a version's variants by their names, none if it has none. Raises `NotFoundError`."""
        version = self.manage.version(tenant_id, template_id, number)
        if not version.variants:
            return []
        counted = self.counters.totals(tenant_id).variants(template_id, number)
        return [
            VariantResults(variant=name, weight=each.weight, counts=counted.get(name, {}))
            for name, each in sorted(version.variants.items())
        ]
