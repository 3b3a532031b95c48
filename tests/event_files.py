"""The files in events/, and notifications stored under the ids that they name."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from local.config import PROJECT
from tests.builders import a_draft, a_result
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.events.events import MongoEvents
from wavecom.adapters.mongo.events.wanted import MongoWantedEvents
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.webhooks.deliveries import MongoDeliveries
from wavecom.adapters.mongo.webhooks.endpoints import PURPOSE, MongoEndpoints
from wavecom.adapters.sealing import Seal
from wavecom.domain.events.event import Event, EventType
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.attempts import AttemptResult
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.providers.outcomes import Outcome, Receipt
from wavecom.domain.webhooks.delivery import new_delivery
from wavecom.domain.webhooks.endpoint import Endpoint, new_secret

EVENTS = PROJECT / "events"
ENDPOINT = "ep_507f1f77bcf86cd799439021"
"""The endpoint that the events of webhooks name."""


def load(name: str, **replaced: str) -> dict[str, Any]:
    text = (EVENTS / f"{name}.json").read_text()
    for old, new in replaced.items():
        text = text.replace(old, new)
    event: dict[str, Any] = json.loads(text)
    return event


def stored_as(store: MongoNotificationStore, notification_id: str, **changes: Any) -> None:
    """Store a queued notification under the id that an event names."""
    created = lifecycle.create(a_draft(**changes), tenant_id="bank-a", at=datetime.now(UTC), timings=Timings())
    notification = replace(created.after, id=notification_id)
    entries = tuple(replace(entry, notification_id=notification_id) for entry in created.entries)
    store.add([replace(created, after=notification, entries=entries)])
    store.save([lifecycle.enqueue(notification, at=datetime.now(UTC), timings=Timings())])


def endpoint_as(mongo: Mongo, key: str, url: str, *types: EventType, endpoint_id: str = ENDPOINT) -> None:
    """Store an endpoint of the tenant under the id that an event names, whose secrets ``key`` seals."""
    at = datetime.now(UTC)
    wanted = MongoWantedEvents(mongo, lambda: at)
    endpoint = Endpoint(
        id=endpoint_id,
        tenant_id="bank-a",
        url=url,
        types=types,
        secret=new_secret(),
        created_at=at,
        updated_at=at,
        quick=True,
    )
    assert MongoEndpoints(mongo, wanted, Seal([key], PURPOSE)).add(endpoint, most=1)


def announced_as(mongo: Mongo, notification_id: str) -> Event:
    """Store the event, under the id that an event of webhooks names, that a notification was queued."""
    at = datetime.now(UTC)
    event = Event(
        id=f"evt_{notification_id}_2",
        tenant_id="bank-a",
        type=EventType.NOTIFICATION_QUEUED,
        at=at,
        data={"notificationId": notification_id},
        notification_id=notification_id,
        due_at=at,
    )
    MongoEvents(mongo, MongoWantedEvents(mongo, lambda: at)).add([event])
    return event


def passed_on_as(mongo: Mongo, notification_id: str) -> None:
    """Store such an event with its delivery to the endpoint that an event of webhooks names."""
    event = announced_as(mongo, notification_id)
    MongoDeliveries(mongo).add([new_delivery(event, ENDPOINT, datetime.now(UTC))])


def status_of(store: MongoNotificationStore, notification_id: str) -> Status:
    (found,) = store.get_many([notification_id])
    return found.state.status


def sent_as(store: MongoNotificationStore, notification_id: str, provider: str, message_id: str = "message-1") -> None:
    """Store a notification that ``provider`` accepted under the ids that an event names."""
    result = replace(a_result(Outcome.ACCEPTED, provider=provider), receipt=Receipt(message_id))
    _attempted_as(store, notification_id, result)


def unanswered_as(store: MongoNotificationStore, notification_id: str, provider: str) -> None:
    """Store a notification that ``provider`` gave no answer to under the id that an event names."""
    _attempted_as(store, notification_id, a_result(Outcome.UNKNOWN, provider=provider))


def _attempted_as(store: MongoNotificationStore, notification_id: str, result: AttemptResult) -> None:
    stored_as(store, notification_id)
    (queued,) = store.get_many([notification_id])
    at = datetime.now(UTC)
    claim = lifecycle.claim(queued, retry_counts={0}, token="token", at=at, timings=Timings())
    assert claim is not None
    settled = settlement.settle(claim.after, result, at=at, timings=Timings())
    assert store.save([claim])
    assert store.save([settled])
