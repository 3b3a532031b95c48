"""What became of a load: how long each lane took, how much waited meanwhile, what was lost, what was sent twice."""

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
    """When one notification was accepted and when it was SENT, in seconds since 1970."""

    lane: str
    accepted: float
    sent: float

    @property
    def milliseconds(self) -> float:
        """From accepted to SENT."""
        return 1000 * (self.sent - self.accepted)


def wait_until_finished(stack: MeasuredStack, timeout_seconds: float) -> int:
    """Return how many notifications are not finished: none, or as many as there are after ``timeout_seconds``."""
    until = time.monotonic() + timeout_seconds
    while True:
        totals = stack.parts.counters.totals(None)
        left = sum(totals.cells(status=status) for status in UNFINISHED)
        if left == 0 or time.monotonic() > until:
            return left
        time.sleep(POLL_SECONDS)


def journeys(found: Mapping[str, Document]) -> list[Journey]:
    """Return the journeys of those that were SENT."""
    return [
        Journey(Lane.of(Priority(each["priority"])).value, each["createdAt"].timestamp(), each["sentAt"].timestamp())
        for each in found.values()
        if each.get("sentAt")
    ]


def account(stack: MeasuredStack, taken: Taken, rate: float, seconds: float) -> Figures:
    """Return what became of everything that ``taken`` had accepted at ``rate`` for ``seconds``."""
    found = documents(stack, taken.ids)
    stack.journal.read()
    made = figures("resend", taken.ids, found, stack.journal.by_id)
    went = journeys(found)
    # From the moment it was due: what the API does not take in time waits as well.
    came = [each.due for each in taken.answers for _ in range(each.size)]
    backlog = backlogs(came, [each.sent - taken.began for each in went], seconds)
    last = max((each.sent for each in went), default=taken.began)
    return {
        "accepted": len(taken.ids),
        "asked": sum(each.size for each in taken.answers),
        "refusedRequests": taken.refused(),
        "sent": len(went),
        "lost": len(made.lost),
        "twice": len(made.sent_twice),
        "deliveredPerSecond": round(len(went) / (last - taken.began), 1) if went else 0.0,
        "backlogAtEnd": backlog[-1] if backlog else 0,
        "backlogMax": max(backlog, default=0),
        "backlogGrows": grows(backlog, rate),
        "acceptedToSentMs": by_lane(went),
        "requestMs": spread(taken.latencies_ms()),
        "drainSeconds": round(max(0.0, last - taken.began - seconds), 2),
        "loadCpuMs": round(1000 * taken.cpu_seconds / max(1, len(taken.ids)), 3),
    }


def by_lane(went: Sequence[Journey]) -> dict[str, dict[str, float]]:
    """Return the spread of the milliseconds from accepted to SENT for each lane."""
    return {lane.value: spread([each.milliseconds for each in went if each.lane == lane], 0) for lane in Lane}


def line(figures: Mapping[str, Any]) -> str:
    """Return the figures that say most, for the terminal."""
    lanes = {lane: spread.get("p99") for lane, spread in figures["acceptedToSentMs"].items()}
    return (
        f"{figures['deliveredPerSecond']}/s delivered, p99 {lanes}, backlog {figures['backlogAtEnd']} "
        f"({'grows' if figures['backlogGrows'] else 'holds'}), lost {figures['lost']}, twice {figures['twice']}"
    )
