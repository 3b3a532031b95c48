"""Statistics of many measurements: percentiles, and the growth of a backlog."""

import math
from collections.abc import Sequence
from typing import Final

PERCENTILES: Final = (50, 95, 99)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest of ``values`` that ``percent`` of them do not exceed (nearest rank). Raises ValueError."""
    if not values:
        raise ValueError("There is no percentile of nothing")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Return p50, p95, p99 and the maximum of ``values``, nothing if there are none."""
    if not values:
        return {}
    found = {f"p{percent}": round(percentile(values, percent), digits) for percent in PERCENTILES}
    return {**found, "max": round(max(values), digits)}


def backlogs(arrived_at: Sequence[float], departed_at: Sequence[float], until: float, step: float = 1.0) -> list[int]:
    """Return, at the end of each ``step`` up to ``until``, the number that came and did not go (all in seconds)."""
    arrivals, departures = sorted(arrived_at), sorted(departed_at)
    found, arrived, departed = [], 0, 0
    for number in range(1, int(until / step) + 1):
        while arrived < len(arrivals) and arrivals[arrived] <= number * step:
            arrived += 1
        while departed < len(departures) and departures[departed] <= number * step:
            departed += 1
        found.append(arrived - departed)
    return found


def grows(backlog: Sequence[int], rate: float) -> bool:
    """Return whether a backlog grows: its last quarter exceeds its second quarter by over a second of arrivals."""
    quarter = len(backlog) // 4
    if quarter == 0:
        return False
    early, late = backlog[quarter : 2 * quarter], backlog[-quarter:]
    return sum(late) / quarter - sum(early) / quarter > rate
