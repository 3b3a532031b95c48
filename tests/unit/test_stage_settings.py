"""What a stage may choose: a wrong value is refused with its name before anything is synthesised."""

import json
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from infra_cdk.function_settings import SET_ELSEWHERE, FunctionSettings
from infra_cdk.settings import StageError, StageSettings
from local.config import PROJECT
from wavecom.needs import NEEDS
from wavecom.settings import Settings

DEV: dict[str, Any] = {"region": "eu-central-1", "queueEngine": "sqs", "network": "public"}


def of(stage: dict[str, Any], **overrides: Any) -> StageSettings:
    return StageSettings.from_context({"dev": stage}, "dev", overrides)


def test_the_stages_of_cdk_json_are_right() -> None:
    stages = json.loads((PROJECT / "cdk.json").read_text())["context"]["stages"]

    settings = {stage: StageSettings.from_context(stages, stage, {}) for stage in stages}
    assert settings.keys() == {"dev", "prod"}
    assert (settings["prod"].queue_engine, settings["prod"].broker_nodes) == ("rabbitmq", 3)


def test_a_stage_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(StageError, match=r"stage 'test' is not in .*: dev"):
        StageSettings.from_context({"dev": DEV}, "test", {})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"queueEngine": "kafka"}, "stages.dev.queueEngine: Input should be 'sqs' or 'rabbitmq'"),
        ({"logRetentionDays": 31}, "stages.dev.logRetentionDays"),
        ({"colour": "blue"}, "stages.dev.colour: Extra inputs are not permitted"),
        ({"region": "Frankfurt"}, "stages.dev.region"),
        ({"apiDomain": {"name": "API!", "certificateArn": "arn:aws:x"}}, "stages.dev.apiDomain.name"),
        ({"site": {"waf": "maybe"}}, "stages.dev.site.waf"),
        ({"queueEngine": "rabbitmq"}, "network must be nat or privatelink with queueEngine rabbitmq"),
        ({"network": "privatelink"}, "atlasEndpointService is required"),
        ({"zoneNames": ["eu-central-1a"]}, "zoneNames must name 2 zones, as zones says"),
        ({"zoneNames": ["eu-central-1a", "eu-central-1a"]}, "zoneNames must name 2 zones, as zones says"),
        ({"zoneNames": ["eu-central-1", "eu-central-1-a"]}, "stages.dev.zoneNames.0: String should match"),
        ({"zoneNames": ["eu-central-1a", "us-east-1a"]}, "zoneNames must be zones of eu-central-1, such as"),
        ({"natGateways": 3, "network": "nat"}, "natGateways must not be more than zones"),
        ({"brokerNodes": 3, "network": "nat"}, "zones must be 3 with brokerNodes 3"),
        ({"leaseSeconds": 30}, "lease must be longer"),
        ({"brokerEndpoint": "amqp://localhost:5672"}, "brokerEndpoint goes with emulator"),
        ({"mongodbSecret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:uri-Ab3dEf"}, "mongodbSecret"),
        ({"maxBodyBytes": 4 * 1024 * 1024 + 1}, "stages.dev.maxBodyBytes"),
        ({"smsMaxSegments": 11}, "stages.dev.smsMaxSegments"),
        ({"mongodbTier": "M5"}, "stages.dev.mongodbTier"),
        ({"atlas": {"projectId": "0123456789abcdef01234567"}}, "network must be nat with atlas"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(StageError) as refused:
        of({**DEV, **changes})

    assert named in str(refused.value)


def test_what_the_command_line_says_wins() -> None:
    settings = of({**DEV, "logLevel": "INFO"}, logLevel="DEBUG", laneShards="4", emulator="true")

    assert (settings.log_level, settings.lane_shards, settings.emulator) == ("DEBUG", 4, True)
    assert "logLevel" in StageSettings.names()
    assert "stage" not in StageSettings.names()
    assert "site" not in StageSettings.names()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("apiReservd", "apiReservd is no setting of a stage"),
        ("api_reserved", "api_reserved is no setting of a stage"),
        ("zoneNames", "zoneNames is set in cdk.json"),
        ("ses", "ses is set in cdk.json"),
    ],
)
def test_what_the_command_line_cannot_set_is_refused(name: str, told: str) -> None:
    with pytest.raises(StageError, match=told):
        StageSettings.check_names(["stage", "logLevel", name])


def test_what_cdk_itself_sets_is_no_setting_of_ours() -> None:
    StageSettings.check_names(["stage", "stages", "queueEngine", "@aws-cdk/core:x", "aws:cdk:enable-asset-metadata"])


def test_every_setting_of_the_functions_is_given_by_its_name_or_set_elsewhere() -> None:
    by_name = set(FunctionSettings.model_fields)

    assert by_name.isdisjoint(SET_ELSEWHERE)
    assert by_name | SET_ELSEWHERE.keys() == set(Settings.model_fields)
    assert {to_camel(name) for name in by_name} <= StageSettings.names()
    assert set().union(*NEEDS.values()) | {"aws_region", "aws_endpoint_url", "aws_lambda_function_name"} >= by_name


def test_what_a_stage_leaves_out_is_what_the_functions_would_take() -> None:
    stage = of(DEV)

    differing = {
        name: (getattr(stage, name), field.default)
        for name, field in Settings.model_fields.items()
        if name in FunctionSettings.model_fields and set_of(getattr(stage, name)) != set_of(field.default)
    }

    assert differing == {"tracing": (True, False)}


def set_of(value: object) -> object:
    """Return ``value``, several values in whatever order."""
    return frozenset(value) if isinstance(value, (tuple, frozenset)) else value


def test_the_functions_take_what_a_stage_passes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = of(
        DEV,
        smsMaxSegments="2",
        recipientRetrySeconds="60",
        corsOrigins="https://a.example, https://b.example",
        simulatedDown="SMS,PUSH",
        replaysPerSecond="0.5",
        tracing="false",
    )
    for name, value in stage.function_variables().items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("MONGODB_URI", "mongodb://localhost")

    settings = Settings.from_environment()

    assert (settings.sms_max_segments, settings.recipient_retry_seconds) == (2, 60)
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.simulated_down == {"SMS", "PUSH"}
    assert (settings.replays_per_second, settings.tracing) == (0.5, False)
