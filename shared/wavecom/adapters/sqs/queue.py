"""The queues on Amazon SQS."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from wavecom import topology
from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.queue_messages import QueueMessage, WebhookMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

T = TypeVar("T")
AnyMessage = QueueMessage | WebhookMessage
Message = TypeVar("Message", bound=AnyMessage)

BATCH_SIZE = 10
"""Entries in one SendMessageBatch (Amazon SQS API reference, "SendMessageBatch")."""
MAX_PARALLEL_CALLS = 8
CONNECT_TIMEOUT = timedelta(seconds=1)
READ_TIMEOUT = timedelta(seconds=3)


def sqs_client(*, region: str, endpoint_url: str | None) -> "SQSClient":
    """Return a client with timeouts and a few retries."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT.total_seconds(),
        read_timeout=READ_TIMEOUT.total_seconds(),
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=4 * MAX_PARALLEL_CALLS,
    )
    client: SQSClient = boto3.client("sqs", region_name=region, endpoint_url=endpoint_url, config=config)
    return client


class SqsQueue:
    """`wavecom.ports.queue.Queue` and `wavecom.ports.queue.WebhookQueue` on Amazon SQS.

    Standard queues with the tenant as message group are fair queues: one tenant's flood does not hold up
    another (Amazon SQS developer guide, "Amazon SQS fair queues").
    """

    name = "sqs"

    def __init__(self, client: "SQSClient", *, prefix: str = "") -> None:
        self._client = client
        self._prefix = prefix
        self._urls: dict[str, str] = {}
        self._threads = ThreadPoolExecutor(MAX_PARALLEL_CALLS, thread_name_prefix="sqs")

    def publish(self, messages: Sequence[QueueMessage], *, delay: timedelta = timedelta(0)) -> list[QueueMessage]:
        """See `wavecom.ports.queue.Queue.publish`. A delay is rounded up to a second, 900 at the most."""
        if delay > timedelta(0):
            return self._send(topology.RETRY, messages, _seconds(delay))
        return self._send_to_each(
            {lane: [each for each in messages if each.lane.value == lane] for lane in topology.LANES}
        )

    def publish_webhooks(
        self, messages: Sequence[WebhookMessage], *, delay: timedelta = timedelta(0)
    ) -> list[WebhookMessage]:
        """See `wavecom.ports.queue.WebhookQueue.publish_webhooks`. Delayed ones wait in their own queue."""
        by_lane = {lane: [each for each in messages if each.lane.value == lane] for lane in topology.WEBHOOK_QUEUES}
        return self._send_to_each(by_lane, _seconds(delay))

    def _send_to_each(self, by_lane: Mapping[str, Sequence[Message]], delay_seconds: int = 0) -> list[Message]:
        errors, confirmed = [], list[Message]()
        for lane, in_lane in by_lane.items():
            try:
                confirmed += self._send(lane, in_lane, delay_seconds)
            except QueueUnavailableError as exc:  # one lane's failure does not discard the other's confirms
                errors.append(exc)
        if errors and not confirmed:
            raise errors[0]
        return confirmed

    def dead_letter(self, messages: Sequence[QueueMessage]) -> list[QueueMessage]:
        """See `wavecom.ports.queue.Queue.dead_letter`."""
        return self._send(topology.DEAD_LETTERS, messages)

    def _send(self, queue: str, messages: Sequence[Message], delay_seconds: int = 0) -> list[Message]:
        if not messages:
            return []
        url = self.url(queue)
        calls = [messages[start : start + BATCH_SIZE] for start in range(0, len(messages), BATCH_SIZE)]
        sent = [
            call.result()
            for call in [self._threads.submit(self._try_batch, url, each, delay_seconds) for each in calls]
        ]
        errors = [each for each in sent if isinstance(each, Exception)]
        if len(errors) == len(calls):
            raise QueueUnavailableError("SQS does not answer") from errors[0]
        return [message for confirmed in sent if not isinstance(confirmed, Exception) for message in confirmed]

    def _try_batch(self, url: str, batch: Sequence[Message], delay_seconds: int) -> list[Message] | Exception:
        """Return the messages that SQS confirmed; a batch that is refused as a whole does not fail the others."""
        try:
            return self._send_batch(url, batch, delay_seconds)
        except (BotoCoreError, ClientError) as exc:
            return exc

    def _send_batch(self, url: str, batch: Sequence[Message], delay_seconds: int) -> list[Message]:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            _entry(str(index), message, delay_seconds) for index, message in enumerate(batch)
        ]
        answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
        return [batch[int(success["Id"])] for success in answer.get("Successful", [])]

    def depths(self) -> dict[str, int]:
        """See `wavecom.ports.queue.Queue.depths`. Messages in flight at a consumer count as waiting."""

        def depth(queue: str) -> int:
            attributes = self._client.get_queue_attributes(
                QueueUrl=self.url(queue),
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )["Attributes"]
            return sum(int(value) for value in attributes.values())

        return _call(lambda: {queue: depth(queue) for queue in topology.SQS_QUEUES})

    def ping(self, timeout: timedelta) -> None:
        """See `wavecom.ports.queue.Queue.ping`. The client's own timeouts limit it."""
        name = self._prefix + topology.DEAD_LETTERS
        _call(lambda: self._client.get_queue_url(QueueName=name))

    def declare(self) -> None:
        """Create missing queues, for development; the CDK app creates them in AWS."""

        def create(queue: str, attributes: "Mapping[QueueAttributeNameType, str]") -> str:
            created = self._client.create_queue(QueueName=self._prefix + queue, Attributes=attributes)
            return self._client.get_queue_attributes(QueueUrl=created["QueueUrl"], AttributeNames=["QueueArn"])[
                "Attributes"
            ]["QueueArn"]

        def create_all() -> None:
            kept = str(topology.DEAD_LETTERS_KEPT_SECONDS)
            dead_letters = create(topology.DEAD_LETTERS, {"MessageRetentionPeriod": kept})
            redrive = {"deadLetterTargetArn": dead_letters, "maxReceiveCount": topology.SQS_MAX_RECEIVES}
            lanes = dict.fromkeys((*topology.LANES, topology.RETRY), topology.delivery_limits().visibility_timeout)
            webhooks = dict.fromkeys(topology.WEBHOOK_QUEUES, topology.WEBHOOK_VISIBILITY_SECONDS)
            for queue, visibility in {**lanes, **webhooks}.items():
                create(queue, {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": str(visibility)})

        _call(create_all)

    def url(self, queue: str) -> str:
        """Return a queue's URL, requested once. Raises `QueueUnavailableError`."""
        if queue not in self._urls:
            name = self._prefix + queue
            self._urls[queue] = _call(lambda: self._client.get_queue_url(QueueName=name))["QueueUrl"]
        return self._urls[queue]

    def close(self) -> None:
        """Stop the threads and close all connections."""
        self._threads.shutdown()
        self._client.close()


def _seconds(delay: timedelta) -> int:
    return min(math.ceil(delay.total_seconds()), topology.SQS_MAX_DELAY_SECONDS)


def _entry(entry_id: str, message: AnyMessage, delay_seconds: int) -> "SendMessageBatchRequestEntryTypeDef":
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": entry_id, "MessageBody": message.body()}
    if message.tenant_id is not None:
        entry["MessageGroupId"] = message.tenant_id
    if delay_seconds:
        entry["DelaySeconds"] = delay_seconds
    return entry


def _call(call: Callable[[], T]) -> T:
    try:
        return call()
    except (BotoCoreError, ClientError) as exc:
        raise QueueUnavailableError("SQS does not answer, or its queues are missing") from exc
