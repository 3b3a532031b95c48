"""The suppression list over HTTP, both ways: whose it is, what it takes, and what it says."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.builders import ManualClock
from tests.integration.conftest import Api, MakeApi, fields
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.domain.api_keys import Role, new_api_key
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression
from wavecom.http.framework.responses import DoneAnswer
from wavecom.http.suppressions.responses import SuppressionAnswer, SuppressionPageAnswer

EMAIL = {"type": "EMAIL", "recipient": "user@example.com"}
SMS = {"type": "SMS", "recipient": "+12025550123"}
TOKEN = "ab" * 32


def add(api: Api, **body: Any) -> dict[str, Any]:
    answer = api.post("/api/suppressions", {**EMAIL, **body})
    assert answer.status_code == 201, answer.text
    SuppressionAnswer.model_validate_json(answer.text)
    data: dict[str, Any] = answer.json()["data"]
    return data


def listed(api: Api, query: str = "") -> list[dict[str, Any]]:
    answer = api.get(f"/api/suppressions{query}")
    assert answer.status_code == 200, answer.text
    SuppressionPageAnswer.model_validate_json(answer.text)
    found: list[dict[str, Any]] = answer.json()["data"]["suppressions"]
    return found


def remove(api: Api, suppression_id: str) -> httpx.Response:
    return api.client.delete(f"/api/suppressions/{suppression_id}")


@pytest.fixture
def worlds(make_api: MakeApi, mongo: Mongo, clock: ManualClock) -> Callable[..., Api]:
    """Return a function that gives a tenant's API, its test world for ``test``."""

    def make(tenant: str, *, test: bool = False) -> Api:
        made, token = new_api_key(tenant_id=tenant, name="t", role=Role.TENANT, at=clock(), test=test)
        api = make_api(token=token, development_tenant=None)
        api.services.keys.add(made)
        return api

    return make


def test_an_address_is_put_on_the_list_and_taken_off(api: Api) -> None:
    added = add(api)

    assert (added["type"], added["recipient"], added["reason"], added["notificationId"]) == (
        "EMAIL",
        "user@example.com",
        "manual",
        None,
    )
    assert listed(api) == [added]
    answer = remove(api, added["id"])
    DoneAnswer.model_validate_json(answer.text)
    assert answer.status_code == 200
    assert listed(api) == []
    assert remove(api, added["id"]).status_code == 404


@pytest.mark.parametrize("reason", [SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT])
def test_who_is_on_the_list_already_is_told_as_listed(api: Api, clock: ManualClock, reason: SuppressionReason) -> None:
    bounced = Suppression(
        tenant_id="bank-a",
        channel=Channel.EMAIL,
        recipient="user@example.com",
        reason=reason,
        created_at=clock(),
        notification_id="a" * 24,
    )
    api.services.suppressions.suppressions.add([bounced])
    clock.advance(timedelta(days=1))

    answered = add(api)

    assert [answered] == listed(api), "what is answered is what is on the list"
    assert answered["reason"] == reason


def test_the_same_address_twice_is_there_once_however_it_is_written(api: Api) -> None:
    ids = [add(api, recipient=each)["id"] for each in ("User@EXAMPLE.com", "user@example.com", "USER@example.com")]
    ids += [add(api, type="SMS", recipient=each)["id"] for each in ("+12025550123", "+1 (202) 555-0123")]
    ids += [add(api, type="PUSH", recipient=each)["id"] for each in (TOKEN, TOKEN.upper())]

    assert len(set(ids)) == 3
    assert len(listed(api)) == 3


def test_the_address_of_a_notification_is_found_however_it_was_written_there(api: Api) -> None:
    add(api, recipient="USER@Example.com")
    add(api, type="PUSH", recipient=TOKEN.upper())
    mine = [api.created(recipient="user@EXAMPLE.com"), api.created(type="PUSH", recipient=TOKEN, subject=None)]
    stored = api.store.get_many([each["_id"] for each in mine])

    assert api.services.suppressions.suppressions.among(stored).keys() == {each.id for each in stored}


def test_the_worlds_do_not_mix(worlds: Callable[..., Api]) -> None:
    a, b, a_test = worlds("bank-a"), worlds("bank-b"), worlds("bank-a", test=True)
    added = add(a)
    add(a_test, recipient="tester@example.com")

    assert listed(b) == []
    assert [each["recipient"] for each in listed(a)] == ["user@example.com"]
    assert [each["recipient"] for each in listed(a_test)] == ["tester@example.com"]
    for other in (b, a_test):
        assert remove(other, added["id"]).status_code == 404
    assert add(b)["id"] == added["id"], "an id is of an address, whoever's list it is on"
    assert remove(b, added["id"]).status_code == 200
    assert len(listed(a)) == 1
    assert listed(b, f"?cursor={'0' * 32}") == []


def test_pages_walk_through_everything_once(api: Api, mongo: Mongo, clock: ManualClock) -> None:
    every = [
        Suppression(
            tenant_id="bank-a",
            channel=Channel.EMAIL,
            recipient=f"r{number}@example.com",
            reason=SuppressionReason.MANUAL,
            created_at=clock(),
        )
        for number in range(23)
    ]
    MongoSuppressions(mongo).add(every)

    found: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = api.get(f"/api/suppressions?limit=10{cursor and f'&cursor={cursor}'}")
        found.append([each["id"] for each in answer.json()["data"]["suppressions"]])
        cursor = answer.json()["data"]["nextCursor"]

    assert [len(page) for page in found] == [10, 10, 3]
    assert sorted(each.id for each in every) == [each for page in found for each in page]


def test_a_page_that_is_just_full_has_no_next_one(api: Api) -> None:
    for number in range(3):
        add(api, recipient=f"r{number}@example.com")

    assert api.get("/api/suppressions?limit=3").json()["data"]["nextCursor"] is None


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"type", "recipient"}),
        ({"type": "FAX", "recipient": "12"}, {"type"}),
        ({"type": "email", "recipient": "user@example.com"}, {"type"}),
        ({"type": None, "recipient": "user@example.com"}, {"type"}),
        ({"type": "EMAIL", "recipient": "nobody"}, {"recipient"}),
        ({"type": "EMAIL", "recipient": ""}, {"recipient"}),
        ({"type": "EMAIL", "recipient": ["user@example.com"]}, {"recipient"}),
        ({"type": "EMAIL", "recipient": {"$ne": None}}, {"recipient"}),
        ({"type": "SMS", "recipient": "user@example.com"}, {"recipient"}),
        ({"type": "PUSH", "recipient": "x" * 5_000}, {"recipient"}),
        ({"type": "EMAIL", "recipient": "user@example.com", "tenantId": "bank-b"}, {"tenantId"}),
        ({"type": "EMAIL", "recipient": "user@example.com", "reason": "complaint"}, {"reason"}),
        ({"type": "EMAIL", "recipient": "a\x00@example.com"}, {"recipient"}),
        ({"type": "EMAIL", "recipient": "\ud800@example.com"}, {"recipient"}),
        ([EMAIL], {"body"}),
        ("EMAIL", {"body"}),
    ],
    ids=lambda each: " ".join(sorted(each)) if isinstance(each, set) else str(each)[:100],
)
def test_what_is_no_address_is_refused_and_named(quick_api: Api, body: Any, named: set[str]) -> None:
    answer = quick_api.post("/api/suppressions", json.dumps(body))

    assert answer.status_code == 422, answer.text
    assert set(fields(answer)) == named
    assert listed(quick_api) == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("?limit=0", ["limit"]),
        ("?limit=101", ["limit"]),
        ("?limit=1e1", ["limit"]),
        ("?cursor=", ["cursor"]),
        ("?cursor=$gt", ["cursor"]),
        (f"?cursor={'A' * 32}", ["cursor"]),
        (f"?cursor={'a' * 33}", ["cursor"]),
        ("?tenantId=bank-b", ["tenantId"]),
        ("?limit=1&limit=2", ["limit"]),
    ],
)
def test_a_list_that_makes_no_sense_is_refused_and_named(quick_api: Api, query: str, named: list[str]) -> None:
    answer = quick_api.get(f"/api/suppressions{query}")

    assert answer.status_code == 422, answer.text
    assert fields(answer) == named


@pytest.mark.parametrize("suppression_id", ["x", "A" * 32, "a" * 31, "a" * 33, "bank-b|" + "a" * 25, "%24ne"])
def test_an_id_that_is_none_is_refused(quick_api: Api, suppression_id: str) -> None:
    assert remove(quick_api, suppression_id).status_code in (404, 422)


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/suppressions"), ("GET", f"/api/suppressions/{'a' * 32}"), ("PATCH", "/api/policy")],
)
def test_other_methods_are_not_allowed(quick_api: Api, method: str, path: str) -> None:
    answer = quick_api.client.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["Allow"]
