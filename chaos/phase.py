"""One phase: load, a fault during it, the wait until everything is finished, and the comparison."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from chaos.faults import Fault, FaultContext
from chaos.kind import Kind
from chaos.load import Load
from chaos.outcome import PhaseOutcome
from chaos.stack import ChaosStack
from chaos.verify import (
    check_ledger_and_trails,
    documents,
    figures,
    recovery_seconds,
    stored_unasked,
    wait_until_finished,
)

LOAD_ONLY_SECONDS: Final = 2.0
"""The seconds of load before the fault, and after it."""
RECOVERY_TIMEOUT: Final = timedelta(minutes=6)
"""All retries of one notification take 155 s, and a dead consumer's transaction holds its locks for 60 s."""


@dataclass(slots=True, kw_only=True)
class Phases:
    """Runs phases on one running stack, one after the other."""

    stack: ChaosStack
    policies: tuple[str, ...]
    rate: float
    seconds: float
    seed: int
    kind: Kind
    progress: Callable[[str], None]
    _policies: dict[str, str] = field(default_factory=dict)
    """Everything accepted so far, with its ``onUnknown``."""
    _ledger_gap: int = 0
    """The number missing from the ledger after the phase before."""

    def run(self, fault: Fault) -> PhaseOutcome:
        """Apply one fault to the stack. Raises `chaos.load.LoadError` and `chaos.stack.HarnessError`."""
        outcome = PhaseOutcome(fault=fault.name, title=fault.title, kind=self.kind, seconds=self.seconds)
        if not fault.possible():
            outcome.skipped = fault.impossible_because
            return outcome
        began = datetime.now(UTC)
        load = self._load(fault.name)
        with load.running():
            time.sleep(LOAD_ONLY_SECONDS)
            self.progress("fault")
            chance = random.Random(f"{self.seed}:{fault.name}")
            fault.run(FaultContext(stack=self.stack, load=load, chance=chance, seconds=self.seconds))
            fault_ended = datetime.now(UTC)
            self.progress("mending")
            self.stack.wait_until_alive()
            time.sleep(max(0.0, LOAD_ONLY_SECONDS - (datetime.now(UTC) - fault_ended).total_seconds()))
        self._compare(outcome, load, began, fault_ended)
        return outcome

    def _load(self, name: str) -> Load:
        seed = f"{self.seed}:{name}:load"
        return Load(url=self.stack.config.url, rate=self.rate, policies=self.policies, seed=seed)

    def _compare(self, outcome: PhaseOutcome, load: Load, began: datetime, fault_ended: datetime) -> None:
        for left in wait_until_finished(self.stack, load.accepted, RECOVERY_TIMEOUT):
            self.progress(f"{left} of {len(load.accepted)} not finished")
        self.progress("comparing")
        journal = self.stack.providers.journal
        journal.read()
        found = documents(self.stack, load.accepted)
        for policy in self.policies:
            ids = [each for each, its_policy in load.accepted.items() if its_policy == policy]
            outcome.policies.append(figures(policy, ids, found, journal.by_id))
        outcome.asked, outcome.requests_repeated = load.asked, load.repeated
        outcome.recovery_seconds = recovery_seconds(found, fault_ended)
        self._policies |= load.accepted
        outcome.stored_unasked = stored_unasked(self.stack, self._policies, began)
        if outcome.stored_unasked:
            outcome.troubles.append(f"{outcome.stored_unasked} stored that no answer named")
        if len(load.accepted) != load.asked:
            outcome.troubles.append(f"{load.asked} asked for, {len(load.accepted)} accepted")
        self._ledger_gap = check_ledger_and_trails(
            self.stack, outcome, began, accepted_so_far=len(self._policies), known_gap=self._ledger_gap
        )

    def compare_all(self) -> PhaseOutcome:
        """Compare everything of all phases again, since a late send would come after its phase's comparison."""
        outcome = PhaseOutcome(fault="all", title="everything, once more at the end", kind=self.kind, seconds=0)
        self.progress("everything once more")
        journal = self.stack.providers.journal
        journal.read()
        found = documents(self.stack, self._policies)
        for policy in self.policies:
            ids = [each for each, its_policy in self._policies.items() if its_policy == policy]
            outcome.policies.append(figures(policy, ids, found, journal.by_id))
        if unknown := journal.by_id.keys() - self._policies.keys():
            outcome.troubles.append(f"{len(unknown)} sent that nobody asked for")
        return outcome
