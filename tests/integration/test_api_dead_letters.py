"""Dead letters and suppression lists over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import ManualClock
from tests.integration.conftest import Api, MakeApi, attempted, fields
from wavecom.domain.api_keys import Role
from wavecom.domain.providers.outcomes import Outcome


@pytest.fixture
def api(quick_api: Api) -> Api:
    return quick_api


def a_dead_letter(api: Api) -> str:
    notification_id: str = api.created()["_id"]
    attempted(api, notification_id, Outcome.PERMANENT)
    return notification_id


def groups(api: Api) -> dict[str, Any]:
    data: dict[str, Any] = api.get("/api/dlq").json()["data"]
    return data


def replay(api: Api, key: str | None = None, **body: Any) -> dict[str, str]:
    answer = api.post("/api/dlq/replay", body, key=key)
    assert answer.status_code == 200, answer.text
    return {each["id"]: each["result"] for each in answer.json()["data"]["results"]}


def test_dead_letters_are_grouped_and_listed(api: Api, clock: ManualClock) -> None:
    dead = {a_dead_letter(api) for _ in range(3)}
    api.created()

    assert groups(api) == {
        "total": 3,
        "groups": [
            {"day": f"{clock.at:%Y-%m-%d}", "cause": "permanent", "provider": "simulated-email", "count": 3},
        ],
    }
    first = api.get("/api/dlq/notifications?limit=2&cause=permanent").json()["data"]
    rest = api.get(f"/api/dlq/notifications?limit=2&cause=permanent&cursor={first['nextCursor']}").json()["data"]
    assert {each["_id"] for each in first["notifications"] + rest["notifications"]} == dead
    assert rest["nextCursor"] is None
    assert api.get("/api/dlq/notifications?provider=another").json()["data"]["notifications"] == []


def test_a_dry_run_changes_nothing(api: Api) -> None:
    letter = a_dead_letter(api)

    assert replay(api, all=True, dryRun=True) == {letter: "would_replay"}
    assert groups(api)["total"] == 1


def test_a_replay_puts_them_back_with_who_and_why(api: Api, clock: ManualClock) -> None:
    letter, waiting = a_dead_letter(api), api.created()["_id"]

    results = replay(api, ids=[letter, waiting, "0" * 24], reason="The provider is back")

    assert results == {letter: "replayed", waiting: "not_dead", "0" * 24: "not_found"}
    assert groups(api) == {"total": 0, "groups": []}
    detail = api.get(f"/api/notifications/{letter}").json()["data"]
    assert detail["notification"]["status"] == "QUEUED"
    assert detail["logs"][-1]["metadata"] == {"by": "development", "why": "The provider is back"}


def test_a_replay_by_group_takes_that_group_alone(api: Api, clock: ManualClock) -> None:
    letter = a_dead_letter(api)

    assert replay(api, cause="unknown") == {}
    assert replay(api, day=f"{clock.at - timedelta(days=1):%Y-%m-%d}") == {}
    assert replay(api, cause="permanent", provider="simulated-email", day=f"{clock.at:%Y-%m-%d}") == {
        letter: "replayed"
    }


def test_a_replay_that_is_asked_for_twice_replays_once_even_what_failed_again(api: Api, clock: ManualClock) -> None:
    letter = a_dead_letter(api)

    assert replay(api, key="k1", ids=[letter]) == {letter: "replayed"}
    clock.advance(timedelta(seconds=5))
    attempted(api, letter, Outcome.PERMANENT)

    assert replay(api, key="k1", ids=[letter]) == {letter: "already_replayed"}
    assert replay(api, key="k2", ids=[letter]) == {letter: "replayed"}


def test_replays_are_held_to_a_pace(api: Api, clock: ManualClock) -> None:
    letters = [a_dead_letter(api) for _ in range(210)]
    assert set(replay(api, ids=letters[:200]).values()) == {"replayed"}

    too_soon = api.post("/api/dlq/replay", {"ids": letters[200:]})
    clock.advance(timedelta(seconds=2))

    assert too_soon.status_code == 429
    assert int(too_soon.headers["Retry-After"]) >= 1
    assert set(replay(api, ids=letters[200:]).values()) == {"replayed"}


def test_another_tenant_sees_and_replays_nothing(make_api: MakeApi, make_key: Callable[..., str], api: Api) -> None:
    letter = a_dead_letter(api)
    other = make_api(token=make_key("bank-b"), development_tenant=None)

    assert groups(other)["total"] == 0
    assert replay(other, ids=[letter]) == {letter: "not_found"}
    assert replay(other, all=True) == {}
    assert groups(api)["total"] == 1


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, ["body"]),
        ({"ids": ["0" * 24], "all": True}, ["body"]),
        ({"ids": []}, ["ids"]),
        ({"ids": ["x"]}, ["ids[0]"]),
        ({"all": True, "limit": 501}, ["limit"]),
        ({"day": "yesterday"}, ["day"]),
        ({"cause": "bad luck"}, ["cause"]),
        ({"all": True, "reason": "two\nlines"}, ["reason"]),
        ({"all": True, "unheardOf": 1}, ["unheardOf"]),
    ],
)
def test_a_replay_that_makes_no_sense_is_refused(api: Api, body: dict[str, Any], named: list[str]) -> None:
    answer = api.post("/api/dlq/replay", body)

    assert answer.status_code == 422, answer.text
    assert fields(answer) == named


def test_an_address_is_suppressed_and_freed_again(api: Api, make_api: MakeApi, make_key: Callable[..., str]) -> None:
    added = api.post("/api/suppressions", {"type": "EMAIL", "recipient": "User@Example.com"})

    assert added.status_code == 201
    data = added.json()["data"]
    assert (data["recipient"], data["reason"]) == ("User@example.com", "manual")
    listed = api.get("/api/suppressions").json()["data"]
    assert [each["id"] for each in listed["suppressions"]] == [data["id"]]
    other = make_api(token=make_key("bank-b", Role.TENANT), development_tenant=None)
    assert other.get("/api/suppressions").json()["data"]["suppressions"] == []
    assert other.client.delete(f"/api/suppressions/{data['id']}").status_code == 404
    assert api.client.delete(f"/api/suppressions/{data['id']}").status_code == 200
    assert api.client.delete(f"/api/suppressions/{data['id']}").status_code == 404


def test_the_suppression_list_is_paged(api: Api) -> None:
    for number in range(5):
        api.post("/api/suppressions", {"type": "SMS", "recipient": f"+1202555012{number}"})

    found, cursor = set(), ""
    while True:
        page = api.get(f"/api/suppressions?limit=2{cursor}").json()["data"]
        found |= {each["recipient"] for each in page["suppressions"]}
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"

    assert found == {f"+1202555012{number}" for number in range(5)}


@pytest.mark.parametrize("body", [{"type": "EMAIL", "recipient": "nobody"}, {"type": "SMS", "recipient": "12"}])
def test_an_address_that_is_none_is_not_suppressed(api: Api, body: dict[str, Any]) -> None:
    answer = api.post("/api/suppressions", body)

    assert answer.status_code == 422
    assert fields(answer) == ["recipient"]
