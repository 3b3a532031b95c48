"""What every template engine does; there is no fake, since the engine needs no server."""

from collections.abc import Callable

import pytest

from tests.builders import NOON
from wavecom.adapters.templates.engine import MinijinjaEngine
from wavecom.domain.content.content import Content
from wavecom.domain.errors import RefusedDraftError
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.version import UNSTORED, TemplateVersion
from wavecom.ports.content import TemplateEngine

PORT = TemplateEngine
SOURCE = Source(subject="For {{ name }}", text="Dear {{ name }}", html="<p>{{ name }}</p>")


@pytest.fixture(params=[MinijinjaEngine])
def engine(request: pytest.FixtureRequest) -> TemplateEngine:
    make: Callable[[], TemplateEngine] = request.param
    return make()


def a_version(number: int, **locales: Source) -> TemplateVersion:
    return TemplateVersion(
        tenant_id="bank-a",
        template_id="paid",
        number=number,
        default_locale="en",
        locales=locales,
        variables=("name",),
        created_at=NOON,
    )


def test_every_part_is_rendered_and_values_are_escaped_in_html_alone(engine: TemplateEngine) -> None:
    made = engine.render(a_version(1, en=SOURCE), "en", {"name": "<Ada>"})

    assert made == Content(subject="For <Ada>", message="Dear <Ada>", html="<p>&lt;Ada&gt;</p>")


def test_languages_and_versions_are_told_apart(engine: TemplateEngine) -> None:
    first, second = (
        a_version(1, en=SOURCE, de=Source(text="Hallo {{ name }}")),
        a_version(2, en=Source(text="{{ name }}!")),
    )

    texts = [engine.render(*each, {"name": "Ada"}).message for each in ((first, "en"), (first, "de"), (second, "en"))]

    assert texts == ["Dear Ada", "Hallo Ada", "Ada!"]


def test_versions_that_are_not_stored_are_told_apart_too(engine: TemplateEngine) -> None:
    for text in ("one", "two"):
        assert engine.render(a_version(UNSTORED, en=Source(text=text)), "en", {}).message == text


def test_variables_are_those_of_all_parts(engine: TemplateEngine) -> None:
    source = Source(subject="{{ a }}", text="{{ b.c }}", html="{% if d %}{{ a }}{% endif %}")

    assert engine.variables(source) == {"a", "b", "d"}
    assert engine.variables(Source(text="none")) == frozenset()


def test_a_wrong_source_names_its_language_part_and_line(engine: TemplateEngine) -> None:
    (problem,) = engine.check("de", Source(subject="fine", text="fine\n{{ name"))

    assert (problem.locale, problem.part, problem.line) == ("de", "text", 2)
    assert engine.check("de", SOURCE) == []


def test_what_is_missing_is_refused_for_each_part(engine: TemplateEngine) -> None:
    with pytest.raises(RefusedDraftError) as refused:
        engine.render(a_version(1, en=SOURCE), "en", {})

    assert [each.field for each in refused.value.problems] == ["variables.name"] * 3
