"""The queue, from memory."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.notifications.enums import Lane
from wavecom.domain.queue_messages import QueueMessage, WebhookLane, WebhookMessage


class FakeQueue:
    """Queues in lists. A test takes messages out with `take`, and may switch the broker off."""

    name = "rabbitmq"

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.lanes: dict[Lane, list[QueueMessage]] = {lane: [] for lane in Lane}
        self.delayed: list[tuple[timedelta, QueueMessage]] = []
        self.dead: list[QueueMessage] = []
        self.webhooks: dict[WebhookLane, list[WebhookMessage]] = {lane: [] for lane in WebhookLane}
        self.delayed_webhooks: list[tuple[timedelta, WebhookMessage]] = []
        self.down = False
        self.refused: set[str] = set()

    def publish(self, messages: Sequence[QueueMessage], *, delay: timedelta = timedelta(0)) -> list[QueueMessage]:
        self._answer()
        confirmed = [message for message in messages if message.notification_id not in self.refused]
        for message in confirmed:
            if delay > timedelta(0):
                self.delayed.append((delay, message))
            else:
                self.lanes[message.lane].append(message)
        return confirmed

    def dead_letter(self, messages: Sequence[QueueMessage]) -> list[QueueMessage]:
        self._answer()
        self.dead += messages
        return list(messages)

    def publish_webhooks(
        self, messages: Sequence[WebhookMessage], *, delay: timedelta = timedelta(0)
    ) -> list[WebhookMessage]:
        self._answer()
        for message in messages:
            if delay > timedelta(0):
                self.delayed_webhooks.append((delay, message))
            else:
                self.webhooks[message.lane].append(message)
        return list(messages)

    def depths(self) -> dict[str, int]:
        self._answer()
        depths = {lane.value: len(messages) for lane, messages in self.lanes.items()}
        depths |= {lane.value: len(messages) for lane, messages in self.webhooks.items()}
        return {**depths, "retry": len(self.delayed), "notifications_dlq": len(self.dead)}

    def ping(self, timeout: timedelta) -> None:
        self._answer()

    def take(self, lane: Lane) -> list[QueueMessage]:
        taken, self.lanes[lane] = self.lanes[lane], []
        return taken

    def take_webhooks(self) -> list[WebhookMessage]:
        """Take all messages of webhooks, and those whose delay is over for a test."""
        taken = [message for lane in WebhookLane for message in self.webhooks[lane]]
        taken += [message for _, message in self.delayed_webhooks]
        self.webhooks = {lane: [] for lane in WebhookLane}
        self.delayed_webhooks = []
        return taken

    def _answer(self) -> None:
        if self.down:
            raise QueueUnavailableError("The broker does not answer")
