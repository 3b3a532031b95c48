"""Answers about statistics."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field

from wavecom import topology
from wavecom.application.read import query
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.enums import Priority
from wavecom.http.framework.responses import Shape, Success, Timestamp, iso

COUNTERS: Mapping[str, str] = {
    "accepted": "created",
    "sent": "sent",
    "failed": "failed",
    "retried": "retried",
    "delivered": "delivered",
    "undelivered": "undelivered",
    "cancelled": "cancelled",
    "expired": "expired",
}
"""The counter of each field of `MinuteCounts`."""


class Statistics(Shape):
    """Sums over all notifications of the tenant. ``queueDepth`` is null while the broker does not answer."""

    total: int
    by_status: dict[str, int]
    by_type: dict[str, int]
    by_priority: dict[str, int]
    queue_depth: dict[str, int] | None
    average_processing_time: Annotated[int, Field(description="Milliseconds")]
    success_rate: Annotated[float, Field(description="Percent of all that were accepted")]

    @classmethod
    def from_domain(cls, statistics: query.Statistics) -> Self:
        """Return the statistics."""
        totals, depths = statistics.totals, statistics.depths
        queues = (*topology.LANES, topology.RETRY, topology.DEAD_LETTERS)
        return cls(
            total=totals.total(),
            by_status={status.value: count for status, count in totals.by_status().items()},
            by_type={channel.value: count for channel, count in totals.by_channel("created").items()},
            by_priority={priority.value: totals.cells(priority=priority) for priority in Priority},
            queue_depth=None if depths is None else {queue: depths[queue] for queue in queues},
            average_processing_time=totals.average_processing_ms(),
            success_rate=totals.success_rate(),
        )


class StatisticsAnswer(Success[Statistics]):
    """Statistics."""


class MinuteCounts(Shape):
    """What happened in one minute."""

    minute: Timestamp
    accepted: int
    sent: int
    failed: int
    retried: int
    delivered: int
    undelivered: int
    cancelled: int
    expired: int


class Percentiles(Shape):
    """Milliseconds that so many percent stayed within; null where nothing was sent."""

    p50: int | None
    p95: int | None
    p99: int | None


class RecentMinutes(Shape):
    """What happened minute by minute. ``degradationLevel`` is 1 (normal) to 4 (only CRITICAL is accepted)."""

    minutes: list[MinuteCounts]
    processing_time_ms: Percentiles
    degradation_level: Annotated[int, Field(ge=1, le=4)]

    @classmethod
    def from_domain(cls, recent: query.RecentMinutes) -> Self:
        """Return the counts of each minute, and the percentiles of processing time over all of them."""
        merged = Totals.merged(recent.totals.values())
        percentile = merged.duration_percentile
        return cls(
            minutes=[
                MinuteCounts(
                    minute=iso(minute),
                    **{name: sum(totals.by_channel(counter).values()) for name, counter in COUNTERS.items()},
                )
                for minute, totals in sorted(recent.totals.items())
            ],
            processing_time_ms=Percentiles(p50=percentile(50), p95=percentile(95), p99=percentile(99)),
            degradation_level=recent.level.value,
        )


class RecentMinutesAnswer(Success[RecentMinutes]):
    """Minutes."""
