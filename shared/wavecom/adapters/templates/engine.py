"""Templates rendered by minijinja: a Rust engine with bounded work, which is given values without methods.

Bounds, since a template is written by a tenant: each render may take `FUEL` steps, fewer where a loop repeats much
text; what variables print is counted; what could take long within one step is not part of the language
(`wavecom.adapters.templates.language`).
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wavecom.adapters.templates.filters import FilterError, filters_of
from wavecom.adapters.templates.language import Violation, longest_loop_text, violations
from wavecom.adapters.templates.markup import markup_violations
from wavecom.adapters.templates.mjml import NotMjmlError, html_of_mjml, mjml_violations
from wavecom.adapters.templates.plain_text import text_of_html
from wavecom.adapters.templates.styles import NotInlinedError, with_styles_inlined
from wavecom.domain.content.content import Content
from wavecom.domain.content.push import PushOptions
from wavecom.domain.content.push_rules import DATA_PREFIX, PUSH_PARTS, options_of, part_problem
from wavecom.domain.errors import Problem, RefusedDraftError
from wavecom.domain.templates.source import Source
from wavecom.domain.templates.version import SOURCE_MAX, UNSTORED, SourceProblem, TemplateVersion

FUEL: Final = 20_000
"""The most steps of one render; a print, a comparison and a text between two tags are one each."""
PRINTED_MAX: Final = 1_000_000
"""The most characters that the variables of one render may print."""
REPEATED_MAX: Final = 10_000_000
"""The most characters that its loops may repeat."""
COMPILED_MAX: Final = 20_000_000
"""The most characters of source whose compiled form a process keeps, `ENTRY_COST` for each version and language."""
ENTRY_COST: Final = 100_000
"""The memory of an environment with its filters and what they remember, in characters of source."""
PROBLEMS_MAX: Final = 20
"""The most problems of one part that are looked for."""
_ESCAPED: Final = frozenset({"html"})
_ADDRESSES: Final = frozenset({"link", "image"})
"""Parts in which a value is percent-encoded, unless it is the whole address: it becomes no other part of it."""
_ONE_PRINT: Final = re.compile(r"\s*\{\{[^{}]*\}\}\s*")
_FUNCTIONS: Final = ("debug", "dict", "namespace", "range")
_UNDEFINED: Final = re.compile(r"`([^`]+)` is undefined")


if TYPE_CHECKING:
    from minijinja import Environment, TemplateError


class _TooMuchPrintedError(Exception):
    """The variables print more than a message may hold."""

    def __init__(self) -> None:
        super().__init__(f"the values print more than {PRINTED_MAX:,} characters")


class _NotPrintableError(Exception):
    """A value is printed that is neither a text nor a number."""

    def __init__(self) -> None:
        super().__init__("only texts and numbers can be printed: a value is null, true, false, a list or an object")


class _Printed(threading.local):
    """The characters that a thread's present render may still print."""

    left = PRINTED_MAX
    encodes = False
    """True while the part of an address is rendered: what is printed is percent-encoded (RFC 3986, section 2.1)."""

    def allow(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _NotPrintableError
        if isinstance(value, str):
            self.left -= len(value)
            if self.left < 0:
                raise _TooMuchPrintedError
        return quote(str(value), safe="") if self.encodes else value


class _Object(dict[str, Any]):
    """An object of JSON. The engine looks for attributes where it finds no key; it has none."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return super().__getattribute__(name)
        raise AttributeError(name)


def _without_methods(value: Any) -> Any:
    """Return a JSON value as one that the engine can read and not call: lists as tuples, objects without methods."""
    match value:
        case dict():
            return _Object((name, _without_methods(each)) for name, each in value.items())
        case list():
            return tuple(_without_methods(each) for each in value)
        case _:
            return value


class _Compiled:
    """One version in one language, ready to render."""

    def __init__(self, source: Source, locale: str) -> None:
        self._printed = _Printed()
        self._environment = _environment(filters_of(locale), self._printed.allow)
        self.parts = [name for name, _ in source.parts()]
        self.has_push = any(name in PUSH_PARTS or name.startswith(DATA_PREFIX) for name in self.parts)
        self._encoded = {name for name, text in source.parts() if name in _ADDRESSES and not _ONE_PRINT.fullmatch(text)}
        self.size = ENTRY_COST + sum(len(text) for _, text in source.parts())
        loop_text = max((longest_loop_text(text) for _, text in source.parts()), default=0)
        self._environment.fuel = min(FUEL, REPEATED_MAX // max(1, loop_text))
        for name, text in source.parts():
            self._environment.add_template(name, text)

    def render(self, part: str, variables: Mapping[str, Any]) -> str:
        self._printed.left = PRINTED_MAX
        self._printed.encodes = part in self._encoded
        return self._environment.render_template(part, **variables)


class MinijinjaEngine:
    """`wavecom.ports.content.TemplateEngine` on minijinja."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str, int, str | None, str], _Compiled] = {}
        self._compiled_size = 0
        self._lock = threading.Lock()

    @cached_property
    def _reader(self) -> "Environment":
        return _environment({}, None)

    def check(self, locale: str, source: Source) -> list[SourceProblem]:
        """See `wavecom.ports.content.TemplateEngine.check`."""
        try:
            filters_of(locale)
        except FilterError as exc:
            return [SourceProblem(locale=locale, part="", line=None, message=str(exc))]
        return [
            SourceProblem(locale=locale, part=part, line=line, message=message)
            for part, text in source.written()
            for line, message in self._problems(part, text)
        ]

    def _violations(self, part: str, text: str) -> Iterator[Violation]:
        yield from violations(text)
        if part in _ESCAPED:
            yield from markup_violations(text)
        if part == "mjml":
            yield from mjml_violations(text)

    def _problems(self, part: str, text: str) -> Iterable[tuple[int | None, str]]:
        found = [(each.line, each.message) for each in islice(self._violations(part, text), PROBLEMS_MAX)]
        if found:
            return found
        from minijinja import TemplateError  # noqa: PLC0415 - 16 ms, and only templates need it

        try:
            self._reader.undeclared_variables_in_str(text)
        except TemplateError as exc:
            return [(exc.line, exc.detail or exc.message)]
        return []

    def complete(self, locale: str, source: Source) -> Source:
        """See `wavecom.ports.content.TemplateEngine.complete`."""
        part = "mjml" if source.mjml is not None else "html"
        written = source.mjml or source.html
        if written is None:
            return source
        try:
            html = with_styles_inlined(html_of_mjml(written) if part == "mjml" else written)
        except (NotMjmlError, NotInlinedError) as exc:
            raise _refused(locale, part, str(exc)) from exc
        if len(html) > SOURCE_MAX:
            raise _refused(locale, part, f"becomes HTML of {len(html):,} characters; {SOURCE_MAX:,} are the most")
        for _, message in self._problems("html", html):
            raise _refused(locale, part, message)
        return replace(
            source,
            text=text_of_html(html) if source.text is None else source.text,
            sent_html=None if html == source.html else html,
        )

    def variables(self, source: Source) -> frozenset[str]:
        """See `wavecom.ports.content.TemplateEngine.variables`."""
        found: set[str] = set()
        for _, text in source.parts():
            found |= self._reader.undeclared_variables_in_str(text)
        return frozenset(found)

    def render(
        self, version: TemplateVersion, locale: str, variables: Mapping[str, Any], variant: str | None = None
    ) -> Content:
        """See `wavecom.ports.content.TemplateEngine.render`."""
        from minijinja import TemplateError  # noqa: PLC0415

        compiled = self._compile(version, variant, locale)
        values = {name: _without_methods(value) for name, value in variables.items()}
        problems: list[Problem] = []
        texts: dict[str, str] = {}
        for part in compiled.parts:
            try:
                texts[part] = compiled.render(part, values)
            except TemplateError as exc:
                problems.append(_problem(_field_of(exc), _sentence_of(exc), part, locale))
            except (FilterError, _NotPrintableError, _TooMuchPrintedError) as exc:
                problems.append(_problem("variables", str(exc), part, locale))
        if problems:
            raise RefusedDraftError(problems)
        push = _push_of(texts, locale) if compiled.has_push else None
        return Content(subject=texts.get("subject"), message=texts["text"], html=texts.get("html"), push=push)

    def _compile(self, version: TemplateVersion, variant: str | None, locale: str) -> _Compiled:
        if version.number == UNSTORED:
            return _Compiled(version.source(variant, locale), locale)
        key = (version.tenant_id, version.template_id, version.number, variant, locale)
        found = self._compiled.get(key)
        if found is None:
            found = _Compiled(version.source(variant, locale), locale)
            with self._lock:
                if self._compiled_size + found.size > COMPILED_MAX:
                    self._compiled.clear()
                    self._compiled_size = 0
                self._compiled[key] = found
                self._compiled_size += found.size
        return found


def _environment(filters: Mapping[str, Callable[..., str]], finalizer: Callable[[Any], Any] | None) -> "Environment":
    from minijinja import Environment  # noqa: PLC0415

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


def _refused(locale: str, part: str, message: str) -> RefusedDraftError:
    return RefusedDraftError([SourceProblem(locale=locale, part=part, line=None, message=message).as_problem()])


def _problem(field: str, sentence: str, part: str, locale: str) -> Problem:
    return Problem(field, f"{sentence}, in the {part} of the template ({locale})")


def _push_of(texts: Mapping[str, str], locale: str) -> PushOptions | None:
    """Return the options of a push message. Raises `RefusedDraftError` for those that the variables spoil."""
    problems = [
        _problem("variables", f"make a {part} that {problem}", part, locale)
        for part, text in texts.items()
        if (problem := part_problem(part, text)) is not None
    ]
    if problems:
        raise RefusedDraftError(problems)
    return options_of(texts)


def _field_of(exc: "TemplateError") -> str:
    """Return the field of a request that a failed render is about: the undefined variable, or all of them."""
    undefined = _UNDEFINED.fullmatch(exc.detail or "")
    return f"variables.{undefined[1]}" if undefined else "variables"


def _sentence_of(exc: "TemplateError") -> str:
    match exc.kind:
        case "OutOfFuel":
            return "takes too long to render"
        case "UndefinedError":
            return "is required"
        case _:
            return exc.detail or exc.message
