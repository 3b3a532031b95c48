"""Every metric that the functions publish: pure data, imported by the code, the CDK app and the tests alike."""

from dataclasses import dataclass
from typing import Final

NAMESPACE: Final = "WaveCom"
"""The CloudWatch namespace, unless POWERTOOLS_METRICS_NAMESPACE overrides it; each deployed stage has its own."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its name, CloudWatch's name of its unit, its publishing function, and dimensions beside ``service``."""

    name: str
    unit: str
    service: str
    dimensions: tuple[str, ...] = ()


QUEUE_DEPTH: Final = Metric("QueueDepth", "Count", "observe", ("queue",))
"""Messages in a lane, in all delay queues, in the dead letters, and in each queue of webhooks."""
QUEUE_WAIT: Final = Metric("QueueWait", "Milliseconds", "deliver", ("queue",))
"""The wait of a batch's oldest message in its lane; a lane is first in, first out."""
PROVIDER_FAILURE_RATE: Final = Metric("ProviderFailureRate", "Percent", "observe", ("provider",))
"""Attempts of five minutes that count against the provider."""
WORST_PROVIDER_FAILURE_RATE: Final = Metric("WorstProviderFailureRate", "Percent", "observe")
"""The highest rate of the providers with enough attempts for a meaningful rate."""
PROVIDER_WEIGHT: Final = Metric("ProviderWeight", "Percent", "observe", ("provider",))
"""The share of the configured weight."""
BREAKER_STATE: Final = Metric("BreakerState", "None", "observe", ("provider",))
"""0 closed, 1 half-open, 2 open."""
ACCEPTED_PER_MINUTE: Final = Metric("AcceptedPerMinute", "Count", "observe")
DEGRADATION_LEVEL: Final = Metric("DegradationLevel", "None", "observe")
"""1 to 4."""
BROKER_REACHABLE: Final = Metric("BrokerReachable", "None", "observe")
"""0 or 1."""
DATABASE_REACHABLE: Final = Metric("DatabaseReachable", "None", "observe")
"""0 or 1."""
LEDGER_MISMATCH: Final = Metric("LedgerMismatch", "Count", "observe")
"""Lines of closed minutes that do not agree with the notifications."""
DEAD_LETTER_AGE: Final = Metric("DeadLetterAge", "Seconds", "observe")
"""The age, to a day, of the oldest dead letter that a person has to decide on."""
FAILING_ENDPOINTS: Final = Metric("FailingEndpoints", "Count", "observe")
"""Endpoints of webhooks that have been failing for over an hour, of all tenants."""
OBSERVE_HEARTBEAT: Final = Metric("Heartbeat", "Count", "observe")
SWEEP_HEARTBEAT: Final = Metric("Heartbeat", "Count", "sweep")
"""1 for each completed run."""

METRICS: Final = (
    QUEUE_DEPTH,
    QUEUE_WAIT,
    PROVIDER_FAILURE_RATE,
    WORST_PROVIDER_FAILURE_RATE,
    PROVIDER_WEIGHT,
    BREAKER_STATE,
    ACCEPTED_PER_MINUTE,
    DEGRADATION_LEVEL,
    BROKER_REACHABLE,
    DATABASE_REACHABLE,
    LEDGER_MISMATCH,
    DEAD_LETTER_AGE,
    FAILING_ENDPOINTS,
    OBSERVE_HEARTBEAT,
    SWEEP_HEARTBEAT,
)
