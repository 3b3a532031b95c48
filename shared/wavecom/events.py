"""Lambda events of queues, turned into queue messages, and the answers back."""

import base64
import binascii
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from wavecom.domain.messages import QueueMessage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QueueBatch:
    """The messages of one event. ``sqs_ids`` are the SQS message ids, empty for RabbitMQ."""

    messages: list[QueueMessage]
    sqs_ids: list[str]

    def all_failed(self) -> dict[str, Any]:
        """Return the answer that makes SQS deliver every message again (ReportBatchItemFailures)."""
        return {"batchItemFailures": [{"itemIdentifier": each} for each in self.sqs_ids]}


def parse_queue_event(event: dict[str, Any]) -> QueueBatch:
    """Return the messages of an event of an SQS or a RabbitMQ (``aws:rmq``) event source mapping.

    What cannot be read is logged and left out: delivering it again would not help, and no notification is
    lost by it, since the sweep goes by the database. Raises ValueError for an event of another shape.
    """
    if event.get("eventSource") == "aws:rmq":
        queues = event["rmqMessagesByQueue"]
        bodies = [_decoded(message.get("data")) for messages in queues.values() for message in messages]
        return QueueBatch(_parsed(bodies), [])
    if "Records" in event:
        records = event["Records"]
        return QueueBatch(_parsed(record["body"] for record in records), [record["messageId"] for record in records])
    raise ValueError("Neither an SQS nor a RabbitMQ event")


def _decoded(data: str | None) -> bytes:
    try:
        return base64.b64decode(data or "", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _parsed(bodies: Iterable[str | bytes]) -> list[QueueMessage]:
    messages = []
    for body in bodies:
        try:
            messages.append(QueueMessage.model_validate_json(body))
        except ValidationError as exc:
            logger.error(  # noqa: TRY400 - the trace would show the body
                "Unreadable queue message left out",
                extra={"length": len(body), "errors": [error["type"] for error in exc.errors(include_input=False)]},
            )
    return messages
