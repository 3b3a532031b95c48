"""Ports filled from memory. They pass the same contract suites as the real adapters."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from wavecom.domain.dead_letters import DeadLetterFilter
from wavecom.domain.degradation import Level
from wavecom.domain.errors import IdempotencyKeyTakenError, QueueUnavailableError, StoreUnavailableError
from wavecom.domain.ledger.counting import deltas
from wavecom.domain.ledger.mismatch import Mismatch
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.audit import AuditEntry
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel, Lane
from wavecom.domain.notifications.lists import AuditRange, ListFilter, Position
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.limits import Slots
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import Receipt
from wavecom.domain.providers.weights import WeightChange
from wavecom.domain.queue_messages import QueueMessage
from wavecom.domain.reports import DeliveryReport, KeptReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression, suppression_id
from wavecom.metrics import Metric


class FakeStore:
    """Notifications and audit entries in dictionaries, under one lock."""

    def __init__(self) -> None:
        self.notifications: dict[str, Notification] = {}
        self.trail: defaultdict[str, list[AuditEntry]] = defaultdict(list)
        self.counters = FakeCounters()
        self.down = False
        self._lock = threading.Lock()

    def add(self, changes: Sequence[Change], *, may_commit: Callable[[], bool] | None = None) -> bool:
        self._answer()
        with self._lock:
            taken = {(n.tenant_id, n.idempotency.key) for n in self.notifications.values() if n.idempotency}
            for change in changes:
                new = change.after
                if new.idempotency and (new.tenant_id, new.idempotency.key) in taken:
                    raise IdempotencyKeyTakenError
            if may_commit is not None and not may_commit():
                return False
            for change in changes:
                self._write(change)
        return True

    def save(self, changes: Sequence[Change]) -> list[Change]:
        self._answer()
        with self._lock:
            saved = [change for change in changes if self._is_current(change)]
            for change in saved:
                self._write(change)
        return saved

    def _is_current(self, change: Change) -> bool:
        assert change.before is not None
        stored = self.notifications.get(change.before.id)
        return stored is not None and (stored.state.status, stored.state.sequence) == (
            change.before.state.status,
            change.before.state.sequence,
        )

    def _write(self, change: Change) -> None:
        self.notifications[change.after.id] = change.after
        self.trail[change.after.id] += change.entries
        for (tenant_id, minute), counts in deltas([change]).items():
            self.counters.add(tenant_id, counts, minute)

    def get(self, tenant_id: str, notification_id: str) -> Notification | None:
        self._answer()
        found = self.notifications.get(notification_id)
        return found if found and found.tenant_id == tenant_id else None

    def get_many(self, notification_ids: Iterable[str]) -> list[Notification]:
        self._answer()
        return [self.notifications[each] for each in notification_ids if each in self.notifications]

    def find_by_idempotency_keys(self, tenant_id: str, keys: Sequence[str]) -> list[Notification]:
        self._answer()
        return [
            each
            for each in self.notifications.values()
            if each.tenant_id == tenant_id and each.idempotency and each.idempotency.key in keys
        ]

    def audit_trail(self, notification: Notification) -> list[AuditEntry]:
        self._answer()
        return list(self.trail[notification.id])

    def audit_trails(self, notifications: Sequence[Notification]) -> dict[str, list[AuditEntry]]:
        return {each.id: self.audit_trail(each) for each in notifications}

    def dead_letters(self, where: DeadLetterFilter, *, limit: int, after: Position | None = None) -> list[Notification]:
        self._answer()
        matching = [
            each
            for each in self.notifications.values()
            if each.tenant_id == where.tenant_id
            and each.state.failed_at is not None
            and where.cause in (None, each.state.cause)
            and (where.provider is None or (where.provider or None) == each.state.provider)
            and (where.since is None or where.since <= each.state.failed_at)
            and (where.until is None or each.state.failed_at < where.until)
            and (after is None or (each.state.failed_at, each.id) < (after.created_at, after.notification_id))
        ]
        matching.sort(key=lambda each: (each.state.failed_at, each.id), reverse=True)
        return matching[:limit]

    def range(self, where: AuditRange, *, limit: int, after: str | None = None) -> list[Notification]:
        self._answer()
        matching = [
            each
            for each in self.notifications.values()
            if where.tenant_id in (None, each.tenant_id)
            and where.since <= each.created_at < where.until
            and (after is None or each.id > after)
        ]
        return sorted(matching, key=lambda each: each.id)[:limit]

    def page(
        self, where: ListFilter, *, limit: int, skip: int = 0, after: Position | None = None
    ) -> list[Notification]:
        self._answer()
        matching = [
            each
            for each in self.notifications.values()
            if each.tenant_id == where.tenant_id
            and where.status in (None, each.state.status)
            and where.channel in (None, each.channel)
            and where.priority in (None, each.priority)
            and where.recipient in (None, each.recipient)
            and (where.since is None or where.since <= each.created_at)
            and (where.until is None or each.created_at < where.until)
            and (after is None or (each.created_at, each.id) < (after.created_at, after.notification_id))
        ]
        matching.sort(key=lambda each: (each.created_at, each.id), reverse=True)
        return matching[skip : skip + limit]

    def overdue(self, at: datetime, *, limit: int) -> list[Notification]:
        self._answer()
        due = [
            each for each in self.notifications.values() if each.state.due_at is not None and each.state.due_at <= at
        ]
        return sorted(due, key=lambda each: each.state.due_at or at)[:limit]

    def ping(self, timeout: timedelta) -> None:
        self._answer()

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("MongoDB does not answer")


class FakeCounters:
    """Counters in a dictionary per tenant and minute."""

    def __init__(self) -> None:
        self._minutes: defaultdict[tuple[str, datetime], Counter[str]] = defaultdict(Counter)

    def totals(self, tenant_id: str | None) -> Totals:
        return Totals.merged(self._of(tenant_id).values())

    def minutes(self, tenant_id: str | None, since: datetime) -> dict[datetime, Totals]:
        first = since.replace(second=0, microsecond=0)
        return {minute: totals for minute, totals in self._of(tenant_id).items() if minute >= first}

    def _of(self, tenant_id: str | None) -> dict[datetime, Totals]:
        by_minute: defaultdict[datetime, Counter[str]] = defaultdict(Counter)
        for (tenant, minute), counts in self._minutes.items():
            if tenant_id in (None, tenant):
                by_minute[minute].update(counts)
        return {minute: Totals(counts) for minute, counts in by_minute.items()}

    def by_tenant(self, since: datetime) -> dict[str, Totals]:
        tenants = {tenant for tenant, _ in self._minutes}
        return {tenant: Totals.merged(self.minutes(tenant, since).values()) for tenant in tenants}

    def add(self, tenant_id: str, deltas: Mapping[str, int], at: datetime) -> None:
        self._minutes[tenant_id, at.replace(second=0, microsecond=0)].update(deltas)

    def roll_up(self, before: datetime, now: datetime) -> int:
        return 0


class FakeQueue:
    """Queues in lists. A test takes messages out with `take`, and may switch the broker off."""

    name = "rabbitmq"

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.lanes: dict[Lane, list[QueueMessage]] = {lane: [] for lane in Lane}
        self.delayed: list[tuple[timedelta, QueueMessage]] = []
        self.dead: list[QueueMessage] = []
        self.down = False
        self.refused: set[str] = set()

    def publish(self, messages: Sequence[QueueMessage], *, delay: timedelta = timedelta(0)) -> list[QueueMessage]:
        self._answer()
        confirmed = [message for message in messages if message.notification_id not in self.refused]
        for message in confirmed:
            if delay > timedelta(0):
                self.delayed.append((delay, message))
            else:
                self.lanes[message.lane].append(message)
        return confirmed

    def dead_letter(self, messages: Sequence[QueueMessage]) -> list[QueueMessage]:
        self._answer()
        self.dead += messages
        return list(messages)

    def depths(self) -> dict[str, int]:
        self._answer()
        depths = {lane.value: len(messages) for lane, messages in self.lanes.items()}
        return {**depths, "retry": len(self.delayed), "notifications_dlq": len(self.dead)}

    def ping(self, timeout: timedelta) -> None:
        self._answer()

    def take(self, lane: Lane) -> list[QueueMessage]:
        taken, self.lanes[lane] = self.lanes[lane], []
        return taken

    def _answer(self) -> None:
        if self.down:
            raise QueueUnavailableError("The broker does not answer")


class FakeProvider:
    """Accepts everything after ``takes``, unless ``answers`` has something else for the recipient."""

    def __init__(
        self,
        name: str = "fake",
        channel: Channel = Channel.EMAIL,
        takes: timedelta = timedelta(0),
        *,
        idempotent: bool = False,
    ) -> None:
        self.name = name
        self.idempotent = idempotent
        self.channel = channel
        self.accepted: list[OutgoingMessage] = []
        self.answers: dict[str, list[Exception]] = {}
        self._takes = takes
        self._lock = threading.Lock()

    def send(self, message: OutgoingMessage) -> Receipt:
        time.sleep(self._takes.total_seconds())
        with self._lock:
            answers = self.answers.get(message.recipient)
            if answers:
                raise answers.pop(0)
            self.accepted.append(message)
        return Receipt(f"{self.name}-{message.notification_id}")


class FakePace:
    """Limits in memory: ``free`` calls for each provider that is named there, any number for the others."""

    def __init__(self) -> None:
        self.free: dict[str, int] = {}
        self.paused: dict[str, datetime] = {}
        self.taken: list[tuple[str, int]] = []

    def take(self, provider: str, *, wanted: int, per_second: float | None, at: datetime) -> Slots:
        self.taken.append((provider, wanted))
        if (until := self.paused.get(provider, at)) > at:
            return Slots(0, at, wait=until - at)
        count = min(wanted, self.free.get(provider, wanted))
        if provider in self.free:
            self.free[provider] -= count
        return Slots(count, at, wait=timedelta(seconds=1))

    def pause(self, provider: str, until: datetime) -> None:
        self.paused[provider] = max(until, self.paused.get(provider, until))


class FakeWeights:
    """Weights in a dictionary."""

    def __init__(self) -> None:
        self.stored: dict[str, list[WeightChange]] = {}

    def factors(self) -> Mapping[str, float]:
        return {provider: changes[0].factor for provider, changes in self.stored.items()}

    def change(self, changes: Sequence[WeightChange]) -> None:
        for change in changes:
            self.stored.setdefault(change.provider, []).insert(0, change)

    def history(self) -> dict[str, list[WeightChange]]:
        return self.stored


class FakeSuppressions:
    """Suppression lists in a dictionary."""

    def __init__(self) -> None:
        self.listed: dict[tuple[str, str], Suppression] = {}

    def among(self, notifications: Sequence[Notification]) -> dict[str, SuppressionReason]:
        return {
            each.id: suppression.reason
            for each in notifications
            if (suppression := self.listed.get((each.tenant_id, suppression_id(each.channel, each.recipient))))
        }

    def add(self, suppressions: Sequence[Suppression]) -> None:
        for each in suppressions:
            self.listed.setdefault((each.tenant_id, each.id), each)

    def remove(self, tenant_id: str, suppression_id: str) -> bool:
        return self.listed.pop((tenant_id, suppression_id), None) is not None

    def get(self, tenant_id: str, suppression_id: str) -> Suppression | None:
        return self.listed.get((tenant_id, suppression_id))

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Suppression]:
        found = [each for each in self.listed.values() if each.tenant_id == tenant_id and each.id > (after or "")]
        return sorted(found, key=lambda each: each.id)[:limit]


class FakeKeptReports:
    """Kept reports in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptReport] = {}
        self.until: dict[str, datetime] = {}

    def keep(self, reports: Sequence[DeliveryReport], *, at: datetime, until: datetime) -> None:
        for report in reports:
            key = "|".join(
                map(str, (report.notification_id, report.provider, report.delivery_outcome, report.suppression_reason))
            )
            key += f"|{report.provider_message_id or ''}"
            if key not in self.kept:
                self.kept[key] = KeptReport(id=key, report=report, kept_at=at)
                self.until[key] = until

    def due(self, at: datetime, *, limit: int) -> list[KeptReport]:
        due = [each for each in self.kept.values() if self.until[each.id] <= at]
        return sorted(due, key=lambda each: self.until[each.id])[:limit]

    def about(self, notification_ids: Sequence[str], at: datetime) -> list[KeptReport]:
        return [
            each
            for each in self.kept.values()
            if each.report.notification_id in set(notification_ids) and each.kept_at <= at
        ]

    def postpone(self, ids: Sequence[str], until: datetime) -> None:
        self.until |= dict.fromkeys(ids, until)

    def drop(self, ids: Sequence[str]) -> None:
        for each in ids:
            self.kept.pop(each, None)


class FakeLedgerChecks:
    """A ledger that agrees, unless a test says otherwise."""

    def __init__(self) -> None:
        self.wrong: dict[datetime, list[Mismatch]] = {}
        self.checked: list[datetime] = []
        self._until: datetime | None = None

    def mismatches(self, minute: datetime) -> list[Mismatch]:
        self.checked.append(minute)
        return self.wrong.get(minute, [])

    def checked_until(self) -> datetime | None:
        return self._until

    def set_checked_until(self, minute: datetime) -> None:
        self._until = minute


class FakeSystem:
    """The degradation level and the heartbeats, in memory."""

    def __init__(self) -> None:
        self.stored = Level.NORMAL
        self.beats: dict[str, datetime] = {}
        self.in_sandbox: dict[str, tuple[datetime, bool]] = {}

    def level(self) -> Level:
        return self.stored

    def set_level(self, level: Level, at: datetime) -> None:
        self.stored = level

    def beat(self, name: str, at: datetime) -> None:
        self.beats[name] = at

    def sandboxes(self, since: datetime) -> dict[str, bool]:
        return {name: is_in for name, (at, is_in) in self.in_sandbox.items() if at > since}

    def set_sandbox(self, provider: str, at: datetime, *, in_sandbox: bool) -> None:
        self.in_sandbox[provider] = (at, in_sandbox)


class FakeMetrics:
    """Remembers what was measured, by name and dimensions."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], float] = {}

    def gauge(self, metric: Metric, value: float, **dimensions: str) -> None:
        assert tuple(dimensions) == metric.dimensions
        self.values[metric.name, *dimensions.values()] = value


def as_if_stored(store: FakeStore, notification: Notification, **changes: object) -> Notification:
    """Put a notification in a store as it is."""
    stored = replace(notification, **changes)  # type: ignore[arg-type]
    store.notifications[stored.id] = stored
    return stored
