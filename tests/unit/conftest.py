"""Unit tests open no socket."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_socket import disable_socket, enable_socket

from tests.fakes import FakeQueue, FakeStore
from tests.unit.delivery import World


@pytest.fixture(autouse=True)
def no_sockets() -> Iterator[None]:
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture(scope="session")
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(128) as executor:
        yield executor


@pytest.fixture
def delivery(executor: ThreadPoolExecutor) -> World:
    return World(executor)
