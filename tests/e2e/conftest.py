"""Stacks that are started once for all tests, and the browser over one of them."""

from collections.abc import Iterator

import pytest

from tests.e2e.browser import browser, dashboard
from tests.e2e.stacks import BROKERS, RunningStack

__all__ = ["browser", "dashboard"]


@pytest.fixture(scope="session")
def both_stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RunningStack]]:
    """One stack for each broker, started side by side."""
    stacks: dict[str, RunningStack] = {}
    try:
        for broker in BROKERS:
            stacks[broker] = RunningStack(tmp_path_factory.mktemp(broker), broker)
            stacks[broker].start()
        yield stacks
    finally:
        for stack in stacks.values():
            stack.end()


@pytest.fixture(scope="session")
def stories(both_stacks: dict[str, RunningStack]) -> dict[str, dict[str, str]]:
    """Notifications whose stories take minutes, begun before everything else, by broker and recipient."""
    return {
        broker: {name: stack.post(f"{name}@simulator.example.com") for name in ("fail-twice", "fail", "bounce")}
        for broker, stack in both_stacks.items()
    }


@pytest.fixture(params=BROKERS)
def stack(
    request: pytest.FixtureRequest, both_stacks: dict[str, RunningStack], stories: dict[str, dict[str, str]]
) -> RunningStack:
    """A running stack, on one broker and then the other."""
    return both_stacks[request.param]


@pytest.fixture(scope="session")
def dashboard_stack(
    tmp_path_factory: pytest.TempPathFactory, stories: dict[str, dict[str, str]]
) -> Iterator[RunningStack]:
    """A stack for the dashboard alone; the other stacks' long stories go on meanwhile."""
    del stories
    stack = RunningStack(tmp_path_factory.mktemp("dashboard"), "sqs")
    try:
        stack.start()
        yield stack
    finally:
        stack.end()
