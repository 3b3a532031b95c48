"""Whatever clients, consumers, sweeps, providers and people do, and however their steps interleave: none lost,
none sent twice, and the books are right.

Every use case runs on the real adapters against a real server, step by step: between any two calls of its ports
anything else may happen, and each call may fail, lose its answer, or be the last thing that its process does.

``make test`` runs the same examples every time. To look further, for as long as you like::

    WAVECOM_MACHINE_EXAMPLES=5000 WAVECOM_MACHINE_SEED=1 pytest tests/integration/test_state_machine.py

runs 5,000 others; another seed, which may be left out, gives others again.
"""

import logging
import os
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.integration.machine_events import Submission, events, submissions
from tests.integration.machine_strands import Fate
from tests.integration.machine_world import World
from wavecom.adapters.mongo.client import Mongo, available

EXAMPLES = 60
STEPS = 40

fates = st.sampled_from((*[Fate.GO] * 12, *Fate))
scripts = st.lists(fates, max_size=10).map(tuple)
answers = st.lists(st.sampled_from(Fate), max_size=4).map(tuple)
runs = st.sampled_from((None, None, 1, 2, 3, 4, 6))
"""How far a use case goes before something else happens, in steps; None is to its end."""


class WaveComMachine(RuleBasedStateMachine):
    """All of the core, and all that may happen to it."""

    def __init__(self, mongo: Mongo) -> None:
        super().__init__()
        self._mongo = mongo

    @initialize(wrong_by=st.sampled_from((-180, 180, -30, 30)), first=submissions)
    def begin(self, wrong_by: int, first: Submission) -> None:
        self.world = World(self._mongo, (timedelta(0), timedelta(0), timedelta(seconds=wrong_by)))
        first.happen(self.world).go_on()

    @rule(data=st.data(), run=runs, script=scripts, providers_answer=answers)
    def something_happens(
        self, data: st.DataObject, run: int | None, script: tuple[Fate, ...], providers_answer: tuple[Fate, ...]
    ) -> None:
        """Something happens; the use case that comes of it goes on for so many steps, whose fates are these."""
        event = data.draw(events(self.world))
        strand = event.happen(self.world)
        if strand is not None:
            strand.go_on(run, script, providers_answer)

    @invariant()
    def everything_is_as_it_must_be(self) -> None:
        self.world.found = self.world.witness.check()

    def teardown(self) -> None:
        """Let all work end, at first without those under way, who then come back after all that time."""
        if not hasattr(self, "world"):
            return
        strands = self.world.under_way()
        if sys.exc_info()[0] is None:
            self.world.until_quiet()
            for strand in strands:
                strand.go_on()
            self.world.until_quiet()
            self.world.witness.check_quiet()
        for strand in strands:
            strand.kill()


def machine(mongo: Mongo) -> Callable[[], WaveComMachine]:
    """Return what makes a machine for each example, all on one database."""
    return lambda: WaveComMachine(mongo)


@pytest.mark.quiet
def test_nothing_is_lost_or_sent_twice_whatever_happens_in_whatever_order(
    mongo: Mongo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing happens while a strand waits: not for a commit, nor for another strand's open transaction.
    monkeypatch.setattr("wavecom.application.deliver.claim.PAUSES_SECONDS", (0.0,))
    monkeypatch.setattr(available.__wrapped__, "__defaults__", (timedelta(seconds=0.5),))  # type: ignore[attr-defined]
    caplog.set_level(logging.CRITICAL, "wavecom")  # trouble is what this is about; its lines would bury the story
    asked = os.environ.get("WAVECOM_MACHINE_EXAMPLES")
    chosen = os.environ.get("WAVECOM_MACHINE_SEED")
    make = machine(mongo)

    run_state_machine_as_test(
        seed(int(chosen))(make) if chosen else make,  # type: ignore[arg-type]  # a function will do, Hypothesis says
        settings=settings(
            max_examples=int(asked) if asked else EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=asked is None,
            database=None,
            deadline=None,
            print_blob=False,
            phases=(Phase.generate, Phase.shrink),
        ),
    )
