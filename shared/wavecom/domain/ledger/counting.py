"""The counters that a change moves.

Every notification is in exactly one *cell*, named by its status, channel and priority; a change moves it from
one cell to another. So the sum of all cells is the number of notifications ever accepted, and any breakdown
of the present is a sum of cells. Cells are kept by the minute in which the notification was accepted, so the
ledger of a minute shows the result of everything accepted in it. Further counters feed metrics and charts: they count
events, by the minute in which the event happened.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from wavecom.domain.content.content import TemplateUse
from wavecom.domain.ledger.totals import DURATION_BUCKETS_SECONDS, variants_counter
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.tenants import is_test

Deltas = Counter[str]
"""Counter name to the number added to it. A dot separates levels: ``cells.SENT:EMAIL:HIGH``, ``created.SMS``."""


def deltas(changes: Iterable[Change]) -> dict[tuple[str, datetime], Deltas]:
    """Return the numbers that ``changes`` add to the counters, by tenant and minute."""
    found: defaultdict[tuple[str, datetime], Deltas] = defaultdict(Counter)
    for change in changes:
        after = change.after
        if change.entries:
            _move_cell(change, found[after.tenant_id, minute_of(after.created_at)])
        of_minute = found[after.tenant_id, minute_of(after.state.updated_at)]
        _count_events(change, of_minute)
        if after.template is not None and after.template.variant is not None and not after.template.test:
            _count_variant(change, after.template, of_minute)
    return {where: moved for where, counts in found.items() if (moved := _without_zeros(counts))}


def minute_of(at: datetime) -> datetime:
    """Return the beginning of a moment's minute."""
    return at.replace(second=0, microsecond=0)


def _without_zeros(counts: Deltas) -> Deltas:
    return Counter({name: count for name, count in counts.items() if count})


def _move_cell(change: Change, total: Deltas) -> None:
    if change.before is not None:
        total[_cell_counter(change.before)] -= 1
    total[_cell_counter(change.after)] += 1


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
    if before.state.status is Status.FAILED and after.state.status is not Status.FAILED:
        total[_dead_letter_counter(before)] -= 1
    if after.state.status is Status.FAILED and before.state.status is not Status.FAILED:
        total[_dead_letter_counter(after)] += 1
    for entry in change.entries:
        match entry.status:
            case Status.SENT:
                total[f"sent.{channel}"] += 1
                if after.state.processing_time_ms is not None:
                    _count_duration(after.state.processing_time_ms, total)
            case Status.FAILED | Status.DELIVERED | Status.UNDELIVERED | Status.EXPIRED | Status.CANCELLED:
                total[f"{entry.status.value.lower()}.{channel}"] += 1
            case Status.RETRYING if after.state.retry_count > before.state.retry_count:
                total[f"retried.{channel}"] += 1


_COUNTED_BY_VARIANT = frozenset({Status.SENT, Status.DELIVERED, Status.UNDELIVERED, Status.FAILED})


def _count_variant(change: Change, use: TemplateUse, total: Deltas) -> None:
    """Count what became of one of the texts that a template's version compares."""
    counter = f"variants.{variants_counter(use.id, use.version)}:{use.variant}"
    if change.before is None:
        total[f"{counter}:accepted"] += 1
    for entry in change.entries:
        if entry.status in _COUNTED_BY_VARIANT:
            total[f"{counter}:{entry.status.value.lower()}"] += 1


def _dead_letter_counter(notification: Notification) -> str:
    """Return the counter name of dead letters with this notification's day, cause and provider."""
    day = (notification.state.failed_at or notification.state.updated_at).date()
    cause = notification.state.cause.value if notification.state.cause else ""
    return f"dead.{day}:{cause}:{notification.state.provider or ''}"


def _count_duration(milliseconds: int, total: Deltas) -> None:
    total["duration.count"] += 1
    total["duration.sumMs"] += milliseconds
    total[f"duration.bucket{bisect_left(DURATION_BUCKETS_SECONDS, milliseconds / 1000)}"] += 1


def _cell_counter(notification: Notification) -> str:
    return f"cells.{notification.state.status.value}:{notification.channel.value}:{notification.priority.value}"
