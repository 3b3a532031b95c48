"""What a person at the keyboard sees: a start, a stop, a kill, and mistakes."""

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.config import PROJECT, STATE_VARIABLE
from tests.conftest import free_ports
from tests.e2e.stacks import RunningStack


def test_a_killed_stack_goes_on_with_its_data_and_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    stack = RunningStack(tmp_path / "state", "sqs", QUEUED_TIMEOUT_SECONDS="3")
    try:
        stack.start()
        stack.stop_programs(*stack.consumer_programs)
        ids = stack.post_batch(50)
        stack.kill_everything()

        stack.start()
        statuses = stack.wait_for_all(ids, seconds=40)

        assert {statuses[each] for each in ids} == {"SENT"}
        assert {stack.sends()[each] for each in ids} == {1}
        assert stack.interrupt() == 0
        assert stack.processes() == []
        assert "Stopped" in stack.output.read_text()
    finally:
        stack.end()


def local(*arguments: str, state: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the local stack that is expected to end by itself."""
    first = free_ports(6)
    ports = {
        "PORT": str(first),
        "MONGODB_PORT": str(first + 1),
        "AMQP_PORT": str(first + 2),
        "SQS_PORT": str(first + 5),
    }
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "shared")])
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        env={**os.environ, **ports, STATE_VARIABLE: str(state), "PYTHONPATH": path, **environment},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"BROKER": "kafka"}, ["BROKER", "sqs or rabbitmq", "kafka"]),
        ({"PORT": "http"}, ["PORT", "1 to 65535"]),
        ({"MONGODB_URI": "mongodb://127.0.0.1:9/?directConnection=true"}, ["MONGODB_URI", "answers"]),
        ({"MONGODB_URI": "postgres://localhost"}, ["MONGODB_URI", "answers"]),
        ({"BROKER": "rabbitmq", "AMQP_URL": "amqp://127.0.0.1:9"}, ["AMQP_URL", "answers"]),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, ["AWS_ENDPOINT_URL", "answers"]),
        ({"RATE_LIMIT_PER_MINUTE": "many"}, ["RATE_LIMIT_PER_MINUTE"]),
        ({"LEASE_SECONDS": "1"}, ["LEASE_SECONDS"]),
        ({"HOST": "0.0.0.0", "DEVELOPMENT_TENANT": "development"}, ["HOST", "DEVELOPMENT_TENANT", "without a key"]),
    ],
)
def test_a_mistake_is_told_in_one_sentence(tmp_path: Path, environment: dict[str, str], words: list[str]) -> None:
    done = local("up", state=tmp_path, **environment)

    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


def test_a_port_in_use_is_named_with_what_it_is_for_and_how_to_move_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = local("up", state=tmp_path, PORT=str(port))

    assert done.returncode != 0
    assert f"Port {port}, for the API" in done.stderr
    assert "set PORT" in done.stderr


def test_what_a_stack_writes_is_its_owners_alone(stack: RunningStack) -> None:
    stack.wait_for(stack.post("private@example.com"), "SENT")
    folder = stack.config.state
    files = [each for each in folder.rglob("*") if each.exists() and each.parent != folder]

    assert folder.stat().st_mode & 0o077 == 0
    assert any(each.suffix == ".log" for each in files)
    assert not [each for each in files if each.is_file() and each.stat().st_mode & 0o077]


def test_the_api_alone_does_not_start_where_others_reach_it_without_a_key() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local.api"],
        env={**os.environ, "HOST": "0.0.0.0", "DEVELOPMENT_TENANT": "development", "PYTHONPATH": ".:shared"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "DEVELOPMENT_TENANT" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_key_needs_a_stack(tmp_path: Path) -> None:
    done = local("key", "--tenant", "bank-a", state=tmp_path)

    assert done.returncode != 0
    assert "Is the stack up?" in done.stderr


def test_reset_deletes_the_data(tmp_path: Path) -> None:
    (tmp_path / "state" / "mongodb").mkdir(parents=True)

    done = local("reset", state=tmp_path / "state")

    assert done.returncode == 0
    assert not (tmp_path / "state").exists()


def test_a_second_stack_on_the_same_data_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        done = local("up", state=tmp_path)

    assert done.returncode != 0
    assert "is up already" in done.stderr
