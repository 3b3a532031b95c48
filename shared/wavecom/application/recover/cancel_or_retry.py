"""A client's actions on a notification that is waiting or has failed: cancel and retry."""

from collections.abc import Callable
from dataclasses import dataclass

from wavecom.application.publishing import announce
from wavecom.domain.errors import IllegalTransitionError, NotFoundError
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.lifecycle import Replay
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import Timings
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue
from wavecom.ports.system import Clock

MAX_TRIES = 5
"""Tries when a consumer moves the notification in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrRetry:
    """Cancels or retries one notification of a tenant."""

    store: NotificationStore
    queue: Queue
    clock: Clock
    timings: Timings

    def cancel(self, tenant_id: str, notification_id: str) -> Notification:
        """Cancel a notification that is PENDING, QUEUED or RETRYING, and return it.

        Raises `NotFoundError`, and `IllegalTransitionError` if its status does not allow it.
        """
        return self._change(tenant_id, notification_id, lambda each: lifecycle.cancel(each, at=self.clock()))

    def retry(self, tenant_id: str, notification_id: str, request: Replay) -> Notification:
        """Put a FAILED notification back in its lane with a new budget of retries, and return it.

        Raises `NotFoundError`, and `IllegalTransitionError` if its status does not allow it.
        """
        replayed = self._change(
            tenant_id,
            notification_id,
            lambda each: lifecycle.replay(each, at=self.clock(), timings=self.timings, request=request),
        )
        until = self.clock() + self.timings.queued
        announce(self.store, self.queue, [replayed], lambda each: lifecycle.postpone(each, until=until))
        return replayed

    def _change(self, tenant_id: str, notification_id: str, decide: Callable[[Notification], Change]) -> Notification:
        for _ in range(MAX_TRIES):
            notification = self.store.get(tenant_id, notification_id)
            if notification is None:
                raise NotFoundError("There is no such notification")
            for change in self.store.save([decide(notification)]):
                return change.after
        raise IllegalTransitionError("The notification is moving right now; look at it and try again")
