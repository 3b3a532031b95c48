"""Growth: the cost of reads and writes with 10 thousand, 100 thousand and 1 million stored notifications."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bson import ObjectId

from benchmarks.deliver import TENANT, draft, fill
from benchmarks.figures import percentile
from benchmarks.result import Note, Result
from benchmarks.stack import MeasuredStack, running
from local.config import Broker
from wavecom.adapters.mongo.notifications.documents import to_document
from wavecom.application.deadline import Deadline
from wavecom.application.deliver.claim import Claim
from wavecom.application.deliver.save import SaveUntil
from wavecom.domain.ledger.counting import deltas
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Channel, Lane, Priority, Status
from wavecom.domain.notifications.lists import ListFilter
from wavecom.domain.notifications.notification import new_notification_id
from wavecom.domain.queue_messages import QueueMessage
from wavecom.http.operations import prometheus

SIZES: Final = (10_000, 100_000, 1_000_000)
INSERTED_AT_ONCE: Final = 10_000
REPEATS: Final = 15
MAX_REPEAT_SECONDS: Final = 10.0
"""The time limit for repeating a call: a server that sorts everything takes seconds for a list of a million."""
MAX_LISTED: Final = 100_000
"""The size beyond which the development server's lists take longer than a request may."""
GROUP: Final = 100
MAX_IDLE_CPU_SECONDS: Final = 0.05
"""The processor seconds in a second below which the database is idle."""
MAX_IDLE_WAIT_SECONDS: Final = 20
MERGED: Final = timedelta(minutes=10)
"""The time after which all writers have finished with a minute."""
FINISHED_EVERY: Final = 1_000
"""One in so many is not finished, as after a day's work."""


def growth(broker: Broker, note: Note, say: Callable[[str], None], *, sizes: Sequence[int] = SIZES) -> None:
    """Measure the same calls at each size."""
    with running(broker, say) as stack:
        stack.stop([*stack.programs("deliver"), *stack.programs("schedule")])
        stored = 0
        for size in sizes:
            _store(stack, size - stored)
            _fold(stack)
            _until_idle(stack)
            stored = size
            calls = _calls(stack)
            if size > MAX_LISTED:
                calls = {name: call for name, call in calls.items() if not name.startswith("list")}
            figures = {name: _milliseconds(call) for name, call in calls.items()}
            say(f"{size}: {figures}")
            note(Result(what="growth", parameters={"broker": broker, "stored": size}, figures=figures))


def _until_idle(stack: MeasuredStack) -> None:
    """Wait while the database still processes earlier writes, which are not part of the calls' cost."""
    for _ in range(MAX_IDLE_WAIT_SECONDS):
        before = stack.cpu_seconds()["mongodb"]
        time.sleep(1)
        if stack.cpu_seconds()["mongodb"] - before < MAX_IDLE_CPU_SECONDS:
            return


def _store(stack: MeasuredStack, count: int) -> None:
    """Insert finished notifications into the database, without the API, with their counters."""
    at = stack.parts.clock() - timedelta(hours=1)
    channels, priorities = list(Channel), list(Priority)
    template = lifecycle.create(draft(0), tenant_id=TENANT, at=at, timings=stack.parts.settings.timings())
    document = to_document(template.after)
    del document["dueAt"]
    for start in range(0, count, INSERTED_AT_ONCE):
        group = [
            document
            | {
                "_id": ObjectId(new_notification_id(at)),
                "type": channels[number % 3].value,
                "priority": priorities[number % 4].value,
                "recipient": f"user{number}@example.com",
                "createdAt": at + timedelta(milliseconds=number),
                **_state(number, at),
            }
            for number in range(start, min(start + INSERTED_AT_ONCE, count))
        ]
        stack.database.notifications.insert_many(group, ordered=False)
        for (tenant_id, minute), counts in deltas([template]).items():
            stack.parts.counters.add(tenant_id, {name: value * len(group) for name, value in counts.items()}, minute)


def _fold(stack: MeasuredStack) -> None:
    """Fold the counters as the sweep does; statistics are sums of the result."""
    now = stack.parts.clock()
    while stack.parts.counters.roll_up(now, now + MERGED):
        pass


def _state(number: int, at: datetime) -> dict[str, Any]:
    if number % FINISHED_EVERY:
        return {"status": Status.SENT.value, "sequence": 4, "finishedAt": at, "sentAt": at}
    return {"dueAt": at + timedelta(days=1)}


def _calls(stack: MeasuredStack) -> dict[str, Callable[[], object]]:
    parts, api, store = stack.parts, stack.api, stack.parts.store
    saver = SaveUntil(store=store, deadline=Deadline(timedelta(minutes=1)))
    waiting = iter([fill(stack, GROUP) for _ in range(REPEATS + 1)])

    def claims() -> None:
        messages = [QueueMessage(notification_id=each, lane=Lane.STANDARD, retry_count=0) for each in next(waiting)]
        claim = Claim(store=store, receive=parts.receive, clock=parts.clock, timings=parts.settings.timings())
        announced = claim.find(messages)
        assert len(saver.save(claim.changes(announced.found, announced.retry_counts))) == GROUP

    numbers = {number: draft(number) for number in range(GROUP)}
    return {
        "listMs": lambda: store.page(ListFilter(tenant_id=TENANT), limit=20),
        "listByStatusMs": lambda: store.page(ListFilter(tenant_id=TENANT, status=Status.SENT), limit=20),
        "statisticsMs": lambda: api.query.statistics(TENANT),
        "metricsMs": lambda: prometheus.exposition(api.query.metrics(None)),
        "sweepMs": lambda: store.overdue(parts.clock(), limit=500),
        "claim100Ms": claims,
        "insert100Ms": lambda: api.submit.submit(TENANT, numbers),
    }


def _milliseconds(call: Callable[[], object]) -> float:
    call()
    took: list[float] = []
    while len(took) < REPEATS and sum(took) < 1000 * MAX_REPEAT_SECONDS:
        started = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - started))
    return round(percentile(took, 50), 2)
