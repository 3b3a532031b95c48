"""The whole stack: servers, their indexes and queues, then WaveCom's own processes."""

import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import IO

import httpx
from pymongo import ASCENDING

from local.config import StackConfig, StackError, check_ports_are_free, make_private
from local.servers import Server, check_aws, check_mongodb, check_rabbitmq, servers
from local.supervision import Program, Supervisor, end_leftovers
from wavecom import topology
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.indexes import create_indexes
from wavecom.adapters.secrets import read_secret
from wavecom.bootstrap import Container
from wavecom.domain.errors import UnavailableError
from wavecom.settings import Settings, SettingsError

SERVER_START = timedelta(seconds=60)
API_START = timedelta(seconds=30)
PROGRAM_NAME_CHARACTERS = str.maketrans("_.", "--")
"""Replaces characters that the supervisor does not allow in names."""


class Stack:
    """Starts, watches and stops a stack."""

    def __init__(self, config: StackConfig, say: Callable[[str], None]) -> None:
        self._config = config
        self._say = say
        self._supervisor: Supervisor | None = None
        self._lock: IO[str] | None = None

    def start(self) -> None:
        """Start everything and return when the API answers. Raises `StackError`."""
        config = self._config
        self._lock = lock(config)
        if ended := end_leftovers(config):
            self._say(f"Ended {ended} processes that an earlier run left behind.")
        container(config)  # a wrong setting is reported before anything starts
        check_ports_are_free(config)
        self._check_existing()
        own_servers = servers(config)
        own_processes = own_programs(config)
        programs = [Program(name=each.name, command=each.command, environment=each.environment) for each in own_servers]
        self._supervisor = Supervisor(config, [*programs, *own_processes])
        self._supervisor.start()
        if own_servers:
            self._say(f"Starting {' and '.join(each.name for each in own_servers)}")
        self._supervisor.start_programs(each.name for each in own_servers)
        for server in own_servers:
            self._wait_for(server, self._supervisor)
        prepare(config)
        self._say("Starting WaveCom")
        self._supervisor.start_programs(each.name for each in own_processes)
        self._wait_for_api(self._supervisor)

    def _check_existing(self) -> None:
        if self._config.mongodb_uri is not None:
            check_mongodb(self._config.mongodb_uri)
        if self._config.broker == "rabbitmq" and self._config.amqp_url is not None:
            check_rabbitmq(self._config.amqp_url)
        if self._config.broker == "sqs" and self._config.aws_endpoint_url is not None:
            check_aws(self._config.aws_endpoint_url)

    def _wait_for(self, server: Server, supervisor: Supervisor) -> None:
        until = time.monotonic() + SERVER_START.total_seconds()
        while True:
            supervisor.check_programs()
            try:
                server.check()
            except StackError as exc:
                if time.monotonic() > until:
                    log = self._config.logs / f"{server.name}.log"
                    raise StackError(f"{server.name} does not answer; see {log}.") from exc
                time.sleep(0.2)
            else:
                return

    def _wait_for_api(self, supervisor: Supervisor) -> None:
        until = time.monotonic() + API_START.total_seconds()
        while time.monotonic() < until:
            supervisor.check_programs()
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self._config.url}/api/health", timeout=5, trust_env=False).is_success:
                    return
            time.sleep(0.2)
        raise StackError(f"The API does not answer; see {self._config.logs / 'api.log'}.")

    def watch(self) -> None:
        """Report state changes of the processes, until interrupted. Raises `StackError` when supervisord has ended."""
        assert self._supervisor is not None
        before = self._supervisor.states()
        while True:
            time.sleep(1)
            states = self._supervisor.states()
            for name, state in states.items():
                if state != before.get(name):
                    self._say(f"{name}: {state.lower()}; see {self._config.logs / name}.log")
            before = states

    def stop(self) -> None:
        """Stop everything after finishing work in progress."""
        if self._supervisor is None:
            return
        try:
            # WaveCom before its servers, so that work in progress can still be recorded.
            self._supervisor.stop_programs(each.name for each in own_programs(self._config))
        except StackError as exc:
            self._say(str(exc))
        finally:
            self._supervisor.stop()
            self._supervisor = None


def lock(config: StackConfig) -> IO[str]:
    """Return the lock of a state folder, released when its holder ends. Raises `StackError` if it is taken."""
    make_private(config.state)
    file = (config.state / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        file.close()
        raise StackError(f"A stack is up already with the data in {config.state}.") from exc
    return file


def own_programs(config: StackConfig) -> list[Program]:
    """Return WaveCom's own processes: the API, the consumers of each queue, and the schedule."""
    python = sys.executable
    poller, queues = "local.sqs_poller", [*topology.LANES, topology.RETRY]
    if config.broker == "rabbitmq":
        shards = container(config).settings.lane_shards
        poller = "local.rabbitmq_poller"
        queues = [queue for lane in topology.LANES for queue in topology.shards(lane, shards)]
    consumers = [
        Program(name=queue.translate(PROGRAM_NAME_CHARACTERS), command=[python, "-m", poller, queue])
        for queue in topology.WEBHOOK_QUEUES
    ]
    consumers += [
        Program(
            name=f"deliver-{queue.translate(PROGRAM_NAME_CHARACTERS)}{which}", command=[python, "-m", poller, queue]
        )
        for queue in queues
        for which in ("", *(f"-process-{number}" for number in range(2, config.consumers + 1)))
    ]
    api = Program(name="api", command=[python, "-m", "local.api"])
    schedule = Program(name="schedule", command=[python, "-m", "local.schedule"])
    return [*consumers, schedule, api]


def container(config: StackConfig) -> Container:
    """Return WaveCom's parts in the environment of the stack's processes. Raises `StackError`.

    The environment is copied into this process, since the AWS client reads its credentials from there.
    """
    os.environ.update(config.environment())
    try:
        return Container(Settings.from_environment(read_secret))
    except SettingsError as exc:
        raise StackError(f"A setting is wrong: {exc}.") from exc
    except UnavailableError as exc:
        raise StackError(f"{exc}.") from exc


def prepare(config: StackConfig) -> None:
    """Create indexes and queues; existing ones are left unchanged. Raises `StackError`."""
    parts = container(config)
    try:
        create_indexes(parts.mongo.database)
        if config.mongodb_uri is None:
            create_guard_index(parts.mongo)
        parts.queue.declare()
    except UnavailableError as exc:
        raise StackError(f"{exc}.") from exc
    finally:
        parts.queue.close()
        parts.mongo.close()


def create_guard_index(mongo: Mongo) -> None:
    """Create the indexes that the development server needs for guarded updates; a real MongoDB uses ``_id``."""
    keys = [("_id", ASCENDING), ("status", ASCENDING), ("sequence", ASCENDING)]
    mongo.database.notifications.create_index(keys, name="development_guard")
    version = [("_id", ASCENDING), ("version", ASCENDING)]
    mongo.database.webhookdeliveries.create_index(version, name="development_guard")


def reset(config: StackConfig) -> None:
    """End running processes and delete all data."""
    end_leftovers(config)
    shutil.rmtree(config.state, ignore_errors=True)


def summary(config: StackConfig) -> dict[str, str]:
    """Return the addresses of all parts, without credentials."""
    environment = config.environment()
    broker = "AMQP_URL" if config.broker == "rabbitmq" else "AWS_ENDPOINT_URL"
    return {
        "Dashboard": config.url,
        "API": f"{config.url}/api",
        "Documentation": f"{config.url}/api/docs",
        "MongoDB": _without_credentials(environment["MONGODB_URI"]),
        {"rabbitmq": "RabbitMQ", "sqs": "SQS"}[config.broker]: _without_credentials(environment.get(broker, "AWS")),
        "Logs": str(config.logs),
    }


def curl_line(config: StackConfig) -> str:
    """Return a shell command that creates a notification."""
    body = {
        "type": "EMAIL",
        "recipient": "test@example.com",
        "subject": "Test",
        "message": "Hello World",
        "priority": "HIGH",
    }
    return f"curl -X POST {config.url}/api/notifications -H 'Content-Type: application/json' -d '{json.dumps(body)}'"


def _without_credentials(address: str) -> str:
    scheme, found, rest = address.partition("://")
    return f"{scheme}{found}{rest.rpartition('@')[2]}"
