"""The part of Jinja's language that templates may use, checked without rendering.

Tags: ``if``, ``elif``, ``else``, ``for`` and ``set`` on one line. Filters: those of `FILTERS`. Functions, includes,
macros and multiplication are not part of it: each of them can take minutes or gigabytes, or reach another template.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wavecom.adapters.templates.filters import FILTERS

TAGS: Final = frozenset({"if", "elif", "else", "endif", "for", "endfor", "set"})
TESTS: Final = frozenset(
    {"defined", "undefined", "none", "string", "number", "iterable", "odd", "even", "true", "false"}
)
TOKENS_MAX: Final = 200
"""The most words and signs of one tag. The engine reads by recursion: at some thousands its process would end."""
DEPTH_MAX: Final = 20
"""The deepest nesting of ``if`` and ``for``; each ``elif`` is one deeper, as the engine reads it."""
LOOP_TEXT_MAX: Final = 16 * 1024
"""The most characters of text within one loop, which is repeated for each of its items."""

_OPENING: Final = re.compile(r"\{([{%#])[-+]?")
_CLOSING: Final = {"{": "}}", "%": "%}"}
_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)|(?P<closing>[-+]?[%}]\})|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
    r"""|(?P<name>[^\W\d]\w*)|(?P<number>\d[\w.]*)|(?P<other>\*\*|.)""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Violation:
    """A use of what the language does not have, and its line, counted from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class _Tag:
    """What stands between two braces: its kind (``{`` or ``%``), its tokens, and where it begins and ends."""

    kind: str
    tokens: list[tuple[str, str]]
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word that says what a tag of the kind ``%`` does."""
        return self.tokens[0][1] if self.kind == "%" and self.tokens else ""


def violations(source: str) -> Iterator[Violation]:
    """Yield everything in a source that the language does not have; its grammar is left to the engine."""
    open_tags: list[int] = []
    for tag in _tags(source):
        line = source.count("\n", 0, tag.start) + 1
        if len(tag.tokens) > TOKENS_MAX:
            yield Violation(line, f"a tag has more than {TOKENS_MAX} words and signs")
            return
        yield from (Violation(line, message) for message in _violations_of(tag))
        _open_or_close(tag.word, open_tags)
        if sum(open_tags) > DEPTH_MAX:
            yield Violation(line, f"if, elif and for are nested deeper than {DEPTH_MAX}")
            return
    if longest_loop_text(source) > LOOP_TEXT_MAX:
        yield Violation(1, f"has a loop with more than {LOOP_TEXT_MAX:,} characters of text")


def _open_or_close(word: str, open_tags: list[int]) -> None:
    """Keep the depth that each open ``if`` and ``for`` has added up to date."""
    if word in {"if", "for"}:
        open_tags.append(1)
    elif word == "elif" and open_tags:
        open_tags[-1] += 1
    elif word in {"endif", "endfor"} and open_tags:
        open_tags.pop()


def _violations_of(tag: _Tag) -> Iterator[str]:
    tokens = tag.tokens
    if tag.word and tag.word not in TAGS:
        yield f"{{% {tag.word} %}} is not available"
        return
    for before, (kind, text), after in zip([("", ""), *tokens[:-1]], tokens, [*tokens[1:], ("", "")], strict=True):
        if text in {"*", "**"}:
            yield f"{text} is not available"
        elif kind == "name" and before[1] == "|" and text not in FILTERS:
            yield f"the filter {text} does not exist; there are {', '.join(sorted(FILTERS))}"
        elif kind == "name" and before[1] == "is" and text not in TESTS | {"not"}:
            yield f"the test {text} does not exist; there are {', '.join(sorted(TESTS))}"
        elif kind == "name" and after[1] == "(" and before[1] != "|" and before[1] != "is" and text not in _WORDS:
            yield f"{text}() is not available; templates call no functions"


_WORDS: Final = frozenset({"if", "elif", "else", "in", "and", "or", "not", "is", "for", "set"})


def _tags(source: str) -> Iterator[_Tag]:
    position = 0
    while opening := _OPENING.search(source, position):
        kind = opening[1]
        if kind == "#":
            end = source.find("#}", opening.end())
            position = len(source) if end < 0 else end + 2
            continue
        tokens: list[tuple[str, str]] = []
        position = opening.end()
        while token := _TOKEN.match(source, position):
            position = token.end()
            if token.lastgroup == "closing" and token[0].endswith(_CLOSING[kind]):
                break
            if token.lastgroup != "space":
                tokens.append((str(token.lastgroup), token[0]))
        yield _Tag(kind, tokens, opening.start(), position)


def longest_loop_text(source: str) -> int:
    """Return the number of characters of text that the largest loop repeats, those of loops within it included."""
    longest = depth = text = position = 0
    for tag in _tags(source):
        if depth:
            text += tag.start - position
        position = tag.end
        if tag.word == "for":
            depth += 1
        elif tag.word == "endfor" and depth:
            depth -= 1
        if not depth:
            longest, text = max(longest, text), 0
    return longest
