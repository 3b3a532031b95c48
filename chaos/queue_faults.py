"""Messages from outside in the lanes: copies, stale ones, forged ones, and noise."""

import random
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Final

import amqp
from bson import ObjectId

from chaos.stack import ChaosStack, Document
from wavecom import topology
from wavecom.domain.notifications.enums import Lane, Priority, Status
from wavecom.domain.queue_messages import QueueMessage

COPIES: Final = 2
MAX_COPIED: Final = 3_000
FORGERIES: Final = 500
NOISE: Final = (b"", b"\xff\xfe", b"{}", b"[]", b'{"notificationId": 7}', b"null")
WAITING: Final = [each.value for each in (Status.PENDING, Status.QUEUED, Status.RETRYING, Status.PROCESSING)]


def publish_copies(stack: ChaosStack, ids: Sequence[str]) -> None:
    """Publish every unfinished notification among the latest of ``ids`` twice more, in both lanes."""
    wanted = {"_id": {"$in": [ObjectId(each) for each in ids[-MAX_COPIED:]]}, "status": {"$in": WAITING}}
    found = stack.database.notifications.find(wanted, {"priority": 1, "retryCount": 1})
    bodies = [(lane, _message(each).body()) for each in found for lane in topology.LANES]
    _publish(stack, (each for each in bodies for _ in range(COPIES)))


def publish_forgeries(stack: ChaosStack, ids: Sequence[str], chance: random.Random) -> None:
    """Publish finished notifications, wrong retry counts, notifications that do not exist, and noise."""
    sample = chance.sample(list(ids), min(len(ids), FORGERIES))
    known = [(each, chance.randint(0, 5)) for each in sample]
    unknown = [(secrets.token_hex(12), 0) for _ in range(FORGERIES)]
    forged = [
        QueueMessage(notification_id=notification_id, lane=Lane.HIGH, retry_count=retries).body()
        for notification_id, retries in (*known, *unknown)
    ]
    _publish(stack, ((chance.choice(topology.LANES), body) for body in (*forged, *NOISE)))


def _message(document: Document) -> QueueMessage:
    return QueueMessage(
        notification_id=str(document["_id"]),
        lane=Lane.of(Priority(document["priority"])),
        retry_count=document["retryCount"],
    )


def _publish(stack: ChaosStack, messages: Iterable[tuple[str, Any]]) -> None:
    with stack.broker_channel() as channel:
        for lane, body in messages:
            message = amqp.Message(body, content_type="application/json", delivery_mode=2)
            channel.basic_publish(message, exchange="", routing_key=lane)
        channel.queue_declare(topology.STANDARD, passive=True)  # answered after all messages before it
