"""Counts and times HTTP requests, and stores the counts at intervals with the other counters."""

import logging
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote, unquote

from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.ledger.totals import Totals
from wavecom.ports.ledger import Counters
from wavecom.ports.system import Clock

logger = logging.getLogger(__name__)

BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
FLUSH_EVERY = timedelta(seconds=2)
"""The interval of storing, whose counts a killed process loses; they are not in the notifications' transactions."""
ANONYMOUS = "-"
"""The tenant of requests without a known caller."""


class HttpMeter:
    """Collects in memory for `FLUSH_EVERY` and adds to the counters. Safe to use from many threads."""

    def __init__(self, counters: Counters, clock: Clock) -> None:
        self._counters = counters
        self._clock = clock
        self._lock = threading.Lock()
        self._pending: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._flushed = time.monotonic()

    def observe(self, tenant_id: str, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request of ``tenant_id`` to ``route`` that took ``seconds``."""
        label = _encode(f"{method} {route}")
        with self._lock:
            counts = self._pending[tenant_id]
            counts[f"http.requests.{label} {status}"] += 1
            counts[f"http.durations.{label}.bucket{bisect_left(BUCKETS_SECONDS, seconds)}"] += 1
            counts[f"http.durations.{label}.sumMs"] += round(seconds * 1000)
            due = time.monotonic() - self._flushed >= FLUSH_EVERY.total_seconds()
        # A client that was just answered that the database is down must not wait for it again.
        if due and status != HTTPStatus.SERVICE_UNAVAILABLE:
            self.flush()

    def count(self, name: str) -> None:
        """Count one event without a known caller, by the name of its counter; it is stored with the requests."""
        with self._lock:
            self._pending[ANONYMOUS][name] += 1

    def flush(self) -> None:
        """Store the counts; those that cannot be stored now are kept for the next time."""
        with self._lock:
            pending, self._pending = self._pending, defaultdict(Counter)
            self._flushed = time.monotonic()
        for tenant_id, counts in pending.items():
            try:
                self._counters.add(tenant_id, counts, self._clock())
            except StoreUnavailableError:
                logger.warning("HTTP counters not stored yet")
                with self._lock:
                    self._pending[tenant_id].update(counts)


def requests(totals: Totals) -> dict[tuple[str, str, str], int]:
    """Return the number of requests by method, route and status."""
    found = {}
    for name, count in totals.below("http.requests").items():
        label, status = name.rsplit(" ", 1)
        method, route = _decode(label)
        found[method, route, status] = count
    return found


def durations(totals: Totals) -> dict[tuple[str, str], tuple[list[int], float]]:
    """Return for each method and route the cumulative counts per bucket (the last is all) and the sum in seconds."""
    by_route: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for name, count in totals.below("http.durations").items():
        label, part = name.rsplit(".", 1)
        by_route[_decode(label)][part] = count
    return {route: _cumulative(parts) for route, parts in by_route.items()}


def _cumulative(parts: dict[str, int]) -> tuple[list[int], float]:
    counts, running = [], 0
    for index in range(len(BUCKETS_SECONDS) + 1):
        running += parts.get(f"bucket{index}", 0)
        counts.append(running)
    return counts, parts.get("sumMs", 0) / 1000


def _encode(label: str) -> str:
    """Return a label fit for a field name: MongoDB reads dots as levels."""
    return quote(label, safe="/<>{} _-").replace(".", "%2E")


def _decode(label: str) -> tuple[str, str]:
    method, _, route = unquote(label).partition(" ")
    return method, route
