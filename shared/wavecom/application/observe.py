"""Look at the whole once a minute: publish what the alarms stand on, and set the degradation level."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavecom.application.ledger import Ledger
from wavecom.domain.degradation import Level, Thresholds
from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.ledger import Totals, failure_rate
from wavecom.domain.outcomes import Outcome
from wavecom.domain.routing import Health, next_factor
from wavecom.ports import Breakers, Clock, Counters, MetricsSink, Queue, SystemState, Weights

logger = logging.getLogger(__name__)

FAILURES = frozenset({Outcome.TRANSIENT.value, Outcome.UNKNOWN.value})
"""Outcomes that speak against a provider; a permanent refusal or a rate limit speaks of the request."""
FAILURE_RATE_WINDOW = timedelta(minutes=5)
HEALTH_WINDOW = timedelta(minutes=2)
"""Short, so that a provider that is well again is seen to be."""
BREAKER_VALUES = {"closed": 0, "half-open": 1, "open": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """Measure the service from the outside and store what it finds.

    ``channels`` are the names of the providers that share a channel, of each channel.
    """

    counters: Counters
    queue: Queue
    breakers: Breakers
    weights: Weights
    ledger: Ledger
    channels: Sequence[Sequence[str]]
    system: SystemState
    metrics: MetricsSink
    thresholds: Thresholds
    clock: Clock

    def __call__(self) -> Level:
        """Publish depths, failure rates, breaker states and the level, follow the providers' health; return the level.

        Metrics: ``QueueDepth`` (messages, by queue, the dead letters among them), ``ProviderFailureRate`` (percent over
        five minutes), ``ProviderWeight`` (percent of the configured weight), ``BreakerState`` (0 closed, 1 half-open, 2
        open), ``AcceptedPerMinute``, ``DegradationLevel`` (1 to 4), ``BrokerReachable`` (0 or 1), ``LedgerMismatch``
        (lines of closed minutes that do not agree with the notifications).
        """
        now = self.clock()
        self._publish_depths()
        minutes = self.counters.minutes(None, now - FAILURE_RATE_WINDOW)
        for provider, outcomes in Totals.merged(minutes.values()).providers().items():
            rate = failure_rate(outcomes, lambda outcome: outcome in FAILURES)
            self.metrics.gauge("ProviderFailureRate", rate, "Percent", provider=provider)
        self._follow_health(Totals.merged(minutes[each] for each in minutes if each >= now - HEALTH_WINDOW), now)
        self.metrics.gauge("LedgerMismatch", len(self.ledger.check()), "Count")
        for provider, state in self.breakers.states().items():
            self.metrics.gauge("BreakerState", BREAKER_VALUES[state.name], "None", provider=provider)
        accepted = _accepted_per_minute(minutes, now)
        level = self.thresholds.level(accepted)
        self.metrics.gauge("AcceptedPerMinute", accepted, "Count")
        self.metrics.gauge("DegradationLevel", level.value, "None")
        self.system.set_level(level, now)
        self.system.beat("observe", now)
        return level

    def _follow_health(self, totals: Totals, now: datetime) -> None:
        """Move the weights of providers that fail or are slow, and drift them back."""
        milliseconds = totals.provider_milliseconds()
        health = {
            provider: Health(
                attempts=sum(outcomes.values()),
                failures=sum(count for outcome, count in outcomes.items() if outcome in FAILURES),
                milliseconds=milliseconds.get(provider, 0),
            )
            for provider, outcomes in totals.providers().items()
        }
        factors = self.weights.factors()
        changes = [
            change
            for peers in self.channels
            if len(peers) > 1
            for provider in peers
            if (change := next_factor(provider, factors.get(provider, 1.0), health, peers, now))
        ]
        if changes:
            self.weights.change(changes)
        for peers in self.channels:
            for provider in peers:
                factor = next(
                    (each.factor for each in changes if each.provider == provider), factors.get(provider, 1.0)
                )
                self.metrics.gauge("ProviderWeight", 100 * factor, "Percent", provider=provider)

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
