"""Put overdue notifications back into their lanes, and delete unused attachments, every minute."""

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
    counts = container("sweep").sweep.sweep(deadline)
    counts["attachments_deleted"] = container("sweep").expire_attachments.expire(deadline)
    done = {name: count for name, count in counts.items() if count}
    EmfMetrics().gauge(SWEEP_HEARTBEAT, 1)
    logger.info("Swept", extra={"done": done})
    return done


lambda_handler = entry_point("sweep", _handle)
