"""Store notifications, their audit trails and their counters."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from wavecom.domain.dead_letters import DeadLetterFilter
from wavecom.domain.notifications.audit import AuditEntry
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.lists import AuditRange, ListFilter, Position
from wavecom.domain.notifications.notification import Notification


class NotificationStore(Protocol):
    """Keeps notifications, their audit trail and the counters, and changes all three together.

    Lists (``page``, ``dead_letters``, ``range``, ``overdue``) give notifications without their HTML.

    Every method raises `StoreUnavailableError` when the database does not answer in time.
    """

    def add(self, changes: Sequence[Change], *, may_commit: Callable[[], bool] | None = None) -> bool:
        """Write new notifications in one transaction, all of them or none, and return whether they were written.

        ``may_commit`` is called when all is written and ready to commit, but not visible to others; if it returns
        False, nothing is kept. It is called again when the transaction has to be repeated. Raises
        `IdempotencyKeyTakenError` when an idempotency key is taken within its tenant.
        """

    def save(self, changes: Sequence[Change]) -> list[Change]:
        """Write changes in one transaction and return those that were written.

        A change is left out if its ``before`` (status and sequence) no longer equals the stored notification.
        """

    def get(self, tenant_id: str, notification_id: str) -> Notification | None:
        """Return one notification of a tenant."""

    def get_many(self, notification_ids: Iterable[str]) -> list[Notification]:
        """Return the existing notifications, of any tenant, in no particular order. For consumers, not for clients."""

    def find_by_idempotency_keys(self, tenant_id: str, keys: Sequence[str]) -> list[Notification]:
        """Return the tenant's notifications that carry one of ``keys``."""

    def audit_trail(self, notification: Notification) -> list[AuditEntry]:
        """Return a notification's audit entries in order."""

    def audit_trails(self, notifications: Sequence[Notification]) -> dict[str, list[AuditEntry]]:
        """Return the audit entries of each notification in order, by its id."""

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

    def tenants_that_wrote(
        self, channel: Channel, recipient: str, *, senders: Collection[str], provider: str | None
    ) -> list[str]:
        """Return the tenants of which a message was sent to a recipient from one of the addresses in ``senders``.

        Messages that name no sender count if ``provider`` has sent them. Test worlds never do.
        """

    def ping(self, timeout: timedelta) -> None:
        """Raise `StoreUnavailableError` unless the database answers within ``timeout``."""
