"""The function that each queue's messages are passed to, and how many at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wavecom import topology

BATCH_SIZE = 1000
"""The most messages of notifications in one batch."""


@dataclass(frozen=True, slots=True)
class Target:
    """The function that an event source mapping passes messages to."""

    handle: Callable[[dict[str, Any], Any], Any]
    batch_size: int


def target_of(queue: str) -> Target:
    """Return the function of a queue; it is imported only here, as each has its own process."""
    if queue in topology.WEBHOOK_QUEUES:
        from functions.webhooks.handler import lambda_handler as deliver_webhooks  # noqa: PLC0415

        return Target(deliver_webhooks, topology.WEBHOOK_BATCH)
    from functions.deliver.handler import lambda_handler as deliver  # noqa: PLC0415

    return Target(deliver, BATCH_SIZE)
