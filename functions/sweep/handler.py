"""Put overdue notifications and webhooks back into their queues, and delete unused attachments, every minute."""

import logging
from datetime import timedelta
from typing import Any

from wavecom.application.deadline import Deadline
from wavecom.bootstrap import container, entry_point
from wavecom.metrics import SWEEP_HEARTBEAT
from wavecom.observability import EmfMetrics

logger = logging.getLogger("wavecom.sweep")

RESERVE = timedelta(seconds=10)


def _handle(event: dict[str, Any], context: Any) -> dict[str, int]:
    deadline = Deadline(timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE)
    parts = container("sweep")
    counts = parts.sweep.sweep(deadline)
    counts["attachments_deleted"] = parts.expire_attachments.expire(deadline)
    if parts.sweep_webhooks is not None:
        counts += parts.sweep_webhooks.sweep(deadline)
    done = {name: count for name, count in counts.items() if count}
    EmfMetrics().gauge(SWEEP_HEARTBEAT, 1)
    logger.info("Swept", extra={"done": done})
    return done


lambda_handler = entry_point("sweep", _handle)
