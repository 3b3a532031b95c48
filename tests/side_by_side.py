"""How tests are shared out among processes (``make test``, or ``pytest --numprocesses 3``)."""

import re
from typing import Any, Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = {
    "deployment": r"tests/infrastructure/test_deployment\.py",
    "built": r"tests/infrastructure/",
    "dashboard": r"tests/e2e/test_dashboard\w*\.py",
    "chaos": r"tests/e2e/test_chaos\.py",
    "stack on SQS": r"tests/e2e/.*\[(.*-)?sqs\b",
    "stack on RabbitMQ": r"tests/e2e/.*\[(.*-)?rabbitmq\b",
    "rabbitmq": r"rabbitmq|tests/contract/test_lane_shards\.py|tests/integration/test_handlers\.py",
    "growth": r"tests/integration/test_growth\.py",
    "client": r"tests/integration/test_generated_client\.py",
    "bodies": r"tests/integration/test_api_large_bodies\.py::test_a_hostile_body_costs_little",
    "mail": r"tests/unit/test_email_message\.py",
}
"""Tests that share what is dear to start, by the name of their group: each group is run by one process. Those that take
longest come first, so that no process has much left to do when the others have ended."""
_FIRST: Final = [*TOGETHER, "tests/e2e/"]


class Together(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives a process one group at a time, and of the other tests one function at a time with all its parameters."""

    def __init__(self, config: Any, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """Return the name of what a test is run together with."""
    found = (name for name, pattern in TOGETHER.items() if re.search(pattern, nodeid))
    return next(found, nodeid.partition("[")[0])


def turn(nodeid: str) -> int:
    """Return a number by which to sort tests."""
    name = group(nodeid)
    return next((number for number, first in enumerate(_FIRST) if name.startswith(first)), len(_FIRST))
