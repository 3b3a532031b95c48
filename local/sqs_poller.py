"""Passes one SQS queue's messages to its function, as an SQS event source mapping does."""

import logging
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.context import LocalContext, stop_signal
from local.functions import target_of
from wavecom.adapters.sqs.queue import SqsQueue, sqs_client
from wavecom.bootstrap import container
from wavecom.domain.errors import QueueUnavailableError

logger = logging.getLogger("wavecom.local")

RECEIVE_AT_ONCE = 10
RECEIVERS = 4
WINDOW_SECONDS = 0.2
"""The time a batch collects messages after its first one."""
LONG_POLL_SECONDS = 1
PAUSE_SECONDS = 1.0
"""The pause after an error, before the next try."""

Message = dict[str, Any]


class SqsPoller:
    """Receives messages, invokes the function, and deletes those that succeeded; others become visible again."""

    def __init__(self, queue_name: str) -> None:
        settings = container().settings
        self._client: Any = sqs_client(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
        self._queue = SqsQueue(self._client, prefix=settings.sqs_queue_prefix)
        self._queue_name = queue_name
        self._target = target_of(queue_name)
        self._arn = f"arn:aws:sqs:{settings.aws_region}:000000000000:{queue_name}"
        self._region = settings.aws_region
        self._threads = ThreadPoolExecutor(2 * RECEIVERS)

    def run(self, stopping: threading.Event) -> None:
        """Poll until the stop event; the current batch is finished."""
        while not stopping.is_set():
            try:
                messages = self._collect()
                if messages:
                    self._invoke(messages)
            except (BotoCoreError, ClientError, QueueUnavailableError):
                logger.warning("SQS does not answer, trying again", exc_info=True)
                stopping.wait(PAUSE_SECONDS)
            except Exception:
                logger.exception("Batch failed, its messages become visible again")
                stopping.wait(PAUSE_SECONDS)

    def _collect(self) -> list[Message]:
        messages = self._receive(LONG_POLL_SECONDS)
        closes = time.monotonic() + WINDOW_SECONDS
        while messages and len(messages) < self._target.batch_size and time.monotonic() < closes:
            received = [more for each in self._threads.map(self._receive, [0] * RECEIVERS) for more in each]
            if not received:
                break
            messages += received
        return messages

    def _receive(self, wait_seconds: int) -> list[Message]:
        answer = self._client.receive_message(
            QueueUrl=self._queue.url(self._queue_name),
            MaxNumberOfMessages=RECEIVE_AT_ONCE,
            WaitTimeSeconds=wait_seconds,
            AttributeNames=["All"],
        )
        messages: list[Message] = answer.get("Messages", [])
        return messages

    def _invoke(self, messages: Sequence[Message]) -> None:
        answer = self._target.handle({"Records": [self._record(message) for message in messages]}, LocalContext())
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        done = [message for message in messages if message["MessageId"] not in failed]
        batches = [done[start : start + RECEIVE_AT_ONCE] for start in range(0, len(done), RECEIVE_AT_ONCE)]
        list(self._threads.map(self._delete, batches))

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": self._region,
        }

    def _delete(self, messages: Sequence[Message]) -> None:
        entries = [
            {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]} for index, message in enumerate(messages)
        ]
        self._client.delete_message_batch(QueueUrl=self._queue.url(self._queue_name), Entries=entries)


def main(queue_name: str) -> None:
    """Poll ``queue_name`` until a stop signal."""
    SqsPoller(queue_name).run(stop_signal())


if __name__ == "__main__":
    main(sys.argv[1])
