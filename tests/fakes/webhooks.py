"""Endpoints, deliveries and their signatures, from memory."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tests.fakes.events import FakeWantedEvents
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.events.event import Event, chosen
from wavecom.domain.events.subjects import endpoint_disabled
from wavecom.domain.webhooks.delivery import Delivery
from wavecom.domain.webhooks.endpoint import DisabledReason, Endpoint, Recovery, disabled, merge
from wavecom.ports.webhooks import DeliveryList


class FakeEndpoints:
    """Endpoints in a dictionary, under one lock; ``down`` lets every call fail. ``tell`` gets the events of changes."""

    def __init__(
        self, wanted: FakeWantedEvents | None = None, tell: Callable[[Sequence[Event]], None] = lambda events: None
    ) -> None:
        self.stored: dict[str, Endpoint] = {}
        self.down = False
        self._wanted = wanted or FakeWantedEvents()
        self._tell = tell
        self._lock = threading.RLock()

    def add(self, endpoint: Endpoint, *, most: int) -> bool:
        self._answer()
        with self._lock:
            if len(self.of([endpoint.tenant_id])) >= most:
                return False
            self._change(endpoint)
        return True

    def replace(self, before: Endpoint, after: Endpoint) -> bool:
        self._answer()
        with self._lock:
            found = self.get(before.tenant_id, before.id)
            merged = merge(before, after, found) if found else None
            if merged is None:
                return False
            self._change(merged)
        return True

    def disable(self, endpoint: Endpoint, reason: DisabledReason, at: datetime) -> bool:
        self._answer()
        with self._lock:
            found = self.get(endpoint.tenant_id, endpoint.id)
            after = disabled(endpoint, found, reason, at) if found else None
            if after is None:
                return False
            self._change(after)
        self._tell(chosen([endpoint_disabled(endpoint, reason, at)], self._wanted.of([endpoint.tenant_id])))
        return True

    def remove(self, tenant_id: str, endpoint_id: str) -> bool:
        self._answer()
        with self._lock:
            if self.get(tenant_id, endpoint_id) is None:
                return False
            del self.stored[endpoint_id]
            self._set_wanted(tenant_id)
        return True

    def get(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        self._answer()
        found = self.stored.get(endpoint_id)
        return found if found and found.tenant_id == tenant_id else None

    def of(self, tenant_ids: Collection[str]) -> list[Endpoint]:
        self._answer()
        with self._lock:
            found = [each for each in self.stored.values() if each.tenant_id in tenant_ids]
        return sorted(found, key=lambda each: each.id)

    def note_health(
        self, endpoint: Endpoint, *, failing_since: datetime | None, quick: bool, slow_until: datetime | None = None
    ) -> None:
        self._answer()
        with self._lock:
            if endpoint.id in self.stored:
                found = self.stored[endpoint.id]
                self.stored[endpoint.id] = replace(
                    found, failing_since=failing_since, quick=quick, slow_until=slow_until
                )

    def with_notice_due(self, *, limit: int) -> list[Endpoint]:
        self._answer()
        with self._lock:
            return [each for each in self.stored.values() if each.notice_due][:limit]

    def note_told(self, endpoint: Endpoint) -> None:
        self._answer()
        with self._lock:
            found = self.stored.get(endpoint.id)
            if found and found.updated_at == endpoint.updated_at:
                self.stored[endpoint.id] = replace(found, notice_due=False)

    def recovering(self, *, limit: int) -> list[Endpoint]:
        self._answer()
        with self._lock:
            return [each for each in self.stored.values() if each.recovery is not None][:limit]

    def note_recovery(self, endpoint: Endpoint, recovery: Recovery | None) -> None:
        self._answer()
        with self._lock:
            found = self.stored.get(endpoint.id)
            if found and found.recovery and endpoint.recovery and found.recovery.until == endpoint.recovery.until:
                self.stored[endpoint.id] = replace(found, recovery=recovery)

    def _change(self, endpoint: Endpoint) -> None:
        self.stored[endpoint.id] = endpoint
        self._set_wanted(endpoint.tenant_id)

    def _set_wanted(self, tenant_id: str) -> None:
        self._wanted.types[tenant_id] = frozenset(kind for each in self.of([tenant_id]) for kind in each.types)

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("MongoDB does not answer")


class FakeDeliveries:
    """Deliveries in a dictionary, under one lock; ``down`` lets every call fail."""

    def __init__(self) -> None:
        self.stored: dict[str, Delivery] = {}
        self.down = False
        self._lock = threading.Lock()

    def add(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        self._answer()
        with self._lock:
            new = {each.id: each for each in deliveries if each.id not in self.stored}
            self.stored.update(new)
        return list(new.values())

    def save(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        self._answer()
        saved = []
        with self._lock:
            for each in deliveries:
                if each.id in self.stored and self.stored[each.id].version == each.version - 1:
                    self.stored[each.id] = each
                    saved.append(each)
        return saved

    def get_many(self, ids: Collection[str]) -> list[Delivery]:
        self._answer()
        with self._lock:
            return [self.stored[each] for each in ids if each in self.stored]

    def overdue(self, at: datetime, *, limit: int) -> list[Delivery]:
        self._answer()
        with self._lock:
            due = [(each.due_at, each) for each in self.stored.values() if each.due_at is not None]
        return [each for due_at, each in sorted(due, key=lambda pair: pair[0]) if due_at <= at][:limit]

    def page(self, where: DeliveryList, *, limit: int) -> list[Delivery]:
        self._answer()
        after = (where.after.created_at, where.after.event_id) if where.after else None
        with self._lock:
            found = [
                each
                for each in self.stored.values()
                if each.endpoint_id == where.endpoint_id
                and where.status in (None, each.status)
                and (after is None or (each.created_at, each.event_id) < after)
            ]
        return sorted(found, key=lambda each: (each.created_at, each.event_id), reverse=True)[:limit]

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("MongoDB does not answer")


class FakeSigner:
    """Signs with the secrets themselves, which a test can read."""

    def headers(self, event_id: str, body: str, secrets: Sequence[str], at: datetime) -> Mapping[str, str]:
        return {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(f"v1,{each}" for each in secrets),
        }


class FakeFailingEndpoints:
    """``since`` has the time since which each endpoint has been failing."""

    def __init__(self) -> None:
        self.since: list[datetime] = []

    def add(self, endpoint: Endpoint) -> None:
        if endpoint.failing_since is not None and endpoint.disabled is None:
            self.since.append(endpoint.failing_since)

    def count(self, since: datetime, *, most: int) -> int:
        return min(most, sum(1 for each in self.since if each <= since))
