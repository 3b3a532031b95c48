"""The output of commands: plain text that no message can break out of, or one JSON document.

All text from the API passes through `clean`, and Rich's markup is off, so that neither terminal escape sequences nor
``[red]`` in a message have an effect. Characters that languages need are shown unchanged: no-break spaces, joiners,
marks of direction.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cli.errors import CliError, RefusedError

UNLIMITED_WIDTH = 100_000
"""The width for files and pipes, whose lines are neither folded nor cut."""
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Controls (category Cc), separators of lines and paragraphs (Zl, Zp), and unpaired surrogates (Cs)."""
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Explicit embeddings, overrides and isolates, which affect later text if they are not closed."""
_ISOLATES = frozenset("\u2066\u2067\u2068")
_END_OF_ISOLATE = "\u2069"
STYLES = {
    "SENT": "green",
    "DELIVERED": "green",
    "succeeded": "green",
    "ok": "green",
    "closed": "green",
    "RETRYING": "yellow",
    "warning": "yellow",
    "half-open": "yellow",
    "FAILED": "red",
    "UNDELIVERED": "red",
    "failed": "red",
    "open": "red",
}


class Output:
    """The output of a command. With ``as_json``, stdout gets only JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = _console(stderr=False)
        self.notes = _console(stderr=True)

    @property
    def is_live(self) -> bool:
        """True if the output is a terminal, so that a view may be redrawn."""
        return self.console.is_terminal and not self.as_json

    def result(self, document: Any, show: Callable[[], Iterable[RenderableType]]) -> None:
        """Print ``document`` as JSON, or the parts that ``show`` returns."""
        if self.as_json:
            self.json(document)
            return
        for part in show():
            self.print(part)

    def print(self, part: RenderableType) -> None:
        """Print a part made of clean text; only tables are folded."""
        if self.console.is_terminal:
            self.console.print(part, soft_wrap=isinstance(part, str | Text))
            return
        with self.console.capture() as captured:
            self.console.print(part, soft_wrap=isinstance(part, str | Text))
        for line in captured.get().splitlines():
            sys.stdout.write(line.rstrip(" ") + "\n")
        sys.stdout.flush()

    def json(self, document: Any, *, indent: int | None = 2) -> None:
        """Print JSON in ASCII, which is complete and moves no cursor."""
        sys.stdout.write(json.dumps(document, indent=indent) + "\n")
        sys.stdout.flush()

    def note(self, text: str, style: str = "dim") -> None:
        """Print a note on stderr."""
        self.notes.print(Text(clean(text), style=style), soft_wrap=True)

    def confirmed(self, question: str) -> bool:
        """Ask on stderr, and return whether the answer on stdin is yes; no answer means no."""
        self.notes.print(Text(f"{clean(question)} [y/N] "), end="", soft_wrap=True)
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def error(self, exc: CliError) -> None:
        """Print the error on stderr; with ``as_json`` also as the document on stdout."""
        if self.as_json:
            self.json({"error": exc.document()})
        if isinstance(exc, RefusedError):
            self.note(f"Refused: {exc} ({exc.code}, {exc.status})", "red")
            for field, message in exc.details:
                self.note(f"  {field}: {message}", "red")
            if exc.request_id:
                self.note(f"  request {exc.request_id}")
        else:
            self.note(f"{exc}.", "red")
        if exc.advice:
            self.note(exc.advice, "none")


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = UNLIMITED_WIDTH
    return console


def clean(value: object) -> str:
    r"""Return a value as one line: characters that end a line or control a terminal become escapes, like ``\x1b``.

    Marks that change the direction of text are kept, but affect only their own text: it is put between U+2068 and
    U+2069, which isolate it from the surrounding text (Unicode Standard Annex 9, sections 2.4 and 3.1.2).
    """
    text = _UNSAFE.sub(_escaped, "" if value is None else str(value))
    return _isolated(text) if _TURNING.search(text) else text


def _escaped(unsafe: re.Match[str]) -> str:
    return unsafe[0].encode("unicode_escape").decode()


def _isolated(text: str) -> str:
    """Return a text within an isolate; an end of an isolate without its beginning is escaped."""
    depth, parts = 0, []
    for each in text:
        if each == _END_OF_ISOLATE and depth == 0:
            parts.append("\\u2069")
            continue
        depth += (each in _ISOLATES) - (each == _END_OF_ISOLATE)
        parts.append(each)
    return f"\u2068{''.join(parts)}{_END_OF_ISOLATE * (depth + 1)}"


def paragraphs(value: object) -> str:
    """Return a text with its line breaks, each line `clean`."""
    return "\n".join(clean(line) for line in str(value).split("\n"))


def styled(value: object) -> Text:
    """Return a status, a breaker's state or a verdict in its colour."""
    text = clean(value)
    return Text(text, style=STYLES.get(text, ""))


def table(*columns: str, rows: Iterable[Sequence[object]], title: str | None = None) -> Table:
    """Return a table. Cells are `Text`, or values that are cleaned; numbers are aligned right."""
    result = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    cells = [list(row) for row in rows]
    for index, column in enumerate(columns):
        numbers = bool(cells) and all(isinstance(row[index], int | float) for row in cells)
        result.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in cells:
        result.add_row(*(each if isinstance(each, Text) else Text(clean(each)) for each in row))
    return result


def fields(values: Iterable[tuple[str, object]]) -> Table:
    """Return names and values, one a line; None and empty values are left out."""
    result = Table(show_header=False, box=None, pad_edge=False)
    result.add_column(style="dim", no_wrap=True)
    result.add_column(overflow="fold")
    for name, value in values:
        if value not in (None, ""):
            result.add_row(name, value if isinstance(value, Text) else Text(paragraphs(value)))
    return result


def moment(text: str | None) -> str:
    """Return a time of the API, ``2026-01-31T09:30:00.000Z``, in readable form, in UTC."""
    return clean(text).replace("T", " ", 1) if text else ""


def at(text: str) -> datetime:
    """Return a time of the API as a datetime."""
    return datetime.fromisoformat(text).astimezone(UTC)


def duration(seconds: float) -> str:
    """Return a duration in readable form."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
