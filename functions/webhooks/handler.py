"""Messages of webhooks, from an SQS or a RabbitMQ event source mapping.

Without a SEALING_KEY no endpoint can be read: messages are taken without effect, and the sweep announces their events
and deliveries again once there is a key.
"""

import logging
import time
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from typing import Any

from wavecom.application.deadline import Deadline
from wavecom.bootstrap import container, entry_point
from wavecom.domain.queue_messages import WebhookMessage
from wavecom.queue_events import parse_queue_event
from wavecom.topology import WEBHOOK_TIMEOUT_SECONDS

logger = logging.getLogger("wavecom.webhooks")

RESERVE = timedelta(seconds=WEBHOOK_TIMEOUT_SECONDS + 5)
"""The time for the last calls to end, and for recording them."""


def _handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    started = time.monotonic()
    batch = parse_queue_event(event, WebhookMessage)
    deadline = Deadline(timedelta(milliseconds=context.get_remaining_time_in_millis()), reserve=RESERVE)
    deliver_webhooks = container("webhooks").deliver_webhooks
    if deliver_webhooks is None:
        _say_that_there_is_no_key()
        return batch.answer()
    summary = deliver_webhooks.deliver(batch.messages, deadline)
    logger.info(
        "Webhooks delivered",
        extra={"counts": asdict(summary), "duration_ms": round((time.monotonic() - started) * 1000)},
    )
    return batch.answer()


@cache
def _say_that_there_is_no_key() -> None:
    logger.error("No webhook is delivered without SEALING_KEY: the sweep announces all again once there is one")


lambda_handler = entry_point("webhooks", _handle)
