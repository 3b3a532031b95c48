"""Webhooks with everything around them, for tests."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.builders import TIMINGS, ManualClock, an_endpoint, an_event
from tests.fakes import (
    FakeDeliveries,
    FakeEndpoints,
    FakeEvents,
    FakeQueue,
    FakeSigner,
    FakeStore,
    FakeTenants,
    FakeWantedEvents,
    FakeWebhookCalls,
)
from wavecom.adapters.providers.breaker import MemoryBreakerStates, PyBreakers
from wavecom.application.accept.submit import Submit
from wavecom.application.deadline import Deadline
from wavecom.application.webhooks.announce import Announcements
from wavecom.application.webhooks.deliver import DeliverWebhooks, WebhookSummary
from wavecom.application.webhooks.fan_out import FanOut
from wavecom.application.webhooks.health import EndpointHealth
from wavecom.application.webhooks.notices import WriteNotices
from wavecom.application.webhooks.sweep import SweepWebhooks
from wavecom.domain.events.event import Event
from wavecom.domain.queue_messages import WebhookMessage
from wavecom.domain.webhooks.answers import WebhookAnswer
from wavecom.domain.webhooks.delivery import Delivery
from wavecom.domain.webhooks.endpoint import Endpoint

LONG = timedelta(hours=1)


class WatchedCalls(FakeWebhookCalls):
    """Calls during which something happens: ``during`` gets the URL, in the thread of the call."""

    def __init__(self) -> None:
        super().__init__()
        self.during: Callable[[str], None] = lambda url: None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        self.during(url)
        return super().post(url, headers, body)


class WebhookWorld:
    """Everything about webhooks of one process, in memory."""

    def __init__(self, executor: Executor) -> None:
        self.clock = ManualClock()
        wanted = FakeWantedEvents(self.clock)
        self.events = FakeEvents(wanted)
        self.endpoints = FakeEndpoints(wanted, self._tell)
        self.deliveries = FakeDeliveries()
        self.store = FakeStore()
        self.queue = FakeQueue()
        self.calls = WatchedCalls()
        self.breakers = PyBreakers(MemoryBreakerStates(), self.clock)
        self.announcements = Announcements(lambda: self.queue)
        self.fan_out = FanOut(
            events=self.events,
            endpoints=self.endpoints,
            deliveries=self.deliveries,
            announcements=self.announcements,
            clock=self.clock,
        )
        self.deliver = DeliverWebhooks(
            fan_out=self.fan_out,
            deliveries=self.deliveries,
            health=EndpointHealth(
                endpoints=self.endpoints,
                breakers=self.breakers,
            ),
            store=self.store,
            calls=self.calls,
            signer=FakeSigner(),
            announcements=self.announcements,
            executor=executor,
            clock=self.clock,
            draw=lambda: 0.5,
        )
        self.tenants = FakeTenants()
        self.sweeping = SweepWebhooks(
            events=self.events,
            endpoints=self.endpoints,
            deliveries=self.deliveries,
            announcements=self.announcements,
            notices=WriteNotices(
                endpoints=self.endpoints,
                tenants=self.tenants,
                submit=Submit(store=self.store, queue=self.queue, clock=self.clock, timings=TIMINGS, executor=executor),
                clock=self.clock,
            ),
            clock=self.clock,
        )

    def _tell(self, events: Sequence[Event]) -> None:
        self.events.add(events)
        self.announcements.announce(events)

    def endpoint(self, name: str = "hook", *, quick: bool = True, **changes: Any) -> Endpoint:
        """Store an endpoint whose URL ends with ``name``."""
        endpoint = an_endpoint(url=f"https://bank.example/{name}", quick=quick, **changes)
        assert self.endpoints.add(endpoint, most=1_000)
        return endpoint

    def announced(self, count: int = 1, **changes: Any) -> list[Event]:
        """Store new events and announce them."""
        events = [an_event(self.clock(), **changes) for _ in range(count)]
        self.events.add(events)
        self.announcements.announce(events)
        return events

    def take(self) -> list[WebhookMessage]:
        return self.queue.take_webhooks()

    def run(self, messages: Sequence[WebhookMessage] | None = None, within: timedelta = LONG) -> WebhookSummary:
        """Deliver what messages announce, those that wait if none are given."""
        return self.deliver.deliver(self.take() if messages is None else messages, Deadline(within))

    def run_all(self, rounds: int = 10) -> None:
        """Deliver until nothing is announced any more."""
        for _ in range(rounds):
            if messages := self.take():
                self.run(messages)

    def sweep(self, within: timedelta = LONG) -> Mapping[str, int]:
        return self.sweeping.sweep(Deadline(within))

    def delivery(self, event: Event, endpoint: Endpoint) -> Delivery:
        return self.deliveries.stored[f"{event.id}.{endpoint.id}"]

    def of(self, endpoint: Endpoint) -> list[Delivery]:
        """Return the deliveries of an endpoint."""
        return [each for each in self.deliveries.stored.values() if each.endpoint_id == endpoint.id]

    def change(self, endpoint: Endpoint, **changes: Any) -> None:
        stored = self.endpoints.stored[endpoint.id]
        assert self.endpoints.replace(stored, replace(stored, **changes))

    def called(self, endpoint: Endpoint | None = None) -> list[str]:
        """Return the ids of the events that an endpoint was called with, or all were."""
        return [each.headers["webhook-id"] for each in self.calls.calls if endpoint is None or each.url == endpoint.url]
