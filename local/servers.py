"""The servers of a stack: their start, and the checks that they answer."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import amqp
import httpx
import pymongo
from pymongo.errors import PyMongoError

from local.config import PROJECT, StackConfig, StackError, make_private
from local.debian import RABBITMQ_SERVER, install_rabbitmq
from wavecom.adapters.rabbitmq.connection import CONNECTION_ERRORS, connect

MINISTACK_ENVIRONMENT = ".venv-ministack"
"""MiniStack pins botocore, so it is installed apart from the project's dependencies."""
PROBE_TIMEOUT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server: its command, its own environment, and a check that raises while it does not answer."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    check: Callable[[], None]


def servers(config: StackConfig) -> list[Server]:
    """Return the servers that ``config`` has us run, without existing ones. Raises `StackError`."""
    found = []
    if config.mongodb_uri is None:
        found.append(_mongodb(config))
    if config.broker == "rabbitmq" and config.amqp_url is None:
        found.append(_rabbitmq(config))
    if config.broker == "sqs" and config.aws_endpoint_url is None:
        found.append(_ministack(config))
    return found


def check_mongodb(uri: str) -> None:
    """Raise `StackError` unless a MongoDB server answers at ``uri``."""
    try:
        with pymongo.MongoClient[dict[str, object]](
            uri, serverSelectionTimeoutMS=int(PROBE_TIMEOUT.total_seconds() * 1000)
        ) as client:
            client.admin.command("ping")
    except (PyMongoError, ValueError) as exc:
        raise StackError(f"MONGODB_URI does not lead to a MongoDB that answers ({_first_line(exc)}).") from exc


def check_rabbitmq(url: str) -> None:
    """Raise `StackError` unless a RabbitMQ server answers at ``url``."""
    try:
        connection: amqp.Connection = connect(url, timeout=PROBE_TIMEOUT)
        connection.close()
    except (*CONNECTION_ERRORS, ValueError) as exc:
        raise StackError(f"AMQP_URL does not lead to a RabbitMQ that answers ({_first_line(exc)}).") from exc


def check_aws(endpoint_url: str) -> None:
    """Raise `StackError` unless a server answers HTTP at ``endpoint_url``."""
    try:
        httpx.get(endpoint_url, timeout=PROBE_TIMEOUT.total_seconds())
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise StackError(f"AWS_ENDPOINT_URL does not lead to an AWS that answers ({_first_line(exc)}).") from exc


def _mongodb(config: StackConfig) -> Server:
    binary = Path(sys.executable).parent / "secantusd-rs"
    if not binary.exists():
        raise StackError("The MongoDB-protocol server is not installed: run make install, or set MONGODB_URI.")
    data = config.state / "mongodb"
    make_private(config.state)
    make_private(data)
    return Server(
        name="mongodb",
        command=[
            str(binary),
            "--host",
            "127.0.0.1",
            "--port",
            str(config.mongodb_port),
            "--storage-path",
            str(data),
            "--cache-size",
            "512M",
            # Without it, a kill -9 loses acknowledged writes of the last 50 ms, whatever their write concern.
            "--sync-on-commit",
            # About 200 MB. With the default of 100,000 each write has an old entry to remove, a quarter of its time.
            "--oplog-max-entries",
            "2000000",
            "--log-file-max",
            "128MB",
            "--log-level",
            "WARNING",
        ],
        check=lambda: check_mongodb(f"mongodb://127.0.0.1:{config.mongodb_port}/?directConnection=true"),
    )


def _ministack(config: StackConfig) -> Server:
    binary = PROJECT / MINISTACK_ENVIRONMENT / "bin" / "ministack"
    if not binary.exists():
        raise StackError("The AWS emulator is not installed: run make install, or set AWS_ENDPOINT_URL.")
    make_private(config.state)
    return Server(
        name="aws",
        command=[str(binary)],
        environment={
            # Without BIND_HOST it would listen on every address.
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(config.sqs_port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": "123456789012",
            "SERVICES": "sqs",
            "STATE_DIR": str(config.state / "aws"),
            "LOG_LEVEL": "WARNING",
            "PYTHONPATH": "",
        },
        check=lambda: check_aws(f"http://127.0.0.1:{config.sqs_port}"),
    )


def _rabbitmq(config: StackConfig) -> Server:
    install_rabbitmq()
    home = config.state / "rabbitmq"
    make_private(config.state)
    make_private(home)
    (home / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{config.amqp_port}\nlog.console = true\nlog.console.level = warning\n"
    )
    # Without this the distribution port would listen on every address.
    (home / "advanced.config").write_text("[{kernel, [{inet_dist_use_interface, {127,0,0,1}}]}].\n")
    (home / "enabled_plugins").write_text("[rabbitmq_consistent_hash_exchange].\n")
    return Server(
        name="rabbitmq",
        command=[str(RABBITMQ_SERVER)],
        environment={
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"wavecom{config.amqp_port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(home / "feature_flags"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
            "RABBITMQ_NODE_PORT": str(config.amqp_port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(config.amqp_port + 1),
            # Our own port mapper, so that stopping it does not affect other nodes.
            "ERL_EPMD_PORT": str(config.amqp_port + 2),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        },
        check=lambda: check_rabbitmq(f"amqp://guest:guest@127.0.0.1:{config.amqp_port}"),
    )


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1 if isinstance(error, str) else 0][:200] if lines else type(error).__name__
