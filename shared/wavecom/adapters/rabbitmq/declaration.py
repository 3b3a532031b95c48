"""Declares a broker's queues, exchanges and bindings by `wavecom.topology`."""

from typing import Any

from wavecom import topology

QUEUE_WEIGHT = "1"
"""The routing key of a binding to a consistent-hash exchange: the queue's share, the same for all."""


def declare(channel: Any, lane_shards: int) -> None:
    """Declare everything, for lanes of ``lane_shards`` queues each. Raises what py-amqp raises.

    A lane of one queue is bound directly to the lanes' exchange, which every RabbitMQ supports. A lane of several has a
    consistent-hash exchange of its name in between, so that a notification's messages stay in one queue.
    """
    for name, arguments in topology.rabbitmq_queues(lane_shards).items():
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
    channel.exchange_declare(topology.LANES_EXCHANGE, "direct", durable=True, auto_delete=False)
    for lane in topology.LANES:
        if lane_shards == 1:
            _bind_queue(channel, lane)
        else:
            _bind_shards(channel, lane, lane_shards)
    for queue in topology.WEBHOOK_QUEUES:
        channel.queue_bind(queue, topology.LANES_EXCHANGE, routing_key=queue)
    for seconds in topology.RETRY_DELAYS_SECONDS:
        exchange = topology.delay_exchange(seconds)
        channel.exchange_declare(exchange, "fanout", durable=True, auto_delete=False)
        channel.queue_bind(topology.delay_queue(seconds), exchange)


def _bind_queue(channel: Any, lane: str) -> None:
    """Bind the lane's only queue, and delete the exchange and bindings of an earlier, wider lane."""
    channel.queue_bind(lane, topology.LANES_EXCHANGE, routing_key=lane)
    channel.exchange_delete(lane)


def _bind_shards(channel: Any, lane: str, count: int) -> None:
    """Bind the lane's exchange and its queues, and only then unbind those of an earlier, other width."""
    channel.exchange_declare(
        lane, "x-consistent-hash", durable=True, auto_delete=False, arguments={"hash-property": "message_id"}
    )
    for queue in topology.shards(lane, count):
        channel.queue_bind(queue, lane, routing_key=QUEUE_WEIGHT)
    channel.exchange_bind(lane, topology.LANES_EXCHANGE, routing_key=lane)
    channel.queue_unbind(lane, topology.LANES_EXCHANGE, routing_key=lane)
    for queue in topology.shards(lane, topology.MAX_SHARDS)[count:]:
        channel.queue_unbind(queue, lane, routing_key=QUEUE_WEIGHT)
