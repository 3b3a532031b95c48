"""Store new notifications and announce them in one go: QUEUED is committed only after the broker's confirm."""

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
"""Notifications of several callers in one transaction, at the most; one caller's are never divided."""
UNGROUPED_FROM: Final = 100
"""Calls with so many notifications skip group commit: they gain nothing by it, and others would wait for them."""
GROUPS_AT_ONCE: Final = 2
"""While one group waits for the disk or the broker, the next is prepared."""
PUBLISHES_AT_ONCE: Final = 16
CONFIRM_TIMEOUT: Final = timedelta(seconds=3)
"""How long a transaction stays open for the broker; well within the time that the store has for all of it."""
BROKER_COOLDOWN: Final = timedelta(seconds=5)
"""How long new notifications are stored as PENDING at once, after the broker confirmed nothing in time."""


@dataclass(frozen=True, slots=True)
class NewNotification:
    """The change that stores a new notification as PENDING, and the one that stores it as QUEUED.

    ``as_queued`` is None while its time has not come.
    """

    as_pending: Change
    as_queued: Change | None


class _RetryUngrouped(Exception):  # noqa: N818 - not an error, but a request to the caller
    """A group cannot be written, since a key of one of its calls is taken: each call is written by itself."""


class StoreAndQueue:
    """Write new notifications, publish their messages, and commit.

    The messages are published when everything is written and nothing can be refused any more, just before the commit
    that makes it visible. So whatever is stored as QUEUED has been confirmed by the broker, and a consumer that is
    faster than the commit finds nothing for a moment.

    Calls of several threads share one transaction. Calls with idempotency keys form groups of their own, since they
    wait for an earlier call with the same key that is still being written. Publishing runs in ``executor`` and is
    waited for no longer than `CONFIRM_TIMEOUT`; what the broker confirms later stays PENDING, which does no harm.
    """

    def __init__(self, store: NotificationStore, queue: Queue, executor: Executor | None = None) -> None:
        self._store = store
        self._queue = queue
        self._executor = executor or ThreadPoolExecutor(PUBLISHES_AT_ONCE, thread_name_prefix="publish")
        self._broker_asked_from = 0.0
        self._gathers: dict[bool, Gather[Sequence[NewNotification], set[str]]] = {
            with_keys: Gather(self._store_group, most=GROUP_MAX, weigh=len, at_once=GROUPS_AT_ONCE)
            for with_keys in (False, True)
        }

    def store(self, new: Sequence[NewNotification]) -> set[str]:
        """Store ``new`` notifications, all or none, and return ids among which are those of them that are queued.

        Those that the broker did not take stay PENDING, for the sweep. Raises `IdempotencyKeyTakenError`, and
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
        """Store what all ``calls`` ask for in one transaction; where a key is taken, each must be stored by itself."""
        try:
            queued = self._store_all([each for new in calls for each in new])
        except IdempotencyKeyTakenError as exc:
            return [exc] if len(calls) == 1 else [_RetryUngrouped()] * len(calls)
        return [queued] * len(calls)

    def _store_all(self, new: Sequence[NewNotification]) -> set[str]:
        ready = [each.as_queued.after for each in new if each.as_queued is not None]
        confirmed: set[str] | None = None if ready and time.monotonic() >= self._broker_asked_from else set()

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
        """Return the ids that the broker confirmed in time."""
        published = self._executor.submit(publish, self._queue, notifications)
        try:
            confirmed = published.result(CONFIRM_TIMEOUT.total_seconds())
        except TimeoutError:
            published.cancel()
            logger.warning("Broker too slow, the sweep will publish", extra={"count": len(notifications)})
            confirmed = set()
        except Exception:
            logger.exception("Publishing failed, the sweep will publish", extra={"count": len(notifications)})
            confirmed = set()
        if not confirmed:
            self._broker_asked_from = time.monotonic() + BROKER_COOLDOWN.total_seconds()
        return confirmed
