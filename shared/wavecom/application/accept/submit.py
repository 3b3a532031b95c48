"""Accept notifications: store them, queue them, and answer."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from wavecom.application.accept.store_and_queue import NewNotification, StoreAndQueue
from wavecom.domain.errors import IdempotencyConflictError, IdempotencyKeyTakenError, StoreUnavailableError
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.change import Change, combine
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Draft, Idempotency, IdempotentCall, Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.tenants import DEFAULT_POLICY, TenantPolicy
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue
from wavecom.ports.system import Clock


@dataclass(frozen=True, slots=True)
class Submission:
    """The result of a submit: notifications by the index of their draft; ``repeated`` if an earlier call made them."""

    notifications: dict[int, Notification]
    repeated: bool = False


class Submit:
    """Accept drafts of one tenant, all in one transaction.

    Accepted means stored: if the broker is down, the notifications stay PENDING and the sweep queues them.
    """

    def __init__(
        self,
        *,
        store: NotificationStore,
        queue: Queue,
        clock: Clock,
        timings: Timings,
        executor: Executor | None = None,
    ) -> None:
        """Create a use case that publishes messages in ``executor``, or in threads of its own if it is None."""
        self._store = store
        self._store_and_queue = StoreAndQueue(store, queue, executor)
        self._clock = clock
        self._timings = timings

    def submit(
        self,
        tenant_id: str,
        drafts: Mapping[int, Draft],
        call: IdempotentCall | None = None,
        policy: TenantPolicy = DEFAULT_POLICY,
    ) -> Submission:
        """Store and queue ``drafts`` (500 at the most, by their index in the call) and return the result.

        A repeated ``call`` gets the notifications of the first. Raises `IdempotencyConflictError` if the first was a
        different request, and `StoreUnavailableError`.
        """
        if not drafts:
            return Submission({})
        at = self._clock()
        keys = _keys(call, drafts)
        created = {
            index: lifecycle.create(
                draft, tenant_id=tenant_id, at=at, timings=self._timings, policy=policy, idempotency=keys.get(index)
            )
            for index, draft in drafts.items()
        }
        try:
            queued = self._store_and_queue.store(
                [NewNotification(change, self._queued(change, at)) for change in created.values()]
            )
        except IdempotencyKeyTakenError:
            earlier = self.find_earlier(tenant_id, call) if call else None
            if earlier is None:
                raise StoreUnavailableError("An earlier call with this key is being written; try again") from None
            return earlier
        stored = ((index, change.after) for index, change in created.items())
        return Submission({index: lifecycle.as_created(each, queued=each.id in queued) for index, each in stored})

    def find_earlier(self, tenant_id: str, call: IdempotentCall) -> Submission | None:
        """Return the notifications that an earlier call with the same key made, None if there was none.

        Raises `IdempotencyConflictError` if that call was a different request.
        """
        found = self._store.find_by_idempotency_keys(tenant_id, [_key(call, index) for index in range(-1, call.items)])
        accepted = {}
        for each in found:
            if each.idempotency is None or each.idempotency.fingerprint != call.fingerprint:
                raise IdempotencyConflictError("This Idempotency-Key was used before with another request")
            accepted[each.idempotency.index] = lifecycle.as_created(
                each, queued=each.state.status is not Status.PENDING
            )
        return Submission(accepted, repeated=True) if accepted else None

    def _queued(self, created: Change, at: datetime) -> Change | None:
        """Return the change that stores a new notification as queued, None if it is scheduled for later."""
        notification = created.after
        if notification.scheduled_at is not None and notification.scheduled_at > at:
            return None
        return combine(created, lifecycle.enqueue(notification, at=at, timings=self._timings))


def _keys(call: IdempotentCall | None, indexes: Iterable[int]) -> dict[int, Idempotency]:
    """Return the idempotency of each item of a call.

    The first accepted item carries the call's bare key, so that any two calls with the same key collide.
    """
    if call is None:
        return {}
    return {
        index: Idempotency(key=_key(call, index if position else -1), fingerprint=call.fingerprint, index=index)
        for position, index in enumerate(indexes)
    }


def _key(call: IdempotentCall, index: int) -> str:
    return call.key if index < 0 else f"{call.key}\n{index}"
