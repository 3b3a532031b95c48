"""Webhooks: the speed of one consumer, the delay beside an endpoint that hangs, and what events cost who wants them."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx

from benchmarks.account import wait_until_finished
from benchmarks.deliver import TENANT, fill
from benchmarks.endpoint import HOST
from benchmarks.result import Figures, Note, Result
from benchmarks.stack import Machine, MeasuredStack, running
from local.config import PROJECT, Broker
from wavecom import topology
from wavecom.application.webhooks.manage import EndpointDraft
from wavecom.domain.events.event import EventType

EVENTS: Final = 8_000
BESIDE: Final = 10_000
"""The events of each of two endpoints, of which one hangs."""
BESIDE_PER_SECOND: Final = 150
AT_ONCE: Final = 50
KNOWN_AFTER: Final = 6.0
"""The seconds until every process writes the events of a new endpoint."""
COST_OF: Final = 4_000
QUEUED: Final = (EventType.NOTIFICATION_QUEUED,)
BOTH: Final = (EventType.NOTIFICATION_QUEUED, EventType.NOTIFICATION_SENT)
QUICK, SLOW = (queue.replace("_", "-") for queue in topology.WEBHOOK_QUEUES)
TIMEOUT_SECONDS: Final = 120.0


def webhooks(broker: Broker, note: Note, say: Callable[[str], None]) -> None:
    """Measure one consumer, another endpoint beside one that hangs, and notifications with and without events."""
    with running(broker, say) as stack, _endpoint() as url:
        before = _cost(stack)
        _make(stack, url, QUEUED)
        note(
            Result(what="webhooks", parameters={"broker": broker, "events": EVENTS}, figures=_one_consumer(stack, url))
        )
        after = _cost(stack)
        figures = {"ownCpuMsWithout": before, "ownCpuMsWith": after, "ratio": round(after / before, 2)}
        note(Result(what="webhooks.cost", parameters={"broker": broker, "notifications": COST_OF}, figures=figures))
    with running(broker, say) as stack, _endpoint() as url:
        parameters = {"broker": broker, "events": BESIDE, "perSecond": BESIDE_PER_SECOND}
        note(Result(what="webhooks.beside", parameters=parameters, figures=_beside_one_that_hangs(stack, url)))


def _one_consumer(stack: MeasuredStack, url: str) -> Figures:
    """Return how many events a consumer delivers a second that finds all of them waiting."""
    stack.stop([*stack.programs("deliver"), QUICK])
    fill(stack, EVENTS)
    machine = Machine(stack)
    stack.start([QUICK])
    found = _wait(url, EVENTS)
    used = machine.spent(EVENTS, 0.0)
    stack.start(stack.programs("deliver"))
    wait_until_finished(stack, TIMEOUT_SECONDS)
    return {
        "deliveredPerSecond": round(0.9 * found["count"] / found["seconds"], 1),
        "missing": EVENTS - found["count"],
        "consumerCpuMs": used["cpuMs"][QUICK],
        "databaseCpuMs": used["cpuMs"].get("mongodb", 0.0),
        "othersPercent": used["othersPercent"],
    }


def _cost(stack: MeasuredStack) -> float:
    """Return the processor time of our own programs, but those of webhooks, for a notification up to SENT (ms)."""
    machine = Machine(stack)
    fill(stack, COST_OF)
    wait_until_finished(stack, TIMEOUT_SECONDS)
    own: float = machine.spent(COST_OF, 0.0)["ownCpuMs"]
    return own


def _beside_one_that_hangs(stack: MeasuredStack, url: str) -> Figures:
    """Return the delay of events at an endpoint while another one hangs."""
    _make(stack, url, BOTH)
    fill(stack, AT_ONCE)
    _wait(url, 2 * AT_ONCE)
    _make(stack, f"{url}/hangs", BOTH)
    count, began = BESIDE // len(BOTH), time.monotonic()
    for done in range(0, count, AT_ONCE):
        time.sleep(max(0.0, began + done / BESIDE_PER_SECOND - time.monotonic()))
        fill(stack, AT_ONCE)
    found = _wait(url, BESIDE)
    return {"p50Ms": found["p50Ms"], "p99Ms": found["p99Ms"], "missing": BESIDE - found["count"]}


def _make(stack: MeasuredStack, url: str, types: tuple[EventType, ...]) -> None:
    assert stack.api.webhooks is not None
    endpoint = stack.api.webhooks.add(TENANT, EndpointDraft(url=url, types=types))
    if not url.endswith("/hangs"):
        stack.api.webhooks.endpoints.note_health(endpoint, failing_since=None, quick=True)
    time.sleep(KNOWN_AFTER)


def _wait(url: str, count: int) -> dict[str, Any]:
    """Return the endpoint's figures once it has ``count`` events or gets no more."""
    found: dict[str, Any] = {"count": 0, "seconds": 0.0}
    until = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < until:
        time.sleep(2.0)
        waiting = httpx.get(f"{url}/count", trust_env=False).json()["count"]
        if waiting >= count:
            break
    found |= httpx.get(f"{url}/figures", trust_env=False).json()
    return found


@contextmanager
def _endpoint() -> Iterator[str]:
    """Run an endpoint in a process of its own, and yield its URL."""
    command = [sys.executable, "-m", "benchmarks.endpoint"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://{HOST}:{int(process.stdout.readline())}"
        process.terminate()
