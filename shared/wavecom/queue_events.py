"""Lambda events of queues, turned into queue messages, and the answers back."""

import base64
import logging
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

logger = logging.getLogger(__name__)

Message = TypeVar("Message", bound=BaseModel)


@dataclass(slots=True)
class QueueBatch(Generic[Message]):
    """The messages of one event, and the SQS ids of those that cannot be read."""

    kind: type[Message]
    messages: list[Message] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def answer(self) -> dict[str, Any]:
        """Return the answer to the event source (ReportBatchItemFailures; RabbitMQ's mapping ignores it).

        Unreadable messages are reported as failed, so that the redrive policy moves them to the dead letters.
        """
        return {"batchItemFailures": [{"itemIdentifier": each} for each in self.unreadable]}


def parse_queue_event(event: dict[str, Any], kind: type[Message]) -> QueueBatch[Message]:
    """Return the messages of a kind in an event of an SQS or a RabbitMQ (``aws:rmq``) event source mapping.

    Unreadable messages are logged; no notification is lost, since the sweep reads the database. Raises
    ValueError for an event of another shape.
    """
    batch = QueueBatch(kind)
    if event.get("eventSource") == "aws:rmq":
        for messages in event["rmqMessagesByQueue"].values():
            for message in messages:
                _parse(_decoded(message.get("data")), None, batch)
    elif "Records" in event:
        for record in event["Records"]:
            _parse(record["body"], record["messageId"], batch)
    else:
        raise ValueError("Neither an SQS nor a RabbitMQ event")
    return batch


def _decoded(data: str | None) -> bytes:
    try:
        return base64.b64decode(data or "", validate=True)
    except ValueError:
        return b""


def _parse(body: str | bytes, sqs_id: str | None, batch: QueueBatch[Message]) -> None:
    try:
        batch.messages.append(batch.kind.model_validate_json(body))
    except ValidationError as exc:
        errors = [error["type"] for error in exc.errors(include_input=False)]
        logger.error("Unreadable queue message", extra={"length": len(body), "errors": errors})  # noqa: TRY400 - the trace would show the body
        if sqs_id is not None:
            batch.unreadable.append(sqs_id)
