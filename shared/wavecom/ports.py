"""What the application needs of the world. Adapters fill these; tests fill them with fakes."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from wavecom.domain.change import Change
from wavecom.domain.degradation import Level
from wavecom.domain.ledger import Totals
from wavecom.domain.messages import QueueMessage
from wavecom.domain.notification import AuditEntry, Cause, Channel, Notification, Priority, Status
from wavecom.domain.outcomes import ProviderError, Receipt
from wavecom.domain.receipts import DeliveryReport
from wavecom.domain.routing import WeightChange
from wavecom.domain.suppression import Unwanted
from wavecom.domain.tenant import ApiKey, TenantPolicy
from wavecom.metrics import Metric


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Return the present moment, timezone-aware, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """Which of a tenant's notifications to list; None matches all. ``since`` and ``until`` bound the creation."""

    tenant_id: str
    status: Status | None = None
    channel: Channel | None = None
    priority: Priority | None = None
    recipient: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_counted(self) -> bool:
        """Whether the counters know how many match."""
        return self.recipient is None and self.since is None and self.until is None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterFilter:
    """Which of a tenant's dead letters are meant; None matches all. ``since`` and ``until`` bound the failure."""

    tenant_id: str
    cause: Cause | None = None
    provider: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRange:
    """The notifications that were accepted from ``since`` until before ``until``, of one tenant or of all (None)."""

    tenant_id: str | None
    since: datetime
    until: datetime


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

    def add(self, changes: Sequence[Change], *, provided: Callable[[], bool] | None = None) -> bool:
        """Write new notifications in one transaction, all of them or none, and return whether they were written.

        ``provided`` is asked when all is written and can only be committed, while nobody else sees it; where it says
        no, nothing is kept. It is asked again when the transaction has to be tried again. Raises
        `IdempotencyKeyTakenError` when an idempotency key is taken within its tenant.
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

    def audit_trails(self, notifications: Sequence[Notification]) -> dict[str, list[AuditEntry]]:
        """Return the entries of each in order, by its id."""

    def page(
        self, where: ListFilter, *, limit: int, skip: int = 0, after: Position | None = None
    ) -> list[Notification]:
        """Return up to ``limit`` notifications, newest first, after a position or after ``skip`` of them."""

    def dead_letters(self, where: DeadLetterFilter, *, limit: int, after: Position | None = None) -> list[Notification]:
        """Return up to ``limit`` FAILED notifications, the latest failures first, after a position by failure time."""

    def range(self, where: AuditRange, *, limit: int, after: str | None = None) -> list[Notification]:
        """Return up to ``limit`` notifications that were accepted in a range, in the order of their ids, after one."""

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

    def by_tenant(self, since: datetime) -> dict[str, Totals]:
        """Return each tenant's sums over the minutes that begin at ``since``'s or later."""

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
    """What a provider gets to see. ``notification_id`` serves as idempotency token; ``attempt`` counts from 1.

    After ``expires_at`` nobody wants the message: a provider that can give up on its own by then is told.
    """

    notification_id: str
    channel: Channel
    recipient: str
    subject: str | None
    message: str
    attempt: int
    expires_at: datetime | None = None


class Provider(Protocol):
    """A service that sends messages. Used by many threads at once; has its own connect and read timeouts."""

    name: str
    channel: Channel
    idempotent: bool
    """Whether it takes the notification's id as a token and sends what carries the same one only once."""

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand over one message and return the provider's receipt, or raise a `ProviderError`."""


@runtime_checkable
class BulkProvider(Provider, Protocol):
    """A provider that takes several messages, each with its own content, in one call."""

    bulk_limit: int
    """Messages in one call, at the most."""

    def send_many(self, messages: Sequence[OutgoingMessage]) -> list[Receipt | ProviderError]:
        """Hand over up to ``bulk_limit`` messages and return what became of each, in order. It never raises.

        A refused message fails only itself; a call that got no answer is an `UnknownOutcomeError` for each.
        """


@runtime_checkable
class WithSandbox(Protocol):
    """A provider that keeps new accounts in a sandbox, where only recipients get anything that it knows as ours."""

    name: str

    def in_sandbox(self) -> bool:
        """Ask the provider whether our account is in its sandbox. Raises `ProviderError` where it does not say."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether a provider may be called: ``calls`` is 0 (breaker open), 1 (the one trial) or None (any number).

    ``wait`` is how long to wait before asking again where calls are limited.
    """

    calls: int | None
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class BreakerState:
    """``closed``, ``open`` or ``half-open``, and when it opened last."""

    name: str
    opened_at: datetime | None = None


class Breakers(Protocol):
    """One circuit breaker a provider, shared by all consumers."""

    def permits(self, providers: Iterable[str]) -> dict[str, Permit]:
        """Say for each provider whether it may be called. Asked once a batch; a trial is given to one asker only."""

    def record(self, provider: str, successes: Sequence[bool]) -> None:
        """Feed back outcomes in the order they came, True for an answering provider."""

    def states(self) -> dict[str, BreakerState]:
        """Return the state of each provider's breaker that was ever used."""


@dataclass(frozen=True, slots=True)
class Slots:
    """When calls to a limited provider may begin: ``count`` of them, at ``first`` and then one ``every`` so often.

    ``wait`` is how long to wait before asking for more.
    """

    count: int
    first: datetime
    every: timedelta = timedelta(0)
    wait: timedelta = timedelta(0)


class Pace(Protocol):
    """How fast each provider may be called, over all consumers together."""

    def take(self, provider: str, *, wanted: int, per_second: float | None, at: datetime) -> Slots:
        """Reserve up to ``wanted`` calls; ``per_second`` None means that only a pause limits them.

        When the database does not answer, a limited provider gets no call.
        """

    def pause(self, provider: str, until: datetime) -> None:
        """Let nobody call a provider before ``until``: it answered that it has had enough."""


class Weights(Protocol):
    """The parts of their configured weights that providers have at present."""

    def factors(self) -> Mapping[str, float]:
        """Return the factor of each provider whose weight was ever changed, from a short-lived cache."""

    def change(self, changes: Sequence[WeightChange]) -> None:
        """Store changes with their reasons."""

    def history(self) -> dict[str, list[WeightChange]]:
        """Return each provider's latest changes, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that a tenant's notifications must not go to."""

    tenant_id: str
    channel: Channel
    recipient: str
    reason: Unwanted
    created_at: datetime
    notification_id: str | None = None

    @classmethod
    def of_recipient(cls, notification: Notification, reason: Unwanted, at: datetime) -> "Suppression":
        """Return the suppression of a notification's recipient, which that notification brought about."""
        return cls(
            tenant_id=notification.tenant_id,
            channel=notification.channel,
            recipient=notification.recipient,
            reason=reason,
            created_at=at,
            notification_id=notification.id,
        )

    @property
    def id(self) -> str:
        """The SHA-256 (32 hex digits) of channel and recipient: fit for a URL, which a recipient is not."""
        return suppression_id(self.channel, self.recipient)


def suppression_id(channel: Channel, recipient: str) -> str:
    """Return the id of a recipient's suppression within its tenant. Case does not matter in email."""
    address = recipient.lower() if channel is Channel.EMAIL else recipient
    return hashlib.sha256(f"{channel}:{address}".encode()).hexdigest()[:32]


class Suppressions(Protocol):
    """The tenants' suppression lists."""

    def among(self, notifications: Sequence[Notification]) -> dict[str, Unwanted]:
        """Return those whose recipient is on their tenant's list, by id, with the reason. One call a batch."""

    def add(self, suppressions: Sequence[Suppression]) -> None:
        """Put addresses on their lists; one that is there already stays as it is."""

    def remove(self, tenant_id: str, suppression_id: str) -> bool:
        """Take an address off a tenant's list and say whether it was there."""

    def get(self, tenant_id: str, suppression_id: str) -> Suppression | None:
        """Return an address on a tenant's list, or None where it is not there."""

    def page(self, tenant_id: str, *, limit: int, after: str | None = None) -> list[Suppression]:
        """Return up to ``limit`` of a tenant's suppressions in the order of their ids, after one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """A delivery report that waits for its time; ``kept_at`` is when it came."""

    id: str
    report: DeliveryReport
    kept_at: datetime


class KeptReports(Protocol):
    """Delivery reports that came before our own record of the send."""

    def keep(self, reports: Sequence[DeliveryReport], *, at: datetime, until: datetime) -> None:
        """Keep reports that come at ``at``, to be looked at again from ``until`` on.

        One that is kept already stays as it is.
        """

    def due(self, at: datetime, *, limit: int) -> list[KeptReport]:
        """Return up to ``limit`` of those whose time has come."""

    def about(self, notification_ids: Sequence[str], at: datetime) -> list[KeptReport]:
        """Return those about these notifications that have come by ``at``, whether or not their time has."""

    def postpone(self, ids: Sequence[str], until: datetime) -> None:
        """Look at these again from ``until`` on."""

    def drop(self, ids: Sequence[str]) -> None:
        """Forget these."""


class Tenants(Protocol):
    """What a tenant has chosen for all its notifications."""

    def get(self, tenant_id: str) -> TenantPolicy:
        """Return a tenant's policy, the default one where it has chosen nothing, from a short-lived cache."""

    def put(self, tenant_id: str, policy: TenantPolicy) -> None:
        """Store a tenant's policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A line of a closed minute's ledger that does not agree with the notifications themselves."""

    tenant_id: str
    minute: datetime
    status: Status
    counted: int
    stored: int


class Books(Protocol):
    """The ledger against what it is about."""

    def mismatches(self, minute: datetime) -> list[Mismatch]:
        """Compare the counters of what was accepted in one minute with the notifications, at one moment."""

    def checked_until(self) -> datetime | None:
        """Return the end of the last minute that was checked."""

    def set_checked_until(self, minute: datetime) -> None:
        """Store it."""


class ApiKeys(Protocol):
    """Stored API keys."""

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key by its public id."""

    def add(self, key: ApiKey) -> None:
        """Store a new key."""

    def all(self, tenant_id: str | None) -> list[ApiKey]:
        """Return the keys of a tenant, its test keys among them, or of all tenants for None; newest first, 1,000."""

    def ids(self) -> frozenset[str] | None:
        """Return the public ids of all keys, or None where they are too many to hold."""

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Let a key open nothing from ``at`` on, and say whether there is such a key."""


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

    def sandboxes(self, since: datetime) -> dict[str, bool]:
        """Return whether our account is in a provider's sandbox, by the name of each one that said it since then."""

    def set_sandbox(self, provider: str, at: datetime, *, in_sandbox: bool) -> None:
        """Store what a provider said of that."""


class MetricsSink(Protocol):
    """Where measurements go: CloudWatch, by the embedded metric format."""

    def gauge(self, metric: Metric, value: float, **dimensions: str) -> None:
        """Record one value, with each of the metric's dimensions."""
