"""Make a delivery of an event for each endpoint that gets it, and claim what is ready."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from wavecom.application.webhooks.announce import Announcements
from wavecom.domain.events.event import Event
from wavecom.domain.queue_messages import WebhookMessage
from wavecom.domain.webhooks.delivery import Delivery, DeliveryStatus, new_delivery
from wavecom.domain.webhooks.endpoint import Endpoint
from wavecom.ports.events import Events
from wavecom.ports.system import Clock
from wavecom.ports.webhooks import Deliveries, Endpoints


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours to attempt, with what it needs."""

    delivery: Delivery
    event: Event
    endpoint: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut:
    """Turns messages into deliveries that one consumer alone may attempt."""

    events: Events
    endpoints: Endpoints
    deliveries: Deliveries
    announcements: Announcements
    clock: Clock

    def claim(self, messages: Sequence[WebhookMessage]) -> list[Claimed]:
        """Return the deliveries that messages announce and that nobody else attempts, each claimed.

        New deliveries to quick endpoints are stored as claimed; others are announced apart. Raises
        `StoreUnavailableError`.
        """
        ids = {event_id for message in messages for event_id in message.event_ids}
        events = {each.id: each for each in self.events.get_many(ids)}
        endpoints = {each.id: each for each in self.endpoints.of({each.tenant_id for each in events.values()})}
        token = secrets.token_hex(8)
        announced = [each for message in messages if message.endpoint_id is None for each in message.event_ids]
        new = [events[each] for each in dict.fromkeys(announced) if each in events and events[each].due_at is not None]
        claimed = self._pass_on(new, endpoints, token)
        asked = [
            f"{event_id}.{message.endpoint_id}"
            for message in messages
            if message.endpoint_id is not None
            for event_id in message.event_ids
        ]
        claimed += self._claim_stored(asked, endpoints, token)
        return [
            Claimed(each, events[each.event_id], endpoints[each.endpoint_id])
            for each in claimed
            if each.event_id in events
        ]

    def _pass_on(self, events: Sequence[Event], endpoints: Mapping[str, Endpoint], token: str) -> list[Delivery]:
        """Store the deliveries of events, each once, and return the claimed ones."""
        if not events:
            return []
        now = self.clock()
        by_tenant: defaultdict[str, list[Endpoint]] = defaultdict(list)
        for endpoint in endpoints.values():
            by_tenant[endpoint.tenant_id].append(endpoint)
        new: list[Delivery] = []
        for event in events:
            for endpoint in by_tenant[event.tenant_id]:
                if endpoint.gets(event.type):
                    delivery = new_delivery(event, endpoint.id, now)
                    new.append(delivery.claimed(token, now) if endpoint.quick else delivery)
        stored = self.deliveries.add(new)
        self.events.passed_on([each.id for each in events])
        slow: defaultdict[str, list[Delivery]] = defaultdict(list)
        for each in stored:
            if each.token is None:
                slow[each.endpoint_id].append(each)
        for endpoint_id, deliveries in slow.items():
            self.announcements.announce_deliveries(deliveries, endpoints[endpoint_id])
        return [each for each in stored if each.token is not None]

    def _claim_stored(
        self, delivery_ids: Collection[str], endpoints: Mapping[str, Endpoint], token: str
    ) -> list[Delivery]:
        """Claim the deliveries that are ready. Those whose endpoint gets nothing any more have failed."""
        if not delivery_ids:
            return []
        now = self.clock()
        ready = [each for each in self.deliveries.get_many(set(delivery_ids)) if each.is_ready(now)]
        reachable, ended = [], []
        for each in ready:
            endpoint = endpoints.get(each.endpoint_id)
            if endpoint is None or endpoint.disabled is not None:
                ended.append(each.ended(DeliveryStatus.FAILED))
            else:
                reachable.append(each.claimed(token, now))
        saved = self.deliveries.save([*reachable, *ended])
        return [each for each in saved if each.token is not None]
