"""Events about suppressions and templates: with their change or not at all, and none for tenants that want none."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import NOON, an_endpoint
from tests.fakes import FakeQueue
from tests.integration.conftest import Api
from tests.webhook_parts import WebhookParts
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.adapters.mongo.templates import MongoTemplates
from wavecom.domain.events.event import EventType
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression
from wavecom.domain.templates.template import Template
from wavecom.domain.webhooks.endpoint import DisabledReason

LISTED = Suppression(
    tenant_id="bank-a",
    channel=Channel.EMAIL,
    recipient="ada@example.com",
    reason=SuppressionReason.HARD_BOUNCE,
    created_at=NOON,
    notification_id="a" * 24,
)
TEMPLATE = Template(tenant_id="bank-a", id="paid", channel=Channel.SMS, created_at=NOON, updated_at=NOON, latest=2)


@pytest.fixture
def suppressions(parts: WebhookParts) -> MongoSuppressions:
    return MongoSuppressions(parts.mongo, parts.outbox)


@pytest.fixture
def templates(parts: WebhookParts) -> MongoTemplates:
    return MongoTemplates(parts.mongo, parts.outbox)


def told(parts: WebhookParts) -> list[tuple[str, Any]]:
    """Return the kind and the data of each event of a tenant, in the order of the feed."""
    page = parts.events.feed("bank-a", after=0, types=(), limit=100)
    return [(event.type.value, event.data) for _, event in page.events]


def test_the_api_tells_of_a_suppression_and_never_of_its_recipient(quick_api: Api) -> None:
    start = quick_api.get("/api/events").json()["data"]["nextCursor"]
    added = quick_api.post("/api/suppressions", {"type": "EMAIL", "recipient": "ada@example.com"}).json()["data"]
    quick_api.post("/api/suppressions", {"type": "EMAIL", "recipient": "ada@example.com"})
    quick_api.client.delete(f"/api/suppressions/{added['id']}")
    quick_api.client.delete(f"/api/suppressions/{added['id']}")

    answer = quick_api.get("/api/events", params={"after": start})

    facts = {"suppressionId": added["id"], "channel": "EMAIL", "reason": added["reason"], "category": None}
    events = answer.json()["data"]["events"]
    assert [(each["type"], each["data"]) for each in events] == [
        ("suppression.added", {**facts, "notificationId": None}),
        ("suppression.removed", {**facts, "notificationId": None}),
    ]
    assert "ada" not in answer.text


def test_the_api_tells_of_a_template_that_is_published_and_rolled_back(quick_api: Api) -> None:
    start = quick_api.get("/api/events").json()["data"]["nextCursor"]
    quick_api.post("/api/templates", {"id": "paid", "channel": "SMS"})
    for text in ("One", "Two"):
        version = {"defaultLocale": "en", "locales": {"en": {"text": text}}}
        assert quick_api.post("/api/templates/paid/versions", version).status_code == 201
    for path in ("versions/1/publish", "versions/2/publish", "versions/2/publish", "rollback"):
        assert quick_api.post(f"/api/templates/paid/{path}").status_code == 200
    assert quick_api.client.delete("/api/templates/paid").status_code == 200

    events = quick_api.get("/api/events", params={"after": start}).json()["data"]["events"]

    assert [(each["type"], each["data"]) for each in events] == [
        ("template.published", {"templateId": "paid", "version": number, "channel": "SMS"}) for number in (1, 2, 1)
    ]


def test_of_a_batch_the_new_suppressions_are_told(parts: WebhookParts, suppressions: MongoSuppressions) -> None:
    other = replace(LISTED, recipient="bob@example.com")
    parts.wanted.read_feed("bank-a")
    suppressions.add([LISTED])

    suppressions.add([LISTED, other, other, replace(LISTED, tenant_id="bank-b")])

    assert [data["suppressionId"] for _, data in told(parts)] == [LISTED.id, other.id]
    assert told(parts)[0][1]["notificationId"] == LISTED.notification_id


def test_many_at_once_tell_of_one_suppression_once(parts: WebhookParts, suppressions: MongoSuppressions) -> None:
    parts.wanted.read_feed("bank-a")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(suppressions.add, [[LISTED]] * 8))
        removed = list(threads.map(lambda at: suppressions.remove("bank-a", LISTED.id, at), [NOON] * 8))

    assert removed.count(True) == 1
    assert sorted(kind for kind, _ in told(parts)) == ["suppression.added", "suppression.removed"]


def test_an_endpoint_is_told_and_the_sweep_finds_what_was_not_announced(
    parts: WebhookParts, suppressions: MongoSuppressions, queue: FakeQueue
) -> None:
    parts.endpoints.add(an_endpoint(types=(EventType.SUPPRESSION_ADDED,)), most=1)

    suppressions.add([LISTED])

    (message,) = queue.take_webhooks()
    (event,) = parts.events.get_many(message.event_ids)
    assert event.type is EventType.SUPPRESSION_ADDED
    assert event.due_at is not None
    assert parts.events.overdue(event.due_at, limit=10) == [event]


def test_tenants_that_want_no_events_have_none(
    parts: WebhookParts, suppressions: MongoSuppressions, templates: MongoTemplates, queue: FakeQueue
) -> None:
    parts.endpoints.add(an_endpoint(types=(EventType.NOTIFICATION_SENT,)), most=1)

    suppressions.add([LISTED])
    suppressions.remove("bank-a", LISTED.id, NOON)
    templates.add(TEMPLATE)
    templates.save(TEMPLATE, TEMPLATE.with_publication(1, NOON))

    assert parts.mongo.database.events.count_documents({}) == 0
    assert queue.take_webhooks() == []


def test_neither_change_nor_event_is_there_where_the_other_fails(
    parts: WebhookParts,
    suppressions: MongoSuppressions,
    templates: MongoTemplates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts.wanted.read_feed("bank-a")
    templates.add(TEMPLATE)
    endpoint = an_endpoint(failing_since=NOON)
    parts.endpoints.add(endpoint, most=1)
    suppressions.add([replace(LISTED, recipient="bob@example.com")])
    known = told(parts)

    def fail(*_: object) -> None:
        raise RuntimeError("The event cannot be written")

    monkeypatch.setattr(parts.outbox, "write", fail)
    for change in (
        lambda: suppressions.add([LISTED]),
        lambda: suppressions.remove("bank-a", replace(LISTED, recipient="bob@example.com").id, NOON),
        lambda: templates.save(TEMPLATE, TEMPLATE.with_publication(1, NOON)),
        lambda: parts.endpoints.disable(endpoint, DisabledReason.FAILING, NOON),
    ):
        with pytest.raises(RuntimeError, match="cannot be written"):
            change()

    assert suppressions.get("bank-a", LISTED.id) is None
    assert len(suppressions.page("bank-a", limit=10)) == 1
    assert templates.get("bank-a", TEMPLATE.id) == TEMPLATE
    assert parts.endpoints.get("bank-a", endpoint.id) == endpoint
    assert told(parts) == known
