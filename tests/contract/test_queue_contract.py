"""What every queue does: RabbitMQ, SQS in moto, SQS in an emulator of its own process, and the fake."""

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from tests.builders import queued
from tests.contract.adapters import on_servers
from tests.contract.brokers_down import over_brokers_that_are_down
from tests.fakes import FakeQueue
from wavecom import topology
from wavecom.adapters.rabbitmq.connection import connect
from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
from wavecom.adapters.sqs.queue import SqsQueue
from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.notifications.enums import Lane, Priority
from wavecom.domain.queue_messages import QueueMessage, WebhookLane
from wavecom.ports.queue import Queue

PORT = Queue

WAIT_SECONDS = 10.0


@dataclass
class Broker:
    """A queue and a way to take messages out of it, as a consumer would."""

    queue: Queue
    take: Callable[[str], list[str]]
    """Take all messages that are ready in a queue, as their bodies."""

    def wait_for(self, queue_name: str, count: int) -> list[QueueMessage]:
        bodies: list[str] = []
        until = time.monotonic() + WAIT_SECONDS
        while len(bodies) < count and time.monotonic() < until:
            bodies += self.take(queue_name)
            time.sleep(0.02)
        return [QueueMessage.model_validate_json(body) for body in bodies]


@pytest.fixture(params=["fake", *map(on_servers, ("rabbitmq", "sqs-moto", "sqs-ministack"))])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    match request.param:
        case "fake":
            yield _fake()
        case "rabbitmq":
            yield from _rabbitmq(request.getfixturevalue("rabbitmq_url"))
        case "sqs-moto":
            with mock_aws():
                yield from _sqs(boto3.client("sqs", region_name="us-east-1"))
        case "sqs-ministack":
            client = boto3.client(
                "sqs",
                region_name="us-east-1",
                endpoint_url=request.getfixturevalue("ministack_url"),
                aws_access_key_id="local",
                aws_secret_access_key="local",
            )
            yield from _sqs(client)


def _fake() -> Broker:
    queue = FakeQueue()

    def take(name: str) -> list[str]:
        if name == topology.DEAD_LETTERS:
            taken, queue.dead = queue.dead, []
        else:
            taken = queue.take(Lane(name))
            taken += [message for _, message in queue.delayed if message.lane.value == name]
            queue.delayed = []
        return [message.body() for message in taken]

    return Broker(queue, take)


def _rabbitmq(url: str) -> Iterator[Broker]:
    queue = RabbitMQQueue(url)
    queue.declare()
    connection = connect(url)
    channel = connection.channel()
    for name in topology.rabbitmq_queues():
        channel.queue_purge(name)

    def take(name: str) -> list[str]:
        bodies = []
        while (message := channel.basic_get(name, no_ack=True)) is not None:
            assert message.properties["delivery_mode"] == 2, "messages survive a restart of the broker"
            bodies.append(message.body)
        return bodies

    yield Broker(queue, take)
    connection.close()
    queue.close()


def _sqs(client) -> Iterator[Broker]:
    queue = SqsQueue(client, prefix=f"t{uuid.uuid4().hex[:8]}-")
    queue.declare()

    def take(name: str) -> list[str]:
        bodies: list[str] = []
        sources = [name] if name == topology.DEAD_LETTERS else [name, topology.RETRY]
        for source in sources:
            while messages := client.receive_message(
                QueueUrl=queue.url(source), MaxNumberOfMessages=10, AttributeNames=["All"]
            ).get("Messages"):
                taken = [{"Id": each["MessageId"], "ReceiptHandle": each["ReceiptHandle"]} for each in messages]
                client.delete_message_batch(QueueUrl=queue.url(source), Entries=taken)
                for message in messages:
                    assert message["Attributes"]["MessageGroupId"] == "bank-a", "fair queues go by the tenant"
                    bodies.append(message["Body"])
        return bodies

    yield Broker(queue, take)
    queue.close()


def messages(count: int, priority: Priority = Priority.HIGH) -> list[QueueMessage]:
    return [QueueMessage.about(queued(priority=priority)) for _ in range(count)]


def ids(of: list[QueueMessage]) -> list[str]:
    return sorted(message.notification_id for message in of)


def test_messages_reach_their_lanes(broker: Broker) -> None:
    high, standard = messages(3), messages(4, Priority.LOW)

    confirmed = broker.queue.publish([*high, *standard])

    assert ids(confirmed) == ids([*high, *standard])
    assert ids(broker.wait_for("high_priority", 3)) == ids(high)
    assert ids(broker.wait_for("notifications", 4)) == ids(standard)


def test_a_batch_of_500_is_confirmed_whole(broker: Broker) -> None:
    published = messages(500)

    assert ids(broker.queue.publish(published)) == ids(published)
    assert ids(broker.wait_for("high_priority", 500)) == ids(published)


def test_a_message_carries_nothing_but_id_lane_and_retry_count(broker: Broker) -> None:
    broker.queue.publish(messages(1))

    (body,) = [message.model_dump(by_alias=True) for message in broker.wait_for("high_priority", 1)]

    assert set(body) == {"notificationId", "lane", "retryCount"}


def test_publishing_nothing_is_no_error(broker: Broker) -> None:
    assert broker.queue.publish([]) == []
    assert broker.queue.dead_letter([]) == []


def test_dead_letters_have_a_queue_of_their_own(broker: Broker) -> None:
    dead = messages(2)

    assert ids(broker.queue.dead_letter(dead)) == ids(dead)
    assert ids(broker.wait_for(topology.DEAD_LETTERS, 2)) == ids(dead)


def test_depths_are_told_for_every_queue(broker: Broker) -> None:
    broker.queue.publish(messages(3))
    broker.queue.publish(messages(2), delay=timedelta(seconds=25))
    broker.queue.dead_letter(messages(1))

    until = time.monotonic() + WAIT_SECONDS
    expected = {"high_priority": 3, "notifications": 0, "retry": 2, "notifications_dlq": 1}
    expected |= dict.fromkeys(WebhookLane, 0)
    while broker.queue.depths() != expected and time.monotonic() < until:
        time.sleep(0.05)

    assert broker.queue.depths() == expected


def test_many_threads_publish_at_once(broker: Broker) -> None:
    batches = [messages(20) for _ in range(16)]

    with ThreadPoolExecutor(8) as threads:
        confirmed = [message for batch in threads.map(broker.queue.publish, batches) for message in batch]

    assert ids(confirmed) == ids([message for batch in batches for message in batch])
    assert ids(broker.wait_for("high_priority", 320)) == ids(confirmed)


def test_a_broker_that_answers_is_pinged(broker: Broker) -> None:
    broker.queue.ping(timedelta(seconds=2))


@pytest.mark.parametrize("broker", list(map(on_servers, ("rabbitmq", "sqs-ministack", "sqs-moto"))), indirect=True)
def test_a_delayed_message_comes_to_its_lane_not_before_its_time(broker: Broker) -> None:
    (message,) = messages(1)

    started = time.monotonic()
    broker.queue.publish([message], delay=timedelta(seconds=5))
    (arrived,) = broker.wait_for("high_priority", 1)
    took = time.monotonic() - started

    assert arrived.notification_id == message.notification_id
    assert arrived.lane is Lane.HIGH
    assert took >= 4.9


@pytest.mark.servers
@over_brokers_that_are_down
def test_a_broker_that_is_down_is_said_so(queue: Queue) -> None:
    for call in (
        lambda: queue.publish(messages(1)),
        lambda: queue.dead_letter(messages(1)),
        queue.depths,
        lambda: queue.ping(timedelta(seconds=1)),
    ):
        with pytest.raises(QueueUnavailableError):
            call()


def test_a_dead_connection_is_replaced_and_the_messages_published_again(rabbitmq_url: str) -> None:
    for broker in _rabbitmq(rabbitmq_url):
        assert isinstance(broker.queue, RabbitMQQueue)
        broker.queue.publish(messages(1))
        with broker.queue._publisher() as publisher:
            assert publisher._connection is not None
            publisher._connection.transport.sock.close()

        confirmed = broker.queue.publish(messages(2))

        assert len(confirmed) == 2
        assert len(broker.wait_for("high_priority", 3)) == 3


def test_a_dead_connection_does_not_hide_the_depths(rabbitmq_url: str) -> None:
    for broker in _rabbitmq(rabbitmq_url):
        assert isinstance(broker.queue, RabbitMQQueue)
        broker.queue.publish(messages(2))
        with broker.queue._publisher() as publisher:
            assert publisher._connection is not None
            publisher._connection.transport.sock.close()

        assert broker.queue.depths()["high_priority"] == 2


def test_an_idle_connection_is_not_trusted(rabbitmq_url: str, monkeypatch) -> None:
    for broker in _rabbitmq(rabbitmq_url):
        assert isinstance(broker.queue, RabbitMQQueue)
        broker.queue.publish(messages(1))
        with broker.queue._publisher() as publisher:
            before = publisher._connection
            publisher._used_at -= 61

        broker.queue.publish(messages(1))

        assert publisher._connection is not before


def test_a_full_lane_refuses_and_the_others_take(rabbitmq_url: str) -> None:
    queue = RabbitMQQueue(rabbitmq_url)
    queue.declare()
    connection = connect(rabbitmq_url)
    channel = connection.channel()
    channel.queue_delete("high_priority")
    channel.queue_declare(
        "high_priority",
        durable=True,
        auto_delete=False,
        arguments={"x-queue-type": "quorum", "x-max-length": 5, "x-overflow": "reject-publish"},
    )
    try:
        confirmed = [len(queue.publish(messages(10))) for _ in range(5)]

        assert sum(confirmed) < 50
        assert len(queue.publish(messages(3, Priority.LOW))) == 3
    finally:
        channel.queue_delete("high_priority")
        connection.close()
        queue.declare()
        queue.close()


def test_what_no_queue_takes_is_not_confirmed(rabbitmq_url: str) -> None:
    queue = RabbitMQQueue(rabbitmq_url)
    queue.declare()
    connection = connect(rabbitmq_url)
    channel = connection.channel()
    channel.queue_delete("notifications")
    try:
        assert queue.publish(messages(2, Priority.LOW)) == []
    finally:
        connection.close()
        queue.declare()
        queue.close()


def test_the_body_of_a_message_is_all_of_it_but_the_tenant() -> None:
    (message,) = messages(1)

    assert QueueMessage.model_validate_json(message.body()) == message.model_copy(update={"tenant_id": None})
