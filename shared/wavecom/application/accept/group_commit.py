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

GATHERED: Final = 500
"""Notifications of several callers in one transaction; what one caller asks for is never parted."""
ALONE: Final = 100
"""A call with so many notifications gains nothing by company, and would keep it waiting."""
AT_ONCE: Final = 2
"""Groups under way: while one waits for the disk or the broker, the other is made."""
PUBLISHES_AT_ONCE: Final = 16
CONFIRMED_WITHIN: Final = timedelta(seconds=3)
"""How long a transaction stays open for the broker; well within the time that the store has for all of it."""
LEFT_ALONE: Final = timedelta(seconds=5)
"""How long nobody waits for a broker that confirmed nothing: what comes meanwhile is PENDING at once."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A new notification as it is without a message in a queue, and with one; None where it is not its time yet."""

    pending: Change
    queued: Change | None


class _PartedError(Exception):
    """A group cannot be written: each of its calls is to go alone."""


class Accept:
    """Writes newcomers, publishes their messages, and commits.

    The messages go out when all is written and nothing of it can be refused any more, just before the commit that
    makes it seen. So whatever is stored as QUEUED has been confirmed by the broker, and a consumer that is faster than
    the commit finds nothing for a moment.

    What several threads ask for at once is one transaction. Calls with idempotency keys are not among the others, since
    they wait for an earlier call with the same key that is still being written. The broker is asked in ``executor``,
    and not waited for longer than `CONFIRMED_WITHIN`: what it takes later is PENDING all the same, which does no harm.
    """

    def __init__(self, store: NotificationStore, queue: Queue, executor: Executor | None = None) -> None:
        self._store = store
        self._queue = queue
        self._executor = executor or ThreadPoolExecutor(PUBLISHES_AT_ONCE, thread_name_prefix="publish")
        self._asked_again_at = 0.0
        self._gathers: dict[bool, Gather[Sequence[Newcomer], set[str]]] = {
            with_keys: Gather(self._accept_group, most=GATHERED, weigh=len, at_once=AT_ONCE)
            for with_keys in (False, True)
        }

    def __call__(self, newcomers: Sequence[Newcomer]) -> set[str]:
        """Store ``newcomers``, all or none, and return ids among which are those of them that are queued.

        Those that the broker did not take stay PENDING, for the sweep. Raises `IdempotencyKeyTakenError`, and
        `StoreUnavailableError`.
        """
        if len(newcomers) >= ALONE:
            return self._accept(newcomers)
        with_keys = any(each.pending.after.idempotency for each in newcomers)
        try:
            return self._gathers[with_keys](newcomers)
        except _PartedError:
            return self._accept(newcomers)

    def _accept_group(self, calls: Sequence[Sequence[Newcomer]]) -> list[set[str] | Exception]:
        """Accept what all ``calls`` ask for; where the key of one of them is taken, each has to go alone."""
        try:
            queued = self._accept([each for newcomers in calls for each in newcomers])
        except IdempotencyKeyTakenError as exc:
            return [exc] if len(calls) == 1 else [_PartedError()] * len(calls)
        return [queued] * len(calls)

    def _accept(self, newcomers: Sequence[Newcomer]) -> set[str]:
        ready = [each.queued.after for each in newcomers if each.queued is not None]
        confirmed: set[str] | None = None if ready and time.monotonic() >= self._asked_again_at else set()

        def announced() -> bool:
            """Publish once, however often the transaction is tried, and say whether the broker took everything."""
            nonlocal confirmed
            if confirmed is None:
                confirmed = self._publish(ready)
            return len(confirmed) == len(ready)

        if confirmed is None:
            if self._store.add([each.queued or each.pending for each in newcomers], provided=announced):
                return confirmed or set()
            confirmed = confirmed or set()
        self._store.add(
            [each.queued if each.queued and each.queued.after.id in confirmed else each.pending for each in newcomers]
        )
        return confirmed

    def _publish(self, notifications: Sequence[Notification]) -> set[str]:
        """Return the ids that the broker confirmed in time."""
        published = self._executor.submit(publish, self._queue, notifications)
        try:
            confirmed = published.result(CONFIRMED_WITHIN.total_seconds())
        except TimeoutError:
            published.cancel()
            logger.warning("Broker too slow, the sweep will publish", extra={"count": len(notifications)})
            confirmed = set()
        except Exception:
            logger.exception("Publishing failed, the sweep will publish", extra={"count": len(notifications)})
            confirmed = set()
        if not confirmed:
            self._asked_again_at = time.monotonic() + LEFT_ALONE.total_seconds()
        return confirmed
