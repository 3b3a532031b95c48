"""Deliver: the speed of one consumer process on a full lane, and the time of a batch of 1,000 slow calls."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

from benchmarks.account import wait_until_finished
from benchmarks.figures import percentile
from benchmarks.result import Figures, Note, Result
from benchmarks.stack import Machine, MeasuredStack, running
from chaos.verify import documents
from local.config import PROJECT, Broker
from wavecom import topology
from wavecom.domain.content.content import Content
from wavecom.domain.notifications.enums import Channel, Priority
from wavecom.domain.notifications.notification import Draft, Envelope

WAITING: Final = {0: 20_000, 200: 8_000}
"""Notifications in the lane, by the providers' latency in ms."""
SUBMITTED_AT_ONCE: Final = 500
TENANT: Final = "benchmark"
BATCH: Final = 1_000
BATCHES: Final = 3
TIMEOUT_SECONDS: Final = 120.0


def deliver(broker: Broker, note: Note, say: Callable[[str], None]) -> None:
    """Measure one consumer with instant and with slow providers, then single invocations."""
    for latency_ms, count in WAITING.items():
        with running(broker, say, {"SIMULATED_LATENCY_MS": str(latency_ms)}) as stack:
            parameters = {"broker": broker, "latencyMs": latency_ms, "waiting": count}
            note(Result(what="deliver", parameters=parameters, figures=_one_consumer(stack, count)))
            if latency_ms:
                stack.stop(stack.programs("deliver"))
                parameters = {"broker": broker, "latencyMs": latency_ms, "messages": BATCH}
                note(Result(what="deliver.batch", parameters=parameters, figures=_invocations(stack)))


def fill(stack: MeasuredStack, count: int) -> list[str]:
    """Accept ``count`` notifications, without HTTP, and return their ids."""
    ids: list[str] = []
    for start in range(0, count, SUBMITTED_AT_ONCE):
        numbers = range(start, min(start + SUBMITTED_AT_ONCE, count))
        submission = stack.api.submit.submit(TENANT, {number: draft(number) for number in numbers})
        ids += [each.id for each in submission.notifications.values()]
    return ids


def draft(number: int) -> Draft:
    """Return a draft in the standard lane, over every channel in turn."""
    channel = list(Channel)[number % len(Channel)]
    recipients = {
        Channel.EMAIL: f"user{number}@example.com",
        Channel.SMS: f"+1202555{number % 10_000:04d}",
        Channel.PUSH: f"device{number}:{'t' * 140}",
    }
    return Draft(
        envelope=Envelope(channel=channel, recipient=recipients[channel], priority=Priority.MEDIUM),
        content=Content(subject="Your statement", message=f"Your statement number {number} is ready."),
    )


def _one_consumer(stack: MeasuredStack, count: int) -> Figures:
    consumers = stack.programs("deliver")
    stack.stop(consumers)
    ids = fill(stack, count)
    machine = Machine(stack)
    consumer = f"deliver-{topology.STANDARD}"
    stack.start([consumer])
    left = wait_until_finished(stack, TIMEOUT_SECONDS)
    used = machine.spent(count, 0.0)
    found = documents(stack, ids).values()
    sent = sorted(each["sentAt"].timestamp() for each in found if each.get("sentAt"))
    # The middle nine tenths, without the start of the first batch and the end of the last one.
    low, high = percentile(sent, 5), percentile(sent, 95)
    return {
        "deliveredPerSecond": round(0.9 * len(sent) / (high - low), 1),
        "unfinished": left,
        "sendsAtOnce": most_at_once([attempt for each in found for attempt in each.get("attempts", ())]),
        **used,
        "memoryMb": round(stack.memory_mb(consumer)),
    }


def most_at_once(attempts: list[dict[str, Any]]) -> int:
    """Return the largest number of attempts in flight at the same time."""
    moments = []
    for attempt in attempts:
        started = attempt["startedAt"].timestamp()
        moments += [(started + attempt["durationMs"] / 1000, -1), (started, 1)]
    now = most = 0
    for _, step in sorted(moments):
        now += step
        most = max(most, now)
    return most


def _invocations(stack: MeasuredStack) -> Figures:
    """Invoke the handler in a separate process, as Lambda does, with batches of 1,000."""
    seconds, at_once = [], []
    for _ in range(BATCHES):
        ids = fill(stack, BATCH)
        if stack.config.broker == "rabbitmq":
            _purge(stack)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.invocation"],
            cwd=PROJECT,
            input=json.dumps(ids),
            capture_output=True,
            text=True,
            check=True,
        )
        seconds.append(float(done.stdout.splitlines()[-1]))
        found = documents(stack, ids).values()
        at_once.append(most_at_once([attempt for each in found for attempt in each.get("attempts", ())]))
    return {"seconds": round(percentile(seconds, 50), 3), "all": seconds, "sendsAtOnce": max(at_once)}


def _purge(stack: MeasuredStack) -> None:
    """Empty the lane, since the invocation gets its messages from us."""
    url = stack.parts.settings.amqp_url
    assert url is not None
    from wavecom.adapters.rabbitmq.connection import connect  # noqa: PLC0415

    connection = connect(url.get_secret_value())
    connection.channel().queue_purge(topology.STANDARD)
    connection.close()
