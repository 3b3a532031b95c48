"""Real answers have the shapes that the description of the API promises, with fields absent and fields null."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import jsonschema_rs
import pytest

from local.config import PROJECT
from tests.builders import ManualClock
from tests.fakes import FakeQueue
from tests.integration.conftest import EMAIL, Api, MakeApi, attempted, later
from wavecom.domain.api_keys import Role
from wavecom.domain.providers.outcomes import Outcome

SMS = {"type": "SMS", "recipient": "+12025550123", "message": "Your code is 1234"}
UNKNOWN_ID = "507f1f77bcf86cd799439011"
OPTIONAL = {
    "subject",
    "html",
    "attachments",
    "push",
    "template",
    "sender",
    "category",
    "unsubscribeUrl",
    "sms",
    "metadata",
    "provider",
    "providerMessageId",
    "processingTimeMs",
    "error",
    "cause",
    "attempts",
    "scheduledAt",
    "expiresAt",
    "nextAttemptAt",
    "sentAt",
    "failedAt",
    "deliveredAt",
}

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The committed description, which `tests/infrastructure/test_openapi_document.py` holds to the routes."""
    document: dict[str, Any] = json.loads((PROJECT / "docs/openapi.json").read_text())
    return document


@pytest.fixture
def api(make_api: MakeApi, make_key: Callable[..., str]) -> Api:
    """The API for an operator's key, which sees all answers."""
    return make_api(token=make_key(role=Role.OPERATOR))


@pytest.fixture
def ask(api: Api, document: dict[str, Any]) -> Ask:
    """Return a function that sends a request, checks the answer against its documented schema, and returns its JSON."""

    def send(method: str, path: str, status: int, body: Any = None, **request: Any) -> Any:
        answer = api.client.request(method, path, json=body, **request)
        assert answer.status_code == status, answer.text
        checked(document, answer)
        return answer.json()

    return send


def checked(document: dict[str, Any], answer: httpx.Response) -> None:
    """Check an answer against the schema that the document gives for its path, method and status."""
    method, path = answer.request.method.lower(), answer.request.url.path
    operation = next(
        operations[method]
        for template, operations in sorted(document["paths"].items(), key=lambda item: item[0].count("{"))
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method in operations
    )
    described = operation["responses"][str(answer.status_code)]
    if "$ref" in described:
        described = document["components"]["responses"][described["$ref"].rpartition("/")[2]]
    schema = described["content"]["application/json"]["schema"]
    whole = {"components": document["components"], **schema}
    jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(answer.json())


def schemas(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in document["components"]["schemas"].items():
        yield name, schema
        for prop, below in schema.get("properties", {}).items():
            yield f"{name}.{prop}", below


def test_a_notification_may_leave_out_what_it_has_not(document: dict[str, Any]):
    schema = document["components"]["schemas"]["Notification"]

    assert schema["properties"].keys() - set(schema["required"]) == OPTIONAL
    for name in OPTIONAL:
        assert "default" not in schema["properties"][name], name
        assert "null" not in str(schema["properties"][name]), name


def test_every_default_fits_its_own_schema(document: dict[str, Any]):
    for name, schema in schemas(document):
        if "default" in schema:
            whole = {"components": document["components"], **schema}
            validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
            assert validator.is_valid(schema["default"]), name


def test_a_new_notification_is_as_described(ask: Ask, api: Api):
    bare = ask("POST", "/api/notifications", 201, {"type": "PUSH", "recipient": "ab" * 32, "message": "Hello"})["data"]
    full = ask(
        "POST",
        "/api/notifications",
        201,
        {**EMAIL, "metadata": {"a": [1]}, "scheduledAt": later(api, hours=1), "expiresAt": later(api, hours=2)},
    )["data"]
    sms = ask("POST", "/api/notifications", 201, SMS)["data"]

    assert OPTIONAL & bare.keys() == set()
    assert OPTIONAL & full.keys() == {"subject", "metadata", "scheduledAt", "expiresAt"}
    assert OPTIONAL & sms.keys() == {"sms"}


@pytest.mark.parametrize("outcome", Outcome)
def test_an_attempted_notification_and_its_trail_are_as_described(ask: Ask, api: Api, outcome: Outcome):
    notification_id = api.created()["_id"]
    attempted(api, notification_id, outcome)

    detail = ask("GET", f"/api/notifications/{notification_id}", 200)["data"]

    assert [each["outcome"] for each in detail["notification"]["attempts"]] == [outcome.value]
    assert detail["logs"]


def test_pages_are_as_described_with_and_without_totals_and_a_next_page(ask: Ask, api: Api, clock: ManualClock):
    for _ in range(3):
        api.created()
        clock.advance(timedelta(seconds=1))

    first = ask("GET", "/api/notifications?limit=2", 200)["data"]["pagination"]
    last = ask("GET", "/api/notifications?limit=2&page=2", 200)["data"]["pagination"]
    uncounted = ask("GET", "/api/notifications?recipient=user@example.com", 200)["data"]["pagination"]

    assert first["nextCursor"] is not None
    assert last["nextCursor"] is None
    assert uncounted["totalItems"] is uncounted["totalPages"] is None


def test_a_batch_and_what_is_done_to_one_are_as_described(ask: Ask, api: Api):
    batch = ask("POST", "/api/notifications/batch", 207, {"notifications": [EMAIL, {"type": "EMAIL"}]})["data"]
    cancelled = batch["results"][0]["data"]["_id"]
    failed = api.created()["_id"]
    attempted(api, failed, Outcome.PERMANENT)

    ask("POST", f"/api/notifications/{cancelled}/cancel", 200)
    ask("POST", f"/api/notifications/{failed}/retry", 200)

    assert [each.keys() - {"index", "status"} for each in batch["results"]] == [{"data"}, {"error"}]


def test_statistics_are_as_described_with_and_without_the_broker(ask: Ask, api: Api, queue: FakeQueue):
    nothing = ask("GET", "/api/notifications/stats/minutes", 200)["data"]
    attempted(api, api.created()["_id"])
    counted = ask("GET", "/api/notifications/stats/minutes", 200)["data"]
    known = ask("GET", "/api/notifications/stats/system", 200)["data"]
    queue.down = True
    unknown = ask("GET", "/api/notifications/stats/system", 200)["data"]

    assert nothing["processingTimeMs"]["p50"] is None
    assert counted["processingTimeMs"]["p50"] is not None
    assert known["queueDepth"] is not None
    assert unknown["queueDepth"] is None


def test_dead_letters_and_their_replay_are_as_described(ask: Ask, api: Api):
    dead = [api.created()["_id"] for _ in range(2)]
    for each in dead:
        attempted(api, each, Outcome.PERMANENT)

    assert ask("GET", "/api/dlq", 200)["data"]["total"] == 2
    assert ask("GET", "/api/dlq/notifications?limit=1", 200)["data"]["nextCursor"] is not None
    assert ask("GET", "/api/dlq/notifications", 200)["data"]["nextCursor"] is None
    assert ask("POST", "/api/dlq/replay", 200, {"all": True, "dryRun": True})["data"]["dryRun"]
    assert ask("POST", "/api/dlq/replay", 200, {"ids": [*dead, UNKNOWN_ID]})["data"]["replayed"] == 2


def test_suppressions_are_as_described(ask: Ask):
    added = ask("POST", "/api/suppressions", 201, {"type": "SMS", "recipient": "+12025550123"})["data"]

    assert added["notificationId"] is None
    assert len(ask("GET", "/api/suppressions", 200)["data"]["suppressions"]) == 1
    ask("DELETE", f"/api/suppressions/{added['id']}", 200)


def test_keys_are_as_described_until_they_are_revoked(ask: Ask):
    made = ask("POST", "/api/keys", 201, {"tenantId": "bank-b", "name": "Cards", "rateLimit": 60})["data"]
    ask("POST", f"/api/keys/{made['id']}/rotate", 201)
    ask("DELETE", f"/api/keys/{made['id']}", 200)

    keys = ask("GET", "/api/keys", 200)["data"]

    assert {each["revokedAt"] is None for each in keys} == {True, False}
    assert {each["rateLimit"] for each in keys} == {None, 60}


def test_what_shows_how_the_service_does_is_as_described(ask: Ask, api: Api):
    api.created()
    period = {"since": later(api, hours=-1), "until": later(api, hours=1)}

    assert ask("GET", "/api/ledger", 200)["data"]["total"]["minute"] is None
    assert ask("GET", "/api/audit", 200, params=period)["data"]["broken"] is None
    api.mongo.database.notificationlogs.update_one({}, {"$set": {"message": "Nothing happened"}})
    assert ask("GET", "/api/audit", 200, params=period)["data"]["broken"]["problem"]
    assert {each["perSecond"] for each in ask("GET", "/api/providers", 200)["data"]} == {None, 100}
    assert ask("GET", "/api/policy", 200)["data"]["onUnknown"] == "resend"
    assert ask("PUT", "/api/policy", 200, {"onUnknown": "hold"})["data"]["onUnknown"] == "hold"


def test_health_is_as_described_with_and_without_the_broker(ask: Ask, queue: FakeQueue):
    assert ask("GET", "/api/health", 200)["status"] == "healthy"
    queue.down = True
    assert ask("GET", "/api/health", 503)["status"] == "unhealthy"


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("POST", "/api/notifications", 422, {"type": "EMAIL"}),
        ("GET", f"/api/notifications/{UNKNOWN_ID}", 404, None),
        ("POST", f"/api/notifications/{UNKNOWN_ID}/cancel", 404, None),
        ("GET", "/api/notifications?limit=0", 422, None),
    ],
)
def test_errors_are_as_described(ask: Ask, method: str, path: str, status: int, body: Any):
    assert ask(method, path, status, body)["error"]["message"]
