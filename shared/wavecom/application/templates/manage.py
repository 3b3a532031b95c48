"""Make templates and their versions, publish them, and take them out of use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from wavecom.application.templates.check import checked_variants
from wavecom.domain.errors import ConflictError, NotFoundError, Problem, RefusedDraftError
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.template import TEMPLATES_MAX, Template
from wavecom.domain.templates.version import COMPARING_MAX, VERSIONS_MAX, TemplateVersion, Variant, VersionSummary
from wavecom.ports.content import TemplateEngine, Templates
from wavecom.ports.system import Clock
from wavecom.ports.tenants import Tenants

NO_VARIANTS: Final[Mapping[str, Variant]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """A page of templates, and the id after which the next page begins, None at the end."""

    templates: list[Template]
    next: str | None


@dataclass(frozen=True, slots=True)
class VersionPage:
    """A page of versions, and the number before which the next page begins, None at the end."""

    versions: list[VersionSummary]
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageTemplates:
    """Manages a tenant's templates. A published version is used everywhere within 5 seconds."""

    templates: Templates
    engine: TemplateEngine
    tenants: Tenants
    clock: Clock

    def create(
        self,
        tenant_id: str,
        template_id: str,
        channel: Channel,
        *,
        description: str | None = None,
        category: str | None = None,
    ) -> Template:
        """Make a template without versions.

        Raises `RefusedDraftError` if the tenant has no such ``category``, and `ConflictError` if its id is taken, or
        the tenant has too many.
        """
        if category is not None and category not in self.tenants.latest(tenant_id).categories:
            raise RefusedDraftError([Problem("category", "must be the id of one of your categories")])
        if self.templates.count(tenant_id, at_most=TEMPLATES_MAX) >= TEMPLATES_MAX:
            raise ConflictError(f"There are {TEMPLATES_MAX} templates, the most that a tenant may have")
        at = self.clock()
        made = Template(
            tenant_id=tenant_id,
            id=template_id,
            channel=channel,
            description=description,
            category=category,
            created_at=at,
            updated_at=at,
        )
        if not self.templates.add(made):
            raise ConflictError("There is a template with this id")
        return made

    def get(self, tenant_id: str, template_id: str) -> Template:
        """Return a template. Raises `NotFoundError`."""
        found = self.templates.get(tenant_id, template_id)
        if found is None:
            raise NotFoundError("There is no such template")
        return found

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> TemplatePage:
        """Return up to ``limit`` templates in the order of their ids, after one."""
        found = self.templates.page(tenant_id, limit=limit + 1, after=after)
        return TemplatePage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def add_version(
        self,
        tenant_id: str,
        template_id: str,
        *,
        default_locale: str,
        locales: Mapping[str, Source],
        variants: Mapping[str, Variant] = NO_VARIANTS,
    ) -> TemplateVersion:
        """Make the next version of a template, unpublished. HTML is made of MJML, and a text that is left out of HTML.

        Its text is ``locales``, or several ``variants`` of it.

        Raises `RefusedDraftError` with everything that is wrong with it, `NotFoundError`, and `ConflictError` if the
        template is archived, has too many versions or gets another one at the same time.
        """
        template = self.get(tenant_id, template_id)
        template.check_not_archived()
        if template.latest >= VERSIONS_MAX:
            raise ConflictError(
                f"The template has {VERSIONS_MAX} versions, the most that it may have; make another one"
            )
        if variants and self._comparing(template) >= COMPARING_MAX:
            raise ConflictError(f"The template has {COMPARING_MAX} versions that compare texts; make another one")
        version = checked_variants(self.engine, template.channel, default_locale, locales, variants)
        made = TemplateVersion(
            tenant_id=tenant_id,
            template_id=template_id,
            number=template.latest + 1,
            default_locale=default_locale,
            locales=version.locales,
            variants=version.variants,
            variables=version.variables,
            created_at=self.clock(),
        )
        if not self.templates.add_version(template, made):
            raise ConflictError("The template was changed at the same time; try again")
        return made

    def _comparing(self, template: Template) -> int:
        """Return the number of versions that have variants."""
        versions = self.templates.versions(template.tenant_id, template.id, limit=VERSIONS_MAX)
        return sum(bool(each.variants) for each in versions)

    def version(self, tenant_id: str, template_id: str, number: int) -> TemplateVersion:
        """Return one version. Raises `NotFoundError`."""
        found = self.templates.version(tenant_id, template_id, number)
        if found is None:
            raise NotFoundError("There is no such version")
        return found

    def versions(self, tenant_id: str, template_id: str, *, limit: int, before: int | None = None) -> VersionPage:
        """Return up to ``limit`` versions, newest first, before a number. Raises `NotFoundError`."""
        self.get(tenant_id, template_id)
        found = self.templates.versions(tenant_id, template_id, limit=limit + 1, before=before)
        return VersionPage(found[:limit], found[limit - 1].number if len(found) > limit else None)

    def publish(self, tenant_id: str, template_id: str, number: int) -> Template:
        """Use a version where none is named. Raises `NotFoundError` and `ConflictError`."""
        self.version(tenant_id, template_id, number)
        return self._change(tenant_id, template_id, lambda each: each.with_publication(number, self.clock()))

    def roll_back(self, tenant_id: str, template_id: str) -> Template:
        """Use the version that was published before the present one. Raises `NotFoundError` and `ConflictError`."""
        return self._change(tenant_id, template_id, lambda each: each.rolled_back(self.clock()))

    def archive(self, tenant_id: str, template_id: str) -> Template:
        """Take a template out of use for good; its id stays taken. Raises `NotFoundError` and `ConflictError`."""
        return self._change(tenant_id, template_id, lambda each: each.archived(self.clock()))

    def _change(self, tenant_id: str, template_id: str, change: Callable[[Template], Template]) -> Template:
        before = self.get(tenant_id, template_id)
        after = change(before)
        if after != before and not self.templates.save(before, after):
            raise ConflictError("The template was changed at the same time; try again")
        return after
