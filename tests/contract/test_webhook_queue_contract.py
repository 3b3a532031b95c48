"""What every queue of webhooks does: RabbitMQ, SQS in moto, SQS in an emulator of its own process, and the fake."""

import json
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from tests.contract.adapters import on_servers
from tests.contract.brokers_down import over_brokers_that_are_down
from tests.fakes import FakeQueue
from wavecom import topology
from wavecom.adapters.rabbitmq.connection import connect
from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
from wavecom.adapters.sqs.queue import SqsQueue
from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.queue_messages import EVENTS_PER_MESSAGE, WebhookLane, WebhookMessage
from wavecom.ports.queue import WebhookQueue

PORT = WebhookQueue

WAIT_SECONDS = 10.0
ENDPOINT = "ep_0123456789abcdef01234567"
QUICK, SLOW = WebhookLane.QUICK, WebhookLane.SLOW


@dataclass
class Broker:
    """A queue and a way to take messages out of it, as a consumer would."""

    queue: WebhookQueue
    take: Callable[[WebhookLane], list[str]]
    """Take all messages that are ready in a queue, as their bodies."""

    def wait_for(self, lane: WebhookLane, count: int) -> list[str]:
        bodies: list[str] = []
        until = time.monotonic() + WAIT_SECONDS
        while len(bodies) < count and time.monotonic() < until:
            bodies += self.take(lane)
            time.sleep(0.02)
        return sorted(bodies)


@pytest.fixture(params=["fake", *map(on_servers, ("rabbitmq", "sqs-moto", "sqs-ministack"))])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    match request.param:
        case "fake":
            yield _fake()
        case "rabbitmq":
            yield from _rabbitmq(request.getfixturevalue("rabbitmq_url"))
        case "sqs-moto":
            with mock_aws():
                yield from _sqs(None)
        case "sqs-ministack":
            yield from _sqs(request.getfixturevalue("ministack_url"))


def _fake() -> Broker:
    queue = FakeQueue()

    def take(lane: WebhookLane) -> list[str]:
        taken, queue.webhooks[lane] = queue.webhooks[lane], []
        return [message.body() for message in taken]

    return Broker(queue, take)


def _rabbitmq(url: str) -> Iterator[Broker]:
    queue = RabbitMQQueue(url)
    queue.declare()
    connection = connect(url)
    channel = connection.channel()
    for name in topology.rabbitmq_queues():
        channel.queue_purge(name)

    def take(lane: WebhookLane) -> list[str]:
        bodies = []
        while (message := channel.basic_get(lane.value, no_ack=True)) is not None:
            assert message.properties["delivery_mode"] == 2, "messages survive a restart of the broker"
            bodies.append(message.body)
        return bodies

    yield Broker(queue, take)
    connection.close()
    queue.close()


def _sqs(endpoint_url: str | None) -> Iterator[Broker]:
    client = boto3.client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=endpoint_url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    queue = SqsQueue(client, prefix=f"t{uuid.uuid4().hex[:8]}-")
    queue.declare()

    def take(lane: WebhookLane) -> list[str]:
        bodies: list[str] = []
        url = queue.url(lane.value)
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]).get(
            "Messages"
        ):
            taken = [{"Id": each["MessageId"], "ReceiptHandle": each["ReceiptHandle"]} for each in messages]
            client.delete_message_batch(QueueUrl=url, Entries=taken)
            for message in messages:
                assert message["Attributes"]["MessageGroupId"] == "bank-a", "fair queues go by the tenant"
                bodies.append(message["Body"])
        return bodies

    yield Broker(queue, take)
    queue.close()


def messages(events: int = 1, lane: WebhookLane = QUICK, endpoint_id: str | None = None) -> list[WebhookMessage]:
    ids = [f"evt_{secrets.token_hex(12)}_2" for _ in range(events)]
    return WebhookMessage.about("bank-a", ids, lane=lane, endpoint_id=endpoint_id)


def bodies(of: Sequence[WebhookMessage]) -> list[str]:
    return sorted(message.body() for message in of)


def test_messages_reach_their_queues(broker: Broker) -> None:
    quick = [*messages(), *messages(endpoint_id=ENDPOINT)]
    slow = [each for _ in range(3) for each in messages(lane=SLOW, endpoint_id=ENDPOINT)]

    confirmed = broker.queue.publish_webhooks([*slow, *quick])

    assert bodies(confirmed) == bodies([*quick, *slow])
    assert broker.wait_for(QUICK, 2) == bodies(quick)
    assert broker.wait_for(SLOW, 3) == bodies(slow)


@pytest.mark.parametrize("endpoint_id", [None, ENDPOINT])
def test_a_body_is_read_as_it_was_written(broker: Broker, endpoint_id: str | None) -> None:
    (message,) = messages(3, endpoint_id=endpoint_id)
    broker.queue.publish_webhooks([message])

    (body,) = broker.wait_for(QUICK, 1)

    assert WebhookMessage.model_validate_json(body) == message.model_copy(update={"tenant_id": None})
    assert set(json.loads(body)) == {"lane", "eventIds"} | ({"endpointId"} if endpoint_id else set())


def test_many_events_are_split_over_messages(broker: Broker) -> None:
    published = messages(2 * EVENTS_PER_MESSAGE + 5)
    assert [len(each.event_ids) for each in published] == [20, 20, 5]

    broker.queue.publish_webhooks(published)

    received = [WebhookMessage.model_validate_json(each) for each in broker.wait_for(QUICK, 3)]
    ids = {event_id for each in received for event_id in each.event_ids}
    assert ids == {event_id for each in published for event_id in each.event_ids}
    assert len(ids) == 45


def test_a_batch_of_200_is_confirmed_whole(broker: Broker) -> None:
    published = [each for _ in range(200) for each in messages()]

    assert bodies(broker.queue.publish_webhooks(published)) == bodies(published)
    assert broker.wait_for(QUICK, 200) == bodies(published)


def test_publishing_nothing_is_no_error(broker: Broker) -> None:
    assert broker.queue.publish_webhooks([]) == []
    assert broker.queue.publish_webhooks([], delay=timedelta(seconds=5)) == []


def test_many_threads_publish_at_once(broker: Broker) -> None:
    batches = [[each for _ in range(10) for each in messages(lane=list(WebhookLane)[n % 2])] for n in range(16)]

    with ThreadPoolExecutor(8) as threads:
        confirmed = [message for batch in threads.map(broker.queue.publish_webhooks, batches) for message in batch]

    assert bodies(confirmed) == bodies([message for batch in batches for message in batch])
    assert len(broker.wait_for(QUICK, 80)) == len(broker.wait_for(SLOW, 80)) == 80


def test_a_delayed_message_is_confirmed_and_not_there_yet(broker: Broker) -> None:
    published = messages(lane=SLOW)

    assert broker.queue.publish_webhooks(published, delay=timedelta(seconds=25)) == published

    time.sleep(0.1)
    assert broker.take(SLOW) == []


@pytest.mark.parametrize("broker", list(map(on_servers, ("rabbitmq", "sqs-ministack", "sqs-moto"))), indirect=True)
def test_a_delayed_message_comes_to_its_queue_not_before_its_time(broker: Broker) -> None:
    quick, slow = messages(), messages(lane=SLOW, endpoint_id=ENDPOINT)

    started = time.monotonic()
    broker.queue.publish_webhooks([*quick, *slow], delay=timedelta(seconds=5))
    arrived = broker.wait_for(SLOW, 1)
    took = time.monotonic() - started

    assert took >= 4.9
    assert arrived == bodies(slow)
    assert broker.wait_for(QUICK, 1) == bodies(quick)


@pytest.mark.servers
@over_brokers_that_are_down
@pytest.mark.parametrize("delay", [timedelta(0), timedelta(seconds=5)])
def test_a_broker_that_is_down_is_said_so(queue: WebhookQueue, delay: timedelta) -> None:
    with pytest.raises(QueueUnavailableError):
        queue.publish_webhooks(messages(), delay=delay)


def test_a_fake_that_is_down_is_said_so() -> None:
    queue = FakeQueue()
    queue.down = True

    with pytest.raises(QueueUnavailableError):
        queue.publish_webhooks(messages())
