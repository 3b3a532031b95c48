"""The part of Jinja's language that templates may use, checked without rendering.

Tags: ``if``, ``elif``, ``else``, ``for`` and ``set`` on one line. Filters: those of `FILTERS`. Functions, methods,
includes, macros, multiplication and objects written in braces are not part of it: each of them could take minutes or
gigabytes, reach another template, or hide the rest of a tag from this check.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from wavecom.adapters.templates.filters import FILTERS

TAGS: Final = frozenset({"if", "elif", "else", "endif", "for", "endfor", "set"})
TESTS: Final = frozenset(
    {"defined", "undefined", "none", "string", "number", "iterable", "odd", "even", "true", "false"}
)
TAGS_MAX: Final = 2_000
"""The most tags of one part."""
TOKENS_MAX: Final = 200
"""The most words and signs of one tag. The engine reads by recursion: at some thousands its process would end."""
DEPTH_MAX: Final = 20
"""The deepest nesting of ``if`` and ``for``; each ``elif`` is one deeper, as the engine reads it."""
LOOP_TEXT_MAX: Final = 16 * 1024
"""The most characters between two tags of a loop, which are repeated for each of its items."""

_OPENING: Final = re.compile(r"\{([{%#])[-+]?")
_CLOSING: Final = {"{": "}}", "%": "%}"}
_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)|(?P<closing>[-+]?[%}]\})|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
    r"""|(?P<name>[^\W\d]\w*)|(?P<number>\d+(?:\.\d+)?)|(?P<other>\*\*|.)""",
    re.DOTALL,
)
_FORBIDDEN: Final = frozenset({"*", "**", "{", "}"})
_WORDS: Final = frozenset({"if", "elif", "else", "in", "and", "or", "not", "is", "for", "set"})
_NONE: Final = ("", "")

Token = tuple[str, str]
"""The kind of a token, and its text."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A use of what the language does not have, and its line, counted from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Tag:
    """The content of a pair of braces: its kind (``{``, ``%`` or ``#``), its tokens, and where it begins and ends."""

    kind: str
    tokens: list[Token]
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word that says what a tag of the kind ``%`` does."""
        return self.tokens[0][1] if self.kind == "%" and self.tokens else ""


def violations(source: str) -> Iterator[Violation]:
    """Yield everything in a source that the language does not have; its grammar is left to the engine."""
    open_tags: list[int] = []
    line, position = 1, 0
    for number, tag in enumerate(tags(source), 1):
        line += source.count("\n", position, tag.start)
        position = tag.start
        _open_or_close(tag.word, open_tags)
        for message in _limits(tag, number, sum(open_tags)):
            yield Violation(line, message)
            return
        yield from (Violation(line, message) for message in _violations_of(tag))
    if longest_loop_text(source) > LOOP_TEXT_MAX:
        yield Violation(1, f"has a loop with more than {LOOP_TEXT_MAX:,} characters between two tags")


def longest_loop_text(source: str) -> int:
    """Return the number of characters of the longest text between two tags of a loop, which one step prints."""
    longest = depth = position = 0
    for tag in tags(source):
        if depth:
            longest = max(longest, tag.start - position)
        position = tag.end
        if tag.word == "for":
            depth += 1
        elif tag.word == "endfor" and depth:
            depth -= 1
    return longest


def _limits(tag: Tag, number: int, depth: int) -> Iterator[str]:
    if number > TAGS_MAX:
        yield f"has more than {TAGS_MAX:,} tags"
    if len(tag.tokens) > TOKENS_MAX:
        yield f"a tag has more than {TOKENS_MAX} words and signs"
    if depth > DEPTH_MAX:
        yield f"if, elif and for are nested deeper than {DEPTH_MAX}"


def _open_or_close(word: str, open_tags: list[int]) -> None:
    """Keep the depth that each open ``if`` and ``for`` has added up to date."""
    if word in {"if", "for"}:
        open_tags.append(1)
    elif word == "elif" and open_tags:
        open_tags[-1] += 1
    elif word in {"endif", "endfor"} and open_tags:
        open_tags.pop()


def _violations_of(tag: Tag) -> Iterator[str]:
    if tag.word and tag.word not in TAGS:
        yield f"{{% {tag.word} %}} is not available"
        return
    before, last = _NONE, _NONE
    for token in tag.tokens:
        yield from _violations_at(token, last, before)
        before, last = last, token


def _violations_at(token: Token, last: Token, before: Token) -> Iterator[str]:
    """Yield what is wrong with a token that stands after ``last``, which stands after ``before``."""
    kind, text = token
    if text in _FORBIDDEN:
        yield f"{text} is not available"
    elif kind == "name" and last[1] == "|":
        if text not in FILTERS:
            yield f"the filter {text} does not exist; there are {', '.join(sorted(FILTERS))}"
    elif kind == "name" and (last[1] == "is" or (last[1] == "not" and before[1] == "is")):
        if text not in TESTS | {"not"}:
            yield f"the test {text} does not exist; there are {', '.join(sorted(TESTS))}"
    elif text == "(" and _is_called(last, before):
        yield f"{last[1]}() is not available; templates call no functions"


def _is_called(last: Token, before: Token) -> bool:
    """Return whether a parenthesis after ``last`` would call it: a value, but for the arguments of a filter or test."""
    if last[0] == "name":
        return before[1] not in {"|", "is"} and last[1] not in _WORDS
    return last[0] in {"number", "string"} or last[1] in {")", "]"}


def tags(source: str) -> Iterator[Tag]:
    """Yield the tags of a source in order, without comments."""
    return (tag for tag in _tags_and_comments(source) if tag.kind != "#")


def _tags_and_comments(source: str) -> Iterator[Tag]:
    position = 0
    while opening := _OPENING.search(source, position):
        kind = opening[1]
        if kind == "#":
            end = source.find("#}", opening.end())
            position = len(source) if end < 0 else end + 2
            yield Tag(kind, [], opening.start(), position)
            continue
        tokens: list[Token] = []
        position = opening.end()
        while token := _TOKEN.match(source, position):
            position = token.end()
            if token.lastgroup == "closing" and token[0].endswith(_CLOSING[kind]):
                break
            if token.lastgroup != "space":
                tokens.append((str(token.lastgroup), token[0]))
        yield Tag(kind, tokens, opening.start(), position)


def with_tags_replaced(source: str, by: Callable[[Tag], str]) -> str:
    """Return a source without comments, in which ``by`` of each tag stands in its place."""
    parts, position = [], 0
    for tag in _tags_and_comments(source):
        parts += [source[position : tag.start], "" if tag.kind == "#" else by(tag)]
        position = tag.end
    return "".join([*parts, source[position:]])
