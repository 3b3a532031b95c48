"""Render one message of a version: what a notification stores, and what a preview shows."""

from collections.abc import Mapping
from typing import Any

from wavecom.domain.content.content import Content
from wavecom.domain.errors import Problem, RefusedDraftError
from wavecom.domain.templates.version import TemplateVersion
from wavecom.ports.content import TemplateEngine


def render_version(
    engine: TemplateEngine, version: TemplateVersion, locale: str, variables: Mapping[str, Any]
) -> Content:
    """Return the content in one of the version's languages.

    Raises `RefusedDraftError` for variables that are missing or unknown, that cannot be rendered, or whose content
    cannot be sent.
    """
    if problems := version.variable_problems(variables):
        raise RefusedDraftError(problems)
    content = engine.render(version, locale, variables)
    if problems := [Problem("variables", each) for each in content.problems()]:
        raise RefusedDraftError(problems)
    return content
