"""The findings of `wavecom doctor`: lines with ok, warning or failed, and advice."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli.output import clean, styled


class Verdict(StrEnum):
    """The severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, with advice."""

    check: str
    verdict: Verdict
    text: str
    advice: str = ""

    def document(self) -> dict[str, Any]:
        """Return the finding as ``--json`` prints it."""
        return {"check": self.check, "verdict": self.verdict, "finding": self.text, "advice": self.advice}

    def lines(self) -> Iterator[RenderableType]:
        """Yield the finding as text for people."""
        verdict = styled(self.verdict)
        verdict.pad_right(9 - len(self.verdict))
        yield Text.assemble(verdict, (f"{self.check:<14}", "bold"), clean(self.text))
        if self.advice:
            yield Text(" " * 23 + clean(self.advice), style="none" if self.verdict is Verdict.FAILED else "dim")


def ok(check: str, text: str) -> Finding:
    """Return a good finding."""
    return Finding(check, Verdict.OK, text)


def warning(check: str, text: str, advice: str) -> Finding:
    """Return a finding that needs attention."""
    return Finding(check, Verdict.WARNING, text, advice)


def failed(check: str, text: str, advice: str) -> Finding:
    """Return a finding that keeps something from working."""
    return Finding(check, Verdict.FAILED, text, advice)
