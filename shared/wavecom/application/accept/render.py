"""Make the content of a call's drafts final, so that what is stored is what is sent.

Drafts that name a template are rendered; HTML that a client wrote is cleaned; an email of a category that can be left
gets the link for it, and one that names attachments gets them.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from wavecom.application.accept.attach import Attach
from wavecom.application.templates.render import render_version
from wavecom.domain.categories import Category, Subscription
from wavecom.domain.content.content import HTML_MAX_BYTES, TemplateCall, TemplateUse
from wavecom.domain.content.push_rules import merged
from wavecom.domain.errors import Problem, RefusedDraftError
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Draft, Envelope, TemplatedDraft
from wavecom.domain.templates.locale import best_match
from wavecom.domain.templates.template import Template
from wavecom.domain.templates.version import TemplateVersion
from wavecom.domain.tenants import TenantPolicy
from wavecom.ports.content import HtmlCleaner, TemplateEngine, Templates
from wavecom.ports.suppressions import UnsubscribeLinks

CALL_TEXT_MAX_BYTES: Final = 2_500_000
"""The most bytes of the subjects and messages that one call may make: its answer has them, and Lambda returns 6 MB."""
CALL_HTML_MAX_BYTES: Final = 4_000_000
"""The most bytes of HTML that one call may make, about as many as its body may have."""
VERSIONS_MAX: Final = 20
"""The most versions of templates that one call may use; each of them is read at its first use."""
RENDER_SECONDS: Final = 2.0
"""The processor time that templates and HTML of one call may take; 500 usual templates take 0.02."""


@dataclass(frozen=True, slots=True)
class RenderedDrafts:
    """The drafts of a call, each with its content, and the refusals of those that cannot be rendered, by index."""

    drafts: dict[int, Draft]
    refusals: dict[int, RefusedDraftError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """Renders templates, and cleans HTML. A call reads each template once, from a short-lived cache.

    Without ``links``, no email of a category that can be left is accepted.
    """

    templates: Templates
    engine: TemplateEngine
    cleaner: HtmlCleaner
    links: UnsubscribeLinks | None
    attach: Attach

    def render(
        self, tenant_id: str, drafts: Mapping[int, Draft | TemplatedDraft], policy: TenantPolicy
    ) -> RenderedDrafts:
        """Return the drafts of a call with their content and category. Raises `StoreUnavailableError`."""
        done = RenderedDrafts({}, {})
        named = {each.call.id for each in drafts.values() if isinstance(each, TemplatedDraft)}
        known = self.templates.in_use(tenant_id, sorted(named)) if named else {}
        attachable = self.attach.find(tenant_id, [each.envelope for each in drafts.values()])
        budget = _Budget()
        for index, draft in drafts.items():
            try:
                template = known.get(draft.call.id) if isinstance(draft, TemplatedDraft) else None
                category = _category(draft.envelope, template, policy)
                url = self._unsubscribe_url(tenant_id, draft.envelope, category) if category is not None else None
                if isinstance(draft, TemplatedDraft):
                    ready = self._rendered(tenant_id, draft, template, budget, url)
                else:
                    ready = draft if draft.content.html is None else self._cleaned(draft, budget)
                ready = attachable.add_to(ready) if draft.envelope.attachments else ready
                done.drafts[index] = ready if category is None else _in_category(ready, category, url)
            except RefusedDraftError as exc:
                done.refusals[index] = exc
        return done

    def _unsubscribe_url(self, tenant_id: str, envelope: Envelope, category: Category) -> str | None:
        """Return the address by which the recipient of an email leaves its category, None if it is transactional."""
        if category.transactional or envelope.channel is not Channel.EMAIL:
            return None
        if self.links is None:
            raise _refused("category", "can be left, and this service has no LINKS_URL for the links that it needs")
        return self.links.make(
            Subscription(
                tenant_id=tenant_id, channel=envelope.channel, recipient=envelope.recipient, category=category.id
            )
        )

    def _cleaned(self, draft: Draft, budget: "_Budget") -> Draft:
        budget.check_time("html")
        clean = self.cleaner.clean(draft.content.html or "")
        if not clean.html.strip():
            raise _refused("html", "has nothing that may be sent")
        content = replace(draft.content, html=clean.html)
        if content.html_bytes() > HTML_MAX_BYTES:
            raise _refused("html", f"has more than {HTML_MAX_BYTES:,} bytes once it is cleaned")
        budget.take("html", html=content.html_bytes())
        return replace(draft, content=content, warnings=clean.warnings())

    def _rendered(
        self, tenant_id: str, draft: TemplatedDraft, template: Template | None, budget: "_Budget", url: str | None
    ) -> Draft:
        version = self._version(tenant_id, draft.envelope.channel, draft.call, template, budget)
        locale = best_match(version.locales, draft.call.locale, version.default_locale)
        variant = draft.call.variant or version.variant_for(draft.envelope.recipient)
        content = render_version(
            self.engine, version, locale, draft.call.variables, variant=variant, unsubscribe_url=url
        )
        if draft.push is not None:
            content = replace(content, push=merged(content.push, draft.push))
        use = TemplateUse(
            id=version.template_id, version=version.number, locale=locale, variant=variant, test=draft.call.test
        )
        text = len((content.subject or "").encode()) + len(content.message.encode())
        budget.take("variables", text=text, html=content.html_bytes())
        return Draft(envelope=draft.envelope, content=content, template=use)

    def _version(
        self, tenant_id: str, channel: Channel, call: TemplateCall, template: Template | None, budget: "_Budget"
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
        budget.use(template.id, number)
        version = self.templates.version(tenant_id, template.id, number)
        if version is None:
            raise _refused("template.version", "must be a version of the template")
        return version


@dataclass(slots=True)
class _Budget:
    """The limits left for one call: bytes that its templates may make, their time, and versions to read."""

    text_bytes: int = CALL_TEXT_MAX_BYTES
    html_bytes: int = CALL_HTML_MAX_BYTES
    versions: set[tuple[str, int]] = field(default_factory=set)
    until: float = field(default_factory=lambda: time.thread_time() + RENDER_SECONDS)

    def use(self, template_id: str, number: int) -> None:
        """Count a version. Raises `RefusedDraftError` if the call uses too many, or has taken too long."""
        self.versions.add((template_id, number))
        if len(self.versions) > VERSIONS_MAX:
            raise _refused("template", f"is one of more than {VERSIONS_MAX} versions in this call")
        self.check_time("template")

    def check_time(self, name: str) -> None:
        """Raise `RefusedDraftError`, which names a field, if the call has taken too long."""
        if time.thread_time() > self.until:
            raise _refused(name, "comes after others of this call that took too long to render")

    def take(self, field: str, *, text: int = 0, html: int = 0) -> None:
        """Count the bytes that were made of a field. Raises `RefusedDraftError` if the call makes too much."""
        self.text_bytes -= text
        self.html_bytes -= html
        if self.text_bytes < 0 or self.html_bytes < 0:
            raise _refused(field, "would make too much text in this call; send fewer notifications in one")


def _category(envelope: Envelope, template: Template | None, policy: TenantPolicy) -> Category | None:
    """Return the category that a draft or its template names. Raises `RefusedDraftError` if the tenant has it not."""
    of_template = template.category if template is not None else None
    if envelope.category is not None and of_template not in (None, envelope.category):
        raise _refused("category", f"must be that of the template, {of_template}, or left out")
    name = of_template or envelope.category
    if name is None:
        return None
    if name in policy.categories:
        return policy.categories[name]
    if of_template is not None:
        raise _refused("template.id", f"has the category {of_template}, which is removed")
    raise _refused("category", "must be the id of one of your categories")


def _in_category(draft: Draft, category: Category, url: str | None) -> Draft:
    return replace(draft, category=category, content=replace(draft.content, unsubscribe_url=url))


def _refused(name: str, message: str) -> RefusedDraftError:
    return RefusedDraftError([Problem(name, message)])
