"""The counters as Prometheus text (Prometheus documentation, "Exposition formats": text format 0.0.4)."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from wavecom.application.read.query import Statistics
from wavecom.domain.ledger.totals import DURATION_BUCKETS_SECONDS, Totals
from wavecom.http.framework import meter

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(statistics: Statistics) -> str:
    """Return every metric as text. ``queue_depth`` is omitted while the broker does not answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(statistics))
    return generate_latest(registry).decode()


class _Collector(Collector):
    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def collect(self) -> Iterator[Metric]:
        totals = self._statistics.totals
        for name, text in (
            ("created", "Total number of notifications created"),
            ("sent", "Total number of notifications sent"),
            ("failed", "Total number of notifications failed"),
            ("retried", "Total number of retries planned"),
        ):
            family = CounterMetricFamily(f"notifications_{name}", text, labels=["type"])
            for channel, count in totals.by_channel(name).items():
                family.add_metric([channel.value], count)
            yield family
        yield _statuses(totals)
        yield _attempts(totals.providers())
        yield _processing(totals)
        if self._statistics.depths is not None:
            depth = GaugeMetricFamily("queue_depth", "Messages waiting in a queue", labels=["queue"])
            for queue, count in self._statistics.depths.items():
                depth.add_metric([queue], count)
            yield depth
        yield from _http(totals)


def _statuses(totals: Totals) -> Metric:
    family = GaugeMetricFamily("notifications", "Notifications by present status", labels=["status"])
    for status, count in totals.by_status().items():
        family.add_metric([status.value], count)
    return family


def _attempts(providers: Mapping[str, Mapping[str, int]]) -> Metric:
    family = CounterMetricFamily(
        "provider_attempts", "Calls to providers by what they came to", labels=["provider", "outcome"]
    )
    for provider, outcomes in providers.items():
        for outcome, count in outcomes.items():
            family.add_metric([provider, outcome], count)
    return family


def _processing(totals: Totals) -> Metric:
    counts, seconds = totals.duration_histogram()
    family = HistogramMetricFamily("notification_processing_duration_seconds", "Time to process notification")
    family.add_metric([], _buckets(DURATION_BUCKETS_SECONDS, counts), seconds)
    return family


def _http(totals: Totals) -> Iterator[Metric]:
    requests = CounterMetricFamily("http_requests", "HTTP requests", labels=["method", "route", "status"])
    for labels, count in meter.requests(totals).items():
        requests.add_metric(list(labels), count)
    yield requests
    durations = HistogramMetricFamily(
        "http_request_duration_seconds", "Time to answer HTTP requests", labels=["method", "route"]
    )
    for route, (counts, seconds) in meter.durations(totals).items():
        durations.add_metric(list(route), _buckets(meter.BUCKETS_SECONDS, counts), seconds)
    yield durations


def _buckets(bounds: tuple[float, ...], counts: list[int]) -> list[tuple[str, float]]:
    names = [f"{bound:g}" for bound in bounds] + ["+Inf"]
    return list(zip(names, [float(count) for count in counts], strict=True))
