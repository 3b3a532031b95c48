"""The main job on both brokers: accept, deliver, recover. Stories that take minutes are told at the end."""

import re
import shlex
import subprocess
import time
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from local.config import PROJECT
from tests.e2e.stacks import RunningStack

ALL_FOUR = ["PENDING", "QUEUED", "PROCESSING", "SENT"]
SENDS_AT_ONCE = 128
RECORDED_AT_ONCE = 100


def test_the_curl_line_of_the_readme_delivers_with_its_audit_trail(stack: RunningStack) -> None:
    readme = (PROJECT / "README.md").read_text()
    (line,) = re.findall(r"^curl -X POST http://localhost:5000/api/notifications .*?^  }'", readme, re.M | re.S)
    command = shlex.split(line.replace("\\\n", " ").replace("http://localhost:5000", stack.config.url))

    answer = subprocess.run(
        [*command, "--silent", "--write-out", " %{http_code}"], capture_output=True, text=True, check=True
    ).stdout

    assert answer.endswith(" 201")
    (notification_id,) = re.findall(r'"_id":"([0-9a-f]{24})"', answer)
    data = stack.wait_for(notification_id, "SENT")
    assert [entry["status"] for entry in data["logs"]] == ALL_FOUR
    assert [entry["sequence"] for entry in data["logs"]] == [1, 2, 3, 4]
    assert stack.sends()[notification_id] == 1


@pytest.mark.parametrize(
    ("kind", "recipient"), [("SMS", "+12025550123"), ("PUSH", "ab" * 32), ("PUSH", "device:" + "x" * 140)]
)
def test_every_channel_is_delivered_in_the_standard_lane_too(stack: RunningStack, kind: str, recipient: str) -> None:
    notification_id = stack.post(recipient, type=kind, priority="LOW")

    assert stack.wait_for(notification_id, "SENT")["notification"]["provider"] == f"simulated-{kind.lower()}"


def test_a_scheduled_notification_waits_for_its_time(stack: RunningStack) -> None:
    at = datetime.now(UTC) + timedelta(seconds=4)

    notification_id = stack.post("user@example.com", scheduledAt=at.isoformat())
    assert stack.get(notification_id)["notification"]["status"] == "PENDING"

    sent = stack.wait_for(notification_id, "SENT")["notification"]
    assert datetime.fromisoformat(sent["sentAt"]) >= at


def test_a_cancelled_notification_is_never_sent(stack: RunningStack) -> None:
    at = datetime.now(UTC) + timedelta(seconds=3)
    notification_id = stack.post("user@example.com", scheduledAt=at.isoformat())

    assert stack.client.post(f"/api/notifications/{notification_id}/cancel").status_code == 200

    time.sleep(5)
    assert stack.get(notification_id)["notification"]["status"] == "CANCELLED"
    assert stack.sends()[notification_id] == 0


def test_all_queues_purged_while_1000_wait_loses_and_repeats_nothing(stack: RunningStack) -> None:
    consumers = stack.consumer_programs
    stack.stop_programs(*consumers)
    try:
        ids = stack.post_batch(1000)
        stack.purge()
    finally:
        stack.start_programs(*consumers)

    statuses = stack.wait_for_all(ids, seconds=60)

    sends = stack.sends()
    assert {statuses[each] for each in ids} == {"SENT"}
    assert {sends[each] for each in ids} == {1}


def test_a_consumer_killed_in_the_middle_of_a_batch_leaves_nothing_behind(
    stack: RunningStack, capsys: pytest.CaptureFixture[str]
) -> None:
    consumer = stack.consumer("notifications")
    before = stack.sends().total()

    ids = stack.post_batch(500, priority="LOW")
    until = time.monotonic() + 20
    while stack.sends().total() < before + 150:
        assert time.monotonic() < until, "no batch under way"
        time.sleep(0.005)
    consumer.kill()
    # If it died within a transaction, the database keeps what that held for 60 s.
    statuses = stack.wait_for_all(ids, seconds=120)

    sends = stack.sends()
    again = sum(sends[each] > 1 for each in ids)
    with capsys.disabled():
        print(f"\n[{stack.config.broker}] consumer killed in a batch of 500: {again} sent a second time")
    assert {statuses[each] for each in ids} == {"SENT"}
    assert max(sends[each] for each in ids) <= 2
    # Those in flight, and those whose outcomes were waiting for or in the midst of being recorded.
    assert again <= 2 * SENDS_AT_ONCE + RECORDED_AT_ONCE


def test_nothing_listens_beyond_this_machine(stack: RunningStack) -> None:
    pids = {process.pid for process in stack.processes()}

    listening = [
        connection.laddr.ip
        for connection in psutil.net_connections("inet")
        if connection.pid in pids and connection.status == psutil.CONN_LISTEN
    ]

    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}


def test_logs_name_notifications_and_never_recipients_or_bodies(stack: RunningStack) -> None:
    notification_id = stack.post("bounce+secret@simulator.example.com", message="the-secret-body")
    stack.wait_for(notification_id, "FAILED")
    time.sleep(0.5)

    logs = "".join(file.read_text() for file in stack.config.logs.glob("*.log"))

    assert notification_id in logs
    assert "secret" not in logs


def test_a_permanent_refusal_fails_after_one_attempt(stack: RunningStack, stories: dict[str, str]) -> None:
    data = stack.wait_for(stories["bounce"], "FAILED")

    assert len(data["notification"]["attempts"]) == 1
    assert data["notification"]["cause"] == "permanent"
    assert [entry["status"] for entry in data["logs"]] == ["PENDING", "QUEUED", "PROCESSING", "FAILED"]


def test_two_failures_then_success_is_sent_after_at_least_5_and_25_seconds(
    stack: RunningStack, stories: dict[str, str]
) -> None:
    data = stack.wait_for(stories["fail-twice"], "SENT", seconds=60)

    notification = data["notification"]
    first, second, third = [datetime.fromisoformat(each["startedAt"]) for each in notification["attempts"]]
    assert notification["retryCount"] == 2
    assert second - first >= timedelta(seconds=5)
    assert third - second >= timedelta(seconds=25)
    assert [entry["status"] for entry in data["logs"]] == [
        "PENDING",
        "QUEUED",
        "PROCESSING",
        "RETRYING",
        "PROCESSING",
        "RETRYING",
        "PROCESSING",
        "SENT",
    ]


def test_what_always_fails_ends_after_three_retries_with_one_dead_letter(
    stack: RunningStack, stories: dict[str, str]
) -> None:
    notification_id = stories["fail"]

    data = stack.wait_for(notification_id, "FAILED", seconds=200)

    assert data["notification"]["retryCount"] == 3
    assert data["notification"]["cause"] == "retries_exhausted"
    assert len(data["notification"]["attempts"]) == 4
    time.sleep(1)
    assert stack.dead_letters().count(notification_id) == 1


def test_a_broker_that_hangs_holds_up_one_request_for_some_seconds_and_the_next_not_at_all(stack: RunningStack) -> None:
    took = []
    with stack.frozen(stack.broker_program):
        for _ in range(2):
            started = time.monotonic()
            notification_id = stack.post("user@example.com")
            took.append(time.monotonic() - started)
            assert stack.get(notification_id)["notification"]["status"] == "PENDING"

    assert 3 <= took[0] < 8
    assert took[1] < 3
    data = stack.wait_for(notification_id, "SENT", seconds=60)
    assert [entry["status"] for entry in data["logs"]] == ALL_FOUR
    assert stack.sends()[notification_id] == 1


def test_while_the_broker_is_down_it_accepts_and_afterwards_it_delivers(stack: RunningStack) -> None:
    # The last one: the emulator of SQS forgets what was in its queues, dead letters among it.
    stack.stop_programs(stack.broker_program)
    try:
        notification_id = stack.post("user@example.com")
        accepted = stack.get(notification_id)
        health = stack.client.get("/api/health")
    finally:
        stack.start_programs(stack.broker_program)

    assert accepted["notification"]["status"] == "PENDING"
    assert health.status_code == 503
    assert health.json()["services"] == {"mongodb": "connected", stack.config.broker: "disconnected"}
    data = stack.wait_for(notification_id, "SENT", seconds=60)
    assert [entry["status"] for entry in data["logs"]] == ALL_FOUR
    assert stack.sends()[notification_id] == 1
