"""Observe the service once a minute: publish the metrics that alarms use, and set the degradation level."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wavecom import metrics
from wavecom.application.operate.ledger import Ledger
from wavecom.domain.degradation import Level, Thresholds
from wavecom.domain.errors import QueueUnavailableError, StoreUnavailableError
from wavecom.domain.ledger.totals import Totals, failure_rate
from wavecom.domain.notifications.enums import Cause
from wavecom.domain.notifications.timings import KEPT_FOR
from wavecom.domain.providers.outcomes import ProviderError
from wavecom.domain.providers.weights import Health, next_factor
from wavecom.ports.ledger import Counters
from wavecom.ports.providers import Breakers, Weights, WithSandbox
from wavecom.ports.queue import Queue
from wavecom.ports.system import Clock, MetricsSink, SystemState
from wavecom.ports.webhooks import FailingEndpoints

logger = logging.getLogger(__name__)

FAILURE_RATE_WINDOW = timedelta(minutes=5)
HEALTH_WINDOW = timedelta(minutes=2)
"""A short window, so that a provider's recovery is seen soon."""
BREAKER_VALUES = {"closed": 0, "half-open": 1, "open": 2}
MIN_ATTEMPTS = 10
"""The fewest attempts in the window that give a meaningful rate: one failure of two is no rate of 50 percent."""
SANDBOX_CHECK_INTERVAL = timedelta(minutes=10)
"""The interval at which providers are asked whether they hold our account in a sandbox."""
ENDPOINTS_FAILING_FOR = timedelta(hours=1)
"""Longer than a deployment or a restart of a client's system takes."""
FAILING_ENDPOINTS_MAX = 1_000
"""The most failing endpoints that are counted."""
TENANTS_WINDOW = timedelta(minutes=1)
TENANTS_SHOWN = 10
NEEDS_DECISION = frozenset({Cause.RETRIES_EXHAUSTED, Cause.PROVIDER_UNAVAILABLE, Cause.UNKNOWN})
"""Causes of dead letters that a person has to decide on; a permanent refusal needs no decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """Measures the service from the outside and stores the results.

    ``channels`` has, for each channel, the names of its providers; ``with_sandbox`` are the providers that can say
    whether our account is still in a sandbox.
    """

    counters: Counters
    queue: Queue
    breakers: Breakers
    weights: Weights
    ledger: Ledger
    failing_endpoints: FailingEndpoints
    channels: Sequence[Sequence[str]]
    with_sandbox: Sequence[WithSandbox]
    system: SystemState
    metrics: MetricsSink
    thresholds: Thresholds
    clock: Clock

    def observe(self) -> Level:
        """Publish the service's `wavecom.metrics`, adapt the providers' weights, store the level and return it.

        Raises `StoreUnavailableError`, after ``DatabaseReachable`` was published as 0.
        """
        try:
            level = self._measure()
        except StoreUnavailableError:
            self.metrics.gauge(metrics.DATABASE_REACHABLE, 0)
            raise
        self.metrics.gauge(metrics.DATABASE_REACHABLE, 1)
        self.metrics.gauge(metrics.OBSERVE_HEARTBEAT, 1)
        self._check_sandboxes(self.clock())
        return level

    def _measure(self) -> Level:
        self._publish_depths()
        now = self.clock()
        minutes = self.counters.minutes(None, now - FAILURE_RATE_WINDOW)
        self._publish_failure_rates(Totals.merged(minutes.values()))
        self._adapt_weights(Totals.merged(minutes[each] for each in minutes if each >= now - HEALTH_WINDOW), now)
        self.metrics.gauge(metrics.LEDGER_MISMATCH, len(self.ledger.check()))
        self.metrics.gauge(metrics.DEAD_LETTER_AGE, self._dead_letter_age(now).total_seconds())
        failing = self.failing_endpoints.count(now - ENDPOINTS_FAILING_FOR, most=FAILING_ENDPOINTS_MAX)
        self.metrics.gauge(metrics.FAILING_ENDPOINTS, failing)
        states = self.breakers.states()
        for provider in (name for peers in self.channels for name in peers if name in states):
            self.metrics.gauge(metrics.BREAKER_STATE, BREAKER_VALUES[states[provider].name], provider=provider)
        accepted = _accepted_per_minute(minutes, now)
        level = self.thresholds.level(accepted)
        self.metrics.gauge(metrics.ACCEPTED_PER_MINUTE, accepted)
        self.metrics.gauge(metrics.DEGRADATION_LEVEL, level.value)
        self._log_tenants(now)
        self.system.set_level(level, now)
        self.system.beat("observe", now)
        return level

    def _publish_failure_rates(self, totals: Totals) -> None:
        worst = 0.0
        faults = totals.provider_faults()
        for provider, outcomes in totals.providers().items():
            rate = failure_rate(outcomes, faults.get(provider, 0))
            self.metrics.gauge(metrics.PROVIDER_FAILURE_RATE, rate, provider=provider)
            if sum(outcomes.values()) >= MIN_ATTEMPTS:
                worst = max(worst, rate)
        self.metrics.gauge(metrics.WORST_PROVIDER_FAILURE_RATE, worst)

    def _dead_letter_age(self, now: datetime) -> timedelta:
        """Return the time since the end of the oldest day that has dead letters for a person to decide on."""
        days = [
            datetime.fromisoformat(day).replace(tzinfo=UTC)
            for (day, cause, _), count in self.counters.totals(None).dead_letters().items()
            if count > 0 and cause in NEEDS_DECISION
        ]
        oldest = min((day for day in days if day >= now - KEPT_FOR), default=now)
        return max(timedelta(0), now - oldest - timedelta(days=1))

    def _log_tenants(self, now: datetime) -> None:
        """Log the busiest tenants, for the operators' dashboard: as a metric, each would cost as much as an alarm."""
        by_tenant = self.counters.by_tenant(now - TENANTS_WINDOW)
        accepted = {tenant: sum(totals.by_channel("created").values()) for tenant, totals in by_tenant.items()}
        for tenant in sorted(accepted, key=lambda each: accepted[each], reverse=True)[:TENANTS_SHOWN]:
            totals = by_tenant[tenant]
            counts = {name: sum(totals.by_channel(name).values()) for name in ("sent", "failed", "retried")}
            logger.info("Busy tenant", extra={"tenant": tenant, "accepted": accepted[tenant], **counts})

    def _check_sandboxes(self, now: datetime) -> None:
        """Ask providers about their sandbox, last of all, so that a provider that hangs delays nothing."""
        if not self.with_sandbox:
            return
        known = self.system.sandboxes(since=now - SANDBOX_CHECK_INTERVAL)
        for provider in self.with_sandbox:
            if provider.name in known:
                continue
            try:
                self.system.set_sandbox(provider.name, now, in_sandbox=provider.in_sandbox())
            except (ProviderError, StoreUnavailableError):
                logger.warning("Sandbox not known", extra={"provider": provider.name}, exc_info=True)

    def _adapt_weights(self, totals: Totals, now: datetime) -> None:
        """Lower the weights of providers that fail or are slow, and raise them again."""
        milliseconds, faults = totals.provider_milliseconds(), totals.provider_faults()
        health = {
            provider: Health(
                attempts=sum(outcomes.values()),
                failures=faults.get(provider, 0),
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
                self.metrics.gauge(metrics.PROVIDER_WEIGHT, 100 * factor, provider=provider)

    def _publish_depths(self) -> None:
        try:
            depths = self.queue.depths()
        except QueueUnavailableError:
            logger.exception("Broker unavailable, no depths to publish")
            self.metrics.gauge(metrics.BROKER_REACHABLE, 0)
            return
        self.metrics.gauge(metrics.BROKER_REACHABLE, 1)
        for queue, depth in depths.items():
            self.metrics.gauge(metrics.QUEUE_DEPTH, depth, queue=queue)


def _accepted_per_minute(minutes: Mapping[datetime, Totals], now: datetime) -> int:
    """Return the count of the last full minute, or of the present one if it is larger already."""
    this_minute = now.replace(second=0, microsecond=0)
    two_minutes = (minutes.get(this_minute), minutes.get(this_minute - timedelta(minutes=1)))
    return max(sum(totals.by_channel("created").values()) if totals else 0 for totals in two_minutes)
