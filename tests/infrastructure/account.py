"""An AWS account that is an emulator's: everything is deployed into it by the targets that people use."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import httpx

from local.config import PROJECT, StackConfig
from local.servers import servers
from tests.conftest import run_server

ACCOUNT = "123456789012"
REGION = "eu-central-1"
DEPLOY_SECONDS = 300
WAIT_SECONDS = 60
EMULATOR_PYTHON = PROJECT / ".venv-ministack" / "bin" / "python"
MACHINE = "x86_64" if os.uname().machine == "x86_64" else "arm64"


class Account:
    """The account, with what a test asks of it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STAGE"))},
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def make(self, target: str, *, context: dict[str, str] | None = None, **variables: str) -> str:
        """Run a make target on stage dev and return what it printed."""
        done = self.try_make(target, context=context, **variables)
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
        return done.stdout

    def try_make(
        self, target: str, *, context: dict[str, str] | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a make target on stage dev, which may fail."""
        settings = {"emulator": "true", "architecture": MACHINE, "account": ACCOUNT, **(context or {})}
        words = [f"{name}={value}" for name, value in {"STAGE": "dev", "YES": "1", **variables}.items()]
        return subprocess.run(
            ["make", "--no-print-directory", target, *words, f"CONTEXT={' '.join(map('='.join, settings.items()))}"],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=DEPLOY_SECONDS,
            check=False,
        )

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    @cached_property
    def logs(self) -> Any:
        return self.client("logs")

    @cached_property
    def sqs(self) -> Any:
        return self.client("sqs")

    def stacks(self) -> set[str]:
        found = self.client("cloudformation").list_stacks()["StackSummaries"]
        return {each["StackName"] for each in found if each["StackStatus"] != "DELETE_COMPLETE"} - {"CDKToolkit"}

    def output(self, stack: str, name: str) -> str:
        (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return next(each["OutputValue"] for each in found["Outputs"] if each["OutputKey"] == name)

    @contextmanager
    def api(self, token: str) -> Iterator[httpx.Client]:
        """A client of the deployed HTTP API, whose host the emulator knows by its name."""
        host = httpx.URL(self.output("wavecom-dev-api", "Url")).host
        headers = {"Host": host, "Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=self.endpoint, headers=headers, timeout=60, trust_env=False) as client:
            yield client

    def invoke(self, function: str, event: object) -> Any:
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read() or "null")
        assert "FunctionError" not in answer, payload
        return payload

    def log_lines(self, function: str) -> list[dict[str, Any]]:
        """Return the JSON lines that a function has logged, metrics among them."""
        events = self.logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        return [json.loads(each["message"]) for each in events if each["message"].startswith("{")]

    def queue_url(self, queue: str) -> str:
        url: str = self.sqs.get_queue_url(QueueName=f"wavecom-dev-{queue}")["QueueUrl"]
        return url


@contextmanager
def running_account(state: Path, config: StackConfig) -> Iterator[Account]:
    """Run an emulator of all services, in ``state``."""
    (emulator,) = [each for each in servers(config) if each.name == "aws"]
    # Its scheduler and its functions go by the variables of its own process.
    everything = {**emulator.environment, "SERVICES": "", "STATE_DIR": str(state)}
    with run_server(replace(emulator, environment=everything), config):
        yield Account(f"http://127.0.0.1:{config.sqs_port}")


def wait_for(condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """Return the first answer of ``condition`` that is true, or its last."""
    until = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < until:
        time.sleep(0.2)
    return answer
