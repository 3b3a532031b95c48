"""Lanes that are spread over several queues of a real RabbitMQ, and the ways from one width to another."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import message_about, queued
from wavecom import topology
from wavecom.adapters.rabbitmq.connection import connect
from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
from wavecom.domain.notifications.enums import Priority
from wavecom.domain.queue_messages import QueueMessage

WIDE = 4
STANDARD_SHARDS = topology.shards("notifications", WIDE)


@pytest.fixture
def channel(rabbitmq_url: str) -> Iterator[Any]:
    """A channel to a broker that has lanes of one queue again afterwards."""
    connection = connect(rabbitmq_url)
    channel = connection.channel()
    yield channel
    declare(rabbitmq_url, 1).close()
    for lane in topology.LANES:
        for queue in topology.shards(lane, WIDE)[1:]:
            channel.queue_delete(queue)
    for name in topology.rabbitmq_queues():
        channel.queue_purge(name)
    connection.close()


def declare(url: str, lane_shards: int) -> RabbitMQQueue:
    queue = RabbitMQQueue(url, lane_shards=lane_shards)
    queue.declare()
    return queue


def messages(count: int) -> list[QueueMessage]:
    return [message_about(queued(priority=Priority.LOW)) for _ in range(count)]


def taken(channel: Any, queue: str) -> list[str]:
    found = []
    while (message := channel.basic_get(queue, no_ack=True)) is not None:
        found.append(message.properties["message_id"])
    return found


def test_a_lane_of_several_queues_spreads_its_messages_and_tells_its_depth_as_one(
    rabbitmq_url: str, channel: Any
) -> None:
    queue = declare(rabbitmq_url, WIDE)
    sent = messages(400)

    confirmed = queue.publish(sent)

    assert len(confirmed) == 400
    assert queue.depths()["notifications"] == 400
    found = {shard: taken(channel, shard) for shard in STANDARD_SHARDS}
    assert Counter(each for ids in found.values() for each in ids) == Counter(each.notification_id for each in sent)
    assert all(len(ids) > 40 for ids in found.values()), {shard: len(ids) for shard, ids in found.items()}
    queue.close()


def test_every_message_about_a_notification_comes_to_the_same_queue_a_delayed_one_as_well(
    rabbitmq_url: str, channel: Any
) -> None:
    queue = declare(rabbitmq_url, WIDE)
    sent = messages(20)
    queue.publish(sent)
    first = {shard: set(taken(channel, shard)) for shard in STANDARD_SHARDS}

    queue.publish(sent, delay=timedelta(seconds=5))
    until = time.monotonic() + 20
    again: dict[str, set[str]] = {shard: set() for shard in STANDARD_SHARDS}
    while sum(map(len, again.values())) < len(sent) and time.monotonic() < until:
        for shard in STANDARD_SHARDS:
            again[shard].update(taken(channel, shard))
        time.sleep(0.1)

    assert again == first
    queue.close()


@pytest.mark.parametrize(("before", "after"), [(1, WIDE), (WIDE, 2), (WIDE, 1)])
def test_after_a_change_of_width_each_message_is_in_one_queue_that_is_read(
    rabbitmq_url: str, channel: Any, before: int, after: int
) -> None:
    declare(rabbitmq_url, before).close()
    queue = declare(rabbitmq_url, after)
    sent = messages(100)

    queue.publish(sent)

    read = [each for shard in topology.shards("notifications", after) for each in taken(channel, shard)]
    assert Counter(read) == Counter(each.notification_id for each in sent)
    queue.close()


def test_what_waits_when_a_lane_gets_wider_stays_in_a_queue_that_is_read(rabbitmq_url: str, channel: Any) -> None:
    narrow = declare(rabbitmq_url, 1)
    narrow.publish(messages(10))

    wide = declare(rabbitmq_url, WIDE)

    assert wide.depths()["notifications"] == 10
    narrow.close()
    wide.close()
