"""Stacks that are started once for all tests, and the browser over one of them."""

from collections.abc import Iterator

import pytest

from tests.e2e.browser import browser, dashboard
from tests.e2e.stacks import BROKERS, RunningStack, running_stack

__all__ = ["browser", "dashboard"]


@pytest.fixture(scope="session", params=BROKERS)
def started_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack on one broker, and then one on the other."""
    with running_stack(tmp_path_factory.mktemp(request.param), request.param) as stack:
        yield stack


@pytest.fixture(scope="session")
def stories(started_stack: RunningStack) -> dict[str, str]:
    """Notifications whose stories take minutes, begun before everything else, by recipient."""
    return {name: started_stack.post(f"{name}@simulator.example.com") for name in ("fail-twice", "fail", "bounce")}


@pytest.fixture(scope="session")
def stack(started_stack: RunningStack, stories: dict[str, str]) -> RunningStack:
    """A running stack, on one broker and then the other, whose long stories have begun."""
    del stories
    return started_stack


@pytest.fixture(scope="session")
def dashboard_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack for the dashboard alone."""
    with running_stack(tmp_path_factory.mktemp("dashboard"), "sqs") as stack:
        yield stack
