"""Burst: 50,000 notifications as fast as they are accepted, and the effect on the high-priority lane."""

from collections.abc import Callable
from typing import Final

from benchmarks.account import account, line, wait_until_finished
from benchmarks.end_to_end import CONSUMERS
from benchmarks.load import run
from benchmarks.result import Note, Result
from benchmarks.schedule import Plan
from benchmarks.stack import Machine, running
from local.config import Broker

COUNT: Final = 50_000
SIZE: Final = 500
CONNECTIONS: Final = 4
LATENCY_MS: Final = 200
DRAIN_SECONDS: Final = 300.0


def burst(broker: Broker, note: Note, say: Callable[[str], None], *, count: int = COUNT) -> None:
    """Measure one burst."""
    with running(broker, say, {"SIMULATED_LATENCY_MS": str(LATENCY_MS)}, consumers=CONSUMERS) as stack:
        plan = Plan(url=stack.url, count=count, rate=None, size=SIZE, connections=CONNECTIONS)
        machine = Machine(stack)
        taken = run(plan)
        unfinished = wait_until_finished(stack, DRAIN_SECONDS)
        used = machine.spent(count, taken.cpu_seconds)
        seconds = taken.accepted_seconds
        figures = account(stack, taken, count / seconds, int(seconds))
        del figures["backlogGrows"]  # the backlog of a burst always grows
        figures |= {
            "acceptedInSeconds": round(seconds, 1),
            "acceptedPerSecond": round(len(taken.ids) / seconds, 1),
            "lastSentAfterSeconds": round(figures["drainSeconds"] + seconds, 1),
            "unfinished": unfinished,
            **used,
        }
        say(line({**figures, "backlogGrows": True}))
        parameters = {"broker": broker, "latencyMs": LATENCY_MS, "count": count, "size": SIZE, "consumers": CONSUMERS}
        note(Result(what="burst", parameters=parameters, figures=figures))
