"""End to end: a steady rate through the API, the broker, the consumers and back, and the highest rate that holds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from benchmarks.account import account, line, wait_until_finished
from benchmarks.load import run
from benchmarks.result import Figures, Note, Result
from benchmarks.schedule import Plan
from benchmarks.stack import Machine, MeasuredStack, running
from local.config import Broker
from wavecom import topology

LATENCY_MS: Final = 200
PROMISED: Final = 50_000 / 60
SIZE: Final = 50
SINGLES: Final = 0.02
RATES: Final = (500, 833, 1_250, 1_667, 1_833, 2_000, 2_250, 2_500)
STEP_SECONDS: Final = 15
CONSUMERS: Final = 2
"""Processes for each lane: while one waits for the database, the other works."""
MAX_CONSUMERS: Final = 3
MAX_SENDS_AT_ONCE: Final = 512
"""The value for the highest rate: above the promised rate, calls of 200 ms would wait for one another."""
DRAIN_SECONDS: Final = 180.0


def end_to_end(
    broker: Broker, note: Note, say: Callable[[str], None], *, rate: float = PROMISED, seconds: int = 60
) -> None:
    """Measure one rate for a given time."""
    with _stack(broker, say, CONSUMERS, topology.SENDS_AT_ONCE) as stack:
        figures = steady(stack, rate, seconds)
        say(line(figures))
        parameters = _parameters(broker, rate, seconds, CONSUMERS, topology.SENDS_AT_ONCE)
        note(Result(what="end-to-end", parameters=parameters, figures=figures))


def highest(broker: Broker, note: Note, say: Callable[[str], None]) -> None:
    """Raise the rate until the backlog grows."""
    held = 0.0
    with _stack(broker, say, MAX_CONSUMERS, MAX_SENDS_AT_ONCE) as stack:
        for rate in RATES:
            figures = steady(stack, rate, STEP_SECONDS)
            say(f"{rate}/s: {line(figures)}")
            parameters = _parameters(broker, rate, STEP_SECONDS, MAX_CONSUMERS, MAX_SENDS_AT_ONCE)
            note(Result(what="end-to-end.step", parameters=parameters, figures=figures))
            if figures["backlogGrows"] or figures["refusedRequests"]:
                break
            held = rate
    note(
        Result(
            what="end-to-end.highest",
            parameters={
                "broker": broker,
                "latencyMs": LATENCY_MS,
                "secondsPerRate": STEP_SECONDS,
                "consumers": MAX_CONSUMERS,
                "sendsAtOnce": MAX_SENDS_AT_ONCE,
            },
            figures={"perSecond": held},
        )
    )


def steady(stack: MeasuredStack, rate: float, seconds: int) -> Figures:
    """Return the result of ``rate`` notifications a second for ``seconds``."""
    plan = Plan(url=stack.url, count=round(rate * seconds), rate=rate, size=SIZE, singles=SINGLES, connections=64)
    machine = Machine(stack)
    taken = run(plan)
    unfinished = wait_until_finished(stack, DRAIN_SECONDS)
    used = machine.spent(plan.count, taken.cpu_seconds)
    return {**account(stack, taken, rate, seconds), "unfinished": unfinished, **used}


@contextmanager
def _stack(broker: Broker, say: Callable[[str], None], consumers: int, sends_at_once: int) -> Iterator[MeasuredStack]:
    """Run a stack with slow providers, and warm it up."""
    settings = {"SIMULATED_LATENCY_MS": str(LATENCY_MS), "SENDS_AT_ONCE": str(sends_at_once)}
    with running(broker, say, settings, consumers=consumers) as stack:
        steady(stack, 300, 3)
        yield stack


def _parameters(broker: str, rate: float, seconds: int, consumers: int, sends_at_once: int) -> Figures:
    return {
        "broker": broker,
        "latencyMs": LATENCY_MS,
        "consumers": consumers,
        "sendsAtOnce": sends_at_once,
        "rate": round(rate),
        "seconds": seconds,
        "size": SIZE,
        "singles": SINGLES,
    }
