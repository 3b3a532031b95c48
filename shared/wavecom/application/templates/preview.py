"""Show what a template makes of variables, before anybody is sent it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wavecom.application.templates.check import Checked, checked
from wavecom.application.templates.manage import ManageTemplates
from wavecom.application.templates.render import render_version
from wavecom.domain.content import sms
from wavecom.domain.content.content import Content
from wavecom.domain.errors import Problem, RefusedDraftError
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.templates.locale import best_match
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.version import UNSTORED, TemplateVersion

SAMPLE_URL = "https://example.com/u/link-of-the-recipient"
"""The address that a preview has in the place of `UNSUBSCRIBE_URL`."""
UNSTORED_LOCALE = "en"
"""The language in which the source of a preview is written, unless the preview names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """The content that would be sent. ``warnings`` are sentences; ``segments`` are those of an SMS."""

    content: Content
    locale: str
    segments: sms.Segments | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Renders versions, and sources that are not stored."""

    manage: ManageTemplates

    def of_version(
        self,
        tenant_id: str,
        template_id: str,
        number: int | None,
        locale: str | None,
        variables: Mapping[str, Any],
        variant: str | None = None,
    ) -> Previewed:
        """Show a version, by default the published one, or the newest where none is published.

        Of several variants the first is shown, unless one is named. Raises `NotFoundError`, and `RefusedDraftError` for
        variables that it cannot be rendered with.
        """
        template = self.manage.get(tenant_id, template_id)
        version = self.manage.version(tenant_id, template_id, number or template.published or template.latest)
        language = best_match(version.locales, locale, version.default_locale)
        first = next(iter(sorted(version.variants)), None)
        return self._shown(template.channel, version, language, variables, variant or first)

    def of_source(
        self, tenant_id: str, template_id: str, source: Source, locale: str | None, variables: Mapping[str, Any]
    ) -> Previewed:
        """Show a source in one language. Raises as `of_version` does."""
        template = self.manage.get(tenant_id, template_id)
        language = locale or UNSTORED_LOCALE
        whole = self._checked(template.channel, language, source)
        version = TemplateVersion(
            tenant_id=tenant_id,
            template_id=template_id,
            number=UNSTORED,
            default_locale=language,
            locales=whole.locales,
            variables=whole.variables,
            created_at=self.manage.clock(),
        )
        return self._shown(template.channel, version, language, variables)

    def _checked(self, channel: Channel, language: str, source: Source) -> Checked:
        """Return a checked source. Problems are named as the preview's own fields."""
        try:
            return checked(self.manage.engine, channel, language, {language: source})
        except RefusedDraftError as exc:
            below = f"locales.{language}"
            parts = [each.field.removeprefix(below) for each in exc.problems]
            problems = [
                Problem(f"source{part}" if part else "locale", each.message)
                for part, each in zip(parts, exc.problems, strict=True)
            ]
            raise RefusedDraftError(problems) from exc

    def _shown(
        self,
        channel: Channel,
        version: TemplateVersion,
        locale: str,
        variables: Mapping[str, Any],
        variant: str | None = None,
    ) -> Previewed:
        content = render_version(
            self.manage.engine, version, locale, variables, variant=variant, unsubscribe_url=SAMPLE_URL
        )
        segments = sms.segments(content.message) if channel is Channel.SMS else None
        return Previewed(content=content, locale=locale, segments=segments, warnings=tuple(content.warnings()))
