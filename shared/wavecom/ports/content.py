"""Store templates, check their sources, render them, and clean HTML that comes from outside."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from wavecom.domain.content.content import Content
from wavecom.domain.content.html import CleanHtml
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.template import Template
from wavecom.domain.templates.version import SourceProblem, TemplateVersion, VersionSummary


class Templates(Protocol):
    """The tenants' templates and their versions.

    Every method raises `StoreUnavailableError` when the database does not answer in time.
    """

    def add(self, template: Template) -> bool:
        """Store a new template and return True, or return False if the tenant has one with its id."""

    def get(self, tenant_id: str, template_id: str) -> Template | None:
        """Return a template of a tenant, archived or not."""

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Template]:
        """Return up to ``limit`` of a tenant's templates in the order of their ids, after one; archived ones too."""

    def save(self, before: Template, after: Template) -> bool:
        """Replace a template that still equals ``before``, and return whether it did."""

    def add_version(self, before: Template, version: TemplateVersion) -> bool:
        """Store a template's next version, if it still has no newer one, and return whether it was stored."""

    def version(self, tenant_id: str, template_id: str, number: int) -> TemplateVersion | None:
        """Return one version of a template."""

    def versions(
        self, tenant_id: str, template_id: str, *, limit: int, before: int | None = None
    ) -> list[VersionSummary]:
        """Return up to ``limit`` versions of a template without their source, newest first, those before a number."""

    def count(self, tenant_id: str, *, at_most: int) -> int:
        """Return the number of a tenant's templates, archived ones included; counting stops at ``at_most``."""

    def in_use(self, tenant_id: str, template_ids: Sequence[str]) -> Mapping[str, Template]:
        """Return the existing ones of a tenant's templates, by id, from a short-lived cache."""


class TemplateEngine(Protocol):
    """The template language."""

    def check(self, locale: str, source: Source) -> list[SourceProblem]:
        """Return what is wrong with a source: its grammar, what the language does not have, and unknown filters."""

    def complete(self, locale: str, source: Source) -> Source:
        """Return a checked source with all that is rendered: the HTML to send, and a text that says what it says.

        Raises `RefusedDraftError` for MJML or a style sheet that does not become HTML.
        """

    def variables(self, source: Source) -> frozenset[str]:
        """Return the names of the variables that a valid source asks for."""

    def render(
        self, version: TemplateVersion, locale: str, variables: Mapping[str, Any], variant: str | None = None
    ) -> Content:
        """Return the content of one message in one of the version's languages, and one of its variants, if any.

        ``variables`` are JSON values. Raises `RefusedDraftError` with a problem for each field that cannot be rendered.
        """


class HtmlCleaner(Protocol):
    """Takes out of HTML what an email must not have."""

    def clean(self, html: str) -> CleanHtml:
        """Return HTML without scripts, event handlers, forms, frames, style sheets and addresses of unusual schemes.

        What has been cleaned is not changed by cleaning it again. Raises `RefusedDraftError` for HTML that would take
        too long.
        """
