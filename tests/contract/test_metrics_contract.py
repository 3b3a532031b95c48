"""What every sink of measurements does, the fake included."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes import FakeMetrics
from wavecom.metrics import BREAKER_STATE, METRICS, NAMESPACE, QUEUE_DEPTH, Metric
from wavecom.observability import EmfMetrics
from wavecom.ports.system import MetricsSink

PORT = MetricsSink


@dataclass
class Adapter:
    """A sink, and a function that takes out of it the last value of each metric, by name and dimensions."""

    metrics: MetricsSink
    recorded: Callable[[], dict[tuple[str, ...], float]]


@pytest.fixture(params=["fake", "emf"])
def sink(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    if request.param == "fake":
        fake = FakeMetrics()
        return Adapter(fake, lambda: fake.values)
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE", raising=False)
    return Adapter(EmfMetrics(), lambda: dict(map(as_cloudwatch_reads, documents(capsys))))


def documents(capsys: pytest.CaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def as_cloudwatch_reads(document: dict[str, Any]) -> tuple[tuple[str, ...], float]:
    """Return a metric's name with its dimensions, less the service, and its value (EMF specification)."""
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    (metric,), (dimensions,) = directive["Metrics"], directive["Dimensions"]
    value = document[metric["Name"]]
    (single,) = value if isinstance(value, list) else [value]
    return (metric["Name"], *(document[name] for name in dimensions if name != "service")), single


def dimensions_of(metric: Metric) -> dict[str, str]:
    return {name: f"a-{name}" for name in metric.dimensions}


@pytest.mark.parametrize("metric", METRICS, ids=lambda each: f"{each.service}-{each.name}")
def test_a_value_is_recorded_with_each_of_the_metrics_dimensions(sink: Adapter, metric: Metric) -> None:
    sink.metrics.gauge(metric, 12.5, **dimensions_of(metric))

    assert sink.recorded() == {(metric.name, *dimensions_of(metric).values()): 12.5}


def test_a_metric_has_a_value_for_each_value_of_its_dimensions(sink: Adapter) -> None:
    for queue, depth in (("high_priority", 3), ("notifications", 0), ("retry", 100_000)):
        sink.metrics.gauge(QUEUE_DEPTH, depth, queue=queue)
    sink.metrics.gauge(BREAKER_STATE, 2, provider="ses")

    assert sink.recorded() == {
        ("QueueDepth", "high_priority"): 3,
        ("QueueDepth", "notifications"): 0,
        ("QueueDepth", "retry"): 100_000,
        ("BreakerState", "ses"): 2,
    }


def test_the_last_value_counts(sink: Adapter) -> None:
    for depth in (3, 0):
        sink.metrics.gauge(QUEUE_DEPTH, depth, queue="retry")

    assert sink.recorded() == {("QueueDepth", "retry"): 0}


@pytest.mark.parametrize("metric", METRICS, ids=lambda each: f"{each.service}-{each.name}")
def test_cloudwatch_is_told_the_unit_and_who_publishes(metric: Metric, capsys, monkeypatch) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE", raising=False)

    EmfMetrics().gauge(metric, 1, **dimensions_of(metric))

    (document,) = documents(capsys)
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert directive["Metrics"] == [{"Name": metric.name, "Unit": metric.unit}]
    assert document["service"] == metric.service
    assert set(directive["Dimensions"][0]) == {"service", *metric.dimensions}


def test_a_deployed_stage_has_a_namespace_of_its_own(capsys, monkeypatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "WaveCom-staging")

    EmfMetrics().gauge(QUEUE_DEPTH, 1, queue="retry")

    (document,) = documents(capsys)
    assert document["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "WaveCom-staging"
