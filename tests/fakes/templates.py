"""Templates, from memory."""

from collections.abc import Mapping, Sequence

from wavecom.domain.templates.template import Template
from wavecom.domain.templates.version import TemplateVersion, VersionSummary


class FakeTemplates:
    """Templates and their versions in dictionaries."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], Template] = {}
        self.stored_versions: dict[tuple[str, str, int], TemplateVersion] = {}

    def add(self, template: Template) -> bool:
        key = (template.tenant_id, template.id)
        return self.stored.setdefault(key, template) is template

    def get(self, tenant_id: str, template_id: str) -> Template | None:
        return self.stored.get((tenant_id, template_id))

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Template]:
        found = [each for each in self.stored.values() if each.tenant_id == tenant_id and each.id > (after or "")]
        return sorted(found, key=lambda each: each.id)[:limit]

    def save(self, before: Template, after: Template) -> bool:
        if self.get(before.tenant_id, before.id) != before:
            return False
        self.stored[after.tenant_id, after.id] = after
        return True

    def add_version(self, before: Template, version: TemplateVersion) -> bool:
        after = before.with_version(version.number, version.created_at)
        if not self.save(before, after):
            return False
        self.stored_versions[version.tenant_id, version.template_id, version.number] = version
        return True

    def version(self, tenant_id: str, template_id: str, number: int) -> TemplateVersion | None:
        return self.stored_versions.get((tenant_id, template_id, number))

    def versions(
        self, tenant_id: str, template_id: str, *, limit: int, before: int | None = None
    ) -> list[VersionSummary]:
        found = [
            each.summary()
            for (tenant, template, number), each in self.stored_versions.items()
            if (tenant, template) == (tenant_id, template_id) and (before is None or number < before)
        ]
        return sorted(found, key=lambda each: -each.number)[:limit]

    def count(self, tenant_id: str, *, at_most: int) -> int:
        return min(at_most, sum(each.tenant_id == tenant_id for each in self.stored.values()))

    def in_use(self, tenant_id: str, template_ids: Sequence[str]) -> Mapping[str, Template]:
        found = [self.get(tenant_id, each) for each in template_ids]
        return {each.id: each for each in found if each is not None}
