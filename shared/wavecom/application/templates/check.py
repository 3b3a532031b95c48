"""Check the source of a version as far as it can be checked without a notification's variables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from wavecom.domain.content.content import MESSAGE_MAX
from wavecom.domain.content.push_rules import DATA_PREFIX, PUSH_PARTS, part_problem
from wavecom.domain.errors import Problem, RefusedDraftError
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.version import (
    LOCALES_MAX,
    UNSUBSCRIBE_URL,
    VARIABLES_MAX,
    VERSION_MAX,
    SourceProblem,
    Variant,
)
from wavecom.ports.content import TemplateEngine

_PRINTED: Final = re.compile(r"\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_CODE: Final = re.compile(r"\{[{%#]")
PROBLEMS_MAX: Final = 20
"""After so many the rest is not looked at."""
_REQUIRED: Final = {
    Channel.EMAIL: ("subject", "text"),
    Channel.SMS: ("text",),
    Channel.PUSH: ("text",),
}
_POSSIBLE: Final = {
    Channel.EMAIL: ("subject", "text", "html", "mjml"),
    Channel.SMS: ("text",),
    Channel.PUSH: ("subject", "text", *PUSH_PARTS),
}
_WITH_A_TEXT: Final = {"html", "mjml"}
"""Parts of which a text is made where none is written."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The complete source of a version by language, and the names of its variables, sorted."""

    locales: Mapping[str, Source]
    variables: tuple[str, ...]
    variants: Mapping[str, Variant] = field(default_factory=dict)


def checked(engine: TemplateEngine, channel: Channel, default_locale: str, locales: Mapping[str, Source]) -> Checked:
    """Return a version's source, checked and complete.

    Raises `RefusedDraftError` with all problems: parts that the channel needs or does not have, errors of the
    language, HTML that cannot be made, and variables that one language has and another has not.
    """
    problems: list[SourceProblem] = []
    if default_locale not in locales:
        problems.append(_problem(default_locale, "", "is the default language and must be there"))
    if sum(len(text) for source in locales.values() for _, text in source.written()) > VERSION_MAX:
        _refuse([_problem("", "", f"have more than {VERSION_MAX:,} characters together")])
    for locale, source in locales.items():
        problems += _parts(channel, locale, source)
        problems += engine.check(locale, source)
        if len(problems) > PROBLEMS_MAX:
            break
    _refuse(problems)
    whole = {locale: engine.complete(locale, source) for locale, source in locales.items()}
    _refuse([problem for locale, source in whole.items() for problem in _too_long(locale, source)])
    by_locale = {locale: engine.variables(source) for locale, source in whole.items()}
    if channel is Channel.EMAIL:
        by_locale = {locale: names - {UNSUBSCRIBE_URL} for locale, names in by_locale.items()}
    variables = by_locale[default_locale]
    problems = [
        problem
        for locale, names in by_locale.items()
        for problem in _differences(locale, names, default_locale, variables)
    ]
    if len(variables) > VARIABLES_MAX:
        problems.append(_problem(default_locale, "", f"has more than {VARIABLES_MAX} variables"))
    _refuse(problems)
    return Checked(whole, tuple(sorted(variables)))


def checked_variants(
    engine: TemplateEngine,
    channel: Channel,
    default_locale: str,
    locales: Mapping[str, Source],
    variants: Mapping[str, Variant],
) -> Checked:
    """Return a version's source, checked and complete; that of its variants, if it has any, in place of ``locales``.

    All variants have the same languages and variables. Raises `RefusedDraftError` as `checked` does, with problems
    that name the variant.
    """
    if not variants:
        return checked(engine, channel, default_locale, locales)
    if sum(len(each.locales) for each in variants.values()) > LOCALES_MAX:
        raise RefusedDraftError([Problem("variants", f"have more than {LOCALES_MAX} texts together, in all languages")])
    done: dict[str, Checked] = {}
    problems: list[Problem] = []
    size = sum(
        len(text) for each in variants.values() for source in each.locales.values() for _, text in source.written()
    )
    if size > VERSION_MAX:
        raise RefusedDraftError([Problem("variants", f"have more than {VERSION_MAX:,} characters together")])
    for name, variant in sorted(variants.items()):
        try:
            done[name] = checked(engine, channel, default_locale, variant.locales)
        except RefusedDraftError as exc:
            problems += [Problem(f"variants.{name}.{each.field}", each.message) for each in exc.problems]
    if problems:
        raise RefusedDraftError(problems)
    if problems := [*_variant_differences(done)]:
        raise RefusedDraftError(problems)
    first = next(iter(done))
    return Checked(
        done[first].locales,
        done[first].variables,
        {name: replace(variants[name], locales=each.locales) for name, each in done.items()},
    )


def _variant_differences(variants: Mapping[str, Checked]) -> Iterator[Problem]:
    """Yield a problem for each variant that has other languages or variables than the first."""
    first, *others = variants
    for name in others:
        if variants[name].locales.keys() != variants[first].locales.keys():
            yield Problem(f"variants.{name}.locales", f"must be the languages of the variant {first}")
        elif variants[name].variables != variants[first].variables:
            yield Problem(f"variants.{name}.locales", f"must use the variables of the variant {first}")


def _refuse(problems: list[SourceProblem]) -> None:
    if problems:
        raise RefusedDraftError([each.as_problem() for each in problems])


def _parts(channel: Channel, locale: str, source: Source) -> Iterator[SourceProblem]:
    there = {name for name, _ in source.written()}
    for name in _REQUIRED[channel]:
        if name not in there and not (name == "text" and there & _WITH_A_TEXT):
            yield _problem(locale, name, f"is required for {channel}")
    if there >= _WITH_A_TEXT:
        yield _problem(locale, "mjml", "must not be given beside html, which is made of it")
    for name in sorted(there - set(_POSSIBLE[channel])):
        if not (channel is Channel.PUSH and name.startswith(DATA_PREFIX)):
            yield _problem(locale, name, f"is not a part of {channel}")
    for name, text in source.written():
        if not _CODE.search(text) and (problem := part_problem(name, text)) is not None:
            yield _problem(locale, name, problem)


def _too_long(locale: str, source: Source) -> Iterator[SourceProblem]:
    """Yield a problem if a text, written or made of HTML, is too long for any variables."""
    if source.text and "{%" not in source.text and len(_PRINTED.sub("", source.text)) > MESSAGE_MAX:
        yield _problem(locale, "text", f"has more than {MESSAGE_MAX:,} characters, whatever the variables are")


def _differences(
    locale: str, names: frozenset[str], default_locale: str, variables: frozenset[str]
) -> Iterator[SourceProblem]:
    for name in sorted(variables - names):
        yield _problem(locale, "", f"does not use the variable {name}, which {default_locale} uses")
    for name in sorted(names - variables):
        yield _problem(locale, "", f"uses the variable {name}, which {default_locale} does not use")


def _problem(locale: str, part: str, message: str) -> SourceProblem:
    return SourceProblem(locale=locale, part=part, line=None, message=message)
