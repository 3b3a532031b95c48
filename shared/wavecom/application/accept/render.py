"""Render the drafts of a call that name a template, so that what is stored is what is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wavecom.domain.content.rendered import TemplateCall, TemplateUse
from wavecom.domain.errors import Problem, RefusedDraftError
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Draft, TemplatedDraft
from wavecom.domain.templates.locale import best_match
from wavecom.domain.templates.template import Template
from wavecom.domain.templates.version import TemplateVersion
from wavecom.ports.templates import TemplateEngine, Templates

CALL_MAX_CHARACTERS: Final = 4_000_000
"""The most characters that the templates of one call may make, about as many as its body may have."""


@dataclass(frozen=True, slots=True)
class RenderedDrafts:
    """The drafts of a call, each with its content, and the refusals of those that cannot be rendered, by index."""

    drafts: dict[int, Draft]
    refusals: dict[int, RefusedDraftError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """Renders templates. A call reads each template once, from a short-lived cache."""

    templates: Templates
    engine: TemplateEngine

    def render(self, tenant_id: str, drafts: Mapping[int, Draft | TemplatedDraft]) -> RenderedDrafts:
        """Return the drafts of a call with their content. Raises `StoreUnavailableError`."""
        done = RenderedDrafts({}, {})
        known: Mapping[str, Template] | None = None
        left = CALL_MAX_CHARACTERS
        for index, draft in drafts.items():
            if isinstance(draft, Draft):
                done.drafts[index] = draft
                continue
            if known is None:
                named = {each.call.id for each in drafts.values() if isinstance(each, TemplatedDraft)}
                known = self.templates.in_use(tenant_id, sorted(named))
            try:
                rendered = self._rendered(tenant_id, draft, known.get(draft.call.id))
                left -= len(rendered.message) + len(rendered.html or "")
                if left < 0:
                    raise _refused("variables", f"make more than {CALL_MAX_CHARACTERS:,} characters in this call")
                done.drafts[index] = rendered
            except RefusedDraftError as exc:
                done.refusals[index] = exc
        return done

    def _rendered(self, tenant_id: str, draft: TemplatedDraft, template: Template | None) -> Draft:
        version = self._version(tenant_id, draft.channel, draft.call, template)
        if problems := version.variable_problems(draft.call.variables):
            raise RefusedDraftError(problems)
        locale = best_match(version.locales, draft.call.locale, version.default_locale)
        content = self.engine.render(version, locale, draft.call.variables)
        if problems := [Problem("variables", each) for each in content.problems()]:
            raise RefusedDraftError(problems)
        use = TemplateUse(id=version.template_id, version=version.number, locale=locale)
        return draft.rendered(content, use)

    def _version(
        self, tenant_id: str, channel: Channel, call: TemplateCall, template: Template | None
    ) -> TemplateVersion:
        """Return the version that a call means. Raises `RefusedDraftError`."""
        if template is None:
            raise _refused("template.id", "must be the id of a template")
        if template.archived_at is not None:
            raise _refused("template.id", "is archived")
        if template.channel is not channel:
            raise _refused("template.id", f"is a template for {template.channel}")
        number = template.published if call.version is None else call.version
        if number is None:
            raise _refused("template.id", "has no published version")
        version = self.templates.version(tenant_id, template.id, number)
        if version is None:
            raise _refused("template.version", "must be a version of the template")
        return version


def _refused(field: str, message: str) -> RefusedDraftError:
    return RefusedDraftError([Problem(field, message)])
