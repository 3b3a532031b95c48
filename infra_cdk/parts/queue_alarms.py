"""Alarms on the queues: their depths, and the age of their messages."""

from aws_cdk import aws_cloudwatch as cloudwatch

from infra_cdk.parts.alarms import MINUTE, SILENCE_IS_GOOD, SILENCE_SAYS_NOTHING, Alarms, own
from infra_cdk.parts.explanations import account_is_full, consumers_missing, database_away
from infra_cdk.settings import StageSettings
from wavecom import metrics, topology

DEAD_LETTERS_MAX = 100
LANE_DEPTH_MAX = 10_000
TARGET_SECONDS = {topology.HIGH_PRIORITY: 5, topology.STANDARD: 30}
"""The age that the oldest message of each lane may reach."""
LANE_NAMES = {topology.HIGH_PRIORITY: "high", topology.STANDARD: "standard"}
WEBHOOK_NAMES = {topology.WEBHOOKS: "webhooks", topology.SLOW_WEBHOOKS: "webhooks-slow"}
WEBHOOK_AGE_SECONDS = {topology.WEBHOOKS: 300, topology.SLOW_WEBHOOKS: 1_800}
"""The age that the oldest message may reach, with its delay and the time of its batch.

Slow endpoints delay each other alone, so theirs may be older.
"""
UNREAD_WAIT_MS = 3_600_000
"""The assumed wait in a lane with messages of which none has been consumed."""


def add_queue_alarms(alarms: Alarms, settings: StageSettings) -> None:
    """Add the alarms on the queues."""
    alarms.add(
        "dead-letters",
        own(settings, metrics.QUEUE_DEPTH, "Maximum", queue=topology.DEAD_LETTERS),
        threshold=DEAD_LETTERS_MAX,
        means=f"More than {DEAD_LETTERS_MAX} dead letters.",
        section="dead-letters",
        missing=SILENCE_SAYS_NOTHING,
    )
    explanations = [database_away(settings), account_is_full(), *consumers_missing(settings)]
    for lane, seconds in TARGET_SECONDS.items():
        name = LANE_NAMES[lane]
        alarms.add(
            f"{name}-depth",
            own(settings, metrics.QUEUE_DEPTH, "Maximum", queue=lane),
            threshold=LANE_DEPTH_MAX,
            means=f"More than {LANE_DEPTH_MAX:,} messages wait in the {name} lane.",
            section="lane-falls-behind",
            missing=SILENCE_SAYS_NOTHING,
            unless=explanations,
        )
        alarms.add(
            f"{name}-age",
            wait_seconds(settings, lane),
            threshold=seconds,
            minutes=2,
            of=3,
            means=f"Messages of the {name} lane wait longer than its target of {seconds} s.",
            section="lane-falls-behind",
            missing=SILENCE_SAYS_NOTHING,
            pages=True,
            unless=explanations,
        )
    for queue, name in WEBHOOK_NAMES.items():
        alarms.add(
            f"{name}-depth",
            own(settings, metrics.QUEUE_DEPTH, "Maximum", queue=queue),
            threshold=LANE_DEPTH_MAX,
            means=f"More than {LANE_DEPTH_MAX:,} messages wait in the queue {queue}.",
            section="webhooks-fall-behind",
            missing=SILENCE_SAYS_NOTHING,
            unless=explanations,
        )
        if settings.queue_engine == "sqs":
            seconds = WEBHOOK_AGE_SECONDS[queue]
            alarms.add(
                f"{name}-age",
                age_on_sqs(settings, queue),
                threshold=seconds,
                minutes=3,
                of=5,
                means=f"Messages of the queue {queue} wait for more than {seconds // 60} minutes.",
                section="webhooks-fall-behind",
                missing=SILENCE_IS_GOOD,
                unless=explanations,
            )


def age_on_sqs(settings: StageSettings, queue: str) -> cloudwatch.Metric:
    """Return the age of a queue's oldest message, which SQS publishes while the queue is in use.

    It counts until the message is deleted, so it includes the time of a batch and of a message's delay. RabbitMQ on
    Amazon MQ has no such metric.
    """
    return cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name="ApproximateAgeOfOldestMessage",
        dimensions_map={"QueueName": f"{settings.prefix}-{queue}"},
        statistic="Maximum",
        period=MINUTE,
    )


def wait_seconds(settings: StageSettings, lane: str) -> cloudwatch.IMetric:
    """Return the wait of a lane's oldest message, as its consumers report it.

    SQS's own age counts until a message is deleted, so it would include the time of a batch.
    """
    name = LANE_NAMES[lane]
    depth, wait = f"{name}Depth", f"{name}Wait"
    return cloudwatch.MathExpression(
        expression=f"IF({depth} > 0, FILL({wait}, {UNREAD_WAIT_MS}), FILL({wait}, 0)) / 1000",
        using_metrics={
            depth: own(settings, metrics.QUEUE_DEPTH, "Maximum", queue=lane),
            wait: own(settings, metrics.QUEUE_WAIT, "Maximum", queue=lane),
        },
        label=f"{name} lane, seconds",
        period=MINUTE,
    )
