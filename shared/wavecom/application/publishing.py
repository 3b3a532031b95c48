"""Messages that follow from stored changes: to lanes, delay queues and the dead-letter queue."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from wavecom.domain.errors import QueueUnavailableError, StoreUnavailableError
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.timings import RETRY_DELAYS
from wavecom.domain.queue_messages import QueueMessage
from wavecom.ports.notifications import NotificationStore
from wavecom.ports.queue import Queue

logger = logging.getLogger(__name__)


def publish(queue: Queue, notifications: Sequence[Notification], *, delay: timedelta = timedelta(0)) -> set[str]:
    """Publish notifications to their lanes and return the ids that the broker confirmed, none if it is down."""
    return publish_messages(queue, [QueueMessage.about(notification) for notification in notifications], delay=delay)


def publish_messages(queue: Queue, messages: Sequence[QueueMessage], *, delay: timedelta = timedelta(0)) -> set[str]:
    """Put messages in their lanes and return the ids of the notifications whose messages the broker confirmed."""
    if not messages:
        return set()
    try:
        confirmed = queue.publish(messages, delay=delay)
    except QueueUnavailableError:
        logger.warning("Broker unavailable, the sweep will publish", extra={"count": len(messages)}, exc_info=True)
        return set()
    return {message.notification_id for message in confirmed}


def announce(
    store: NotificationStore,
    queue: Queue,
    notifications: Sequence[Notification],
    published: Callable[[Notification], Change],
    unpublished: Callable[[Notification], Change] | None = None,
) -> set[str]:
    """Publish notifications, store the changes for confirmed and other ones, and return the confirmed ids.

    If the changes cannot be stored, the sweep still finds the notifications soon. A consumer may have claimed some
    already; then their change matches nothing, which is not an error.
    """
    confirmed = publish(queue, notifications)
    changes = [published(each) for each in notifications if each.id in confirmed]
    if unpublished is not None:
        changes += [unpublished(each) for each in notifications if each.id not in confirmed]
    if changes:
        try:
            store.save(changes)
        except StoreUnavailableError:
            logger.warning("Published but not recorded as such", extra={"count": len(changes)}, exc_info=True)
    return confirmed


def follow_up(queue: Queue, changes: Iterable[Change]) -> None:
    """Publish the retries and dead letters of stored changes.

    A message lost here is recovered: the sweep finds a retry by its ``due_at``.
    """
    retries: defaultdict[timedelta, list[Notification]] = defaultdict(list)
    dead: list[Notification] = []
    for change in changes:
        notification = change.after
        if change.retry_in is not None:
            if change.retry_in <= RETRY_DELAYS[-1]:  # no delay queue is longer; the sweep finds later ones
                retries[change.retry_in].append(notification)
        elif notification.state.status is Status.FAILED:
            dead.append(notification)
    for delay, notifications in retries.items():
        publish(queue, notifications, delay=delay)
    if dead:
        try:
            queue.dead_letter([QueueMessage.about(notification) for notification in dead])
        except QueueUnavailableError:
            logger.warning("Broker unavailable, dead letters not queued", extra={"count": len(dead)}, exc_info=True)
