"""Who is told of what: the beginning of every alarm, and the end of those that page."""

import json
from typing import Any

import pytest

from tests.infrastructure.templates import Assembly
from tests.infrastructure.variants import VARIANTS

each_variant = pytest.mark.parametrize("variant", VARIANTS)
Assemblies = dict[str, Assembly]


def changed(alarm: str, before: str, now: str) -> dict[str, Any]:
    """Return what CloudWatch sends to EventBridge (user guide, "Alarm events and EventBridge")."""
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "detail": {"alarmName": alarm, "state": {"value": now}, "previousState": {"value": before}},
    }


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Return whether EventBridge's rule for plain values holds: each field of the pattern lists what it may be."""
    return all(
        matches(wanted, event[field]) if isinstance(wanted, dict) else event[field] in wanted
        for field, wanted in pattern.items()
    )


def told(assembly: Assembly, before: str, now: str) -> set[str]:
    """Return the alarms of which somebody is told when all go from one state to another."""
    actions = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
    pattern = assembly.end_of_alarms["EventPattern"]
    return {
        name
        for name, alarm in assembly.alarms.items()
        if alarm.get(actions[now]) or matches(pattern, changed(alarm["AlarmName"], before, now))
    }


@each_variant
def test_nobody_is_told_that_alarms_of_a_first_deployment_are_ok(assemblies: Assemblies, variant: str) -> None:
    assert told(assemblies[variant], "INSUFFICIENT_DATA", "OK") == set()


@each_variant
def test_heartbeats_have_minutes_to_come_before_their_alarms_are_made(assemblies: Assemblies, variant: str) -> None:
    manifest = json.loads((assemblies[variant].folder / "manifest.json").read_text())
    stage = "dev" if variant.startswith("dev") else "prod"

    made_before = manifest["artifacts"][f"wavecom-{stage}-observability"]["dependencies"]
    assert {f"wavecom-{stage}-delivery", f"wavecom-{stage}-site"} <= set(made_before)


@each_variant
def test_the_end_of_what_pages_is_told_and_of_nothing_else(assemblies: Assemblies, variant: str) -> None:
    ended = told(assemblies[variant], "ALARM", "OK")

    assert {"database-unreachable", "broker-unreachable", "sweep-heartbeat", "ledger-mismatch", "api-errors"} <= ended
    assert not {name for name in ended if name.startswith("function-")}
    assert not ended & {"provider-failures", "degraded", "dead-letters", "dead-letter-age", "api-latency"}


@each_variant
def test_the_beginning_of_every_alarm_is_told(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]

    assert told(assembly, "OK", "ALARM") == assembly.alarms.keys()
    assert told(assembly, "INSUFFICIENT_DATA", "ALARM") == assembly.alarms.keys()


@each_variant
def test_the_end_is_told_to_the_topic_of_the_beginning(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    (target,) = assembly.end_of_alarms["Targets"]
    topics = [each for name, each in assembly.of_type("SNS::TopicPolicy").items() if "observability" in name]

    assert [target["Arn"]] == assembly.alarms["database-unreachable"]["AlarmActions"]
    assert "events.amazonaws.com" in json.dumps(topics)
    for key in assembly.of_type("KMS::Key").values():
        assert "events.amazonaws.com" in json.dumps(key["KeyPolicy"])
