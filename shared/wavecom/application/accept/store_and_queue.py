"""Store new notifications and announce them in one step: QUEUED is committed only after the broker's confirm."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from wavecom.application.publishing import publish
from wavecom.domain.errors import IdempotencyKeyTakenError
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.notification import Notification
from wavecom.gather import Gather
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue

logger = logging.getLogger(__name__)

GROUP_MAX: Final = 500
"""The most notifications of several callers in one transaction; one caller's are never divided."""
UNGROUPED_FROM: Final = 100
"""Calls of this size skip group commit: they gain nothing from it, and others would wait for them."""
GROUPS_AT_ONCE: Final = 2
"""The next group is prepared while one waits for the disk or the broker."""
PUBLISHES_AT_ONCE: Final = 16
CONFIRM_TIMEOUT: Final = timedelta(seconds=3)
"""The time a transaction stays open for the broker; well within the store's own time limit."""
BROKER_COOLDOWN: Final = timedelta(seconds=5)
"""The time for which new notifications are stored as PENDING at once, after the broker confirmed nothing in time."""


@dataclass(frozen=True, slots=True)
class NewNotification:
    """The change that stores a new notification as PENDING, and the one that stores it as QUEUED.

    ``as_queued`` is None if the notification is scheduled for later.
    """

    as_pending: Change
    as_queued: Change | None


class _RetryUngrouped(Exception):  # noqa: N818 - not an error, but a request to the caller
    """A group cannot be written because an idempotency key is taken: each call must be written by itself."""


class StoreAndQueue:
    """Write new notifications, publish their messages, and commit.

    The messages are published when everything is written and nothing can be refused, just before the commit that makes
    it visible. So every notification stored as QUEUED has been confirmed by the broker. A consumer that is faster than
    the commit does not find the notification for a moment.

    Calls of several threads share one transaction. Calls with idempotency keys form separate groups, since they wait
    while an earlier call with the same key is being written. Publishing runs in ``executor`` and is waited for at most
    `CONFIRM_TIMEOUT`; a notification confirmed later stays PENDING, which does no harm.
    """

    def __init__(self, store: NotificationStore, queue: Queue, executor: Executor | None = None) -> None:
        self._store = store
        self._queue = queue
        self._executor = executor or ThreadPoolExecutor(PUBLISHES_AT_ONCE, thread_name_prefix="publish")
        self._broker_retry_at = 0.0
        self._gathers: dict[bool, Gather[Sequence[NewNotification], set[str]]] = {
            with_keys: Gather(self._store_group, max_size=GROUP_MAX, size_of=len, at_once=GROUPS_AT_ONCE)
            for with_keys in (False, True)
        }

    def store(self, new: Sequence[NewNotification]) -> set[str]:
        """Store ``new`` notifications, all or none, and return the queued ids of all calls stored with them.

        Those that the broker did not confirm stay PENDING, for the sweep. Raises `IdempotencyKeyTakenError`, and
        `StoreUnavailableError`.
        """
        if len(new) >= UNGROUPED_FROM:
            return self._store_all(new)
        with_keys = any(each.as_pending.after.idempotency for each in new)
        try:
            return self._gathers[with_keys](new)
        except _RetryUngrouped:
            return self._store_all(new)

    def _store_group(self, calls: Sequence[Sequence[NewNotification]]) -> list[set[str] | Exception]:
        """Store all ``calls`` in one transaction; if a key is taken, each call must be stored by itself."""
        try:
            queued = self._store_all([each for new in calls for each in new])
        except IdempotencyKeyTakenError as exc:
            return [exc] if len(calls) == 1 else [_RetryUngrouped()] * len(calls)
        return [queued] * len(calls)

    def _store_all(self, new: Sequence[NewNotification]) -> set[str]:
        ready = [each.as_queued.after for each in new if each.as_queued is not None]
        confirmed: set[str] | None = None if ready and time.monotonic() >= self._broker_retry_at else set()

        def publish_once() -> bool:
            """Publish at the first try of the transaction; return whether the broker confirmed everything."""
            nonlocal confirmed
            if confirmed is None:
                confirmed = self._publish(ready)
            return len(confirmed) == len(ready)

        if confirmed is None:
            if self._store.add([each.as_queued or each.as_pending for each in new], may_commit=publish_once):
                return confirmed or set()
            confirmed = confirmed or set()
        self._store.add(
            [
                each.as_queued if each.as_queued and each.as_queued.after.id in confirmed else each.as_pending
                for each in new
            ]
        )
        return confirmed

    def _publish(self, notifications: Sequence[Notification]) -> set[str]:
        """Publish and return the ids that the broker confirmed in time."""
        result = self._executor.submit(publish, self._queue, notifications)
        try:
            confirmed = result.result(CONFIRM_TIMEOUT.total_seconds())
        except TimeoutError:
            result.cancel()
            logger.warning("Broker too slow, the sweep will publish", extra={"count": len(notifications)})
            confirmed = set()
        except Exception:
            logger.exception("Publishing failed, the sweep will publish", extra={"count": len(notifications)})
            confirmed = set()
        if not confirmed:
            self._broker_retry_at = time.monotonic() + BROKER_COOLDOWN.total_seconds()
        return confirmed
