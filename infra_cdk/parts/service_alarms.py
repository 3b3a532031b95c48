"""Alarms on the service's own metrics: heartbeats, database, broker, ledger, providers, load."""

from infra_cdk.parts.alarms import BELOW, SILENCE_IS_BAD, SILENCE_SAYS_NOTHING, Alarms, own
from infra_cdk.parts.explanations import database_away
from infra_cdk.settings import StageSettings
from wavecom import metrics

PROVIDER_FAILURES_PERCENT = 20
DEAD_LETTER_AGE_SECONDS = 86_400
FAILING_ENDPOINTS_MAX = 20
"""As many as one tenant may have: no tenant's mistake alone sets off the alarm."""
FAILING_ENDPOINTS_MINUTES = 15


def add_service_alarms(alarms: Alarms, settings: StageSettings) -> None:
    """Add the alarms on the service's own metrics."""
    for metric in (metrics.SWEEP_HEARTBEAT, metrics.OBSERVE_HEARTBEAT):
        alarms.add(
            f"{metric.service}-heartbeat",
            own(settings, metric, "Sum"),
            is_bad=BELOW,
            threshold=1,
            minutes=3,
            means=f"The {metric.service} function has not come to its end for three minutes.",
            section="heartbeat-missing",
            missing=SILENCE_IS_BAD,
            pages=True,
            unless=[database_away(settings)],
        )
    alarms.add(
        "database-unreachable",
        own(settings, metrics.DATABASE_REACHABLE, "Minimum"),
        is_bad=BELOW,
        threshold=1,
        minutes=2,
        of=3,
        means="MongoDB does not answer: nothing is accepted and nothing is sent.",
        section="database-unreachable",
        missing=SILENCE_SAYS_NOTHING,
        pages=True,
    )
    alarms.add(
        "broker-unreachable",
        own(settings, metrics.BROKER_REACHABLE, "Minimum"),
        is_bad=BELOW,
        threshold=1,
        minutes=2,
        of=3,
        means="The queues do not answer: notifications are accepted and wait.",
        section="broker-unreachable",
        missing=SILENCE_SAYS_NOTHING,
        pages=True,
    )
    alarms.add(
        "ledger-mismatch",
        own(settings, metrics.LEDGER_MISMATCH, "Maximum"),
        threshold=0,
        means="The books of a minute do not agree with its notifications.",
        section="ledger-mismatch",
        missing=SILENCE_SAYS_NOTHING,
        pages=True,
    )
    alarms.add(
        "provider-failures",
        own(settings, metrics.WORST_PROVIDER_FAILURE_RATE, "Maximum"),
        threshold=PROVIDER_FAILURES_PERCENT,
        minutes=2,
        means=f"A provider fails more than {PROVIDER_FAILURES_PERCENT} % of its sends.",
        section="provider-failures",
        missing=SILENCE_SAYS_NOTHING,
    )
    alarms.add(
        "degraded",
        own(settings, metrics.DEGRADATION_LEVEL, "Maximum"),
        threshold=1,
        minutes=2,
        means="The load is above what everything can be done with.",
        section="degraded",
        missing=SILENCE_SAYS_NOTHING,
    )
    alarms.add(
        "failing-endpoints",
        own(settings, metrics.FAILING_ENDPOINTS, "Maximum"),
        threshold=FAILING_ENDPOINTS_MAX,
        minutes=FAILING_ENDPOINTS_MINUTES,
        means=f"More than {FAILING_ENDPOINTS_MAX} endpoints of webhooks have been failing for over an hour.",
        section="failing-endpoints",
        missing=SILENCE_SAYS_NOTHING,
    )
    alarms.add(
        "dead-letter-age",
        own(settings, metrics.DEAD_LETTER_AGE, "Maximum"),
        threshold=DEAD_LETTER_AGE_SECONDS,
        means="Dead letters have waited for more than a day for somebody to decide.",
        section="dead-letters",
        missing=SILENCE_SAYS_NOTHING,
    )
