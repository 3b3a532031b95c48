"""The queues on RabbitMQ."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from queue import Empty, LifoQueue
from typing import TypeVar

from amqp.exceptions import AMQPError

from wavecom import topology
from wavecom.adapters.rabbitmq.connection import MAX_UNCONFIRMED, Outgoing, Publisher, connect
from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.queue_messages import QueueMessage, WebhookMessage
from wavecom.gather import Gather

Message = TypeVar("Message")
DEFAULT_EXCHANGE = ""
CONNECTIONS = 4
"""The connections that publish in parallel; further threads' messages are published together."""


class RabbitMQQueue:
    """`wavecom.ports.queue.Queue` and `wavecom.ports.queue.WebhookQueue` on RabbitMQ.

    Messages that many threads publish at once share a few connections.

    ``lane_shards`` is the number of queues of each lane.
    """

    name = "rabbitmq"

    def __init__(self, url: str, *, lane_shards: int = 1) -> None:
        self._url = url
        self._lane_shards = lane_shards
        self._idle: LifoQueue[Publisher] = LifoQueue()
        self._publishes: Gather[Sequence[Outgoing], list[bool]] = Gather(
            self._publish_group, max_size=MAX_UNCONFIRMED, size_of=len, at_once=CONNECTIONS
        )

    def publish(self, messages: Sequence[QueueMessage], *, delay: timedelta = timedelta(0)) -> list[QueueMessage]:
        """See `wavecom.ports.queue.Queue.publish`. A delay becomes the longest delay queue not above it."""
        exchange = _exchange(delay)
        outgoing = [Outgoing(exchange, each.lane.value, each.body(), each.notification_id) for each in messages]
        return self._publish(messages, outgoing)

    def publish_webhooks(
        self, messages: Sequence[WebhookMessage], *, delay: timedelta = timedelta(0)
    ) -> list[WebhookMessage]:
        """See `wavecom.ports.queue.WebhookQueue.publish_webhooks`. A delay becomes the longest one not above it."""
        exchange = _exchange(delay)
        outgoing = [Outgoing(exchange, each.lane.value, each.body(), each.event_ids[0]) for each in messages]
        return self._publish(messages, outgoing)

    def dead_letter(self, messages: Sequence[QueueMessage]) -> list[QueueMessage]:
        """See `wavecom.ports.queue.Queue.dead_letter`."""
        outgoing = [
            Outgoing(DEFAULT_EXCHANGE, topology.DEAD_LETTERS, each.body(), each.notification_id) for each in messages
        ]
        return self._publish(messages, outgoing)

    def _publish(self, messages: Sequence[Message], outgoing: Sequence[Outgoing]) -> list[Message]:
        confirmed = self._publishes(outgoing)
        return [message for message, ok in zip(messages, confirmed, strict=True) if ok]

    def _publish_group(self, calls: Sequence[Sequence[Outgoing]]) -> list[list[bool]]:
        """Publish the messages of all ``calls`` and return the broker's answers to each."""
        with self._publisher() as publisher:
            answers = iter(publisher.publish([outgoing for call in calls for outgoing in call]))
        return [list(islice(answers, len(call))) for call in calls]

    def depths(self) -> dict[str, int]:
        """See `wavecom.ports.queue.Queue.depths`."""
        with self._publisher() as publisher:
            depths = publisher.depths(list(topology.rabbitmq_queues(self._lane_shards)))
        parts = {lane: topology.shards(lane, self._lane_shards) for lane in topology.LANES}
        parts[topology.RETRY] = tuple(topology.delay_queue(seconds) for seconds in topology.RETRY_DELAYS_SECONDS)
        parts |= {queue: (queue,) for queue in (topology.DEAD_LETTERS, *topology.WEBHOOK_QUEUES)}
        return {name: sum(depths[queue] for queue in queues) for name, queues in parts.items()}

    def ping(self, timeout: timedelta) -> None:
        """See `wavecom.ports.queue.Queue.ping`. It opens a new connection, since an idle one proves nothing."""
        try:
            connect(self._url, timeout=timeout).close()
        except (AMQPError, OSError) as exc:
            raise QueueUnavailableError("RabbitMQ does not answer") from exc

    def declare(self) -> None:
        """Declare all queues; existing ones are left unchanged. Raises `QueueUnavailableError`."""
        with self._publisher() as publisher:
            publisher.declare(self._lane_shards)

    def close(self) -> None:
        """Close all idle connections."""
        with contextlib.suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    @contextlib.contextmanager
    def _publisher(self) -> Iterator[Publisher]:
        try:
            publisher = self._idle.get_nowait()
        except Empty:
            publisher = Publisher(self._url)
        try:
            yield publisher
        finally:
            self._idle.put(publisher)


def _exchange(delay: timedelta) -> str:
    if delay <= timedelta(0):
        return topology.LANES_EXCHANGE
    return topology.delay_exchange(topology.delay_at_most(delay.total_seconds()))
