"""Whole stacks, started the way `make up` starts them, on ports and data of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil

from chaos.stack import supervisor_pids, suspended
from local.config import PROJECT, STATE_VARIABLE, StackConfig
from local.supervision import Supervisor, end_leftovers
from tests.conftest import IN_THE_BACKGROUND, MANY_THREADS, stack_config
from wavecom import topology
from wavecom.adapters.rabbitmq.connection import connect

BROKERS = ("sqs", "rabbitmq")
FINISHED = ("SENT", "FAILED")
START_SECONDS = 90
DEAD_PROXY = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
"""A proxy that is not there: what asks it for anything on this machine fails."""
QUICK = {
    # Shorter waits than in production, so that recovery can be watched.
    "RATE_LIMIT_PER_MINUTE": "1000000",
    "PENDING_TIMEOUT_SECONDS": "3",
    "QUEUED_TIMEOUT_SECONDS": "5",
    "RETRY_MARGIN_SECONDS": "5",
    "LEASE_SECONDS": "12",
    "PROVIDER_TIMEOUT_SECONDS": "2",
    "SWEEP_EVERY_SECONDS": "1",
    "SIMULATED_LATENCY_MS": "200",
    **DEAD_PROXY,
}


class RunningStack:
    """A stack in processes of its own."""

    def __init__(self, state: Path, broker: str, **environment: str) -> None:
        self.config: StackConfig = stack_config(state, broker)
        self.journal_file = state / "accepted.jsonl"
        self._environment = {**QUICK, **environment}
        self._supervisor = Supervisor(self.config, [])
        self._process: subprocess.Popen[str] | None = None
        self._dead_letters: list[str] = []
        self.client = httpx.Client(base_url=self.config.url, timeout=30, limits=MANY_THREADS)

    def start(self) -> None:
        config = self.config
        environment = {
            **os.environ,
            **self._environment,
            STATE_VARIABLE: str(config.state),
            "BROKER": config.broker,
            "PORT": str(config.port),
            "MONGODB_PORT": str(config.mongodb_port),
            "AMQP_PORT": str(config.amqp_port),
            "SQS_PORT": str(config.sqs_port),
            "SIMULATED_JOURNAL": str(self.journal_file),
            "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "shared")]),
        }
        self.output = config.state / "up.log"
        config.state.mkdir(parents=True, exist_ok=True)
        with self.output.open("w") as out:
            self._process = subprocess.Popen(
                [*IN_THE_BACKGROUND, sys.executable, "-m", "local", "up"],
                env=environment,
                cwd=PROJECT,
                stdout=out,
                stderr=out,
                text=True,
            )
        until = time.monotonic() + START_SECONDS
        while "Ctrl-C stops everything" not in self.output.read_text():
            assert self._process.poll() is None, self.output.read_text()
            assert time.monotonic() < until, self.output.read_text()
            time.sleep(0.1)

    def interrupt(self) -> int:
        """Press Ctrl-C, which ends even a stack that was started in the background, and return the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(60)

    def kill_everything(self) -> None:
        """Kill -9 whatever belongs to the stack, all at once."""
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(STATE_VARIABLE) == str(self.config.state):
                    found.append(process)
        return found

    def consumer(self, queue: str) -> psutil.Process:
        """Return the process that delivers a queue."""
        for process in self.processes():
            with suppress(psutil.Error):
                command = process.cmdline()
                if command[-1] == queue and command[-2].endswith("_poller"):
                    return process
        raise AssertionError(f"Nobody consumes {queue}")

    def stop_programs(self, *names: str) -> None:
        self._supervisor.stop_programs(names)

    def start_programs(self, *names: str) -> None:
        self._supervisor.start_programs(names)

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop a program with all its processes in the middle of whatever it does, and let it go on afterwards."""
        program = psutil.Process(dict(supervisor_pids(self._supervisor))[name])
        with suspended([program, *program.children(recursive=True)]):
            yield

    @property
    def broker_program(self) -> str:
        return "rabbitmq" if self.config.broker == "rabbitmq" else "aws"

    @property
    def consumer_programs(self) -> list[str]:
        return [name for name in self._supervisor.states() if name.startswith("deliver-")]

    def post(self, recipient: str, **fields: Any) -> str:
        """Create an email and return its id."""
        answer = self.client.post("/api/notifications", json=an_email(recipient, **fields))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["_id"])

    def post_batch(self, count: int, **fields: Any) -> list[str]:
        """Create emails in calls of 500 and return their ids."""
        ids: list[str] = []
        while len(ids) < count:
            size = min(500, count - len(ids))
            body = {"notifications": [an_email("user@example.com", **fields)] * size}
            answer = self.client.post("/api/notifications/batch", json=body)
            assert answer.status_code == 207, answer.text
            ids += [result["data"]["_id"] for result in answer.json()["data"]["results"]]
        return ids

    def get(self, notification_id: str) -> dict[str, Any]:
        data: dict[str, Any] = self.client.get(f"/api/notifications/{notification_id}").json()["data"]
        return data

    def wait_for(self, notification_id: str, status: str, seconds: float = 30) -> dict[str, Any]:
        """Return a notification with its trail once it has a status."""
        until = time.monotonic() + seconds
        while (data := self.get(notification_id))["notification"]["status"] != status:
            assert time.monotonic() < until, data
            time.sleep(0.1)
        return data

    def wait_for_all(self, ids: list[str], seconds: float) -> dict[str, str]:
        """Return the status of each notification once all are finished, or when the time is over."""
        until = time.monotonic() + seconds
        statuses: dict[str, str] = {}
        with ThreadPoolExecutor(8) as threads:
            while left := [each for each in ids if statuses.get(each) not in FINISHED]:
                is_over = time.monotonic() > until
                # One that is not finished is reason enough to wait; to ask for all costs the stack more than its work.
                if not is_over and self._status(left[-1]) not in FINISHED:
                    time.sleep(0.2)
                    continue
                statuses |= dict(zip(left, threads.map(self._status, left), strict=True))
                if is_over:
                    break
        return statuses

    def _status(self, notification_id: str) -> str:
        return str(self.get(notification_id)["notification"]["status"])

    def sends(self) -> Counter[str]:
        """Return how often the simulated providers accepted each notification."""
        if not self.journal_file.exists():
            return Counter()
        lines = self.journal_file.read_text().splitlines()
        return Counter(json.loads(line)["notificationId"] for line in lines)

    def purge(self) -> None:
        """Empty every queue that something waits in; the dead letters are for people."""
        if self.config.broker == "rabbitmq":
            with connect(f"amqp://guest:guest@127.0.0.1:{self.config.amqp_port}") as connection:
                for name in set(topology.rabbitmq_queues()) - {topology.DEAD_LETTERS}:
                    connection.channel().queue_purge(name)
        else:
            client = self._sqs()
            for name in set(topology.SQS_QUEUES) - {topology.DEAD_LETTERS}:
                client.purge_queue(QueueUrl=client.get_queue_url(QueueName=name)["QueueUrl"])

    def dead_letters(self) -> list[str]:
        """Take the dead letters and return the ids of their notifications, with all that were taken before."""
        bodies: list[str] = []
        if self.config.broker == "rabbitmq":
            with connect(f"amqp://guest:guest@127.0.0.1:{self.config.amqp_port}") as connection:
                channel = connection.channel()
                while (message := channel.basic_get(topology.DEAD_LETTERS, no_ack=True)) is not None:
                    bodies.append(message.body)
        else:
            client = self._sqs()
            url = client.get_queue_url(QueueName=topology.DEAD_LETTERS)["QueueUrl"]
            while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                    bodies.append(message["Body"])
        self._dead_letters += [json.loads(body)["notificationId"] for body in bodies]
        return self._dead_letters

    def _sqs(self) -> Any:
        return boto3.client(
            "sqs",
            endpoint_url=f"http://127.0.0.1:{self.config.sqs_port}",
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def end(self) -> None:
        self.client.close()
        if self._process is not None and self._process.poll() is None:
            self.interrupt()
        end_leftovers(self.config)


@contextmanager
def running_stack(state: Path, broker: str, **environment: str) -> Iterator[RunningStack]:
    """Start a stack, and end it with everything that belongs to it."""
    stack = RunningStack(state, broker, **environment)
    try:
        stack.start()
        yield stack
    finally:
        stack.end()


def an_email(recipient: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "EMAIL",
        "recipient": recipient,
        "subject": "Test",
        "message": "Hello",
        "priority": "HIGH",
        **fields,
    }
