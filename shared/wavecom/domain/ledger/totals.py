"""Figures that are sums over the counters."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wavecom.domain.notifications.enums import Channel, Priority, Status

DURATION_BUCKETS_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds of the processing time histogram; one more bucket counts everything above."""


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
        filters = (status, channel, priority)
        return sum(
            count
            for cell, count in self.below("cells").items()
            if all(
                expected is None or expected.value == actual
                for expected, actual in zip(filters, cell.split(":"), strict=True)
            )
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
        """Return the time in ms within which ``percent`` of all sends were processed, None if nothing was sent.

        The time is interpolated within its bucket; times above the last bound count as the last bound.
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
        """Return the number of attempts per outcome, for each provider."""
        found: dict[str, dict[str, int]] = {}
        for name, count in self.below("providers").items():
            provider, outcome = name.rsplit(".", 1)
            found.setdefault(provider, {})[outcome] = count
        return found

    def provider_faults(self) -> dict[str, int]:
        """Return the number of attempts that counted against each provider."""
        return self.below("providerFaults")

    def provider_milliseconds(self) -> dict[str, int]:
        """Return the total time of all attempts, for each provider."""
        return self.below("providerMs")

    def dead_letters(self) -> dict[tuple[str, str, str], int]:
        """Return the number of dead letters by day (ISO 8601), cause and provider ("" if no provider was called)."""
        found = {}
        for name, count in self.below("dead").items():
            day, cause, provider = name.split(":")
            if count:
                found[day, cause, provider] = count
        return found

    def variants(self, template_id: str, version: int) -> dict[str, dict[str, int]]:
        """Return what became of each variant of a template's version: ``accepted``, ``sent``, ``failed`` and others."""
        found: dict[str, dict[str, int]] = {}
        prefix = f"variants.{variants_counter(template_id, version)}:"
        for name, count in self.values.items():
            if name.startswith(prefix):
                variant, what = name.removeprefix(prefix).split(":")
                found.setdefault(variant, {})[what] = count
        return found

    def below(self, level: str) -> dict[str, int]:
        """Return the sums whose names begin with ``level`` and a dot, without that prefix."""
        prefix = f"{level}."
        return {name[len(prefix) :]: count for name, count in self.values.items() if name.startswith(prefix)}


def variants_counter(template_id: str, version: int) -> str:
    """Return the part of a counter's name for a version. A dot would separate levels; an id has no comma."""
    return f"{template_id.replace('.', ',')}:{version}"


def failure_rate(outcomes: Mapping[str, int], faults: int) -> float:
    """Return the percentage of attempts that counted against their provider; 0 if there were none."""
    total = sum(outcomes.values())
    return 100 * faults / total if total else 0.0
