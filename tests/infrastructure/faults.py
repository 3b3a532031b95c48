"""What each fault does to the metrics that alarms stand on."""

from collections.abc import Callable

from tests.infrastructure.metric_math import QUOTA, Published, dimensions
from tests.infrastructure.templates import Resource
from wavecom import metrics, topology

Change = Callable[[Resource], bool]
Changes = list[tuple[Change, float | None]]
MISSING = None
HEALTHY: dict[str, float] = {
    "Heartbeat": 1,
    "DatabaseReachable": 1,
    "BrokerReachable": 1,
    "LedgerMismatch": 0,
    "WorstProviderFailureRate": 1,
    "DegradationLevel": 1,
    "DeadLetterAge": 0,
    "FailingEndpoints": 3,
    "QueueDepth": 3,
    "QueueWait": 200,
    "Errors": 0,
    "Throttles": 0,
    "Duration": 1_000,
    "ConcurrentExecutions": 20,
    "ClaimedAccountConcurrency": 320,
    "5xx": 0,
    "Count": 1_000,
    "ApproximateNumberOfMessagesVisible": 0,
    "ApproximateAgeOfOldestMessage": 40,
    "RabbitMQMemUsed": 1e9,
    "RabbitMQMemLimit": 3e9,
    "RabbitMQDiskFree": 1e11,
    "RabbitMQDiskFreeLimit": 1e9,
    "ConnectionCount": 40,
    "ConsumerCount": 10,
    "SystemCpuUtilization": 20,
    "ErrorPortAllocation": 0,
    "5xxErrorRate": 0,
}
LONG = 1_000_000


def of(name: str, *words: str) -> Change:
    """Choose the metric ``name``, in whose dimensions all of ``words`` are."""

    def chosen(metric: Resource) -> bool:
        return metric["MetricName"] == name and all(word in str(dimensions(metric)) for word in words)

    return chosen


def in_queue(name: str, queue: str) -> Change:
    """Choose the metric ``name`` of one queue."""
    return lambda metric: metric["MetricName"] == name and dimensions(metric)["queue"] == queue


def in_sqs_queue(name: str, queue: str) -> Change:
    """Choose the metric ``name`` that Amazon SQS publishes of one queue."""
    return lambda metric: metric["MetricName"] == name and dimensions(metric)["QueueName"].endswith(f"-{queue}")


def published_by(service: str) -> Change:
    """Choose whatever one of WaveCom's functions publishes."""
    return lambda metric: dimensions(metric).get("service") == service


def of_broker(metric: Resource) -> bool:
    """Choose what Amazon MQ publishes."""
    return bool(metric["Namespace"] == "AWS/AmazonMQ")


def anything(metric: Resource) -> bool:
    """Choose every metric."""
    return True


NOBODY_READS: Changes = [
    (of("ConsumerCount"), 0),
    (in_queue("QueueDepth", topology.HIGH_PRIORITY), 20_000),
    (in_queue("QueueDepth", topology.STANDARD), 20_000),
    *[(in_queue("QueueDepth", queue), 20_000) for queue in topology.WEBHOOK_QUEUES],
    (of("QueueWait"), MISSING),
    (of("ApproximateAgeOfOldestMessage"), 3_600),
]
FAULTS: dict[str, Changes] = {
    "MongoDB does not answer": [
        (of("DatabaseReachable"), 0),
        (of("BrokerReachable"), 1),
        (in_queue("QueueDepth", topology.HIGH_PRIORITY), 500),
        (in_queue("QueueDepth", topology.STANDARD), 500),
        (of("QueueDepth"), 3),
        (of("ApproximateAgeOfOldestMessage"), 3_600),
        (published_by(metrics.OBSERVE_HEARTBEAT.service), MISSING),
        (published_by(metrics.SWEEP_HEARTBEAT.service), MISSING),
        (published_by(metrics.QUEUE_WAIT.service), MISSING),
        (of("Errors"), 10),
        (of("Duration"), LONG),
        (of("5xx"), 1_000),
        (of("5xxErrorRate"), 100),
    ],
    "The broker does not answer": [
        (of("BrokerReachable"), 0),
        (of("QueueDepth"), MISSING),
        (of("QueueWait"), MISSING),
        (of_broker, MISSING),
        (of("Duration"), LONG),
    ],
    "The observer fails": [
        (published_by(metrics.OBSERVE_HEARTBEAT.service), MISSING),
        (of("Errors", "Observe"), 1),
    ],
    "The sweep fails": [(of("Heartbeat", "sweep"), MISSING), (of("Errors", "Sweep"), 1)],
    "The scheduler cannot call the sweep": [
        (of("Heartbeat", "sweep"), MISSING),
        (of("ApproximateNumberOfMessagesVisible", "Undelivered", "delivery"), 3),
    ],
    "CloudWatch receives nothing": [(anything, MISSING)],
    "No mapping reads (RabbitMQ)": NOBODY_READS,
    "No mapping reads (SQS)": NOBODY_READS,
    "The high lane's consumer fails": [
        (of("Errors", "DeliverHigh"), 10),
        (in_queue("QueueDepth", topology.HIGH_PRIORITY), 500),
        (in_queue("QueueWait", topology.HIGH_PRIORITY), MISSING),
    ],
    "The consumer of webhooks fails": [
        (of("Errors", "Webhooks"), 10),
        *[(in_queue("QueueDepth", queue), 20_000) for queue in topology.WEBHOOK_QUEUES],
        (of("ApproximateAgeOfOldestMessage"), 3_600),
    ],
    "Slow endpoints have more than they take": [
        (in_queue("QueueDepth", topology.SLOW_WEBHOOKS), 20_000),
        (in_sqs_queue("ApproximateAgeOfOldestMessage", topology.SLOW_WEBHOOKS), 3_600),
    ],
    "Webhooks reach no endpoint": [(of("FailingEndpoints"), 200)],
    "The account's concurrency is used up": [
        (of("ClaimedAccountConcurrency"), QUOTA),
        (of("ConcurrentExecutions"), 0.7 * QUOTA),  # the rest is reserved, and idle
        (of("Throttles"), 100),
        (of("5xx"), 300),
        (of("5xxErrorRate"), 30),
        (in_queue("QueueDepth", topology.HIGH_PRIORITY), 20_000),
        (in_queue("QueueDepth", topology.STANDARD), 20_000),
        *[(in_queue("QueueDepth", queue), 20_000) for queue in topology.WEBHOOK_QUEUES],
        (of("QueueWait"), 600_000),
        (of("ApproximateAgeOfOldestMessage"), 3_600),
    ],
    "More requests come at once than apiReserved": [
        (of("Throttles", "Api"), 100),
        (of("5xx"), 300),
        (of("5xxErrorRate"), 30),
    ],
    "More readers wait for events than feedReserved": [
        (of("Throttles", "Feed"), 300),
        (of("5xx"), 300),
        (of("5xxErrorRate"), 30),
    ],
    "The sweep is still running when its next run begins": [
        (of("Throttles", "Sweep"), 1),
        (of("Duration", "Sweep"), LONG),
    ],
    "A NAT gateway has no ports left": [(of("ErrorPortAllocation"), 5)],
    "The broker is out of memory (RabbitMQ)": [(of("RabbitMQMemUsed"), 3e9), (of("Duration", "ApiFunction"), 3_100)],
    "The broker's disk is full (RabbitMQ)": [(of("RabbitMQDiskFree"), 1e9), (of("Duration", "ApiFunction"), 3_100)],
    "The broker's processors are busy (RabbitMQ)": [(of("SystemCpuUtilization"), 95)],
    "The broker has no connections left (RabbitMQ)": [(of("ConnectionCount"), 4_500)],
    "A provider fails": [(of("WorstProviderFailureRate"), 60)],
    "More is accepted than everything can be done with": [(of("DegradationLevel"), 3)],
    "The books disagree": [(of("LedgerMismatch"), 1)],
    "Dead letters are left to lie": [
        (in_queue("QueueDepth", topology.DEAD_LETTERS), 200),
        (of("DeadLetterAge"), 100_000),
    ],
    "The API fails after a deployment": [(of("Errors", "Api"), 100), (of("5xx"), 900), (of("5xxErrorRate"), 90)],
    "The API is slow": [(of("Duration", "ApiFunction"), 25_000)],
    "CloudFront fails": [(of("5xxErrorRate"), 50)],
    "Reports of Amazon SES cannot be applied": [(of("ApproximateNumberOfMessagesVisible", "api"), 3)],
}
"""By their names in docs/runbook.md; the first change of a metric holds."""


def during(changes: Changes) -> Published:
    """Return what is published during a fault, beginning with a healthy service."""

    def published(metric: Resource) -> float | None:
        for chosen, value in changes:
            if chosen(metric):
                return value
        return HEALTHY[metric["MetricName"]]

    return published
