"""Both clients have the same methods, and manage webhooks, templates and preferences of the running API."""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import pytest

from tests.builders import ManualClock
from tests.fakes import FakeQueue
from tests.integration.conftest import EMAIL, MakeApi
from tests.typescript_client import by_typescript
from tests.webhook_parts import WebhookParts
from tests.webhook_receiver import receiver
from wavecom.adapters.mongo.client import Mongo
from wavecom.application.deadline import Deadline
from wavecom.domain.queue_messages import WebhookMessage
from wavecom_client import ConflictError, Event, WaveCom, verify_webhook
from wavecom_client.types import ShownWebhookDelivery

MESSAGE: Any = EMAIL
LOCALES: Any = {"en": {"subject": "Hello", "text": "Hello {{ name }}"}}
PHONE = "+12025550123"
Use = Callable[[str, str], dict[str, Any]]


class Announced(FakeQueue):
    """Hands messages of webhooks to a consumer in another thread; None is the end."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = SimpleQueue[list[WebhookMessage] | None]()

    def publish_webhooks(
        self, messages: Sequence[WebhookMessage], *, delay: timedelta = timedelta(0)
    ) -> list[WebhookMessage]:
        self.messages.put(list(messages))
        return list(messages)


@pytest.fixture
def queue() -> Announced:
    return Announced()


@pytest.fixture
def key(make_key: Callable[..., str]) -> str:
    return make_key()


@pytest.fixture
def url(make_api: MakeApi, key: str) -> str:
    return str(make_api("http", token=key, development_tenant=None).client.base_url)


@pytest.fixture
def consumer(mongo: Mongo, queue: Announced, clock: ManualClock) -> Iterator[None]:
    """Deliver webhooks while a client is used."""
    parts = WebhookParts(mongo, queue, clock)

    def consume() -> None:
        while (messages := queue.messages.get()) is not None:
            parts.deliver.deliver(messages, Deadline(timedelta(seconds=30)))

    with ThreadPoolExecutor(1) as thread:
        consumer = thread.submit(consume)
        yield
        queue.messages.put(None)
        consumer.result()
    parts.close()


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


def test_both_clients_have_the_same_methods(url: str, key: str) -> None:
    with WaveCom(url, key) as client:
        resources = {name: value for name, value in vars(client).items() if not name.startswith("_")}
        python = {f"{name}.{each}" for name, value in resources.items() for each in dir(value) if each[0] != "_"}

    typescript = {snake(each) for each in by_typescript("methods", url, key)}

    assert typescript == python
    assert {"webhooks.retry_delivery", "templates.create_version", "preferences.update"} <= python


def webhooks_by_python(url: str, key: str) -> dict[str, Any]:
    """Call each method of webhooks, and verify what arrives."""
    with receiver() as system, WaveCom(url, key) as client:
        webhooks = client.webhooks

        def event(number: int, secret: str) -> Event:
            received = system.wait_for(number)[number - 1]
            return verify_webhook(received.body, received.headers, secret)

        first = webhooks.create({"url": system.url, "types": ["notification.queued"]})
        created = client.notifications.create(MESSAGE)
        queued = event(1, first.secret)

        second = webhooks.create({"url": system.url, "types": ["notification.queued"], "description": "Ledger"})
        since = queued.timestamp - timedelta(minutes=1)
        counted = webhooks.recover(second.id, {"since": since, "dryRun": True})
        begun = webhooks.recover(second.id, {"since": since})
        recovering = webhooks.get(second.id)["recovering"]

        tests = []
        for number in (1, 2):
            sent = webhooks.test(second.id)
            test = event(1 + number, second.secret)
            tests.append([number, test.type, test.id == sent["eventId"]])
        deliveries = list(webhooks.deliveries(second.id, page_size=1))
        event_id = deliveries[0]["eventId"]
        shown = succeeded(client, second.id, event_id)
        rotated = webhooks.rotate(second.id)
        again = webhooks.retry_delivery(second.id, event_id)
        signed = [event(4, each.secret).id == event_id for each in (second, rotated)]

        disabled = webhooks.update(second.id, {"enabled": False})
        with pytest.raises(ConflictError) as refused:
            webhooks.test(second.id)
        webhooks.delete(first.id)
        return {
            "queued": [queued.type, queued.data["notificationId"] == created.id],
            "missed": [counted["missed"], counted["started"], begun["missed"], begun["started"], recovering],
            "tests": tests,
            "deliveries": [each["eventType"] for each in deliveries],
            "shown": [shown["status"], shown["attempts"][0]["status"], json.loads(shown["payload"] or "")["type"]],
            "again": [again["eventId"] == event_id, signed],
            "disabled": [disabled["enabled"], disabled["disabledReason"], type(refused.value).__name__],
            "left": [[each["id"] == second.id, each["description"], "secret" in each] for each in webhooks.list()],
        }


def succeeded(client: WaveCom, endpoint_id: str, event_id: str) -> ShownWebhookDelivery:
    """Return a delivery once its attempt is stored, which is a moment after the endpoint has it."""
    until = time.monotonic() + 20
    while (delivery := client.webhooks.get_delivery(endpoint_id, event_id))["status"] != "succeeded":
        assert time.monotonic() < until, delivery
    return delivery


def webhooks_by_typescript(url: str, key: str) -> dict[str, Any]:
    return by_typescript("webhooks", url, key)


@pytest.mark.parametrize("use", [webhooks_by_python, webhooks_by_typescript], ids=["python", "typescript"])
@pytest.mark.usefixtures("consumer")
def test_a_client_manages_endpoints_and_verifies_what_they_get(url: str, key: str, use: Use) -> None:
    assert use(url, key) == {
        "queued": ["notification.queued", True],
        "missed": [1, False, 1, True, True],
        "tests": [[1, "endpoint.test", True], [2, "endpoint.test", True]],
        "deliveries": ["endpoint.test", "endpoint.test"],
        "shown": ["succeeded", 204, "endpoint.test"],
        "again": [True, [True, True]],
        "disabled": [False, "byClient", "ConflictError"],
        "left": [[True, "Ledger", False]],
    }


def templates_by_python(url: str, key: str) -> dict[str, Any]:
    with WaveCom(url, key) as client:
        templates = client.templates
        made = templates.create({"id": "greeting", "channel": "EMAIL"})
        first = templates.create_version("greeting", {"defaultLocale": "en", "locales": LOCALES})
        variants: Any = {"a": {"locales": LOCALES}, "b": {"locales": LOCALES}}
        second = templates.create_version("greeting", {"defaultLocale": "en", "variants": variants})
        versions = list(templates.versions("greeting", page_size=1))
        version = templates.get_version("greeting", 2)
        published = [templates.publish("greeting", number)["published"] for number in (1, 2)]
        back = templates.rollback("greeting")
        results = templates.results("greeting", 2)
        archived = templates.archive("greeting")
        return {
            "made": [made["id"], made["latest"]],
            "numbers": [first["number"], second["number"]],
            "versions": [each["number"] for each in versions],
            "variants": list(version["variants"]),
            "published": [*published, back["published"]],
            "results": [[each["variant"], each["accepted"]] for each in results],
            "archived": archived["archivedAt"] is not None,
            "listed": [each["id"] for each in templates.list()],
        }


def templates_by_typescript(url: str, key: str) -> dict[str, Any]:
    return by_typescript("templates", url, key)


@pytest.mark.parametrize("use", [templates_by_python, templates_by_typescript], ids=["python", "typescript"])
def test_a_client_makes_and_publishes_templates(url: str, key: str, use: Use) -> None:
    assert use(url, key) == {
        "made": ["greeting", 0],
        "numbers": [1, 2],
        "versions": [2, 1],
        "variants": ["a", "b"],
        "published": [1, 2, 1],
        "results": [["a", 0], ["b", 0]],
        "archived": True,
        "listed": ["greeting"],
    }


def preferences_by_python(url: str, key: str) -> dict[str, Any]:
    with WaveCom(url, key) as client:
        categories, preferences = client.categories, client.preferences
        put = categories.put("offers", {"name": "Offers", "transactional": False})
        categories.put("receipts", {"name": "Receipts", "transactional": True})
        listed = list(categories.list())
        preferences.update({"type": "SMS", "recipient": PHONE, "categories": {"offers": False}})
        found = preferences.get(PHONE, "SMS")
        categories.delete("receipts")
        return {
            "put": put["id"],
            "listed": [each["id"] for each in listed],
            "found": [[each["id"], each["subscribed"]] for each in found["categories"]],
            "left": [each["id"] for each in categories.list()],
        }


def preferences_by_typescript(url: str, key: str) -> dict[str, Any]:
    return by_typescript("preferences", url, key)


@pytest.mark.parametrize("use", [preferences_by_python, preferences_by_typescript], ids=["python", "typescript"])
def test_a_client_keeps_categories_and_preferences(url: str, key: str, use: Use) -> None:
    assert use(url, key) == {
        "put": "offers",
        "listed": ["offers", "receipts"],
        "found": [["offers", False], ["receipts", True]],
        "left": ["offers"],
    }
