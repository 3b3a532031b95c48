"""Look at the whole once a minute: publish what the alarms stand on, and set the degradation level."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavecom.domain.degradation import Level, Thresholds
from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.ledger import Totals, failure_rate
from wavecom.domain.outcomes import Outcome
from wavecom.ports import Breakers, Clock, Counters, MetricsSink, Queue, SystemState

logger = logging.getLogger(__name__)

FAILURES = frozenset({Outcome.TRANSIENT.value, Outcome.UNKNOWN.value})
"""Outcomes that speak against a provider; a permanent refusal or a rate limit speaks of the request."""
FAILURE_RATE_WINDOW = timedelta(minutes=5)
BREAKER_VALUES = {"closed": 0, "half-open": 1, "open": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """Measure the service from the outside and store what it finds."""

    counters: Counters
    queue: Queue
    breakers: Breakers
    system: SystemState
    metrics: MetricsSink
    thresholds: Thresholds
    clock: Clock

    def __call__(self) -> Level:
        """Publish depths, failure rates, breaker states and the level; return the level.

        Metrics: ``QueueDepth`` (messages, by queue, the dead letters among them), ``ProviderFailureRate`` (percent over
        five minutes), ``BreakerState`` (0 closed, 1 half-open, 2 open), ``AcceptedPerMinute``, ``DegradationLevel``
        (1 to 4), ``BrokerReachable`` (0 or 1).
        """
        now = self.clock()
        self._publish_depths()
        minutes = self.counters.minutes(None, now - FAILURE_RATE_WINDOW)
        for provider, outcomes in Totals.merged(minutes.values()).providers().items():
            rate = failure_rate(outcomes, lambda outcome: outcome in FAILURES)
            self.metrics.gauge("ProviderFailureRate", rate, "Percent", provider=provider)
        for provider, state in self.breakers.states().items():
            self.metrics.gauge("BreakerState", BREAKER_VALUES[state], "None", provider=provider)
        accepted = _accepted_per_minute(minutes, now)
        level = self.thresholds.level(accepted)
        self.metrics.gauge("AcceptedPerMinute", accepted, "Count")
        self.metrics.gauge("DegradationLevel", level.value, "None")
        self.system.set_level(level, now)
        self.system.beat("observe", now)
        return level

    def _publish_depths(self) -> None:
        try:
            depths = self.queue.depths()
        except QueueUnavailableError:
            logger.exception("Broker unavailable, no depths to publish")
            self.metrics.gauge("BrokerReachable", 0, "None")
            return
        self.metrics.gauge("BrokerReachable", 1, "None")
        for queue, depth in depths.items():
            self.metrics.gauge("QueueDepth", depth, "Count", queue=queue)


def _accepted_per_minute(minutes: Mapping[datetime, Totals], now: datetime) -> int:
    """Return what the last full minute took in, or the present one where it has taken in more already."""
    this_minute = now.replace(second=0, microsecond=0)
    either = (minutes.get(this_minute), minutes.get(this_minute - timedelta(minutes=1)))
    return max(sum(totals.by_channel("created").values()) if totals else 0 for totals in either)
