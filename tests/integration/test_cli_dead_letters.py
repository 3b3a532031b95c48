"""``wavecom dlq``, against the API."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.conftest import Api, MakeApi, attempted
from tests.integration.test_cli import SOME_ID, Wavecom
from tests.integration.test_cli_trouble import Gateway
from tests.standins.http_service import Reply, Request, json_reply
from wavecom.domain.providers.outcomes import Outcome


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@pytest.fixture
def gateway(api: Api) -> Iterator[Gateway]:
    with Gateway(api) as gateway:
        yield gateway


@pytest.fixture
def wavecom(gateway: Gateway) -> Wavecom:
    return Wavecom(gateway.url)


def dead(api: Api, count: int = 1, **changes: Any) -> list[str]:
    """Let notifications fail for good, each a second after the other."""
    ids = [api.created(**changes)["_id"] for _ in range(count)]
    for identifier in ids:
        api.clock.advance(timedelta(seconds=1))
        attempted(api, identifier, Outcome.PERMANENT)
    return ids


def after_each_replay(gateway: Gateway, react: Callable[[list[dict[str, str]]], None]) -> None:
    """Let something happen between a replay and its answer."""
    answer = gateway.answer

    def answer_and_react(request: Request) -> Reply:
        reply = answer(request)
        if request.path == "/api/dlq/replay":
            react(json.loads(reply.body)["data"]["results"])
        return reply

    gateway.answer = answer_and_react  # type: ignore[method-assign]


def status_of(api: Api, identifier: str) -> str:
    status: str = api.get(f"/api/notifications/{identifier}").json()["data"]["notification"]["status"]
    return status


def replays(gateway: Gateway) -> list[Request]:
    return [each for each in gateway.requests if each.path == "/api/dlq/replay"]


def test_the_groups_are_shown_and_may_be_filtered(api: Api, wavecom: Wavecom):
    dead(api, 2)
    dead(api, 1, maxRetries=0)
    day = f"{api.services.clock():%Y-%m-%d}"

    text = wavecom.ok("dlq", "list")

    assert re.search(rf"{day} +permanent +simulated-email +3\n3 in all\.", text)
    found = wavecom.json("dlq", "list", "--cause", "permanent", "--provider", "simulated-email", "--day", day)
    assert found == {
        "total": 3,
        "groups": [{"day": day, "cause": "permanent", "provider": "simulated-email", "count": 3}],
    }
    assert wavecom.json("dlq", "list", "--cause", "suppressed") == {"total": 0, "groups": []}
    assert wavecom.ok("dlq", "list", "--day", "2020-01-31") == "No dead letters.\n"


def test_the_letters_themselves_are_listed(api: Api, wavecom: Wavecom):
    ids = dead(api, 3)

    found = wavecom.json("dlq", "list", "--notifications", "--limit", "2")
    assert ([each["_id"] for each in found["notifications"]], found["more"]) == ([ids[2], ids[1]], True)
    lines = wavecom.ok("dlq", "list", "--notifications", "--all", "--cause", "permanent").splitlines()
    assert len(lines) == 3
    assert all(line.endswith("It said no  permanent simulated-email") for line in lines)


def test_replaying_asks_first_and_no_replays_nothing(api: Api, wavecom: Wavecom):
    (letter,) = dead(api)

    for answer in ("n\n", "", None):
        result = wavecom("dlq", "replay", "--all", stdin=answer)

        assert result.exit_code == 1
        assert "Send 1 dead letter again?" in result.stderr
        assert "Nothing was replayed" in result.stderr
        assert result.stdout == ""
        assert status_of(api, letter) == "FAILED"

    declined = wavecom.json("dlq", "replay", "--all", stdin="no\n", exit_code=1)
    assert declined == {"dryRun": False, "counts": {}, "results": []}
    result = wavecom("dlq", "replay", "--all", stdin="y\n")
    assert result.exit_code == 0
    assert status_of(api, letter) == "QUEUED"


def test_replay_by_id_tells_what_became_of_each(api: Api, wavecom: Wavecom):
    (letter,) = dead(api)
    alive = api.created()["_id"]

    result = wavecom("dlq", "replay", letter, alive, SOME_ID, letter, "--yes", "--reason", "fixed the address")

    assert result.exit_code == 1  # not all could be replayed
    assert re.search(rf"{letter} +replayed +queued again", result.stdout)
    assert re.search(rf"{alive} +not_dead", result.stdout)
    assert re.search(rf"{SOME_ID} +not_found", result.stdout)
    assert len(result.stdout.splitlines()) == 4
    trail = api.get(f"/api/notifications/{letter}").json()["data"]["logs"]
    assert trail[-1]["metadata"]["why"] == "fixed the address"


def test_replay_by_filter_takes_what_matches_and_leaves_the_rest(api: Api, wavecom: Wavecom):
    (email,) = dead(api)
    (unknown,) = [api.created(onUnknown="hold")["_id"]]
    attempted(api, unknown, Outcome.UNKNOWN)

    found = wavecom.json("dlq", "replay", "--cause", "permanent", "--provider", "simulated-email", "--yes")

    assert found == {"dryRun": False, "counts": {"replayed": 1}, "results": [{"id": email, "result": "replayed"}]}
    assert (status_of(api, email), status_of(api, unknown)) == ("QUEUED", "FAILED")
    assert wavecom.json("dlq", "replay", "--day", "2020-01-31", "--yes")["results"] == []


def test_a_dry_run_asks_nothing_and_changes_nothing(api: Api, wavecom: Wavecom):
    ids = dead(api, 2)

    text = wavecom.ok("dlq", "replay", "--all", "--dry-run")

    assert re.search("would_replay +2 +would be queued again", text)
    assert [status_of(api, each) for each in ids] == ["FAILED", "FAILED"]


def test_it_goes_on_batch_after_batch_each_with_a_key_of_its_own(api: Api, gateway: Gateway, wavecom: Wavecom):
    ids = dead(api, 120)
    after_each_replay(gateway, lambda _: api.clock.advance(timedelta(seconds=2)))

    text = wavecom.ok("dlq", "replay", "--all", "--yes", "--batch", "50")

    assert re.search("replayed +120 +queued again", text)
    assert {status_of(api, each) for each in ids[::20]} == {"QUEUED"}
    assert api.get("/api/dlq").json()["data"]["total"] == 0
    assert [len(each.json["ids"]) for each in replays(gateway)] == [50, 50, 20]
    assert len({each.headers["idempotency-key"] for each in replays(gateway)}) == 3


def test_what_fails_again_meanwhile_is_replayed_once_and_holds_up_nothing(api: Api, gateway: Gateway, wavecom: Wavecom):
    ids = dead(api, 120)

    def fail_again(results: list[dict[str, str]]) -> None:
        api.clock.advance(timedelta(seconds=2))
        for each in results:
            attempted(api, each["id"], Outcome.PERMANENT)

    after_each_replay(gateway, fail_again)

    found = wavecom.json("dlq", "replay", "--all", "--yes", "--batch", "50")

    assert found["counts"] == {"replayed": 120}
    assert sorted(each["id"] for each in found["results"]) == sorted(ids)


def test_a_batch_whose_answer_was_lost_is_replayed_once(api: Api, gateway: Gateway, wavecom: Wavecom):
    (letter,) = dead(api)
    answer = gateway.answer

    def lose_the_first_answer(request: Request) -> Reply:
        reply = answer(request)
        if len(replays(gateway)) == 1 and request.path == "/api/dlq/replay":
            return json_reply(503, {"message": "Service Unavailable"}, {"Retry-After": "1"})
        return reply

    gateway.answer = lose_the_first_answer  # type: ignore[method-assign]

    found = wavecom.json("dlq", "replay", "--all", "--yes")

    assert found["counts"] == {"already_replayed": 1}
    statuses = [each["status"] for each in api.get(f"/api/notifications/{letter}").json()["data"]["logs"]]
    assert statuses == ["PENDING", "QUEUED", "PROCESSING", "FAILED", "QUEUED"]
    first, again = replays(gateway)
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]


def test_it_waits_as_the_service_paces_replays(api: Api, gateway: Gateway, wavecom: Wavecom):
    dead(api)
    pace = {"success": False, "error": {"code": "OVERLOADED", "message": "Too many", "details": []}, "requestId": "r"}
    answer, refusals = gateway.answer, iter([429] * 3)
    gateway.answer = lambda request: (  # type: ignore[method-assign]
        json_reply(status, pace, {"Retry-After": "1"})
        if request.path == "/api/dlq/replay" and (status := next(refusals, None))
        else answer(request)
    )

    result = wavecom("dlq", "replay", "--all", "--yes", "--json")

    assert json.loads(result.stdout)["counts"] == {"replayed": 1}
    assert result.stderr.count("Too many (OVERLOADED). Trying again in 1 s.") == 3


def test_what_was_done_before_an_error_is_told(api: Api, gateway: Gateway, wavecom: Wavecom):
    dead(api, 3)
    ids = [each["_id"] for each in wavecom.json("dlq", "list", "--notifications")["notifications"]]

    def only_the_first(request: Request) -> Reply:
        return Gateway.answer(gateway, request) if len(replays(gateway)) < 2 else json_reply(403, {"message": "No"})

    gateway.answer = only_the_first  # type: ignore[method-assign]
    error = wavecom.json("dlq", "replay", *ids, "--yes", "--batch", "2", exit_code=3)["error"]

    assert (error["code"], error["counts"]) == ("HTTP_403", {"replayed": 2})
