"""``python -m benchmarks.invocation``: invoke the deliver function twice, once to warm up, and print the seconds.

Reads the ids of the notifications to deliver on standard input, as JSON. The environment is the stack's.
"""

import base64
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from functions.deliver.handler import lambda_handler
from local.context import LocalContext
from wavecom import topology
from wavecom.domain.notifications.enums import Lane
from wavecom.domain.queue_messages import QueueMessage


def rabbitmq_event(ids: Sequence[str]) -> dict[str, Any]:
    """Return the event of a RabbitMQ mapping that announces notifications of the standard lane."""
    bodies = [QueueMessage(notification_id=each, lane=Lane.STANDARD, retry_count=0).body() for each in ids]
    messages = [{"basicProperties": {}, "data": base64.b64encode(body.encode()).decode()} for body in bodies]
    return {"eventSource": "aws:rmq", "rmqMessagesByQueue": {f"{topology.STANDARD}::/": messages}}


def main() -> None:
    """Invoke the function and print the seconds."""
    ids = json.loads(sys.stdin.read())
    lambda_handler(rabbitmq_event(["0" * 24]), LocalContext())
    event, context = rabbitmq_event(ids), LocalContext()
    started = time.monotonic()
    lambda_handler(event, context)
    sys.stdout.write(f"{time.monotonic() - started:.3f}\n")


if __name__ == "__main__":
    main()
