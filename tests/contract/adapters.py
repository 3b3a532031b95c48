"""Parameters of the contract suites. ``-m "not servers"`` leaves the adapters that answer from memory, the fakes."""

from typing import Any

import pytest


def on_servers(adapter: str, *values: Any) -> Any:
    """Return the parameter of an adapter that talks to a server: a database, a broker, or a stand-in of a service."""
    return pytest.param(adapter, *values, marks=pytest.mark.servers)


FAKE_AND_MONGO = ("fake", on_servers("mongo"))
