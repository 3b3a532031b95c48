"""Alarms on the Amazon MQ broker itself. It tells nothing of single queues: those alarms stand on WaveCom's metrics."""

from aws_cdk import aws_cloudwatch as cloudwatch

from infra_cdk.parts.alarms import BELOW, MINUTE, SILENCE_IS_BAD, Alarms
from infra_cdk.settings import StageSettings

NAMESPACE = "AWS/AmazonMQ"
MEMORY_PERCENT = {1: 80, 3: 50}
"""By nodes, of which CloudWatch adds up the memory. A node at its limit blocks everyone who publishes (Amazon MQ
developer guide, "High memory alarm"), whatever the others have left."""
DISK_FREE_LIMITS = 2
"""In disk alarm limits: at one of them the broker stops."""
MEDIUM_CONNECTIONS, LARGER_CONNECTIONS = 300, 5_000
"""What mq.m7g.medium and mq.m7g.large allow (Amazon MQ developer guide, "Resource limits"); larger ones allow more."""
NEAR = 0.8


def add_broker_alarms(alarms: Alarms, settings: StageSettings) -> None:
    """Add them."""
    alarms.add(
        "broker-memory",
        memory_percent(settings),
        threshold=MEMORY_PERCENT[settings.broker_nodes],
        minutes=3,
        means=f"The broker uses more than {MEMORY_PERCENT[settings.broker_nodes]} % of its memory limit.",
        section="broker-memory",
        missing=SILENCE_IS_BAD,
    )
    alarms.add(
        "broker-disk",
        cloudwatch.MathExpression(
            expression="free / limit",
            using_metrics={
                "free": broker(settings, "RabbitMQDiskFree", "Minimum"),
                "limit": broker(settings, "RabbitMQDiskFreeLimit", "Maximum"),
            },
            label="Free disk, in limits",
            period=MINUTE,
        ),
        is_bad=BELOW,
        threshold=DISK_FREE_LIMITS,
        minutes=3,
        means="The broker's disk is nearly full.",
        section="broker-disk",
        missing=SILENCE_IS_BAD,
    )
    connections = broker(settings, "ConnectionCount", "Maximum")
    most = NEAR * (MEDIUM_CONNECTIONS if settings.broker_instance.endswith("medium") else LARGER_CONNECTIONS)
    alarms.add(
        "broker-connections",
        connections,
        threshold=most,
        minutes=3,
        means=f"The broker has more than {most:.0f} connections.",
        section="broker-connections",
        missing=SILENCE_IS_BAD,
    )
    alarms.add(
        "broker-no-connections",
        connections,
        is_bad=BELOW,
        threshold=1,
        minutes=5,
        means="Nobody is connected to the broker: nothing is delivered.",
        section="broker-connections",
        missing=SILENCE_IS_BAD,
    )


def memory_percent(settings: StageSettings) -> cloudwatch.MathExpression:
    """Return how much of its memory limit the broker uses."""
    return cloudwatch.MathExpression(
        expression="100 * used / limit",
        using_metrics={
            "used": broker(settings, "RabbitMQMemUsed", "Maximum"),
            "limit": broker(settings, "RabbitMQMemLimit", "Minimum"),
        },
        label="Memory, percent of the limit",
        period=MINUTE,
    )


def broker(settings: StageSettings, name: str, statistic: str) -> cloudwatch.Metric:
    """Return one of the metrics that Amazon MQ publishes for RabbitMQ brokers, over all their nodes."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"Broker": settings.prefix},
        statistic=statistic,
        period=MINUTE,
    )
