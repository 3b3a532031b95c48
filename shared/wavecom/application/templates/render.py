"""Render one message of a version: what a notification stores, and what a preview shows."""

from collections.abc import Mapping
from typing import Any

from wavecom.domain.content.content import Content
from wavecom.domain.errors import Problem, RefusedDraftError
from wavecom.domain.templates.version import UNSUBSCRIBE_URL, TemplateVersion
from wavecom.ports.content import TemplateEngine


def render_version(
    engine: TemplateEngine,
    version: TemplateVersion,
    locale: str,
    variables: Mapping[str, Any],
    *,
    variant: str | None = None,
    unsubscribe_url: str | None = None,
) -> Content:
    """Return the content in one of the version's languages, with the address that its recipient may leave by.

    Raises `RefusedDraftError` for variables that are missing or unknown, that cannot be rendered, or whose content
    cannot be sent.
    """
    if variant is not None and variant not in version.variants:
        raise RefusedDraftError([Problem("variant", "must be one of the version's variants")])
    if problems := version.variable_problems(variables):
        raise RefusedDraftError(problems)
    is_ours = unsubscribe_url is not None and UNSUBSCRIBE_URL not in version.variables
    values = {**variables, UNSUBSCRIBE_URL: unsubscribe_url} if is_ours else variables
    try:
        content = engine.render(version, locale, values, variant)
    except RefusedDraftError as exc:
        raise RefusedDraftError([_without_url(each) for each in exc.problems]) from exc
    if problems := [Problem("variables", each) for each in content.problems()]:
        raise RefusedDraftError(problems)
    return content


def _without_url(problem: Problem) -> Problem:
    """Return a problem; one with the address, which no client gives, is about the category."""
    if problem.field != f"variables.{UNSUBSCRIBE_URL}":
        return problem
    return Problem("category", f"must be one that can be left: the template uses {UNSUBSCRIBE_URL}")
