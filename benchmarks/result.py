"""Results: one JSON line each, appended to a file that is kept."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from chaos.machine import machine, versions
from local.config import PROJECT

FOLDER: Final = PROJECT / "benchmarks" / "results"
KEPT: Final = FOLDER / "results.jsonl"

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One measurement (``what``), its settings (``parameters``), the machine and versions, and its ``figures``."""

    what: str
    parameters: Figures
    figures: Figures
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    machine: str = field(default_factory=machine)
    versions: dict[str, str] = field(default_factory=versions)

    def line(self) -> str:
        """Return the result as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_line(cls, line: str) -> "Result":
        """Return the result that `line` wrote."""
        return cls(**json.loads(line))


Note = Callable[[Result], None]
"""Handles a result as soon as a part has it."""


def append(result: Result, file: Path = KEPT) -> None:
    """Add a result to a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as out:
        out.write(f"{result.line()}\n")


def read(file: Path = KEPT) -> list[Result]:
    """Return the results of a file, oldest first."""
    return [Result.from_line(line) for line in file.read_text().splitlines() if line] if file.exists() else []


def latest(results: Iterable[Result]) -> dict[str, Result]:
    """Return the last result of each measurement (the same ``what`` and parameters), by ``what`` and parameters."""
    return {f"{each.what} {json.dumps(each.parameters, sort_keys=True)}": each for each in results}
