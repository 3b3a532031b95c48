"""The CloudWatch dashboard for a person on call, to be read from top to bottom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra_cdk.parts.alarms import MINUTE, own
from infra_cdk.parts.api_alarms import errors_percent
from infra_cdk.parts.broker_alarms import memory_percent
from infra_cdk.parts.explanations import broker
from infra_cdk.parts.function import WaveComFunction
from infra_cdk.parts.queue_alarms import LANE_NAMES, WEBHOOK_NAMES, age_on_sqs, wait_seconds
from infra_cdk.parts.service_alarms import FAILING_ENDPOINTS_MAX
from infra_cdk.settings import StageSettings
from wavecom import metrics, topology

WIDTH = 24
HEIGHT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardContent:
    """The contents of the dashboard."""

    settings: StageSettings
    alarms: Sequence[cloudwatch.Alarm]
    http_api: apigatewayv2.HttpApi
    api: WaveComFunction
    feed: WaveComFunction
    consumers: Sequence[WaveComFunction]
    webhooks: WaveComFunction
    functions: Sequence[WaveComFunction]
    observe: WaveComFunction


def make_dashboard(scope: Construct, content: DashboardContent) -> cloudwatch.Dashboard:
    """Create it: health, throughput, providers, webhooks, tenants, dead letters, and the parts below."""
    rows = [
        *_healthy(content),
        *_keeping_up(content),
        *_providers(content),
        *_webhooks(content),
        *_tenants(content),
        *_dying(content),
        *_api(content),
    ]
    if content.settings.has_broker:
        rows += _broker(content)
    return cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=content.settings.prefix,
        default_interval=Duration.hours(3),
        period_override=cloudwatch.PeriodOverride.INHERIT,
        widgets=rows,
    )


Row = list[cloudwatch.IWidget]


def _title(text: str) -> Row:
    return [cloudwatch.TextWidget(markdown=f"## {text}", width=WIDTH, height=1)]


def _graph(title: str, *left: cloudwatch.IMetric, width: int = 8, **properties: Any) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(left), width=width, height=HEIGHT, **properties)


def _from_zero(label: str) -> cloudwatch.YAxisProps:
    return cloudwatch.YAxisProps(min=0, label=label, show_units=False)


def _search(
    content: DashboardContent, metric: metrics.Metric, dimension: str, statistic: str
) -> cloudwatch.MathExpression:
    """Return one line for each existing value of ``dimension``."""
    schema = f"{content.settings.metrics_namespace},{dimension},service"
    return cloudwatch.MathExpression(
        expression=f"SEARCH('{{{schema}}} MetricName=\"{metric.name}\"', '{statistic}', 60)",
        label=f"${{PROP('Dim.{dimension}')}}",
        using_metrics={},
        period=MINUTE,
    )


def _healthy(content: DashboardContent) -> list[Row]:
    settings = content.settings
    now = [
        own(settings, metric, statistic).with_(label=label)
        for metric, statistic, label in (
            (metrics.DEGRADATION_LEVEL, "Maximum", "Level (1 is normal)"),
            (metrics.DATABASE_REACHABLE, "Minimum", "Database answers"),
            (metrics.BROKER_REACHABLE, "Minimum", "Queues answer"),
            (metrics.LEDGER_MISMATCH, "Maximum", "Books that disagree"),
            (metrics.ACCEPTED_PER_MINUTE, "Maximum", "Accepted a minute"),
        )
    ]
    return [
        _title("Is it healthy?"),
        [
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(content.alarms), width=12, height=HEIGHT),
            cloudwatch.SingleValueWidget(title="Now", metrics=now, width=12, height=HEIGHT),
        ],
    ]


def _keeping_up(content: DashboardContent) -> list[Row]:
    settings = content.settings
    depths = [
        own(settings, metrics.QUEUE_DEPTH, "Maximum", queue=queue).with_(label=label)
        for queue, label in (*LANE_NAMES.items(), (topology.RETRY, "waiting for a retry"))
    ]
    accepted = own(settings, metrics.ACCEPTED_PER_MINUTE, "Maximum").with_(label="accepted")
    return [
        _title("Is it keeping up?"),
        [
            _graph("Accepted a minute", accepted, left_y_axis=_from_zero("notifications")),
            _graph("Waiting in each lane", *depths, left_y_axis=_from_zero("messages")),
            _graph(
                "Oldest message",
                *(wait_seconds(settings, lane) for lane in topology.LANES),
                left_y_axis=_from_zero("seconds"),
                left_annotations=[
                    cloudwatch.HorizontalAnnotation(value=5, label="high lane"),
                    cloudwatch.HorizontalAnnotation(value=30, label="standard lane"),
                ],
            ),
        ],
        [
            _graph(
                "Batches, p99",
                *(each.function.metric_duration(statistic="p99", period=MINUTE) for each in content.consumers),
                width=12,
                left_y_axis=_from_zero("ms"),
            ),
            _graph(
                "Consumers at once",
                *(
                    each.function.metric("ConcurrentExecutions", statistic="Maximum", period=MINUTE)
                    for each in content.consumers
                ),
                width=12,
                left_y_axis=_from_zero("consumers"),
            ),
        ],
    ]


def _providers(content: DashboardContent) -> list[Row]:
    return [
        _title("Which provider?"),
        [
            _graph(
                "Failures",
                _search(content, metrics.PROVIDER_FAILURE_RATE, "provider", "Maximum"),
                left_y_axis=_from_zero("percent"),
                left_annotations=[cloudwatch.HorizontalAnnotation(value=20, label="alarm")],
            ),
            _graph(
                "Breaker (0 closed, 1 half-open, 2 open)",
                _search(content, metrics.BREAKER_STATE, "provider", "Maximum"),
                left_y_axis=_from_zero("state"),
            ),
            _graph(
                "Weight of what is configured",
                _search(content, metrics.PROVIDER_WEIGHT, "provider", "Average"),
                left_y_axis=_from_zero("percent"),
            ),
        ],
    ]


def _webhooks(content: DashboardContent) -> list[Row]:
    settings, function = content.settings, content.webhooks.function
    depths = [own(settings, metrics.QUEUE_DEPTH, "Maximum", queue=queue).with_(label=queue) for queue in WEBHOOK_NAMES]
    failing = own(settings, metrics.FAILING_ENDPOINTS, "Maximum").with_(label="for over an hour")
    rows: list[Row] = [
        _title("Which webhooks?"),
        [
            _graph("Webhooks that wait", *depths, left_y_axis=_from_zero("messages")),
            _graph(
                "Failing endpoints",
                failing,
                left_y_axis=_from_zero("endpoints"),
                left_annotations=[cloudwatch.HorizontalAnnotation(value=FAILING_ENDPOINTS_MAX, label="alarm")],
            ),
            _graph(
                "Batches of webhooks, p99",
                function.metric_duration(statistic="p99", period=MINUTE),
                left_y_axis=_from_zero("ms"),
            ),
        ],
    ]
    if settings.queue_engine == "sqs":
        ages = [age_on_sqs(settings, queue).with_(label=queue) for queue in WEBHOOK_NAMES]
        rows.append([_graph("Oldest webhook", *ages, width=WIDTH, left_y_axis=_from_zero("seconds"))])
    return rows


def _tenants(content: DashboardContent) -> list[Row]:
    return [
        _title("Which tenant?"),
        [
            cloudwatch.LogQueryWidget(
                title="The busiest tenants",
                log_group_names=[content.observe.log_group.log_group_name],
                query_lines=[
                    'filter message = "Busy tenant"',
                    "stats sum(accepted) as acceptedAll, sum(sent) as sentAll, sum(failed) as failedAll by tenant",
                    "sort acceptedAll desc",
                    "limit 20",
                ],
                view=cloudwatch.LogQueryVisualizationType.TABLE,
                width=WIDTH,
                height=HEIGHT,
            )
        ],
    ]


def _dying(content: DashboardContent) -> list[Row]:
    settings = content.settings
    dead = own(settings, metrics.QUEUE_DEPTH, "Maximum", queue=topology.DEAD_LETTERS).with_(label="dead letters")
    return [
        _title("What is dying?"),
        [
            _graph(
                "Dead letters",
                dead,
                left_y_axis=_from_zero("messages"),
                left_annotations=[cloudwatch.HorizontalAnnotation(value=100, label="alarm")],
            ),
            cloudwatch.LogQueryWidget(
                title="Why attempts fail",
                log_group_names=[each.log_group.log_group_name for each in content.consumers],
                query_lines=[
                    'filter message = "Attempt made"',
                    "stats count(*) as attempts by provider, outcome, code",
                    "sort attempts desc",
                    "limit 20",
                ],
                view=cloudwatch.LogQueryVisualizationType.TABLE,
                width=16,
                height=HEIGHT,
            ),
        ],
        [
            _graph(
                "Errors of functions",
                *(each.function.metric_errors(period=MINUTE) for each in content.functions),
                width=12,
                left_y_axis=_from_zero("errors"),
            ),
            _graph(
                "Throttles",
                *(each.function.metric_throttles(period=MINUTE) for each in content.functions),
                width=12,
                left_y_axis=_from_zero("throttles"),
            ),
        ],
    ]


def _api(content: DashboardContent) -> list[Row]:
    http_api, api, feed = content.http_api, content.api.function, content.feed.function
    readers = feed.metric("ConcurrentExecutions", statistic="Maximum", period=MINUTE)
    return [
        _title("The API"),
        [
            _graph(
                "Requests",
                http_api.metric_count(statistic="Sum", period=MINUTE),
                http_api.metric_client_error(statistic="Sum", period=MINUTE),
                width=6,
                left_y_axis=_from_zero("a minute"),
            ),
            _graph("5xx", errors_percent(http_api, content.feed), width=6, left_y_axis=_from_zero("percent")),
            _graph(
                "Duration, without the feed",
                *(api.metric_duration(statistic=each, period=MINUTE) for each in ("p50", "p95", "p99")),
                width=6,
                left_y_axis=_from_zero("ms"),
            ),
            _graph("Readers of the feed at once", readers, width=6, left_y_axis=_from_zero("readers")),
        ],
    ]


def _broker(content: DashboardContent) -> list[Row]:
    settings = content.settings
    return [
        _title("The broker"),
        [
            _graph("Memory", memory_percent(settings), left_y_axis=_from_zero("percent")),
            _graph("Disk", broker(settings, "RabbitMQDiskFree", "Minimum"), left_y_axis=_from_zero("bytes free")),
            _graph(
                "Connections", broker(settings, "ConnectionCount", "Maximum"), left_y_axis=_from_zero("connections")
            ),
        ],
        [
            _graph(
                "Processors",
                broker(settings, "SystemCpuUtilization", "Average"),
                width=12,
                left_y_axis=_from_zero("percent"),
            ),
            _graph(
                "Consumers",
                broker(settings, "ConsumerCount", "Maximum"),
                width=12,
                left_y_axis=_from_zero("consumers"),
            ),
        ],
    ]
