"""What the application needs of the world. Adapters fill these; tests fill them with fakes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from wavecom.domain.change import Change
from wavecom.domain.degradation import Level
from wavecom.domain.ledger import Totals
from wavecom.domain.messages import QueueMessage
from wavecom.domain.notification import AuditEntry, Channel, Notification, Priority, Status
from wavecom.domain.outcomes import Receipt
from wavecom.domain.tenant import ApiKey


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Return the present moment, timezone-aware, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """Which of a tenant's notifications to list; None matches all."""

    tenant_id: str
    status: Status | None = None
    channel: Channel | None = None
    priority: Priority | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list that is ordered by creation, newest first; the list goes on after it."""

    created_at: datetime
    notification_id: str


class IdempotencyKeyTakenError(Exception):
    """A notification with one of the given idempotency keys exists; nothing was written."""


class NotificationStore(Protocol):
    """Keeps notifications, their audit trail and the counters, and changes all three together.

    Every method raises `StoreUnavailableError` when the database does not answer in time.
    """

    def add(self, changes: Sequence[Change]) -> None:
        """Write new notifications in one transaction: all of them or none.

        Raises `IdempotencyKeyTakenError` when an idempotency key is taken within its tenant.
        """

    def save(self, changes: Sequence[Change]) -> list[Change]:
        """Write changes in one transaction and return those that were written.

        A change whose ``before`` is no longer what is stored (by status and sequence) is left out.
        """

    def get(self, tenant_id: str, notification_id: str) -> Notification | None:
        """Return one notification of a tenant."""

    def get_many(self, notification_ids: Iterable[str]) -> list[Notification]:
        """Return those that exist, of any tenant, in no particular order. For consumers, not for clients."""

    def find_by_idempotency_keys(self, tenant_id: str, keys: Sequence[str]) -> list[Notification]:
        """Return the tenant's notifications that carry one of ``keys``."""

    def audit_trail(self, notification: Notification) -> list[AuditEntry]:
        """Return its entries in order."""

    def page(
        self, where: ListFilter, *, limit: int, skip: int = 0, after: Position | None = None
    ) -> list[Notification]:
        """Return up to ``limit`` notifications, newest first, after a position or after ``skip`` of them."""

    def overdue(self, at: datetime, *, limit: int) -> list[Notification]:
        """Return up to ``limit`` notifications with ``due_at`` at or before ``at``, the longest overdue first."""

    def ping(self, timeout: timedelta) -> None:
        """Raise `StoreUnavailableError` unless the database answers within ``timeout``."""


class Counters(Protocol):
    """Sums over the counters that `NotificationStore` moves, and the counters of HTTP requests."""

    def totals(self, tenant_id: str | None) -> Totals:
        """Return a tenant's sums since the beginning, or those of all tenants together for None."""

    def minutes(self, tenant_id: str | None, since: datetime) -> dict[datetime, Totals]:
        """Return the sums of each minute from ``since`` on, which must be within the last hour."""

    def add(self, tenant_id: str, deltas: Mapping[str, int], at: datetime) -> None:
        """Add to a tenant's counters of the minute of ``at``."""

    def roll_up(self, before: datetime, now: datetime) -> int:
        """Fold minutes older than ``before`` into the totals and return how many documents were folded."""


class Queue(Protocol):
    """The lanes, the delay queues and the dead-letter queue.

    Every method raises `QueueUnavailableError` when the broker does not answer in time.
    """

    name: str
    """The broker's name in `/api/health`: ``rabbitmq`` or ``sqs``."""

    def publish(self, messages: Sequence[QueueMessage], *, delay: timedelta = timedelta(0)) -> list[QueueMessage]:
        """Put messages in their lanes, after ``delay``, and return those that the broker confirmed.

        A delay may be shortened to one that the broker offers.
        """

    def dead_letter(self, messages: Sequence[QueueMessage]) -> list[QueueMessage]:
        """Put messages in the dead-letter queue and return those that the broker confirmed."""

    def depths(self) -> dict[str, int]:
        """Return how many messages wait: for each lane, ``retry`` (all delays together) and the dead letters."""

    def ping(self, timeout: timedelta) -> None:
        """Raise `QueueUnavailableError` unless the broker answers within ``timeout``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """What a provider gets to see. ``notification_id`` serves as idempotency token; ``attempt`` counts from 1."""

    notification_id: str
    channel: Channel
    recipient: str
    subject: str | None
    message: str
    attempt: int


class Provider(Protocol):
    """A service that sends messages. Used by many threads at once; has its own connect and read timeouts."""

    name: str
    channel: Channel

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand over one message and return the provider's receipt, or raise a `ProviderError`."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether a provider may be called: ``calls`` is 0 (breaker open), 1 (the one trial) or None (any number).

    ``wait`` is how long to wait before asking again where calls are limited.
    """

    calls: int | None
    wait: timedelta = timedelta(0)


class Breakers(Protocol):
    """One circuit breaker a provider, shared by all consumers."""

    def permits(self, providers: Iterable[str]) -> dict[str, Permit]:
        """Say for each provider whether it may be called. Asked once a batch; a trial is given to one asker only."""

    def record(self, provider: str, successes: Sequence[bool]) -> None:
        """Feed back outcomes in the order they came, True for an answering provider."""

    def states(self) -> dict[str, str]:
        """Return ``closed``, ``open`` or ``half-open`` for each provider that was ever called."""


class ApiKeys(Protocol):
    """Stored API keys."""

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key by its public id."""

    def add(self, key: ApiKey) -> None:
        """Store a new key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a rate limit says to a request: ``limit`` and ``remaining`` in requests, the time to the next window."""

    allowed: bool
    limit: int
    remaining: int
    resets_in: timedelta


class RateLimits(Protocol):
    """Counts requests per key and minute, over all processes."""

    def take(self, key: str, *, limit: int, at: datetime) -> Allowance:
        """Count one request of ``key`` in the minute of ``at``."""


class SystemState(Protocol):
    """What the service knows of itself."""

    def level(self) -> Level:
        """Return the degradation level that was stored last, from a short-lived cache."""

    def set_level(self, level: Level, at: datetime) -> None:
        """Store the degradation level."""

    def beat(self, name: str, at: datetime) -> None:
        """Store that the scheduled function ``name`` ran."""


class MetricsSink(Protocol):
    """Where measurements go: CloudWatch, by the embedded metric format."""

    def gauge(self, name: str, value: float, unit: str, **dimensions: str) -> None:
        """Record one value."""
