"""Fakes are run without sockets; whatever needs a server has the marker ``servers``."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket

from wavecom.adapters.mongo.client import Mongo

SERVERS = {"mongodb_uri", "rabbitmq_url", "ministack_url"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of single adapters that ask for a server themselves."""
    for item in items:
        if SERVERS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)


@pytest.fixture
def mongo_down() -> Iterator[Mongo]:
    """A database that does not answer."""
    mongo = Mongo("mongodb://127.0.0.1:9/?directConnection=true", "none")
    yield mongo
    mongo.close()


@pytest.fixture(autouse=True)
def no_sockets_for_fakes(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("servers") is None:
        disable_socket(allow_unix_socket=True)
    yield
    enable_socket()
