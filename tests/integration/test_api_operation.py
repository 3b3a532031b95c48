"""Ledger, audit trail, providers, policy and keys over HTTP."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.builders import ManualClock
from tests.integration.conftest import Api, MakeApi, attempted, fields, later
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates
from wavecom.adapters.mongo.providers.weights import MongoWeights
from wavecom.adapters.providers.breaker import FAILURES_TO_OPEN, PyBreakers
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.providers.weights import WeightChange


@pytest.fixture
def api(quick_api: Api) -> Api:
    return quick_api


@pytest.fixture
def tenants_api(make_api: MakeApi, make_key: Callable[..., str]) -> Api:
    """The API with the key of a tenant, who is no operator."""
    return make_api(token=make_key("bank-b"), development_tenant=None)


def period(api: Api) -> str:
    return f"since={later(api, hours=-1)}&until={later(api, hours=1)}"


def test_the_ledger_accounts_for_everything(api: Api, tenants_api: Api) -> None:
    attempted(api, api.created()["_id"])
    attempted(api, api.created()["_id"], Outcome.PERMANENT)
    api.post(f"/api/notifications/{api.created()['_id']}/cancel")
    api.created()
    tenants_api.created()

    data = api.get("/api/ledger").json()["data"]

    counts = {"accepted": 4, "sent": 1, "failed": 1, "cancelled": 1, "expired": 0, "inFlight": 1, "balanced": True}
    assert [{**line, "minute": None} for line in data["minutes"]] == [{"minute": None, **counts}]
    assert data["total"] == {"minute": None, **counts}
    assert api.get("/api/ledger?allTenants=true").json()["data"]["total"]["accepted"] == 5
    assert tenants_api.get("/api/ledger").json()["data"]["total"]["accepted"] == 1
    assert tenants_api.get("/api/ledger?allTenants=true").status_code == 403
    assert fields(api.get("/api/ledger?minutes=61")) == ["minutes"]


def test_a_trail_that_was_touched_is_named(api: Api, tenants_api: Api, mongo: Mongo) -> None:
    notification_id = api.created()["_id"]
    attempted(api, notification_id)
    sound = api.get(f"/api/audit?{period(api)}").json()["data"]

    mongo.database.notificationlogs.update_one(
        {"_id": f"{notification_id}:000003"}, {"$set": {"message": "Nothing happened"}}
    )

    touched = api.get(f"/api/audit?{period(api)}").json()["data"]
    assert sound == {"notifications": 1, "entries": 4, "broken": None, "nextCursor": None}
    assert touched["broken"]["notificationId"] == notification_id
    assert touched["broken"]["sequence"] == 3
    assert tenants_api.get(f"/api/audit?{period(api)}").json()["data"]["notifications"] == 0
    assert tenants_api.get(f"/api/audit?{period(api)}&allTenants=true").status_code == 403
    assert fields(api.get(f"/api/audit?since={later(api)}&until={later(api)}")) == ["until"]


def test_operators_see_how_the_providers_are(api: Api, tenants_api: Api, mongo: Mongo, clock: ManualClock) -> None:
    PyBreakers(MongoBreakerStates(mongo), clock).record("ses", [False] * FAILURES_TO_OPEN)
    MongoWeights(mongo).change([WeightChange(provider="ses", factor=0.5, reason="30 % failed", at=clock.at)])

    providers = {each["name"]: each for each in api.get("/api/providers").json()["data"]}

    assert (providers["ses"]["breaker"], providers["sendgrid"]["breaker"]) == ("open", "closed")
    assert providers["ses"]["breakerOpenedAt"] is not None
    assert (providers["ses"]["weight"], providers["ses"]["effectiveWeight"]) == (3, 1.5)
    assert [each["reason"] for each in providers["ses"]["weightChanges"]] == ["30 % failed"]
    assert providers["sendgrid"]["perSecond"] == 100
    assert tenants_api.get("/api/providers").status_code == 403


def test_a_tenants_policy_decides_what_a_notification_leaves_open(api: Api, tenants_api: Api) -> None:
    assert api.get("/api/policy").json()["data"] == {"onUnknown": "resend", "contact": None}

    changed = api.client.put("/api/policy", json={"onUnknown": "hold"})

    assert changed.json()["data"] == {"onUnknown": "hold", "contact": None}
    assert api.created()["onUnknown"] == "hold"
    assert api.created(onUnknown="resend")["onUnknown"] == "resend"
    assert tenants_api.created()["onUnknown"] == "resend"
    assert fields(api.client.put("/api/policy", json={"onUnknown": "perhaps"})) == ["onUnknown"]


def test_a_tenant_says_whom_wavecom_writes_to(api: Api, tenants_api: Api) -> None:
    chosen = api.client.put("/api/policy", json={"onUnknown": "resend", "contact": "Operations@Bank.Example"})
    assert chosen.json()["data"] == {"onUnknown": "resend", "contact": "Operations@bank.example"}

    kept = api.client.put("/api/policy", json={"onUnknown": "hold"})
    assert kept.json()["data"] == {"onUnknown": "hold", "contact": "Operations@bank.example"}
    assert tenants_api.get("/api/policy").json()["data"]["contact"] is None

    gone = api.client.put("/api/policy", json={"onUnknown": "hold", "contact": None})
    assert gone.json()["data"]["contact"] is None
    for wrong in ("nobody", "a@b.example, c@d.example", 7, ""):
        answer = api.client.put("/api/policy", json={"onUnknown": "hold", "contact": wrong})
        assert fields(answer) == ["contact"]


def test_keys_are_made_rotated_and_revoked(api: Api, make_api: MakeApi) -> None:
    made = api.post("/api/keys", {"tenantId": "bank-c", "name": "shop", "rateLimit": 7}).json()["data"]
    rotated = api.post(f"/api/keys/{made['id']}/rotate").json()["data"]

    listed = api.get("/api/keys?tenantId=bank-c").json()["data"]
    assert {each["id"] for each in listed} == {made["id"], rotated["id"]}
    assert all("token" not in each and each["rateLimit"] == 7 for each in listed)
    for key in (made, rotated):
        answer = make_api(token=key["token"], development_tenant=None).get("/api/notifications")
        assert (answer.status_code, answer.headers["RateLimit-Limit"]) == (200, "7")
    assert api.client.delete(f"/api/keys/{made['id']}").status_code == 200
    assert make_api(token=made["token"], development_tenant=None).get("/api/policy").status_code == 401
    assert make_api(token=rotated["token"], development_tenant=None).get("/api/policy").status_code == 200
    assert api.post(f"/api/keys/{made['id']}/rotate").status_code == 404
    assert api.client.delete(f"/api/keys/{'0' * 12}").status_code == 404


def test_keys_are_the_operators_business(tenants_api: Api) -> None:
    assert tenants_api.get("/api/keys").status_code == 403
    assert tenants_api.post("/api/keys", {"tenantId": "bank-a", "name": "mine"}).status_code == 403
    assert tenants_api.client.delete(f"/api/keys/{'0' * 12}").status_code == 403


def test_a_test_key_opens_a_world_of_its_own(api: Api, make_api: MakeApi) -> None:
    tokens = [
        api.post("/api/keys", {"tenantId": "bank-c", "name": "shop", "test": test}).json()["data"]["token"]
        for test in (False, True)
    ]
    live, test = (make_api(token=token, development_tenant=None) for token in tokens)

    real, tried = live.create(key="order-1"), test.create(key="order-1")

    assert tokens[1].startswith("wc_test_")
    assert not tokens[0].startswith("wc_test_")
    assert real.json()["data"]["_id"] != tried.json()["data"]["_id"]
    assert live.get(f"/api/notifications/{tried.json()['data']['_id']}").status_code == 404
    assert [len(each.get("/api/notifications").json()["data"]["notifications"]) for each in (live, test)] == [1, 1]
    assert fields(api.post("/api/keys", {"tenantId": "bank-c~test", "name": "x"})) == ["tenantId"]


def test_minutes_that_are_over_stay_in_the_ledger_for_an_hour(api: Api, clock: ManualClock) -> None:
    api.created()
    clock.advance(timedelta(minutes=30))

    assert [line["accepted"] for line in api.get("/api/ledger").json()["data"]["minutes"]] == [1]
    assert api.get("/api/ledger?minutes=10").json()["data"]["minutes"] == []
