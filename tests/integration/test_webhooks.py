"""Webhooks: endpoints by the API, and deliveries to a real HTTP server, on a real database."""

import functools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from local.config import PROJECT
from tests.builders import TIMINGS, ManualClock, an_endpoint, created
from tests.fakes import FakeQueue
from tests.integration.conformance import HeldTransport
from tests.integration.conftest import EMAIL, Api, GatewayTransport, MakeApi, MakeKey, MakeServices
from tests.webhook_parts import WebhookParts
from tests.webhook_receiver import Receiver, receiver
from wavecom.adapters.mongo.client import Mongo
from wavecom.application.deadline import Deadline
from wavecom.domain.errors import QueueUnavailableError
from wavecom.domain.events.event import FAN_OUT_MARGIN, EventType
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.change import combine
from wavecom.domain.tenants import SYSTEM_TENANT
from wavecom.domain.webhooks.delivery import DELAYS
from wavecom.domain.webhooks.endpoint import FAILING_MAX
from wavecom.http.app import build
from wavecom.http.framework.resolver import LambdaResolver

TYPES = ["notification.queued", "notification.cancelled"]


@pytest.fixture
def client_system() -> Iterator[Receiver]:
    with receiver() as system:
        yield system


@pytest.fixture
def consume(parts: WebhookParts, queue: FakeQueue) -> Any:
    """Return a function that delivers what is announced, until nothing is."""

    def run(rounds: int = 5) -> None:
        for _ in range(rounds):
            if not (messages := queue.take_webhooks()):
                return
            parts.deliver.deliver(messages, Deadline(timedelta(seconds=30)))

    return run


def make_endpoint(api: Api, system: Receiver, **more: Any) -> dict[str, Any]:
    answer = api.post("/api/webhooks", {"url": system.url, "types": TYPES, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def test_a_change_is_delivered_signed(api: Api, client_system: Receiver, consume: Any, clock: ManualClock) -> None:
    endpoint = make_endpoint(api, client_system, headers={"Authorization": "Bearer s3cret"})
    created = api.created(metadata={"order": "4711"})

    consume()

    (received,) = client_system.received
    event = received.verified(endpoint["secret"])
    assert event["id"] == received.id == f"evt_{created['_id']}_2"
    assert (event["type"], event["data"]["notificationId"]) == ("notification.queued", created["_id"])
    assert event["data"]["status"] == "QUEUED"
    assert received.headers["authorization"] == "Bearer s3cret"
    assert received.headers["content-type"] == "application/json"
    assert EMAIL["recipient"].encode() not in received.body
    assert EMAIL["message"].encode() not in received.body
    assert b"4711" not in received.body


def test_an_endpoint_gets_its_types_only_and_metadata_if_it_asks(
    quick_api: Api, client_system: Receiver, consume: Any
) -> None:
    endpoint = make_endpoint(quick_api, client_system, types=["notification.cancelled"], metadata=True)
    scheduled = quick_api.created(
        scheduledAt=(quick_api.clock() + timedelta(hours=1)).isoformat(), metadata={"order": "1"}
    )
    quick_api.created()

    quick_api.post(f"/api/notifications/{scheduled['_id']}/cancel")
    consume()

    (received,) = client_system.received
    event = received.verified(endpoint["secret"])
    assert event["type"] == "notification.cancelled"
    assert event["data"]["metadata"] == {"order": "1"}


def test_tenants_without_endpoints_write_no_events(quick_api: Api, mongo: Mongo, queue: FakeQueue) -> None:
    quick_api.created()

    assert mongo.database.events.count_documents({}) == 0
    assert queue.take_webhooks() == []


def test_what_fails_is_tried_again_after_longer_and_longer_waits(
    quick_api: Api, client_system: Receiver, consume: Any, parts: WebhookParts
) -> None:
    endpoint = make_endpoint(quick_api, client_system)
    client_system.answers = lambda _: (500, {}, b"out of order")
    quick_api.created()
    clock, waits = quick_api.clock, []

    consume(rounds=2)
    for attempt in range(1, len(DELAYS)):
        (delivery,) = quick_api.get(f"/api/webhooks/{endpoint['id']}/deliveries").json()["data"]["deliveries"]
        assert (delivery["status"], delivery["attemptCount"]) == ("pending", attempt)
        stored = parts.deliveries.get_many([f"{delivery['eventId']}.{endpoint['id']}"])[0]
        assert stored.retry_at is not None
        waits.append(stored.retry_at - clock())
        clock.advance(stored.retry_at - clock() + timedelta(minutes=1))
        parts.sweep.sweep(Deadline(timedelta(seconds=30)))
        consume(rounds=1)

    assert waits == list(DELAYS[1:])
    (delivery,) = quick_api.get(f"/api/webhooks/{endpoint['id']}/deliveries", params={"status": "failed"}).json()[
        "data"
    ]["deliveries"]
    assert (delivery["status"], delivery["attemptCount"]) == ("failed", len(DELAYS))
    assert {each["answer"] for each in delivery["attempts"]} == {"out of order"}
    assert {each.id for each in client_system.received} == {delivery["eventId"]}
    assert quick_api.get(f"/api/webhooks/{endpoint['id']}").json()["data"]["failingSince"] is not None


def test_a_failed_delivery_is_retried_by_hand(quick_api: Api, client_system: Receiver, consume: Any) -> None:
    endpoint = make_endpoint(quick_api, client_system)
    client_system.answers = lambda _: (500, {}, b"")
    quick_api.created()
    consume(rounds=2)
    client_system.answers = lambda _: (200, {}, b"thanks")
    path = f"/api/webhooks/{endpoint['id']}/deliveries"
    (delivery,) = quick_api.get(path).json()["data"]["deliveries"]

    answer = quick_api.post(f"{path}/{delivery['eventId']}/retry")
    consume()

    assert answer.status_code == 202, answer.text
    shown = quick_api.get(f"{path}/{delivery['eventId']}").json()["data"]
    assert (shown["status"], shown["attempts"][-1]["answer"]) == ("succeeded", "thanks")
    assert shown["payload"].encode() == client_system.received[-1].body


def test_an_endpoint_that_is_gone_is_disabled_and_recovered(
    quick_api: Api, client_system: Receiver, consume: Any, parts: WebhookParts
) -> None:
    endpoint = make_endpoint(quick_api, client_system)
    path = f"/api/webhooks/{endpoint['id']}"
    since = (quick_api.clock() - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    client_system.answers = lambda _: (410, {}, b"")
    quick_api.created()
    consume(rounds=2)
    shown = quick_api.get(path).json()["data"]
    assert (shown["enabled"], shown["disabledReason"]) == (False, "gone")
    assert quick_api.post(f"{path}/test").status_code == 409
    quick_api.created()
    consume()
    client_system.answers = lambda _: (204, {}, b"")
    client_system.received.clear()
    quick_api.client.patch(path, json={"enabled": True})

    quick_api.clock.advance(timedelta(hours=12))
    counted = quick_api.post(f"{path}/recover", {"since": since, "dryRun": True})
    begun = quick_api.post(f"{path}/recover", {"since": since})
    assert quick_api.get(path).json()["data"]["recovering"]
    parts.sweep.sweep(Deadline(timedelta(seconds=30)))
    consume()

    assert counted.json()["data"] == {"missed": 2, "started": False}
    assert begun.json()["data"] == {"missed": 2, "started": True}
    assert len({each.id for each in client_system.received}) == len(client_system.received) == 2
    assert not quick_api.get(path).json()["data"]["recovering"]


def test_the_contact_of_a_tenant_gets_an_email_when_its_endpoint_is_disabled(
    quick_api: Api, client_system: Receiver, consume: Any, parts: WebhookParts, mongo: Mongo, clock: ManualClock
) -> None:
    quick_api.client.put("/api/policy", json={"onUnknown": "resend", "contact": "operations@bank.example"})
    endpoint = make_endpoint(quick_api, client_system)
    client_system.answers = lambda _: (410, {}, b"")
    quick_api.created()
    consume()

    parts.sweep.sweep(Deadline(timedelta(seconds=30)))
    parts.sweep.sweep(Deadline(timedelta(seconds=30)))

    (email,) = mongo.database.notifications.find({"tenantId": SYSTEM_TENANT})
    assert (email["recipient"], email["status"]) == ("operations@bank.example", "QUEUED")
    assert endpoint["id"] in email["message"]
    listed = quick_api.get("/api/notifications").json()["data"]["notifications"]
    assert str(email["_id"]) not in {each["_id"] for each in listed}


def test_an_endpoint_that_fails_for_days_is_disabled_and_others_are_told(
    quick_api: Api, client_system: Receiver, consume: Any, parts: WebhookParts
) -> None:
    endpoint = make_endpoint(quick_api, client_system)
    with receiver() as other:
        make_endpoint(quick_api, other, types=["endpoint.disabled"])
        client_system.answers = lambda _: None
        quick_api.created()
        consume(rounds=2)
        quick_api.clock.advance(FAILING_MAX)
        parts.sweep.sweep(Deadline(timedelta(seconds=30)))
        consume()

        assert quick_api.get(f"/api/webhooks/{endpoint['id']}").json()["data"]["disabledReason"] == "failing"
        (told,) = other.wait_for(1)
        assert b'"endpointId":"' + endpoint["id"].encode() in told.body


def test_a_rotated_secret_signs_for_a_day_beside_the_new_one(
    quick_api: Api, client_system: Receiver, consume: Any
) -> None:
    endpoint = make_endpoint(quick_api, client_system)
    rotated = quick_api.post(f"/api/webhooks/{endpoint['id']}/rotate").json()["data"]
    assert rotated["secret"] != endpoint["secret"]
    assert rotated["oldSecretUntil"] is not None

    quick_api.created()
    consume()
    quick_api.clock.advance(timedelta(hours=25))
    quick_api.created()
    consume()

    both, new = client_system.received
    assert both.headers["webhook-signature"].count("v1,") == 2
    assert new.headers["webhook-signature"].count("v1,") == 1
    assert "secret" not in quick_api.get(f"/api/webhooks/{endpoint['id']}").json()["data"]


def test_a_lost_message_is_made_up_for_by_the_sweep(
    quick_api: Api, client_system: Receiver, consume: Any, queue: FakeQueue, parts: WebhookParts
) -> None:
    make_endpoint(quick_api, client_system)
    quick_api.created()
    queue.take_webhooks()

    quick_api.clock.advance(timedelta(seconds=20))
    parts.sweep.sweep(Deadline(timedelta(seconds=30)))
    consume()

    assert len(client_system.received) == 1


def test_a_repeated_message_delivers_nothing_twice(
    quick_api: Api, client_system: Receiver, queue: FakeQueue, parts: WebhookParts
) -> None:
    make_endpoint(quick_api, client_system)
    quick_api.created()
    messages = queue.take_webhooks()

    for _ in range(3):
        parts.deliver.deliver(messages, Deadline(timedelta(seconds=30)))
    slow = queue.take_webhooks()
    for _ in range(3):
        parts.deliver.deliver([*slow, *slow], Deadline(timedelta(seconds=30)))

    assert len(client_system.received) == 1


def test_nothing_is_delivered_after_removal(quick_api: Api, client_system: Receiver, consume: Any) -> None:
    endpoint = make_endpoint(quick_api, client_system)
    quick_api.created()
    quick_api.client.delete(f"/api/webhooks/{endpoint['id']}")

    consume()

    assert client_system.received == []


def test_a_tenant_sees_and_changes_its_own_endpoints_only(
    make_api: MakeApi, make_key: MakeKey, client_system: Receiver, consume: Any
) -> None:
    ours, theirs = make_api(token=make_key("bank-a")), make_api(token=make_key("bank-b"))
    endpoint = make_endpoint(ours, client_system)
    ours.created()
    theirs.created()
    consume()
    (received,) = client_system.received
    path = f"/api/webhooks/{endpoint['id']}"

    assert theirs.get("/api/webhooks").json()["data"] == []
    for answer in (
        theirs.get(path),
        theirs.client.patch(path, json={"enabled": False}),
        theirs.client.delete(path),
        theirs.post(f"{path}/rotate"),
        theirs.post(f"{path}/test"),
        theirs.post(f"{path}/recover", {"since": theirs.clock().isoformat().replace("+00:00", "Z")}),
        theirs.get(f"{path}/deliveries"),
        theirs.get(f"{path}/deliveries/{received.id}"),
        theirs.post(f"{path}/deliveries/{received.id}/retry"),
    ):
        assert answer.status_code == 404, answer.text
    assert ours.get(path).json()["data"]["enabled"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "ftp://api.bank.example/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"types": []}, "types"),
        ({"types": ["notification.read"]}, "types[0]"),
        ({"headers": {"Host": "elsewhere"}}, "headers"),
        ({"headers": {"Webhook-Id": "mine"}}, "headers"),
        ({"headers": {"X-Test": "a\r\nHost: b"}}, "headers"),
        ({"description": "two\nlines"}, "description"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_by_its_field(
    quick_api: Api, client_system: Receiver, body: dict[str, Any], field: str
) -> None:
    answer = quick_api.post("/api/webhooks", {"url": client_system.url, "types": TYPES, **body})

    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json()["error"]["details"]] == [field]


def test_null_removes_a_description_and_leaving_it_out_does_not(quick_api: Api, client_system: Receiver) -> None:
    endpoint = make_endpoint(quick_api, client_system, description="The ledger of payments")
    path = f"/api/webhooks/{endpoint['id']}"

    kept = quick_api.client.patch(path, json={"metadata": True}).json()["data"]
    removed = quick_api.client.patch(path, json={"description": None})

    assert kept["description"] == "The ledger of payments"
    assert removed.status_code == 200
    assert removed.json()["data"]["description"] is None
    assert quick_api.get(path).json()["data"]["description"] is None


def test_without_a_sealing_key_every_operation_on_endpoints_says_so_as_described(
    make_services: MakeServices, make_key: MakeKey, mongo: Mongo, clock: ManualClock
) -> None:
    services = replace(make_services(mongo), webhooks=None)
    transport = HeldTransport(GatewayTransport(build(LambdaResolver(), services)))
    headers = {"Authorization": f"Bearer {make_key()}"}
    document = json.loads((PROJECT / "docs" / "openapi.json").read_text())
    operations = [
        (method, path, operation)
        for path, by_method in document["paths"].items()
        for method, operation in by_method.items()
        if path.startswith("/api/webhooks")
    ]
    values = {"{endpoint_id}": f"ep_{'0' * 24}", "{event_id}": f"evt_{'0' * 24}_2"}
    bodies = {
        "createEndpoint": {"url": "https://api.bank.example/", "types": TYPES},
        "changeEndpoint": {"enabled": True},
        "recoverEndpoint": {"since": clock().isoformat().replace("+00:00", "Z")},
    }
    assert len(operations) == 11

    for method, path, operation in operations:
        filled = functools.reduce(lambda given, value: given.replace(*value), values.items(), path)
        with httpx.Client(base_url="http://localhost", transport=transport, headers=headers) as client:
            answer = client.request(method, filled, json=bodies.get(operation["operationId"]))

        assert answer.status_code == 409, (operation["operationId"], answer.text)
        assert "SEALING_KEY" in answer.json()["error"]["message"]
        conflict = operation["responses"]["409"]
        shared = document["components"]["responses"].get(conflict.get("$ref", "").rpartition("/")[2], conflict)
        assert "SEALING_KEY" in shared["description"], operation["operationId"]


def test_twenty_endpoints_are_the_most(quick_api: Api, client_system: Receiver) -> None:
    for _ in range(20):
        make_endpoint(quick_api, client_system)

    assert quick_api.post("/api/webhooks", {"url": client_system.url, "types": TYPES}).status_code == 409


def test_secrets_and_headers_are_not_readable_in_the_database(
    quick_api: Api, client_system: Receiver, mongo: Mongo
) -> None:
    endpoint = make_endpoint(quick_api, client_system, headers={"Authorization": "Bearer s3cret"})

    (stored,) = mongo.database.webhookendpoints.find()

    assert endpoint["secret"] not in str(stored)
    assert "s3cret" not in str(stored)


def test_a_test_goes_to_its_endpoint_alone(quick_api: Api, client_system: Receiver, consume: Any) -> None:
    endpoint = make_endpoint(quick_api, client_system)
    with receiver() as other:
        make_endpoint(quick_api, other, types=[each.value for each in EventType])

        answer = quick_api.post(f"/api/webhooks/{endpoint['id']}/test")
        consume()

        (received,) = client_system.received
        assert received.verified(endpoint["secret"])["type"] == "endpoint.test"
        assert received.id == answer.json()["data"]["eventId"]
        assert other.received == []


@pytest.mark.parametrize("error", [QueueUnavailableError("down"), RuntimeError("no threads")])
def test_a_change_is_stored_with_its_event_whatever_the_broker_does(
    parts: WebhookParts, mongo: Mongo, clock: ManualClock, error: Exception
) -> None:
    def fail() -> FakeQueue:
        raise error

    parts.announcements.queue = fail
    assert parts.endpoints.add(an_endpoint(), most=1)
    new = created(clock())

    assert parts.store.add([combine(new, lifecycle.enqueue(new.after, at=clock(), timings=TIMINGS))])

    claim = lifecycle.claim(
        parts.store.get_many([new.after.id])[0], retry_counts={0}, token="t", at=clock(), timings=TIMINGS
    )
    assert claim is not None
    assert parts.store.save([claim]) == [claim]
    assert [each.id for each in parts.events.overdue(clock() + FAN_OUT_MARGIN, limit=10)] == [f"evt_{new.after.id}_2"]


def test_an_event_is_not_written_where_its_change_is_not(parts: WebhookParts, mongo: Mongo, clock: ManualClock) -> None:
    parts.endpoints.add(an_endpoint(), most=1)
    new = created(clock())
    queued = combine(new, lifecycle.enqueue(new.after, at=clock(), timings=TIMINGS))

    assert not parts.store.add([queued], may_commit=lambda: False)

    assert mongo.database.events.count_documents({}) == 0
    assert parts.queue.take_webhooks() == []


def test_what_waits_for_a_later_attempt_is_recovered_at_once(
    quick_api: Api, client_system: Receiver, consume: Any, parts: WebhookParts
) -> None:
    endpoint = make_endpoint(quick_api, client_system)
    path = f"/api/webhooks/{endpoint['id']}"
    since = (quick_api.clock() - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    client_system.answers = lambda _: (500, {}, b"")
    quick_api.created()
    consume(rounds=2)
    client_system.answers = lambda _: (204, {}, b"")

    begun = quick_api.post(f"{path}/recover", {"since": since})
    parts.sweep.sweep(Deadline(timedelta(seconds=30)))
    consume()

    assert begun.json()["data"] == {"missed": 1, "started": True}
    (delivery,) = quick_api.get(f"{path}/deliveries").json()["data"]["deliveries"]
    assert (delivery["status"], delivery["attemptCount"]) == ("succeeded", 2)


def test_an_endpoint_that_no_key_opens_keeps_no_other_from_its_events(
    quick_api: Api, client_system: Receiver, consume: Any, mongo: Mongo
) -> None:
    unreadable = make_endpoint(quick_api, client_system)
    mongo.database.webhookendpoints.update_one({"_id": unreadable["id"]}, {"$set": {"sealed": "AAAA"}})
    endpoint = make_endpoint(quick_api, client_system)
    quick_api.created()

    consume()

    (received,) = client_system.received
    assert received.verified(endpoint["secret"])


def test_a_kind_of_a_newer_release_is_passed_over(
    quick_api: Api, client_system: Receiver, consume: Any, mongo: Mongo
) -> None:
    endpoint = make_endpoint(quick_api, client_system)
    mongo.database.webhookendpoints.update_one({"_id": endpoint["id"]}, {"$push": {"types": "template.published"}})
    mongo.database.tenants.update_one({}, {"$push": {"events.types": "template.published"}})

    quick_api.created()
    consume()

    assert len(client_system.received) == 1


def test_a_broker_that_stands_still_keeps_nobody_waiting(
    quick_api: Api, client_system: Receiver, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_endpoint(quick_api, client_system)
    frozen = threading.Event()
    monkeypatch.setattr(queue, "publish_webhooks", lambda *_, **__: frozen.wait(20))

    began = time.monotonic()
    for _ in range(5):
        quick_api.created()
    took = time.monotonic() - began
    frozen.set()

    assert took < 10  # one second once, not the broker's 20
