"""Calls the sweep and observe functions on their schedule, as EventBridge Scheduler does in AWS."""

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from functions.observe.handler import lambda_handler as observe
from functions.sweep.handler import lambda_handler as sweep
from local.context import LocalContext, stop_signal
from wavecom.bootstrap import container
from wavecom.domain.errors import QueueUnavailableError

logger = logging.getLogger("wavecom.local")


def main() -> None:
    """Run until a stop signal. Intervals come from SWEEP_EVERY_SECONDS and OBSERVE_EVERY_SECONDS."""
    stopping = stop_signal()
    every: dict[Callable[[dict[str, Any], Any], Any], float] = {
        sweep: float(os.environ.get("SWEEP_EVERY_SECONDS") or "5"),
        observe: float(os.environ.get("OBSERVE_EVERY_SECONDS") or "15"),
    }
    due = dict.fromkeys(every, 0.0)
    while not stopping.is_set():
        for function, at in due.items():
            if time.monotonic() >= at:
                due[function] = time.monotonic() + every[function]
                try:
                    _declare_queues()
                    function({}, LocalContext())
                except Exception:
                    logger.exception("Scheduled function failed, it runs again in time")
        stopping.wait(max(0.0, min(due.values()) - time.monotonic()))


def _declare_queues() -> None:
    """Declare the queues again, since a restarted emulator has lost them."""
    with suppress(QueueUnavailableError):
        container().queue.declare()


if __name__ == "__main__":
    main()
