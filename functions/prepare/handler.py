"""Once a deployment, before anything consumes: the database's indexes and, on RabbitMQ, the queues.

Whatever exists already is left as it is. It raises where something cannot be made, and the deployment is rolled back.
"""

import logging
from datetime import timedelta
from typing import Any

from wavecom.adapters.mongo.indexes import create_indexes
from wavecom.bootstrap import container, entry_point

RESERVE = timedelta(seconds=15)
"""For the queues, after the indexes."""

logger = logging.getLogger("wavecom.prepare")


def _handle(event: dict[str, Any], context: Any) -> None:
    parts = container("prepare")
    create_indexes(
        parts.mongo.database, timeout=timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
    )
    if parts.settings.broker == "rabbitmq":  # SQS queues are resources of the stack itself
        parts.queue.declare()
    logger.info("Prepared", extra={"broker": parts.settings.broker})


lambda_handler = entry_point("prepare", _handle)
