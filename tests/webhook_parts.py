"""The parts of webhooks joined for tests, on a real database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

from tests.builders import TIMINGS
from tests.fakes import FakeQueue
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.events.events import MongoEvents
from wavecom.adapters.mongo.events.outbox import MongoOutbox
from wavecom.adapters.mongo.events.wanted import MongoWantedEvents
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates
from wavecom.adapters.mongo.tenants import MongoTenants
from wavecom.adapters.mongo.webhooks.deliveries import MongoDeliveries
from wavecom.adapters.mongo.webhooks.endpoints import PURPOSE, MongoEndpoints
from wavecom.adapters.providers.breaker import PyBreakers
from wavecom.adapters.sealing import Seal
from wavecom.adapters.webhooks.calls import HttpWebhookCalls
from wavecom.adapters.webhooks.signature import StandardWebhooksSigner
from wavecom.application.accept.submit import Submit
from wavecom.application.events.feed import ReadFeed
from wavecom.application.webhooks.announce import Announcements
from wavecom.application.webhooks.deliver import DeliverWebhooks
from wavecom.application.webhooks.fan_out import FanOut
from wavecom.application.webhooks.health import EndpointHealth
from wavecom.application.webhooks.manage import ManageWebhooks
from wavecom.application.webhooks.notices import WriteNotices
from wavecom.application.webhooks.sweep import SweepWebhooks
from wavecom.ports.system import Clock

KEY = "k" * 32


@dataclass
class WebhookParts:
    """Everything about webhooks of one process."""

    mongo: Mongo
    queue: FakeQueue
    clock: Clock
    calls: HttpWebhookCalls = field(default_factory=lambda: HttpWebhookCalls(allow_loopback=True))

    def __post_init__(self) -> None:
        self.executor = ThreadPoolExecutor(16)
        self.wanted = MongoWantedEvents(self.mongo, self.clock)
        self.announcements = Announcements(lambda: self.queue)
        self.events = MongoEvents(self.mongo, self.wanted)
        self.endpoints = MongoEndpoints(self.mongo, self.wanted, Seal([KEY], PURPOSE), self.outbox)
        self.deliveries = MongoDeliveries(self.mongo)
        self.store = MongoNotificationStore(self.mongo, MongoCounters(self.mongo), self.outbox)
        self.feed = ReadFeed(events=self.events, wanted=self.wanted)
        self.manage = ManageWebhooks(
            endpoints=self.endpoints,
            deliveries=self.deliveries,
            events=self.events,
            calls=self.calls,
            announcements=self.announcements,
            clock=self.clock,
        )
        self.sweep = SweepWebhooks(
            events=self.events,
            endpoints=self.endpoints,
            deliveries=self.deliveries,
            announcements=self.announcements,
            notices=WriteNotices(
                endpoints=self.endpoints,
                tenants=MongoTenants(self.mongo),
                submit=Submit(store=self.store, queue=self.queue, clock=self.clock, timings=TIMINGS),
                clock=self.clock,
            ),
            clock=self.clock,
        )

    def close(self) -> None:
        self.executor.shutdown()
        self.calls.close()

    @cached_property
    def outbox(self) -> MongoOutbox:
        return MongoOutbox(self.mongo, self.wanted, self.announcements.announce)

    @cached_property
    def deliver(self) -> DeliverWebhooks:
        return DeliverWebhooks(
            fan_out=FanOut(
                events=self.events,
                endpoints=self.endpoints,
                deliveries=self.deliveries,
                announcements=self.announcements,
                clock=self.clock,
            ),
            deliveries=self.deliveries,
            health=EndpointHealth(
                endpoints=self.endpoints,
                breakers=PyBreakers(MongoBreakerStates(self.mongo, "webhookbreakers"), self.clock),
            ),
            store=self.store,
            calls=self.calls,
            signer=StandardWebhooksSigner(),
            announcements=self.announcements,
            executor=self.executor,
            clock=self.clock,
            draw=lambda: 0.5,
        )
