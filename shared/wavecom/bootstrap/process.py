"""The start of a process: its container, its garbage collector and its Lambda handler."""

import gc
from functools import cache
from typing import Any

from wavecom.adapters.secrets import read_secret
from wavecom.bootstrap.use_cases import Container
from wavecom.needs import NEEDS
from wavecom.observability import Handler, configure_logging, traced
from wavecom.settings import SECRET_SETTINGS, Settings

OBJECTS_BEFORE_COLLECTION = 50_000
"""The number of new container objects, minus freed ones, before a collection; some megabytes."""


@cache
def container(function: str | None = None) -> Container:
    """Return the process's container, made from the environment on the first call.

    It reads the secrets that ``function`` needs (`wavecom.needs.NEEDS`), or all if one process is every function.
    Raises `SettingsError`, and `UnavailableError` if a secret cannot be read.
    """
    return Container(Settings.from_environment(read_secret, secrets=NEEDS[function] if function else SECRET_SETTINGS))


def collect_garbage_rarely() -> None:
    """Set the garbage collector for a process that holds batches of notifications, few of them in cycles.

    With CPython's defaults it scans a batch of 1,000 repeatedly, a sixth of a consumer's time. Objects loaded before
    this call are never scanned again (https://docs.python.org/3/library/gc.html#gc.freeze).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)


def entry_point(service: str, handle: Handler) -> Handler:
    """Return ``handle`` as the Lambda handler of the function ``service``: JSON logs, traced if TRACING is on."""
    configure_logging(service)

    @cache
    def chosen() -> Handler:
        made = traced(handle, service) if container(service).settings.tracing else handle
        collect_garbage_rarely()
        return made

    def lambda_handler(event: dict[str, Any], context: Any) -> Any:
        return chosen()(event, context)

    return lambda_handler
