"""Publish messages to the lanes, the delay queues, the dead-letter queue and the queues of webhooks."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from wavecom.domain.queue_messages import QueueMessage, WebhookMessage


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
        """Return how many messages wait: for each lane, ``retry`` (all delays together), the dead letters and webhooks.

        Delayed messages of webhooks count under ``retry`` where a broker keeps them there.
        """

    def ping(self, timeout: timedelta) -> None:
        """Raise `QueueUnavailableError` unless the broker answers within ``timeout``."""


class WebhookQueue(Protocol):
    """The queues of webhooks."""

    def publish_webhooks(
        self, messages: Sequence[WebhookMessage], *, delay: timedelta = timedelta(0)
    ) -> list[WebhookMessage]:
        """Put messages in their queues, after ``delay``, and return those that the broker confirmed.

        A delay may be shortened to one that the broker offers. Raises `QueueUnavailableError`.
        """
