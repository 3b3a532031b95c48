"""Faults that explain the alarms of others: one fault shall be told once, by the alarm that names it."""

from aws_cdk import aws_cloudwatch as cloudwatch

from infra_cdk.parts.alarms import MINUTE, Explanation, own
from infra_cdk.settings import StageSettings
from wavecom import metrics, topology

FULL_PERCENT = 95
"""Of the account's concurrency. The metric is each minute's maximum, which is 100 wherever Lambda throttles for the
account's limit: what is reserved counts as used."""


def database_away(settings: StageSettings) -> Explanation:
    """Return that MongoDB does not answer."""
    return Explanation(
        name="database", metric=own(settings, metrics.DATABASE_REACHABLE, "Minimum"), well="> 0", otherwise=1
    )


def broker_away(settings: StageSettings) -> Explanation:
    """Return that RabbitMQ or SQS does not answer."""
    return Explanation(
        name="broker", metric=own(settings, metrics.BROKER_REACHABLE, "Minimum"), well="> 0", otherwise=1
    )


def account_is_full() -> Explanation:
    """Return that Lambda runs as much at once as it runs for this account."""
    return Explanation(name="concurrency", metric=concurrency_percent(), well=f"< {FULL_PERCENT}", otherwise=0)


def nobody_consumes(settings: StageSettings) -> list[Explanation]:
    """Return that queues have lost their consumers, which a RabbitMQ broker counts and SQS does not."""
    if not settings.has_broker:
        return []
    needed = consumers_needed(settings)
    return [
        Explanation(
            name="consumers", metric=broker(settings, "ConsumerCount", "Maximum"), well=f">= {needed}", otherwise=needed
        )
    ]


def consumers_needed(settings: StageSettings) -> int:
    """Return how many consumers there are at the least: one for each event source mapping."""
    return len(topology.LANES) * settings.lane_shards


def concurrency_percent() -> cloudwatch.MathExpression:
    """Return how much of the account's concurrency is in use or reserved, by whatever functions.

    What runs beside reserved concurrency can use no more than the rest (AWS Lambda developer guide, "Types of metrics
    for Lambda functions": ClaimedAccountConcurrency). Service Quotas knows the limit by the other metric (Amazon
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
