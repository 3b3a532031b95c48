"""Real servers, started once a run and only when a test asks for them."""

import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from local.config import STATE_VARIABLE, StackConfig, StackError
from local.servers import Server, servers
from local.stack import create_guard_index
from local.supervision import end_leftovers
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.indexes import create_indexes

# Started in the background, by nohup or by many a CI system, we would hand an ignored SIGINT on to all programs that
# the tests start, and nobody could press Ctrl-C in them.
signal.signal(signal.SIGINT, signal.default_int_handler)

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""Variables that name the caller's proxy, which does not reach the servers of the tests; in either case of letters."""
for variable in [each for each in os.environ if each.lower() in PROXIES]:
    del os.environ[variable]

IN_THE_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""Starts what follows with SIGINT ignored, as ``nohup make up &`` in a script does."""
SERVER_START_SECONDS = 60
MANY_THREADS = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=60)
"""For a client of many threads: httpx closes what it does not keep, now and then under another thread's hands."""


def free_ports(count: int) -> int:
    """Return the first of ``count`` ports in a row that nobody uses."""
    for first in range(21_000 + os.getpid() % 200 * 20, 60_000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("No free ports")


def stack_config(state: Path, broker: str) -> StackConfig:
    """Return a stack of its own, on ports that nobody uses."""
    return StackConfig.on_ports(state, "rabbitmq" if broker == "rabbitmq" else "sqs", free_ports(6))


@contextmanager
def running(name: str, config: StackConfig) -> Iterator[None]:
    """Run one of a stack's servers, by its name."""
    (server,) = [each for each in servers(config) if each.name == name]
    with run_server(server, config):
        yield


@contextmanager
def run_server(server: Server, config: StackConfig) -> Iterator[None]:
    """Run a server until it answers, and end it with all that it has started."""
    environment = {**os.environ, **server.environment, STATE_VARIABLE: str(config.state)}
    process = subprocess.Popen(
        server.command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    until = time.monotonic() + SERVER_START_SECONDS
    while True:
        try:
            server.check()
        except StackError:
            assert process.poll() is None, f"{server.name} ended"
            assert time.monotonic() < until, f"{server.name} does not answer"
            time.sleep(0.1)
        else:
            break
    yield
    end_leftovers(config)
    process.wait(20)


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB-protocol server."""
    config = stack_config(tmp_path_factory.mktemp("mongodb"), "sqs")
    with running("mongodb", config):
        yield f"mongodb://127.0.0.1:{config.mongodb_port}/?directConnection=true"


@pytest.fixture(scope="session")
def rabbitmq_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A RabbitMQ node."""
    config = stack_config(tmp_path_factory.mktemp("rabbitmq"), "rabbitmq")
    with running("rabbitmq", config):
        yield f"amqp://guest:guest@127.0.0.1:{config.amqp_port}"


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An AWS emulator."""
    config = stack_config(tmp_path_factory.mktemp("aws"), "sqs")
    with running("aws", config):
        yield f"http://127.0.0.1:{config.sqs_port}"


@contextmanager
def new_database(uri: str) -> Iterator[Mongo]:
    """Make a database with the indexes that the local stack has, and drop it in the end."""
    mongo = Mongo(uri, f"test_{uuid.uuid4().hex[:12]}")
    create_indexes(mongo.database)
    create_guard_index(mongo)
    yield mongo
    mongo.database.client.drop_database(mongo.database.name)
    mongo.close()


@pytest.fixture
def mongo(mongodb_uri: str) -> Iterator[Mongo]:
    """A database of its own."""
    with new_database(mongodb_uri) as mongo:
        yield mongo
