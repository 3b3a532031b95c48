"""Faults that explain other alarms: a fault is reported once, by the alarm that names it."""

from aws_cdk import aws_cloudwatch as cloudwatch

from infra_cdk.connections import mappings
from infra_cdk.parts.alarms import MINUTE, Explanation, own
from infra_cdk.settings import StageSettings
from wavecom import metrics

FULL_PERCENT = 95
"""A percentage of the account's concurrency. The metric is each minute's maximum, which is 100 whenever Lambda
throttles for the account's limit: reserved concurrency counts as used."""


def database_away(settings: StageSettings) -> Explanation:
    """Return the explanation that MongoDB does not answer."""
    return Explanation(
        name="database", metric=own(settings, metrics.DATABASE_REACHABLE, "Minimum"), healthy="> 0", default=1
    )


def broker_away(settings: StageSettings) -> Explanation:
    """Return the explanation that RabbitMQ or SQS does not answer."""
    return Explanation(
        name="broker", metric=own(settings, metrics.BROKER_REACHABLE, "Minimum"), healthy="> 0", default=1
    )


def account_is_full() -> Explanation:
    """Return the explanation that Lambda has reached the account's concurrency."""
    return Explanation(name="concurrency", metric=concurrency_percent(), healthy=f"< {FULL_PERCENT}", default=0)


def consumers_missing(settings: StageSettings) -> list[Explanation]:
    """Return the explanation that queues have lost their consumers, which a RabbitMQ broker counts and SQS does not."""
    if not settings.has_broker:
        return []
    needed = consumers_needed(settings)
    return [
        Explanation(
            name="consumers",
            metric=broker(settings, "ConsumerCount", "Maximum"),
            healthy=f">= {needed}",
            default=needed,
        )
    ]


def consumers_needed(settings: StageSettings) -> int:
    """Return the minimum number of consumers: one for each event source mapping."""
    return mappings(settings)


def concurrency_percent() -> cloudwatch.MathExpression:
    """Return the percentage of the account's concurrency that is in use or reserved, by all functions.

    Functions without reserved concurrency can only use the rest (AWS Lambda developer guide, "Types of metrics for
    Lambda functions": ClaimedAccountConcurrency). Service Quotas has the limit under the other metric (Amazon
    CloudWatch user guide, "Visualizing your service quotas and setting alarms").
    """
    return cloudwatch.MathExpression(
        expression="100 * claimed / SERVICE_QUOTA(running)",
        using_metrics={
            "claimed": cloudwatch.Metric(
                namespace="AWS/Lambda", metric_name="ClaimedAccountConcurrency", statistic="Maximum", period=MINUTE
            ),
            "running": cloudwatch.Metric(
                namespace="AWS/Lambda", metric_name="ConcurrentExecutions", statistic="Maximum", period=MINUTE
            ),
        },
        label="Concurrency, percent of the account's",
        period=MINUTE,
    )


def broker(settings: StageSettings, name: str, statistic: str) -> cloudwatch.Metric:
    """Return one of the metrics that Amazon MQ publishes for RabbitMQ brokers, over all their nodes."""
    return cloudwatch.Metric(
        namespace="AWS/AmazonMQ",
        metric_name=name,
        dimensions_map={"Broker": settings.prefix},
        statistic=statistic,
        period=MINUTE,
    )
