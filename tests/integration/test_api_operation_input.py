"""Ledger, audit, providers and policy over HTTP: their shapes, loads under which they are not answered, bad input."""

from typing import Any

import pytest
from pydantic import BaseModel

from tests.builders import ManualClock
from tests.integration.conftest import EMAIL, Api, MakeApi, attempted, fields, later
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.application.operate.verify import PAGE
from wavecom.domain.degradation import Level
from wavecom.domain.providers.outcomes import Outcome
from wavecom.http.operations.responses import LedgerAnswer, PolicyAnswer, ProvidersAnswer, VerificationAnswer


def period(api: Api) -> str:
    return f"since={later(api, hours=-1)}&until={later(api, hours=1)}"


def test_every_answer_has_the_shape_that_is_described(api: Api) -> None:
    for outcome in (Outcome.ACCEPTED, Outcome.PERMANENT, Outcome.TRANSIENT):
        attempted(api, api.created()["_id"], outcome)

    answers: dict[str, type[BaseModel]] = {
        "/api/ledger": LedgerAnswer,
        "/api/ledger?allTenants=true&minutes=1": LedgerAnswer,
        f"/api/audit?{period(api)}": VerificationAnswer,
        "/api/providers": ProvidersAnswer,
        "/api/policy": PolicyAnswer,
    }

    for path, shape in answers.items():
        answer = api.get(path)
        assert answer.status_code == 200, answer.text
        shape.model_validate_json(answer.text)
    PolicyAnswer.model_validate_json(api.client.put("/api/policy", json={"onUnknown": "hold"}).text)


def test_a_touched_trail_has_the_shape_that_is_described(api: Api, mongo: Mongo) -> None:
    created = api.created()["_id"]
    mongo.database.notificationlogs.update_one({"_id": f"{created}:000001"}, {"$unset": {"message": ""}})

    answer = api.get(f"/api/audit?{period(api)}")

    assert answer.status_code == 200, answer.text
    VerificationAnswer.model_validate_json(answer.text)
    assert answer.json()["data"]["broken"]["sequence"] == 1


def test_a_long_period_is_verified_page_by_page(quick_api: Api) -> None:
    quick_api.batch(*[EMAIL] * 500)
    quick_api.created()
    assert PAGE == 500

    first = quick_api.get(f"/api/audit?{period(quick_api)}").json()["data"]
    rest = quick_api.get(f"/api/audit?{period(quick_api)}&cursor={first['nextCursor']}").json()["data"]

    assert (first["notifications"], first["broken"]) == (PAGE, None)
    assert (rest["notifications"], rest["nextCursor"]) == (1, None)


def test_the_ledger_of_a_minute_counts_that_minute_alone(quick_api: Api, clock: ManualClock) -> None:
    quick_api.created()

    (line,) = quick_api.get("/api/ledger?minutes=1").json()["data"]["minutes"]

    assert line["minute"] == f"{clock():%Y-%m-%dT%H:%M}:00.000Z"


def test_providers_show_what_they_did_lately(quick_api: Api) -> None:
    for _ in range(3):
        attempted(quick_api, quick_api.created()["_id"])

    providers = {each["name"]: each for each in quick_api.get("/api/providers").json()["data"]}

    assert providers.keys() == {"ses", "sendgrid"}, "the configured ones, whatever else was used"
    assert providers["ses"]["outcomes"] == {}
    assert (providers["ses"]["failureRate"], providers["ses"]["averageMs"]) == (0.0, 0)


def test_providers_show_whether_they_are_in_their_sandbox(quick_api: Api, mongo: Mongo, clock: ManualClock) -> None:
    MongoSystemState(mongo, clock).set_sandbox("ses", clock(), in_sandbox=True)

    providers = {each["name"]: each["inSandbox"] for each in quick_api.get("/api/providers").json()["data"]}

    assert providers == {"ses": True, "sendgrid": None}


@pytest.mark.parametrize("level", [Level.HIGH, Level.EXTREME])
@pytest.mark.parametrize("path", ["/api/ledger", "/api/audit?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z"])
def test_high_load_answers_no_ledger_and_no_audit(
    make_api: MakeApi, mongo: Mongo, clock: ManualClock, level: Level, path: str
) -> None:
    MongoSystemState(mongo, clock).set_level(level, clock())

    answer = make_api().get(path)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.json()["error"]["code"] == "OVERLOADED"


@pytest.mark.parametrize("level", [Level.HIGH, Level.EXTREME])
def test_high_load_leaves_what_operators_need_in_trouble(
    make_api: MakeApi, mongo: Mongo, clock: ManualClock, level
) -> None:
    MongoSystemState(mongo, clock).set_level(level, clock())
    api = make_api()

    assert [api.get(path).status_code for path in ("/api/providers", "/api/policy", "/api/dlq", "/api/keys")] == [
        200
    ] * 4


DAY = "since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/ledger?minutes=0", ["minutes"]),
        ("/api/ledger?minutes=61", ["minutes"]),
        ("/api/ledger?minutes=1_0", ["minutes"]),
        ("/api/ledger?minutes=5.0", ["minutes"]),
        ("/api/ledger?minutes=", ["minutes"]),
        ("/api/ledger?minutes=5&minutes=6", ["minutes"]),
        ("/api/ledger?allTenants=perhaps", ["allTenants"]),
        ("/api/ledger?tenantId=bank-b", ["tenantId"]),
        ("/api/ledger?all_tenants=true", ["all_tenants"]),
        ("/api/audit", ["since", "until"]),
        ("/api/audit?since=2026-01-01T00:00:00Z", ["until"]),
        ("/api/audit?since=2026-01-01&until=2026-01-02", ["since", "until"]),
        ("/api/audit?since=1767225600&until=1767312000", ["since", "until"]),
        ("/api/audit?since=2026-01-01T00:00:00&until=2026-01-02T00:00:00Z", ["since"]),
        ("/api/audit?since=2026-01-02T00:00:00Z&until=2026-01-02T00:00:00Z", ["until"]),
        ("/api/audit?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", ["until"]),
        (f"/api/audit?{DAY}&cursor=x", ["cursor"]),
        (f"/api/audit?{DAY}&cursor={'0' * 25}", ["cursor"]),
        (f"/api/audit?{DAY}&cursor={'0' * 24}%0A", ["cursor"]),
        (f"/api/audit?{DAY}&tenantId=bank-b", ["tenantId"]),
        ("/api/keys?tenantId=bank|c", ["tenantId"]),
        ("/api/keys?tenantId=bank-c~test", ["tenantId"]),
        ("/api/providers?name=ses", ["name"]),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(quick_api: Api, path: str, named: list[str]) -> None:
    answer = quick_api.get(path)

    assert answer.status_code == 422, answer.text
    assert fields(answer) == named


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 1),
        ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00", 1),
        ("2107-01-01T00:00:00Z", "9999-01-01T00:00:00Z", 0),
        ("1900-01-01T00:00:00Z", "1969-12-31T00:00:00Z", 0),
    ],
)
def test_a_period_may_be_as_long_as_time_is(quick_api: Api, since: str, until: str, found: int) -> None:
    quick_api.created()

    answer = quick_api.get(f"/api/audit?since={since}&until={until}")

    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        assert answer.json()["data"]["notifications"] == found


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, ["onUnknown"]),
        ({"onUnknown": None}, ["onUnknown"]),
        ({"onUnknown": "HOLD"}, ["onUnknown"]),
        ({"onUnknown": ["hold"]}, ["onUnknown"]),
        ({"onUnknown": "hold", "tenantId": "bank-b"}, ["tenantId"]),
        ({"on_unknown": "hold"}, ["onUnknown", "on_unknown"]),
        ([], ["body"]),
    ],
    ids=str,
)
def test_a_policy_that_makes_no_sense_is_refused_and_changes_nothing(quick_api: Api, body: Any, named) -> None:
    answer = quick_api.client.put("/api/policy", json=body)

    assert answer.status_code == 422, answer.text
    assert fields(answer) == named
    assert quick_api.get("/api/policy").json()["data"] == {"onUnknown": "resend", "contact": None}


def test_a_policy_is_in_force_in_every_process_and_for_repeats_the_first_answer_holds(make_api: MakeApi) -> None:
    first = make_api().create(key="order-1")
    make_api().client.put("/api/policy", json={"onUnknown": "hold"})

    assert make_api().created()["onUnknown"] == "hold"
    assert make_api().create(key="order-1").json() == first.json()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"])
@pytest.mark.parametrize("bound", ["since", "until"])
def test_a_list_may_be_bounded_by_any_moment_that_can_be_written(quick_api: Api, bound: str, moment: str) -> None:
    quick_api.created()

    answer = quick_api.get(f"/api/notifications?{bound}={moment}")

    assert answer.status_code in (200, 422), answer.text
