"""Alarms on the Amazon MQ broker itself. It has no metrics of single queues: those alarms use WaveCom's metrics."""

from aws_cdk import aws_cloudwatch as cloudwatch

from infra_cdk.connections import broker_connection_limit
from infra_cdk.parts.alarms import BELOW, MINUTE, SILENCE_SAYS_NOTHING, Alarms
from infra_cdk.parts.explanations import broker, broker_away, consumers_needed
from infra_cdk.settings import StageSettings

MEMORY_PERCENT = {1: 80, 3: 50}
"""By number of nodes; CloudWatch adds up their memory. A node at its limit blocks all publishers (Amazon MQ developer
guide, "High memory alarm"), whatever the other nodes have left."""
CPU_PERCENT = 80
CPU_MINUTES = 15
DISK_FREE_LIMITS = 2
"""A multiple of the disk alarm limit, at which the broker stops."""
WARNING_SHARE = 0.8


def add_broker_alarms(alarms: Alarms, settings: StageSettings) -> None:
    """Add the alarms on the broker."""
    alarms.add(
        "broker-memory",
        memory_percent(settings),
        threshold=MEMORY_PERCENT[settings.broker_nodes],
        minutes=3,
        means=f"The broker uses more than {MEMORY_PERCENT[settings.broker_nodes]} % of its memory limit.",
        section="broker-memory",
        missing=SILENCE_SAYS_NOTHING,
        pages=True,
    )
    alarms.add(
        "broker-cpu",
        broker(settings, "SystemCpuUtilization", "Average"),
        threshold=CPU_PERCENT,
        minutes=CPU_MINUTES,
        means=f"The broker's processors have been busy for more than {CPU_PERCENT} % for {CPU_MINUTES} minutes.",
        section="broker-cpu",
        missing=SILENCE_SAYS_NOTHING,
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
        missing=SILENCE_SAYS_NOTHING,
        pages=True,
    )
    most = connections_max(settings)
    alarms.add(
        "broker-connections",
        broker(settings, "ConnectionCount", "Maximum"),
        threshold=most,
        minutes=3,
        means=f"The broker has more than {most:,} connections.",
        section="broker-connections",
        missing=SILENCE_SAYS_NOTHING,
    )
    needed = consumers_needed(settings)
    alarms.add(
        "broker-consumers",
        # ConsumerCount, not ConnectionCount: the observer has a connection itself.
        broker(settings, "ConsumerCount", "Maximum"),
        is_bad=BELOW,
        threshold=needed,
        minutes=5,
        means=f"Fewer than {needed} consumers: there are queues that nobody reads.",
        section="broker-consumers",
        missing=SILENCE_SAYS_NOTHING,
        pages=True,
        unless=[broker_away(settings)],
    )


def connections_max(settings: StageSettings) -> int:
    """Return the number of connections that is near the limit."""
    return round(WARNING_SHARE * broker_connection_limit(settings))


def memory_percent(settings: StageSettings) -> cloudwatch.MathExpression:
    """Return the percentage of its memory limit that the broker uses."""
    return cloudwatch.MathExpression(
        expression="100 * used / limit",
        using_metrics={
            "used": broker(settings, "RabbitMQMemUsed", "Maximum"),
            "limit": broker(settings, "RabbitMQMemLimit", "Minimum"),
        },
        label="Memory, percent of the limit",
        period=MINUTE,
    )
