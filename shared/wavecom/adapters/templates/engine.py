"""Templates rendered by minijinja: a Rust engine with bounded work, which never sees a Python object.

Bounds, since a template is written by a tenant: each render may take `FUEL` steps, fewer where a loop repeats much
text; what variables print is counted; what could take long within one step is not part of the language
(`wavecom.adapters.templates.language`).
"""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from minijinja import Environment, TemplateError

from wavecom.adapters.templates.filters import FilterError, filters_of
from wavecom.adapters.templates.language import longest_loop_text, violations
from wavecom.domain.content.rendered import Rendered
from wavecom.domain.errors import Problem, RefusedDraftError
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.version import SourceProblem, TemplateVersion

FUEL: Final = 20_000
"""The most steps of one render; a print or a comparison is one."""
PRINTED_MAX: Final = 1_000_000
"""The most characters that the variables of one render may print, and that its loops may repeat."""
COMPILED_MAX: Final = 500
"""The most versions whose compiled form a process keeps, each in one language."""
_ESCAPED: Final = frozenset({"html"})
_FUNCTIONS: Final = ("debug", "dict", "namespace", "range")
_UNDEFINED: Final = re.compile(r"`([^`]+)` is undefined")


class _TooMuchPrintedError(Exception):
    """The variables print more than a message may hold."""


class _NotPrintableError(Exception):
    """A value is printed that is neither a text nor a number."""


class _Printed(threading.local):
    """The characters that a thread's present render may still print."""

    left = PRINTED_MAX

    def allow(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _NotPrintableError
        if isinstance(value, str):
            self.left -= len(value)
            if self.left < 0:
                raise _TooMuchPrintedError
        return value


class _Compiled:
    """One version in one language, ready to render."""

    def __init__(self, source: Source, locale: str) -> None:
        self._printed = _Printed()
        self._environment = _environment(filters_of(locale), self._printed.allow)
        self.parts = [name for name, _ in source.parts()]
        loop_text = max((longest_loop_text(text) for _, text in source.parts()), default=0)
        self._environment.fuel = min(FUEL, PRINTED_MAX // max(1, loop_text))
        for name, text in source.parts():
            self._environment.add_template(name, text)

    def render(self, part: str, variables: Mapping[str, Any]) -> str:
        self._printed.left = PRINTED_MAX
        return self._environment.render_template(part, **variables)


class MinijinjaEngine:
    """`wavecom.ports.templates.TemplateEngine` on minijinja."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str, int, str], _Compiled] = {}
        self._reader = _environment({}, None)

    def check(self, locale: str, source: Source) -> list[SourceProblem]:
        """See `wavecom.ports.templates.TemplateEngine.check`."""
        try:
            filters_of(locale)
        except FilterError as exc:
            return [SourceProblem(locale=locale, part="", line=None, message=str(exc))]
        return [
            SourceProblem(locale=locale, part=part, line=line, message=message)
            for part, text in source.parts()
            for line, message in self._problems(text)
        ]

    def _problems(self, text: str) -> Iterable[tuple[int | None, str]]:
        found = [(each.line, each.message) for each in violations(text)]
        if found:
            return found
        try:
            self._reader.undeclared_variables_in_str(text)
        except TemplateError as exc:
            return [(exc.line, exc.detail or exc.message)]
        return []

    def variables(self, source: Source) -> frozenset[str]:
        """See `wavecom.ports.templates.TemplateEngine.variables`."""
        found: set[str] = set()
        for _, text in source.parts():
            found |= self._reader.undeclared_variables_in_str(text)
        return frozenset(found)

    def render(self, version: TemplateVersion, locale: str, variables: Mapping[str, Any]) -> Rendered:
        """See `wavecom.ports.templates.TemplateEngine.render`."""
        compiled = self._compile(version, locale)
        problems: list[Problem] = []
        texts: dict[str, str] = {}
        for part in compiled.parts:
            try:
                texts[part] = compiled.render(part, variables)
            except (TemplateError, FilterError, _NotPrintableError, _TooMuchPrintedError) as exc:
                problems.append(Problem(_field_of(exc), f"{_sentence(exc)}, in the {part} of the template ({locale})"))
        if problems:
            raise RefusedDraftError(problems)
        return Rendered(subject=texts.get("subject"), message=texts["text"], html=texts.get("html"))

    def _compile(self, version: TemplateVersion, locale: str) -> _Compiled:
        key = (version.tenant_id, version.template_id, version.number, locale)
        found = self._compiled.get(key)
        if found is None:
            if len(self._compiled) >= COMPILED_MAX:
                self._compiled.clear()
            found = self._compiled[key] = _Compiled(version.locales[locale], locale)
        return found


def _environment(filters: Mapping[str, Callable[..., str]], finalizer: Callable[[Any], Any] | None) -> Environment:
    environment = Environment(
        filters=filters,
        undefined_behavior="strict",
        auto_escape_callback=_ESCAPED.__contains__,
        finalizer=finalizer,
        fuel=FUEL,
        debug=True,
        pycompat=False,
    )
    for name in _FUNCTIONS:
        environment.remove_global(name)
    environment.remove_filter("safe")
    return environment


def _field_of(exc: Exception) -> str:
    """Return the field of a request that a failed render is about: the undefined variable, or all of them."""
    detail = exc.detail if isinstance(exc, TemplateError) else None
    undefined = _UNDEFINED.fullmatch(detail or "")
    return f"variables.{undefined[1]}" if undefined else "variables"


def _sentence(exc: Exception) -> str:
    match exc:
        case _NotPrintableError():
            return "only texts and numbers can be printed: a value is null, true, false, a list or an object"
        case _TooMuchPrintedError():
            return f"the values print more than {PRINTED_MAX:,} characters"
        case TemplateError() if exc.kind == "OutOfFuel":
            return "takes too long to render"
        case TemplateError() if exc.kind == "UndefinedError":
            return "is required"
        case TemplateError():
            return exc.detail or exc.message
        case _:
            return str(exc)
