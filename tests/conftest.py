"""Real servers, started once a run and only when a test asks for them."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import certifi
import httpx
import pytest

from local.config import STATE_VARIABLE, StackConfig, StackError
from local.servers import Server, servers
from local.supervision import end_leftovers
from tests.databases import Databases, new_database
from tests.side_by_side import Together, turn
from wavecom.adapters.mongo.client import Mongo

# Started in the background, by nohup or by many a CI system, we would hand an ignored SIGINT on to all programs that
# the tests start, and nobody could press Ctrl-C in them.
signal.signal(signal.SIGINT, signal.default_int_handler)

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""Variables that name the caller's proxy, which does not reach the servers of the tests; in either case of letters."""
for variable in [each for each in os.environ if each.lower() in PROXIES]:
    del os.environ[variable]

# The tests start Python by the hundred, and each start would compile all modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Which of the processes this is that share the tests between them."""
PORTS = range(21_000 + WORKER % 10 * 1_000, 22_000 + WORKER % 10 * 1_000)
"""The ports of this process; below those that Linux gives to clients (ip(7): ip_local_port_range)."""
IN_THE_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""Starts what follows with SIGINT ignored, as ``nohup make up &`` in a script does."""
SERVER_START_SECONDS = 60
MANY_THREADS = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=60)
"""For a client of many threads: httpx closes what it does not keep, now and then under another thread's hands."""


def pytest_configure(config: pytest.Config) -> None:
    """Let clients know one authority instead of all: reading all takes 30 ms for each client, of plain HTTP as well.

    The tests reach nobody but this machine, whose certificates are of none of them.
    """
    first, end, _ = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----\n")
    with NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
        file.write(first + end)
    config.add_cleanup(Path(file.name).unlink)
    certifi.where = lambda: file.name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put first what takes longest, where several processes share the tests."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Keep together what shares something that is dear to start."""
    return Together(config, log)


_starts = itertools.cycle(range(PORTS.start + os.getpid() % 40 * 20, PORTS.stop - 20))


def free_ports(count: int) -> int:
    """Return the first of ``count`` ports in a row that nobody uses, and that were not returned a moment ago."""
    for first in itertools.islice(_starts, len(PORTS)):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        for _ in range(1, count):
            next(_starts)
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
    """A MongoDB-protocol server. Nobody kills it, so it need not sync; the stacks of the e2e tests do."""
    config = stack_config(tmp_path_factory.mktemp("mongodb"), "sqs")
    (server,) = [each for each in servers(config) if each.name == "mongodb"]
    command = [each for each in server.command if each != "--sync-on-commit"]
    with run_server(replace(server, command=command), config):
        yield f"mongodb://127.0.0.1:{config.mongodb_port}/?directConnection=true"


@pytest.fixture(scope="session")
def rabbitmq_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A RabbitMQ node."""
    config = stack_config(tmp_path_factory.mktemp("rabbitmq"), "rabbitmq")
    with running("rabbitmq", config):
        yield f"amqp://guest:guest@127.0.0.1:{config.amqp_port}"


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An AWS emulator, with S3 beside what the local stack uses."""
    config = stack_config(tmp_path_factory.mktemp("aws"), "sqs")
    (server,) = [each for each in servers(config) if each.name == "aws"]
    # Presigned requests are taken from whom the server knows when it starts.
    known = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "SERVICES": "sqs,s3"}
    with run_server(replace(server, environment={**server.environment, **known}), config):
        yield f"http://127.0.0.1:{config.sqs_port}"


@pytest.fixture(scope="session")
def databases(mongodb_uri: str) -> Iterator[Databases]:
    """Databases to be used by one test after another."""
    databases = Databases(mongodb_uri)
    yield databases
    databases.close()


@pytest.fixture
def mongo(request: pytest.FixtureRequest, mongodb_uri: str, databases: Databases) -> Iterator[Mongo]:
    """A database of its own: empty, with the indexes that the local stack has."""
    own = request.node.get_closest_marker("changes_indexes") is not None
    with new_database(mongodb_uri) if own else databases.lend() as mongo:
        yield mongo
