"""What is printed: plain text that no message can break out of, or one JSON document.

Everything that comes from the API passes through `clean`, and Rich's markup is off, so that neither a terminal's
escape sequences nor ``[red]`` in a message do anything. What languages need is shown as it is: no-break spaces,
joiners, marks of direction.
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

UNLIMITED = 100_000
"""Columns where nobody looks at them: what goes to a file or a pipe is neither folded nor cut."""
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Controls (category Cc), separators of lines and paragraphs (Zl, Zp), and surrogates without a partner (Cs)."""
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Explicit embeddings, overrides and isolates, which reach beyond their text where they are not closed."""
_ISOLATES = frozenset("\u2066\u2067\u2068")
_END_OF_ISOLATE = "\u2069"
STYLES = {
    "SENT": "green",
    "DELIVERED": "green",
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
    """Where a command prints. With ``as_json``, stdout gets JSON and nothing else."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = _console(stderr=False)
        self.notes = _console(stderr=True)

    @property
    def is_live(self) -> bool:
        """Whether somebody looks, so that a view may be redrawn."""
        return self.console.is_terminal and not self.as_json

    def result(self, document: Any, show: Callable[[], Iterable[RenderableType]]) -> None:
        """Print ``document`` as JSON, or what ``show`` makes of it."""
        if self.as_json:
            self.json(document)
            return
        for part in show():
            self.print(part)

    def print(self, part: RenderableType) -> None:
        """Print something made of clean text; lines that are no table are not folded."""
        if self.console.is_terminal:
            self.console.print(part, soft_wrap=isinstance(part, str | Text))
            return
        with self.console.capture() as captured:
            self.console.print(part, soft_wrap=isinstance(part, str | Text))
        for line in captured.get().splitlines():
            sys.stdout.write(line.rstrip(" ") + "\n")
        sys.stdout.flush()

    def json(self, document: Any, *, indent: int | None = 2) -> None:
        """Print JSON in ASCII, which says everything and moves no cursor."""
        sys.stdout.write(json.dumps(document, indent=indent) + "\n")
        sys.stdout.flush()

    def note(self, text: str, style: str = "dim") -> None:
        """Say something on stderr."""
        self.notes.print(Text(clean(text), style=style), soft_wrap=True)

    def confirmed(self, question: str) -> bool:
        """Ask on stderr, and say whether the answer on stdin is yes; none is no."""
        self.notes.print(Text(f"{clean(question)} [y/N] "), end="", soft_wrap=True)
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def error(self, exc: CliError) -> None:
        """Say on stderr why the command ends; with ``as_json`` also as the document on stdout."""
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
        console.width = UNLIMITED
    return console


def clean(value: object) -> str:
    r"""Return a value as one line: what ends a line or controls a terminal becomes its escape, like ``\x1b``.

    Marks that turn the direction of text are shown as they are, but act on their own text alone: it is put between
    U+2068 and U+2069, which isolate it from what stands around it (Unicode Standard Annex 9, sections 2.4 and 3.1.2).
    """
    text = _UNSAFE.sub(_escaped, "" if value is None else str(value))
    return _isolated(text) if _TURNING.search(text) else text


def _escaped(unsafe: re.Match[str]) -> str:
    return unsafe[0].encode("unicode_escape").decode()


def _isolated(text: str) -> str:
    """Return a text within an isolate of its own; an end of an isolate that has no beginning in it is shown escaped."""
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
    """Return a table. Cells are `Text`, or values that are cleaned; numbers stand at the right."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    cells = [list(row) for row in rows]
    for index, column in enumerate(columns):
        numbers = bool(cells) and all(isinstance(row[index], int | float) for row in cells)
        made.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in cells:
        made.add_row(*(each if isinstance(each, Text) else Text(clean(each)) for each in row))
    return made


def fields(values: Iterable[tuple[str, object]]) -> Table:
    """Return names and values, one a line; what is None or empty is left out."""
    made = Table(show_header=False, box=None, pad_edge=False)
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in values:
        if value not in (None, ""):
            made.add_row(name, value if isinstance(value, Text) else Text(paragraphs(value)))
    return made


def moment(text: str | None) -> str:
    """Return a moment of the API, ``2026-01-31T09:30:00.000Z``, as people read it, in UTC."""
    return clean(text).replace("T", " ", 1) if text else ""


def at(text: str) -> datetime:
    """Return a moment of the API."""
    return datetime.fromisoformat(text).astimezone(UTC)


def duration(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
