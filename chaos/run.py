"""A whole run: for each kind of providers a new stack, all faults on it, and a final comparison of everything."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from chaos.faults import Fault
from chaos.kind import KINDS, Kind
from chaos.machine import machine, versions
from chaos.outcome import PhaseOutcome
from chaos.phase import Phases
from chaos.stack import ChaosStack
from chaos.verify import trail
from local.config import PROJECT
from local.stack import reset

POLICIES: Final = {"hold": ("hold",), "resend": ("resend",), "both": ("hold", "resend")}
LATEST: Final = PROJECT / "chaos" / "results" / "latest.jsonl"
TRAILS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """The settings of a run. ``seconds`` is the duration of a fault, ``rate`` is in notifications a second."""

    seed: int
    rate: float
    seconds: float
    faults: Sequence[Fault]
    policies: tuple[str, ...]
    kinds: Sequence[str]
    state: Path


class Run:
    """Runs phases, reports their results, and writes a line for each."""

    def __init__(self, config: RunConfig, console: Console) -> None:
        self._config = config
        self._console = console

    def everything(self) -> dict[str, Any]:
        """Run everything and return all figures as plain JSON values."""
        LATEST.parent.mkdir(exist_ok=True)
        LATEST.unlink(missing_ok=True)
        phases: list[dict[str, Any]] = []
        began = datetime.now(UTC)
        for name in self._config.kinds:
            kind = KINDS[name]
            faults = [fault for fault in self._config.faults if fault.outage is kind.outages]
            if faults:
                phases += self._on_a_stack_of(kind, faults)
        return {"about": about(self._config, began), "phases": phases}

    def _on_a_stack_of(self, kind: Kind, faults: Sequence[Fault]) -> list[dict[str, Any]]:
        config, console = self._config, self._console
        stack = fresh_stack(config.state, console)
        outcomes: list[PhaseOutcome] = []
        running = stack.running(idempotent=kind.idempotent, lease_seconds=kind.lease_seconds)
        with console.status("starting") as status, running:
            phases = Phases(
                stack=stack,
                policies=config.policies,
                rate=config.rate,
                seconds=config.seconds,
                seed=config.seed,
                kind=kind,
                progress=status.update,
            )
            for number, fault in enumerate(faults, 1):
                heading = f"{kind.title}, {number} of {len(faults)}: {fault.title}"
                phases.progress = lambda text, heading=heading: status.update(f"{heading}: {text}")  # type: ignore[misc]
                outcomes.append(phases.run(fault))
                self._report(outcomes[-1], stack)
            phases.progress = status.update
            outcomes.append(phases.compare_all())
            self._report(outcomes[-1], stack)
        return [outcome.as_json() for outcome in outcomes]

    def _report(self, outcome: PhaseOutcome, stack: ChaosStack) -> None:
        with LATEST.open("a") as file:
            file.write(json.dumps(outcome.as_json()) + "\n")
        if outcome.skipped:
            self._console.print(f"skipped  {outcome.title}: {outcome.skipped}", style="yellow")
            return
        figures = ", ".join(
            f"{each.policy} {each.accepted} accepted {each.finished} finished {len(each.lost)} lost "
            f"{len(each.sent_twice)} twice {sum(each.failed_by_cause.values())} failed"
            for each in outcome.policies
        )
        broken = outcome.broken()
        word, style = ("BROKEN", "red") if broken else ("holds ", "green")
        recovery = f"{outcome.recovery_seconds:.0f} s"
        self._console.print(f"[{style}]{word}[/] {outcome.fault}: {figures}; recovered in {recovery}", soft_wrap=True)
        for what, ids in broken.items():
            self._console.print(f"  {what}: {len(ids) or ''}", style="red")
            for each in ids[:TRAILS_SHOWN]:
                lines = trail(stack, each, stack.providers.journal)
                self._console.print(f"    {each}", *lines, sep="\n      ", markup=False)


def fresh_stack(state: Path, console: Console) -> ChaosStack:
    """Return a stack without data and processes of earlier runs."""
    stack = ChaosStack(state, say=lambda text: console.print(text, style="dim"))
    for config in (replace(stack.config, state=state / "second"), stack.config):
        reset(config)
    return stack


def about(config: RunConfig, began: datetime) -> dict[str, Any]:
    """Return the facts that a reader needs to repeat a run."""
    return {
        "seed": config.seed,
        "rate": config.rate,
        "secondsPerFault": config.seconds,
        "began": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
    }
