"""Queue messages, from an SQS or a RabbitMQ event source mapping."""

import logging
import time
from datetime import timedelta
from typing import Any

from wavecom.application.deadline import Deadline
from wavecom.bootstrap import container, entry_point
from wavecom.domain.queue_messages import QueueMessage
from wavecom.metrics import QUEUE_WAIT
from wavecom.observability import EmfMetrics
from wavecom.queue_events import parse_queue_event

logger = logging.getLogger("wavecom.deliver")


def _handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    started = time.monotonic()
    batch = parse_queue_event(event, QueueMessage)
    # Time for the last sends to end, and for recording them.
    reserve = container("deliver").settings.send_bound
    deadline = Deadline(timedelta(milliseconds=context.get_remaining_time_in_millis()), reserve=reserve)
    report = container("deliver").deliver.deliver(batch.messages, deadline)
    logger.info(
        "Batch delivered",
        extra={
            "messages": report.messages,
            "claimed": report.claimed,
            "early": report.early,
            "unrecorded": report.unrecorded,
            "statuses": dict(report.by_status),
            "duration_ms": round((time.monotonic() - started) * 1000),
        },
    )
    metrics = EmfMetrics()
    for lane, waited in report.waited.items():
        metrics.gauge(QUEUE_WAIT, waited / timedelta(milliseconds=1), queue=lane.value)
    # Claimed notifications are in the database's hands; if none could be claimed, the raise makes the broker try again.
    return batch.answer()


lambda_handler = entry_point("deliver", _handle)
