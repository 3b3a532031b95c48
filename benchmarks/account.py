"""The result of a load: times and backlog of each lane, and the numbers lost and sent twice."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.figures import backlogs, grows, spread
from benchmarks.load import Taken
from benchmarks.result import Figures
from benchmarks.stack import Document, MeasuredStack
from chaos.verify import documents, figures
from wavecom.domain.notifications.change import UNFINISHED
from wavecom.domain.notifications.enums import Lane, Priority

POLL_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Journey:
    """The times at which one notification was accepted and SENT, in seconds since 1970."""

    lane: str
    accepted: float
    sent: float

    @property
    def milliseconds(self) -> float:
        """The time from accepted to SENT."""
        return 1000 * (self.sent - self.accepted)


def wait_until_finished(stack: MeasuredStack, timeout_seconds: float) -> int:
    """Return the number of unfinished notifications: 0, or those left after ``timeout_seconds``."""
    until = time.monotonic() + timeout_seconds
    while True:
        totals = stack.parts.counters.totals(None)
        left = sum(totals.cells(status=status) for status in UNFINISHED)
        if left == 0 or time.monotonic() > until:
            return left
        time.sleep(POLL_SECONDS)


def journeys(found: Mapping[str, Document]) -> list[Journey]:
    """Return the journeys of notifications that were SENT."""
    return [
        Journey(Lane.of(Priority(each["priority"])).value, each["createdAt"].timestamp(), each["sentAt"].timestamp())
        for each in found.values()
        if each.get("sentAt")
    ]


def account(stack: MeasuredStack, taken: Taken, rate: float, seconds: float) -> Figures:
    """Return the result of everything in ``taken``, which was accepted at ``rate`` for ``seconds``."""
    found = documents(stack, taken.ids)
    stack.journal.read()
    totals_by_result = figures("resend", taken.ids, found, stack.journal.by_id)
    sent_journeys = journeys(found)
    # Counted from the time a request was due, since requests that the API does not accept in time wait as well.
    due_times = [each.due for each in taken.answers for _ in range(each.size)]
    backlog = backlogs(due_times, [each.sent - taken.began for each in sent_journeys], seconds)
    last = max((each.sent for each in sent_journeys), default=taken.began)
    return {
        "accepted": len(taken.ids),
        "asked": sum(each.size for each in taken.answers),
        "refusedRequests": taken.refused(),
        "sent": len(sent_journeys),
        "lost": len(totals_by_result.lost),
        "twice": len(totals_by_result.sent_twice),
        "deliveredPerSecond": round(len(sent_journeys) / (last - taken.began), 1) if sent_journeys else 0.0,
        "backlogAtEnd": backlog[-1] if backlog else 0,
        "backlogMax": max(backlog, default=0),
        "backlogGrows": grows(backlog, rate),
        "acceptedToSentMs": by_lane(sent_journeys),
        "requestMs": spread(taken.latencies_ms()),
        "drainSeconds": round(max(0.0, last - taken.began - seconds), 2),
        "loadCpuMs": round(1000 * taken.cpu_seconds / max(1, len(taken.ids)), 3),
    }


def by_lane(sent_journeys: Sequence[Journey]) -> dict[str, dict[str, float]]:
    """Return the spread of the milliseconds from accepted to SENT for each lane."""
    return {lane.value: spread([each.milliseconds for each in sent_journeys if each.lane == lane], 0) for lane in Lane}


def line(figures: Mapping[str, Any]) -> str:
    """Return the most important figures, for the terminal."""
    lanes = {lane: spread.get("p99") for lane, spread in figures["acceptedToSentMs"].items()}
    return (
        f"{figures['deliveredPerSecond']}/s delivered, p99 {lanes}, backlog {figures['backlogAtEnd']} "
        f"({'grows' if figures['backlogGrows'] else 'holds'}), lost {figures['lost']}, twice {figures['twice']}"
    )
