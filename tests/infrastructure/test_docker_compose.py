"""docker-compose.yml, as far as can be told without Docker, and what make does where Docker is not there."""

import os
import re
import subprocess
import sys
import uuid
from typing import Any

import pytest
import yaml

from local.config import PROJECT
from wavecom import topology
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.sqs.queue import SqsQueue, sqs_client

FILE = PROJECT / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded


def test_it_follows_the_schema_of_compose_files() -> None:
    check = PROJECT / ".venv-sam" / "bin" / "check-jsonschema"

    done = subprocess.run(
        [check, "--builtin-schema", "vendor.compose-spec", FILE], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_every_port_is_on_loopback(compose: dict[str, Any]) -> None:
    ports = [port for each in compose["services"].values() for port in each["ports"]]

    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in ports)


def test_every_service_is_pinned_checked_and_keeps_its_data(compose: dict[str, Any]) -> None:
    for name, each in compose["services"].items():
        assert re.search(r":\d+\.\d+\.\d+(-management)?$", each["image"]), name
        assert each["healthcheck"]["test"][0] == "CMD", name
        assert [volume.split(":")[0] for volume in each["volumes"]] == [name]
    assert compose["volumes"].keys() == compose["services"].keys()


def test_mongodb_becomes_the_replica_set_that_it_was_started_for(compose: dict[str, Any]) -> None:
    mongodb = compose["services"]["mongodb"]
    command, check = mongodb["command"], mongodb["healthcheck"]["test"][-1]

    assert mongodb["image"].startswith("mongo:8.")
    assert f'_id: "{command[command.index("--replSet") + 1]}"' in check
    assert 'host: "mongodb:27017"' in check


def test_rabbitmq_has_what_amazon_mq_has(compose: dict[str, Any]) -> None:
    rabbitmq = compose["services"]["rabbitmq"]
    (config,) = rabbitmq["configs"]

    assert rabbitmq["image"].startswith("rabbitmq:4.")
    assert config["target"] == "/etc/rabbitmq/enabled_plugins"
    plugins = compose["configs"][config["source"]]["content"]
    assert plugins == "[rabbitmq_management,rabbitmq_consistent_hash_exchange]."


def test_sam_puts_the_functions_into_its_network(compose: dict[str, Any]) -> None:
    assert f"--docker-network {compose['networks']['default']['name']} " in (PROJECT / "Makefile").read_text()


@pytest.mark.parametrize(
    "target", ["services", "services-down", "sam-api", "sam-invoke FUNCTION=deliver EVENT=events/sqs_deliver.json"]
)
def test_make_says_what_is_missing_where_docker_is_not_there(target: str) -> None:
    done = subprocess.run(
        ["make", *target.split(), "DOCKER=no-docker-here"], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "This needs Docker with Compose" in done.stderr
    assert "make up" in done.stderr


@pytest.mark.changes_indexes
def test_servers_are_prepared(mongodb_uri: str, ministack_url: str, mongo: Mongo, monkeypatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    mongo.database.notifications.drop_indexes()
    prefix = f"prepared-{uuid.uuid4().hex[:12]}-"
    servers = {
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": mongo.database.name,
        "AWS_ENDPOINT_URL": ministack_url,
        "BROKER": "sqs",
    }

    subprocess.run(
        [sys.executable, "-m", "local", "prepare"],
        cwd=PROJECT,
        env={**os.environ, **servers, "SQS_QUEUE_PREFIX": prefix, "PYTHONPATH": f"{PROJECT}:{PROJECT / 'shared'}"},
        check=True,
        stdout=subprocess.DEVNULL,
    )

    assert "due" in mongo.database.notifications.index_information()
    queue = SqsQueue(sqs_client(region="us-east-1", endpoint_url=ministack_url), prefix=prefix)
    assert queue.depths().keys() == set(topology.SQS_QUEUES)
