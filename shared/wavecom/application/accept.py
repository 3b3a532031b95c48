"""Store new notifications and announce them in one go: QUEUED is committed only after the broker's confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wavecom.application.publishing import publish
from wavecom.domain.change import Change
from wavecom.domain.errors import StoreUnavailableError
from wavecom.gather import Gather
from wavecom.ports import IdempotencyKeyTakenError, NotificationStore, Queue

GATHERED: Final = 500
"""Notifications of several callers in one transaction; what one caller asks for is never parted."""
ALONE: Final = 100
"""A call with so many notifications gains nothing by company, and would keep it waiting."""
AT_ONCE: Final = 2
"""Groups under way: while one waits for the disk or the broker, the other is made."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A new notification as it is without a message in a queue, and with one; None where it is not its time yet."""

    pending: Change
    queued: Change | None


class Accept:
    """Writes newcomers, publishes their messages, and commits.

    The messages go out when all is written and nothing of it can be refused any more, just before the commit that
    makes it seen. So whatever is stored as QUEUED has been confirmed by the broker, and a consumer that is faster than
    the commit finds nothing for a moment. What several threads ask for at once is one transaction.
    """

    def __init__(self, store: NotificationStore, queue: Queue) -> None:
        self._store = store
        self._queue = queue
        self._calls: Gather[Sequence[Newcomer], set[str]] = Gather(
            self._accept_group, most=GATHERED, weigh=len, at_once=AT_ONCE
        )

    def __call__(self, newcomers: Sequence[Newcomer]) -> set[str]:
        """Store ``newcomers``, all or none, and return the ids of those that are queued.

        Those that the broker did not take stay PENDING, for the sweep. Raises `IdempotencyKeyTakenError`, and
        `StoreUnavailableError`.
        """
        return self._accept(newcomers) if len(newcomers) >= ALONE else self._calls(newcomers)

    def _accept_group(self, calls: Sequence[Sequence[Newcomer]]) -> list[set[str] | Exception]:
        """Accept what all ``calls`` ask for, or each on its own where the idempotency key of one of them is taken."""
        try:
            queued = self._accept([each for newcomers in calls for each in newcomers])
        except IdempotencyKeyTakenError as exc:
            return [exc] if len(calls) == 1 else [self._try_to_accept(newcomers) for newcomers in calls]
        return [queued] * len(calls)

    def _try_to_accept(self, newcomers: Sequence[Newcomer]) -> set[str] | Exception:
        try:
            return self._accept(newcomers)
        except (IdempotencyKeyTakenError, StoreUnavailableError) as exc:
            return exc

    def _accept(self, newcomers: Sequence[Newcomer]) -> set[str]:
        ready = [each.queued.after for each in newcomers if each.queued is not None]
        confirmed: set[str] | None = None

        def announced() -> bool:
            """Publish once, however often the transaction is tried, and say whether the broker took everything."""
            nonlocal confirmed
            if confirmed is None:
                confirmed = publish(self._queue, ready)
            return len(confirmed) == len(ready)

        if not self._store.add([each.queued or each.pending for each in newcomers], provided=announced):
            taken = confirmed or set()
            self._store.add(
                [each.queued if each.queued and each.queued.after.id in taken else each.pending for each in newcomers]
            )
        return confirmed or set()
