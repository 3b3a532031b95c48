"""Consumers of one process on a real database, for tests of what one tenant's troubles do to another's messages."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from tests.builders import TIMINGS, ManualClock, a_draft, message_about
from tests.fakes import (
    FakeAttachmentFiles,
    FakeAttachments,
    FakeFailingEndpoints,
    FakeMetrics,
    FakeQueue,
    FakeSystem,
)
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.kept_reports import MongoKeptReports
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.ledger_checks import MongoLedgerChecks
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates
from wavecom.adapters.mongo.providers.pace import MongoPace
from wavecom.adapters.mongo.providers.weights import MongoWeights
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.adapters.providers.breaker import PyBreakers
from wavecom.adapters.providers.simulated import SimulatedProvider
from wavecom.application.deadline import Deadline
from wavecom.application.deliver.attached import AttachedFiles
from wavecom.application.deliver.deliver import Deliver
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.select import ChannelProvider, ChannelProviders, ProviderSelection
from wavecom.application.operate.ledger import Ledger
from wavecom.application.operate.observe import Observe
from wavecom.application.reports.receive import Receive
from wavecom.domain.degradation import Thresholds
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.senders import Sender, Senders
from wavecom.domain.tenants import DEFAULT_POLICY
from wavecom.ports.providers import Provider

AT_ONCE = 32
"""The most sends of one batch at a time."""
THREADS = 2 * AT_ONCE
"""Enough for two batches, which are delivered beside each other."""
PER_KIND = 50
UNHARMED = ("closed", 1.0, 0)
"""`World.live_state` of a provider that nothing speaks against."""


class World:
    """Consumers of one process, with one provider for live messages and simulators for those of test keys."""

    def __init__(self, mongo: Mongo, provider: Provider, executor: ThreadPoolExecutor) -> None:
        self.clock = ManualClock()
        self.counters = MongoCounters(mongo)
        self.store = MongoNotificationStore(mongo, self.counters)
        self.breakers = PyBreakers(MongoBreakerStates(mongo), self.clock)
        self.weights = MongoWeights(mongo)
        pace, suppressions, queue = MongoPace(mongo), MongoSuppressions(mongo), FakeQueue()
        self.provider = provider
        simulators = {
            channel: [ChannelProvider(provider=SimulatedProvider(provider.name, channel))] for channel in Channel
        }
        self.deliver = Deliver(
            store=self.store,
            queue=queue,
            suppressions=suppressions,
            receive=Receive(
                store=self.store, suppressions=suppressions, kept=MongoKeptReports(mongo), clock=self.clock
            ),
            selection=ProviderSelection(
                routes=ChannelProviders(
                    live={provider.channel: [ChannelProvider(provider=provider)]}, simulators=simulators
                ),
                breakers=self.breakers,
                pace=pace,
                weights=self.weights,
                clock=self.clock,
            ),
            health=ProviderHealth(breakers=self.breakers, pace=pace, clock=self.clock),
            attached=AttachedFiles(attachments=FakeAttachments(), files=FakeAttachmentFiles()),
            executor=executor,
            sends_at_once=AT_ONCE,
            clock=self.clock,
            timings=TIMINGS,
        )
        self.observe = Observe(
            counters=self.counters,
            queue=queue,
            breakers=self.breakers,
            weights=self.weights,
            ledger=Ledger(
                counters=self.counters,
                checks=MongoLedgerChecks(mongo, self.counters),
                system=FakeSystem(),
                clock=self.clock,
            ),
            failing_endpoints=FakeFailingEndpoints(),
            channels=[[provider.name, "another"]],
            with_sandbox=[],
            system=FakeSystem(self.clock),
            metrics=FakeMetrics(),
            thresholds=Thresholds(10_000, 20_000, 30_000),
            clock=self.clock,
        )

    def send(
        self, tenant: str, *recipients: str, channel: Channel | None = None, sender: Sender | None = None
    ) -> list[Notification]:
        """Accept and deliver one message to each recipient, and return what is stored of them.

        ``channel`` is the live provider's, unless it is given; ``sender`` is the tenant's own.
        """
        policy = DEFAULT_POLICY
        if sender is not None:
            senders = Senders(by_id={sender.id: sender}, defaults={sender.channel: sender.id})
            policy = replace(DEFAULT_POLICY, senders=senders)
        created = [
            lifecycle.create(
                a_draft(channel=channel or self.provider.channel, recipient=each),
                tenant_id=tenant,
                at=self.clock(),
                timings=TIMINGS,
                policy=policy,
            )
            for each in recipients
        ]
        self.store.add(created)
        queued = self.store.save([lifecycle.enqueue(each.after, at=self.clock(), timings=TIMINGS) for each in created])
        self.deliver.deliver([message_about(each.after) for each in queued], Deadline(timedelta(minutes=1)))
        return self.store.get_many([each.after.id for each in created])

    def live_state(self) -> tuple[str, float, int]:
        """Observe, and return the live provider's breaker, its weight, and how many attempts counted against it."""
        self.observe.observe()
        name, states = self.provider.name, self.breakers.states()
        return (
            states[name].name if name in states else "closed",
            self.weights.factors().get(name, 1.0),
            self.counters.totals(None).provider_faults().get(name, 0),
        )


def timed(work: Callable[[], list[Notification]]) -> tuple[list[Notification], float]:
    """Return what ``work`` returns, and how many seconds that took."""
    started = time.monotonic()
    return work(), time.monotonic() - started


def beside(
    flood: Callable[[], list[Notification]], others: Callable[[], list[Notification]]
) -> tuple[list[Notification], list[Notification], float]:
    """Send for one tenant while another floods, at least once and until that ends.

    Return what is stored of the flood and of the others' messages, and the longest time that the others' took.
    """
    with ThreadPoolExecutor(1) as thread:
        flooding, longest = thread.submit(flood), 0.0
        sent: list[Notification] = []
        while not sent or not flooding.done():
            now, seconds = timed(others)
            sent, longest = [*sent, *now], max(longest, seconds)
        return flooding.result(), sent, longest
