"""Alarms and the dashboard: on metrics that exist, to somebody, with a section of the runbook that says what to do."""

import json
import re
from typing import Any

import pytest

from local.config import PROJECT
from tests.infrastructure.metric_math import dimensions, measured
from tests.infrastructure.templates import Assembly
from tests.infrastructure.variants import VARIANTS
from wavecom import metrics, topology
from wavecom.application.operate.observe import FAILING_ENDPOINTS_MAX
from wavecom.domain.webhooks.endpoint import ENDPOINTS_MAX

each_variant = pytest.mark.parametrize("variant", VARIANTS)
Assemblies = dict[str, Assembly]
ALARMS = {
    "sweep-heartbeat",
    "observe-heartbeat",
    "database-unreachable",
    "broker-unreachable",
    "ledger-mismatch",
    "provider-failures",
    "degraded",
    "dead-letters",
    "dead-letter-age",
    "high-depth",
    "high-age",
    "standard-depth",
    "standard-age",
    "webhooks-depth",
    "webhooks-slow-depth",
    "failing-endpoints",
    "api-errors",
    "api-latency",
    "schedule-undelivered",
    "account-concurrency",
    "site-errors",
}
OF_BROKER = {"broker-memory", "broker-cpu", "broker-disk", "broker-connections", "broker-consumers"}
OF_SQS = {"webhooks-age", "webhooks-slow-age"}
OF_FUNCTION = {"errors", "throttles", "duration"}
KNOWN_TO_AWS = {
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "ConcurrentExecutions", "ClaimedAccountConcurrency"},
    "AWS/ApiGateway": {"5xx", "4xx", "Count", "Latency"},
    "AWS/AmazonMQ": {
        "RabbitMQMemUsed",
        "RabbitMQMemLimit",
        "RabbitMQDiskFree",
        "RabbitMQDiskFreeLimit",
        "ConnectionCount",
        "ConsumerCount",
        "SystemCpuUtilization",
    },
    "AWS/NATGateway": {"ErrorPortAllocation"},
    "AWS/CloudFront": {"5xxErrorRate"},
}
"""What the guides of SQS, Lambda, API Gateway (HTTP APIs), Amazon MQ, Amazon VPC and CloudFront list."""
OF_EVENTS = (
    "function-",
    "api-",
    "schedule-",
    "reports-",
    "account-",
    "nat-",
    "site-",
    "webhooks-age",
    "webhooks-slow-age",
)
"""Alarms on what is published only when something happens, by how their names begin."""


def own_metric(name: str, found: dict[str, Any]) -> metrics.Metric:
    """Return WaveCom's metric of this name and these dimensions; fails where nothing publishes it."""
    (known,) = [each for each in metrics.METRICS if (each.name, each.service) == (name, found["service"])]
    assert found.keys() - {"service"} == set(known.dimensions), name
    return known


@each_variant
def test_there_is_an_alarm_for_everything_that_may_go_wrong(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    functions = assembly.functions.keys() - {"prepare"}  # a deployment fails where it does
    of_functions = {f"function-{name}-{what}" for name in functions for what in OF_FUNCTION}
    of_engine = OF_BROKER if assembly.of_type("AmazonMQ::Broker") else OF_SQS
    of_reports = {"reports-undelivered"} if assembly.of_type("SES::ConfigurationSet") else set()
    of_network = {"nat-ports"} if assembly.of_type("EC2::NatGateway") else set()

    assert assembly.alarms.keys() == ALARMS | of_functions | of_engine | of_reports | of_network


@each_variant
def test_alarms_stand_on_metrics_that_are_published(assemblies: Assemblies, variant: str) -> None:
    stage = "dev" if variant.startswith("dev") else "prod"
    for alarm in assemblies[variant].alarms.values():
        for metric in measured(alarm):
            if metric["Namespace"] == f"WaveCom/{stage}":
                own_metric(metric["MetricName"], dimensions(metric))
            else:
                assert metric["MetricName"] in KNOWN_TO_AWS[metric["Namespace"]]


@each_variant
def test_functions_publish_into_the_namespace_that_alarms_read(assemblies: Assemblies, variant: str) -> None:
    stage = "dev" if variant.startswith("dev") else "prod"
    for function in assemblies[variant].functions.values():
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == f"WaveCom/{stage}"


@each_variant
def test_alarms_on_queues_name_queues_of_the_topology(assemblies: Assemblies, variant: str) -> None:
    named = {
        dimensions(metric)["queue"]
        for alarm in assemblies[variant].alarms.values()
        for metric in measured(alarm)
        if "queue" in dimensions(metric)
    }

    assert named == {*topology.LANES, topology.DEAD_LETTERS, *topology.WEBHOOK_QUEUES}


@pytest.mark.parametrize("variant", ["dev-sqs", "prod-sqs"])
def test_the_age_of_webhooks_is_that_of_queues_which_the_stage_has(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    queues = {each["QueueName"] for each in assembly.of_type("SQS::Queue").values()}

    named = {
        dimensions(metric)["QueueName"]
        for name in OF_SQS
        for metric in measured(assembly.alarms[name])
        if metric["Namespace"] == "AWS/SQS"
    }

    assert {name.split("-", 2)[2] for name in named} == set(topology.WEBHOOK_QUEUES)
    assert named <= queues


def test_the_mistake_of_one_tenant_does_not_wake_anybody(assemblies: Assemblies) -> None:
    assert assemblies["prod-sqs"].alarms["failing-endpoints"]["Threshold"] == ENDPOINTS_MAX


def test_more_failing_endpoints_are_counted_than_the_alarm_needs(assemblies: Assemblies) -> None:
    assert assemblies["prod-sqs"].alarms["failing-endpoints"]["Threshold"] < FAILING_ENDPOINTS_MAX


@each_variant
def test_every_alarm_goes_to_the_topic_and_says_where_to_read_on(assemblies: Assemblies, variant: str) -> None:
    runbook = (PROJECT / "docs" / "runbook.md").read_text()
    sections = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", runbook, re.M)}

    for name, alarm in assemblies[variant].alarms.items():
        assert "AlarmTopic" in json.dumps(alarm["AlarmActions"]), name
        (section,) = re.findall(r"See docs/runbook\.md#([a-z-]+)$", alarm["AlarmDescription"])
        assert section in sections, name


@each_variant
def test_silence_of_heartbeats_alone_is_bad_and_of_what_is_published_every_minute_says_nothing(
    assemblies: Assemblies, variant: str
) -> None:
    for name, alarm in assemblies[variant].alarms.items():
        every_minute = "breaching" if name.endswith("-heartbeat") else "ignore"
        expected = "notBreaching" if name.startswith(OF_EVENTS) else every_minute
        assert alarm["TreatMissingData"] == expected, name


@pytest.mark.parametrize(
    ("name", "threshold", "comparison"),
    [
        ("dead-letters", 100, "GreaterThanThreshold"),
        ("dead-letter-age", 86_400, "GreaterThanThreshold"),
        ("high-depth", 10_000, "GreaterThanThreshold"),
        ("standard-depth", 10_000, "GreaterThanThreshold"),
        ("webhooks-depth", 10_000, "GreaterThanThreshold"),
        ("webhooks-slow-depth", 10_000, "GreaterThanThreshold"),
        ("failing-endpoints", 20, "GreaterThanThreshold"),
        ("high-age", 5, "GreaterThanThreshold"),
        ("standard-age", 30, "GreaterThanThreshold"),
        ("provider-failures", 20, "GreaterThanThreshold"),
        ("api-errors", 5, "GreaterThanThreshold"),
        ("ledger-mismatch", 0, "GreaterThanThreshold"),
        ("sweep-heartbeat", 1, "LessThanThreshold"),
        ("database-unreachable", 1, "LessThanThreshold"),
    ],
)
@each_variant
def test_alarms_go_off_where_they_should(
    assemblies: Assemblies, variant: str, name: str, threshold: float, comparison: str
) -> None:
    alarm = assemblies[variant].alarms[name]

    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (threshold, comparison)


@each_variant
def test_the_age_of_the_oldest_message_comes_from_the_consumers_and_is_long_where_there_are_none(
    assemblies: Assemblies, variant: str
) -> None:
    alarm = assemblies[variant].alarms["standard-age"]

    (expression,) = [each["Expression"] for each in alarm["Metrics"] if each["Id"] == "value"]
    assert {metric["MetricName"] for metric in measured(alarm)} >= {"QueueDepth", "QueueWait"}
    assert expression == "IF(standardDepth > 0, FILL(standardWait, 3600000), FILL(standardWait, 0)) / 1000"


@pytest.mark.parametrize(
    ("variant", "connections", "consumers"), [("dev-rabbitmq", 80, 4), ("prod-rabbitmq", 2_400, 10)]
)
def test_the_broker_is_held_to_the_limits_it_begins_with_and_to_a_consumer_for_each_mapping(
    assemblies: Assemblies, variant: str, connections: int, consumers: int
) -> None:
    assembly = assemblies[variant]

    assert assembly.alarms["broker-connections"]["Threshold"] == connections
    assert assembly.alarms["broker-consumers"]["Threshold"] == consumers
    assert len(assembly.of_type("Lambda::EventSourceMapping")) == consumers


@pytest.mark.parametrize("variant", ["dev-rabbitmq", "prod-rabbitmq", "prod-sqs"])
def test_the_ports_of_every_nat_gateway_are_counted(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]

    counted = {json.dumps(dimensions(metric)) for metric in measured(assembly.alarms["nat-ports"])}

    assert len(counted) == len(assembly.of_type("EC2::NatGateway"))


@each_variant
def test_the_alarm_on_cloudfront_stands_where_its_metrics_are(assemblies: Assemblies, variant: str) -> None:
    manifest = json.loads((assemblies[variant].folder / "manifest.json").read_text())
    (stack,) = [name for name in manifest["artifacts"] if re.fullmatch(r"wavecom-\w+-site-alarms", name)]
    (name,) = [name for name in assemblies[variant].of_type("CloudWatch::Alarm") if "SiteErrors" in name]

    assert manifest["artifacts"][stack]["environment"].endswith("/us-east-1")
    assert name.startswith(f"{stack}/")
    assert dimensions(assemblies[variant].alarms["site-errors"])["Region"] == "Global"


def test_runs_near_the_timeout_are_told_for_each_function_by_its_own(assemblies: Assemblies) -> None:
    assembly = assemblies["prod-rabbitmq"]

    for name in assembly.functions.keys() - {"prepare"}:
        alarm = assembly.alarms[f"function-{name}-duration"]
        assert alarm["Threshold"] == pytest.approx(800 * assembly.functions[name]["Timeout"])


@each_variant
def test_the_dashboard_is_read_from_top_to_bottom(assemblies: Assemblies, variant: str) -> None:
    (dashboard,) = assemblies[variant].of_type("CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["DashboardBody"])

    titles = re.findall(r"## ([A-Z][A-Za-z ?]+)", body)
    questions = ["Is it healthy?", "Is it keeping up?", "Which provider?", "Which webhooks?", "Which tenant?"]
    questions += ["What is dying?", "The API"]
    assert titles[: len(questions)] == questions
    assert ("The broker" in titles) is bool(assemblies[variant].of_type("AmazonMQ::Broker"))


@each_variant
def test_the_dashboard_shows_metrics_that_are_published(assemblies: Assemblies, variant: str) -> None:
    (dashboard,) = assemblies[variant].of_type("CloudWatch::Dashboard").values()
    text = "".join(part if isinstance(part, str) else "x" for part in dashboard["DashboardBody"]["Fn::Join"][1])
    widgets = json.loads(text)["widgets"]
    stage = "dev" if variant.startswith("dev") else "prod"

    searched = set(re.findall(r'MetricName=\\?"(\w+)\\?"', text.replace('\\\\\\"', '"').replace('\\"', '"')))
    shown = [metric for widget in widgets for metric in widget["properties"].get("metrics", [])]
    own = [each for each in shown if isinstance(each[0], str) and each[0] == f"WaveCom/{stage}"]
    for _, name, *rest in own:
        pairs = [each for each in rest if isinstance(each, str)]
        own_metric(name, dict(zip(pairs[::2], pairs[1::2], strict=True)))
    assert searched == {"ProviderFailureRate", "BreakerState", "ProviderWeight"}
    assert searched <= {metric.name for metric in metrics.METRICS}
    assert {"FailingEndpoints", "QueueDepth"} <= {each[1] for each in own}
    of_sqs = [each[1] for each in shown if each[0] == "AWS/SQS"]
    assert of_sqs == ["ApproximateAgeOfOldestMessage"] * (2 if variant.endswith("-sqs") else 0)
