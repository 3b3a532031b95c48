"""The invocation context that Lambda passes to a handler, and the stop signal."""

import signal
import threading
import time
import uuid
from datetime import timedelta

TIME_LIMIT = timedelta(seconds=60)
"""The timeout of the functions in AWS."""


class LocalContext:
    """The part of Lambda's context that the handlers use."""

    function_name = "local"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:local:000000000000:function:local"

    def __init__(self, limit: timedelta = TIME_LIMIT) -> None:
        self.aws_request_id = str(uuid.uuid4())
        self._ends = time.monotonic() + limit.total_seconds()

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left."""
        return max(0, round((self._ends - time.monotonic()) * 1000))


def stop_signal() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set: finish work in progress, begin nothing new."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
