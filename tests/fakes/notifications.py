"""The notification store, from memory."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.fakes.ledger import Counts, FakeCounters
from wavecom.domain.dead_letters import DeadLetterFilter
from wavecom.domain.errors import IdempotencyKeyTakenError, StoreUnavailableError
from wavecom.domain.ledger.counting import deltas, minute_of
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.audit import AuditEntry
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.lists import AuditRange, ListFilter, Position
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.tenants import is_test


def _without_html(found: list[Notification]) -> list[Notification]:
    return [
        each if each.content.html is None else replace(each, content=replace(each.content, html=None)) for each in found
    ]


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

    def tenants_that_wrote(
        self, channel: Channel, recipient: str, *, senders: Collection[str], provider: str | None
    ) -> list[str]:
        self._answer()
        to_them = [n for n in self.notifications.values() if (n.channel, n.recipient) == (channel, recipient)]
        sent = [n for n in to_them if n.state.sent_at is not None]
        by_provider = {n.tenant_id for n in sent if n.sender is None and n.state.provider == provider is not None}
        found = by_provider | {n.tenant_id for n in sent if n.sender is not None and n.sender.address in senders}
        return sorted(each for each in found if not is_test(each))

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
        return _without_html(matching[:limit])

    def range(self, where: AuditRange, *, limit: int, after: str | None = None) -> list[Notification]:
        self._answer()
        matching = [
            each
            for each in self.notifications.values()
            if where.tenant_id in (None, each.tenant_id)
            and where.since <= each.created_at < where.until
            and (after is None or each.id > after)
        ]
        return _without_html(sorted(matching, key=lambda each: each.id)[:limit])

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
        return _without_html(matching[skip : skip + limit])

    def overdue(self, at: datetime, *, limit: int) -> list[Notification]:
        self._answer()
        due = [
            each for each in self.notifications.values() if each.state.due_at is not None and each.state.due_at <= at
        ]
        return _without_html(sorted(due, key=lambda each: each.state.due_at or at)[:limit])

    def of_minute(self, minute: datetime) -> tuple[dict[str, Totals], Counts]:
        """Return the counters of what was accepted in one minute, and the notifications themselves, at one moment."""
        with self._lock:
            stored = [each for each in self.notifications.values() if minute_of(each.created_at) == minute]
            return self.counters.of_minute(minute), Counter((each.tenant_id, each.state.status) for each in stored)

    def ping(self, timeout: timedelta) -> None:
        self._answer()

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("MongoDB does not answer")


def as_if_stored(store: FakeStore, notification: Notification, **changes: object) -> Notification:
    """Put a notification in a store as it is."""
    stored = replace(notification, **changes)  # type: ignore[arg-type]
    store.notifications[stored.id] = stored
    return stored
