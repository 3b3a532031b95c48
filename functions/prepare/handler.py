"""Prepare a deployment once, before anything consumes: the database's indexes and, on RabbitMQ, the queues.

Existing ones are left unchanged. It raises if something cannot be created; the deployment is then rolled back.
"""

import logging
from datetime import timedelta
from typing import Any

from wavecom.adapters.mongo.client import Mongo, available
from wavecom.adapters.mongo.indexes import create_indexes
from wavecom.bootstrap import container, entry_point
from wavecom.domain.errors import StoreUnavailableError

REACH_TIMEOUT = timedelta(seconds=45)
"""The time to reach the database; longer than the election of a primary takes."""
RESERVE = timedelta(seconds=15)
"""The time for the queues, after the indexes."""

logger = logging.getLogger("wavecom.prepare")


def _handle(event: dict[str, Any], context: Any) -> None:
    parts = container("prepare")
    _check_reachable(parts.mongo)
    create_indexes(
        parts.mongo.database, timeout=timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
    )
    if parts.settings.broker == "rabbitmq":  # SQS queues are resources of the stack itself
        parts.queue.declare()
    logger.info("Prepared", extra={"broker": parts.settings.broker})


def _check_reachable(mongo: Mongo) -> None:
    """Fail early if the database is unreachable, not after the time limit of the indexes."""
    try:
        with available(REACH_TIMEOUT):
            mongo.database.command("ping")
    except StoreUnavailableError as exc:
        advice = 'does its access list let the functions in (docs/deploy.md, "A database")?'
        raise StoreUnavailableError(f"{exc}; is its connection string right, and {advice}") from exc


lambda_handler = entry_point("prepare", _handle)
