"""The counters that a change moves, and the figures that are sums over them.

Every notification is in exactly one *cell*, named by its status, channel and priority; a change moves it from
one cell to another. So the sum of all cells is the number of notifications ever accepted, and any breakdown
of the present is a sum of cells. Cells are kept by the minute in which the notification was accepted, so that the
ledger of a minute says what became of everything that it took in. Besides these, counts of what happened, kept by
the minute in which it did, feed metrics and charts.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wavecom.domain.change import Change
from wavecom.domain.notification import Channel, Notification, Priority, Status
from wavecom.domain.tenant import is_test

DURATION_BUCKETS_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds of the processing time histogram; one more bucket counts everything above."""

Deltas = Counter[str]
"""Counter name to what is added to it. A dot separates levels: ``cells.SENT:EMAIL:HIGH``, ``created.SMS``."""


def deltas(changes: Iterable[Change]) -> dict[tuple[str, datetime], Deltas]:
    """Return what ``changes`` add to the counters, by tenant and minute."""
    found: defaultdict[tuple[str, datetime], Deltas] = defaultdict(Counter)
    for change in changes:
        after = change.after
        if change.entries:
            _move_cell(change, found[after.tenant_id, minute_of(after.created_at)])
        _count_events(change, found[after.tenant_id, minute_of(after.updated_at)])
    return {where: moved for where, counts in found.items() if (moved := _without_zeros(counts))}


def minute_of(at: datetime) -> datetime:
    """Return the beginning of a moment's minute."""
    return at.replace(second=0, microsecond=0)


def _without_zeros(counts: Deltas) -> Deltas:
    return Counter({name: count for name, count in counts.items() if count})


def _move_cell(change: Change, total: Deltas) -> None:
    if change.before is not None:
        total[_cell(change.before)] -= 1
    total[_cell(change.after)] += 1


def _count_events(change: Change, total: Deltas) -> None:
    before, after = change.before, change.after
    channel = after.channel.value
    for attempt in () if is_test(after.tenant_id) else change.attempts:  # a simulator's say nothing of a provider
        total[f"providers.{attempt.provider}.{attempt.outcome.value}"] += 1
        total[f"providerFaults.{attempt.provider}"] += attempt.counts_against_provider
        total[f"providerMs.{attempt.provider}"] += attempt.duration_ms
    if before is None:
        total[f"created.{channel}"] += 1
        return
    if before.status is Status.FAILED and after.status is not Status.FAILED:
        total[_dead(before)] -= 1
    if after.status is Status.FAILED and before.status is not Status.FAILED:
        total[_dead(after)] += 1
    for entry in change.entries:
        match entry.status:
            case Status.SENT:
                total[f"sent.{channel}"] += 1
                if after.processing_time_ms is not None:
                    _count_duration(after.processing_time_ms, total)
            case Status.FAILED | Status.DELIVERED | Status.UNDELIVERED | Status.EXPIRED | Status.CANCELLED:
                total[f"{entry.status.value.lower()}.{channel}"] += 1
            case Status.RETRYING if after.retry_count > before.retry_count:
                total[f"retried.{channel}"] += 1


def _dead(notification: Notification) -> str:
    """Return the counter of the dead letters with a notification's day, cause and provider."""
    day = (notification.failed_at or notification.updated_at).date()
    cause = notification.cause.value if notification.cause else ""
    return f"dead.{day}:{cause}:{notification.provider or ''}"


def _count_duration(milliseconds: int, total: Deltas) -> None:
    total["duration.count"] += 1
    total["duration.sumMs"] += milliseconds
    total[f"duration.bucket{bisect_left(DURATION_BUCKETS_SECONDS, milliseconds / 1000)}"] += 1


def _cell(notification: Notification) -> str:
    return f"cells.{notification.status.value}:{notification.channel.value}:{notification.priority.value}"


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over counters, by the names that `deltas` gives them."""

    values: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def merged(cls, parts: Iterable["Totals"]) -> "Totals":
        """Return the sum of ``parts``."""
        values: Counter[str] = Counter()
        for part in parts:
            values.update(part.values)
        return cls(values)

    def cells(
        self, status: Status | None = None, channel: Channel | None = None, priority: Priority | None = None
    ) -> int:
        """Return how many notifications are in the cells that match every argument given."""
        wanted = (status, channel, priority)
        return sum(
            count
            for cell, count in self.below("cells").items()
            if all(want is None or want.value == have for want, have in zip(wanted, cell.split(":"), strict=True))
        )

    def total(self) -> int:
        """Return how many notifications were ever accepted."""
        return self.cells()

    def by_status(self) -> dict[Status, int]:
        """Return how many notifications are in each status."""
        return {status: self.cells(status=status) for status in Status}

    def by_channel(self, name: str) -> dict[Channel, int]:
        """Return a monotonic count (``created``, ``sent``, ``failed``, ``retried``) for each channel."""
        return {channel: self.values.get(f"{name}.{channel.value}", 0) for channel in Channel}

    def average_processing_ms(self) -> int:
        """Return the mean time from claim to SENT, 0 when nothing was sent."""
        count = self.values.get("duration.count", 0)
        return round(self.values.get("duration.sumMs", 0) / count) if count else 0

    def success_rate(self) -> float:
        """Return the percentage of all accepted notifications that were sent, to one decimal; 0 when none."""
        sent = sum(self.cells(status=status) for status in (Status.SENT, Status.DELIVERED, Status.UNDELIVERED))
        total = self.total()
        return round(100 * sent / total, 1) if total else 0.0

    def duration_histogram(self) -> tuple[list[int], float]:
        """Return cumulative counts per bucket (the last is all) and the sum in seconds."""
        cumulative, running = [], 0
        for index in range(len(DURATION_BUCKETS_SECONDS) + 1):
            running += self.values.get(f"duration.bucket{index}", 0)
            cumulative.append(running)
        return cumulative, self.values.get("duration.sumMs", 0) / 1000

    def duration_percentile(self, percent: float) -> int | None:
        """Return the processing time in ms that ``percent`` of all sends stayed within, None when nothing was sent.

        It is interpolated within its bucket; what is above the last bound counts as that.
        """
        cumulative, _ = self.duration_histogram()
        if not cumulative[-1]:
            return None
        rank = cumulative[-1] * percent / 100
        index = next(index for index, count in enumerate(cumulative) if count >= rank)
        if index == len(DURATION_BUCKETS_SECONDS):
            return round(1000 * DURATION_BUCKETS_SECONDS[-1])
        lower = DURATION_BUCKETS_SECONDS[index - 1] if index else 0.0
        before = cumulative[index - 1] if index else 0
        share = (rank - before) / (cumulative[index] - before)
        return round(1000 * (lower + share * (DURATION_BUCKETS_SECONDS[index] - lower)))

    def providers(self) -> dict[str, dict[str, int]]:
        """Return, for each provider, how many attempts came to each outcome."""
        found: dict[str, dict[str, int]] = {}
        for name, count in self.below("providers").items():
            provider, outcome = name.rsplit(".", 1)
            found.setdefault(provider, {})[outcome] = count
        return found

    def provider_faults(self) -> dict[str, int]:
        """Return, for each provider, how many attempts counted against it."""
        return self.below("providerFaults")

    def provider_milliseconds(self) -> dict[str, int]:
        """Return, for each provider, how long all its attempts took together."""
        return self.below("providerMs")

    def dead_letters(self) -> dict[tuple[str, str, str], int]:
        """Return how many dead letters there are by day (ISO 8601), cause and provider ("" where none was asked)."""
        found = {}
        for name, count in self.below("dead").items():
            day, cause, provider = name.split(":")
            if count:
                found[day, cause, provider] = count
        return found

    def below(self, level: str) -> dict[str, int]:
        """Return the sums whose names begin with ``level`` and a dot, without that beginning."""
        prefix = f"{level}."
        return {name[len(prefix) :]: count for name, count in self.values.items() if name.startswith(prefix)}


def failure_rate(outcomes: Mapping[str, int], faults: int) -> float:
    """Return the share of attempts, in percent, that counted against their provider; 0 when there were none."""
    total = sum(outcomes.values())
    return 100 * faults / total if total else 0.0
