"""API keys over HTTP, both ways: who may make them, what they open, and what test keys cannot reach."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import ManualClock
from tests.integration.conftest import EMAIL, Api, MakeApi, MakeKey, attempted, fields
from wavecom.adapters.mongo.client import Mongo
from wavecom.domain.api_keys import Role, new_api_key
from wavecom.domain.providers.outcomes import Outcome
from wavecom.http.api_keys.responses import ApiKeysAnswer, NewApiKeyAnswer
from wavecom.http.framework.responses import DoneAnswer

TOKEN = re.compile(r"wc_(test_)?[0-9a-f]{12}_[A-Za-z0-9_-]{43}")
BANK_C = {"tenantId": "bank-c", "name": "shop"}


@pytest.fixture
def operator(make_api: MakeApi, make_key: MakeKey, over: str) -> Api:
    """The API with an operator's key, both ways."""
    return make_api(over, token=make_key("operations", Role.OPERATOR), development_tenant=None)


@pytest.fixture
def quick_operator(make_api: MakeApi, make_key: MakeKey) -> Api:
    """The same as Lambda calls it."""
    return make_api(token=make_key("operations", Role.OPERATOR), development_tenant=None)


@pytest.fixture
def opened(make_api: MakeApi) -> Callable[[str], Api]:
    """Return a function that gives the API of a token, as another process has it."""
    return lambda token: make_api(token=token, development_tenant=None)


def make(api: Api, **body: Any) -> dict[str, Any]:
    answer = api.post("/api/keys", {**BANK_C, **body})
    assert answer.status_code == 201, answer.text
    NewApiKeyAnswer.model_validate_json(answer.text)
    data: dict[str, Any] = answer.json()["data"]
    return data


def keys(api: Api, query: str = "") -> list[dict[str, Any]]:
    answer = api.get(f"/api/keys{query}")
    assert answer.status_code == 200, answer.text
    ApiKeysAnswer.model_validate_json(answer.text)
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def rotate(api: Api, key_id: str):
    return api.post(f"/api/keys/{key_id}/rotate")


def test_a_new_key_opens_its_tenant_and_says_what_it_is(operator: Api, opened: Callable[[str], Api]) -> None:
    made = make(operator, role="tenant", rateLimit=7)

    assert TOKEN.fullmatch(made["token"])
    assert not made["token"].startswith("wc_test_")
    assert made["id"] in made["token"]
    assert {**made, "token": "", "id": "", "createdAt": ""} == {
        **BANK_C,
        "token": "",
        "id": "",
        "role": "tenant",
        "rateLimit": 7,
        "test": False,
        "createdAt": "",
        "revokedAt": None,
    }
    answer = opened(made["token"]).get("/api/policy")
    assert (answer.status_code, answer.headers["RateLimit-Limit"]) == (200, "7")


def test_a_token_is_told_once_and_stored_nowhere(operator: Api, mongo: Mongo) -> None:
    made = make(operator)
    secret = made["token"].rpartition(f"{made['id']}_")[2]

    assert all("token" not in each and "secretHash" not in each for each in keys(operator))
    for name in mongo.database.list_collection_names():
        assert secret not in str(list(mongo.database[name].find())), name


def test_keys_are_listed_newest_first_by_tenant_with_its_test_keys(operator: Api, clock: ManualClock) -> None:
    ids = []
    for body in ({}, {"test": True}, {"tenantId": "bank-d"}):
        clock.advance(timedelta(seconds=1))
        ids.append(make(operator, **body)["id"])

    assert [each["id"] for each in keys(operator)][:3] == ids[::-1]
    assert [(each["id"], each["test"]) for each in keys(operator, "?tenantId=bank-c")] == [
        (ids[1], True),
        (ids[0], False),
    ]
    assert keys(operator, "?tenantId=bank") == []


@pytest.mark.parametrize("test", [False, True])
def test_a_rotated_key_is_another_like_it_and_the_old_one_goes_on(
    operator: Api, opened: Callable[[str], Api], test: bool
) -> None:
    old = make(operator, test=test, rateLimit=9, name="till 7")

    new = rotate(operator, old["id"]).json()["data"]

    own = {"id", "token", "createdAt"}
    assert {name: new[name] for name in new.keys() - own} == {name: old[name] for name in old.keys() - own}
    assert new["token"].startswith("wc_test_") is test
    assert new["id"] != old["id"]
    first, second = opened(old["token"]), opened(new["token"])
    assert first.created()["_id"] == second.get("/api/notifications").json()["data"]["notifications"][0]["_id"]


def test_a_revoked_key_opens_nothing_and_cannot_be_rotated(operator: Api, opened: Callable[[str], Api]) -> None:
    made = make(operator)

    answer = operator.client.delete(f"/api/keys/{made['id']}")

    DoneAnswer.model_validate_json(answer.text)
    assert opened(made["token"]).get("/api/policy").status_code == 401
    assert rotate(operator, made["id"]).status_code == 404
    assert operator.client.delete(f"/api/keys/{made['id']}").status_code == 200, "revoking is idempotent"
    (revoked,) = [each for each in keys(operator) if each["id"] == made["id"]]
    assert revoked["revokedAt"] == f"{operator.services.clock():%Y-%m-%dT%H:%M:%S}.000Z"


def test_a_second_revocation_does_not_move_the_first_ones_time(operator: Api, clock: ManualClock) -> None:
    made = make(operator)
    operator.client.delete(f"/api/keys/{made['id']}")
    first = keys(operator, "?tenantId=bank-c")
    clock.advance(timedelta(hours=1))

    operator.client.delete(f"/api/keys/{made['id']}")

    assert keys(operator, "?tenantId=bank-c") == first


def test_in_the_process_that_revoked_it_a_key_is_dead_at_once(operator: Api) -> None:
    made = make(operator)
    header = {"Authorization": f"Bearer {made['token']}"}
    assert operator.get("/api/policy", headers=header).status_code == 200

    operator.client.delete(f"/api/keys/{made['id']}")

    assert operator.get("/api/policy", headers=header).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/keys"),
        ("GET", "/api/keys?tenantId=bank-a"),
        ("POST", "/api/keys"),
        ("POST", f"/api/keys/{'0' * 12}/rotate"),
        ("DELETE", f"/api/keys/{'0' * 12}"),
        ("GET", "/api/providers"),
        ("GET", "/api/ledger?allTenants=true"),
        ("GET", "/api/audit?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z&allTenants=true"),
    ],
)
@pytest.mark.parametrize("test", [False, True])
def test_what_is_an_operators_is_refused_to_a_tenant(
    quick_operator: Api, opened: Callable[[str], Api], method: str, path: str, test: bool
) -> None:
    tenants = opened(make(quick_operator, test=test)["token"])
    before = len(keys(quick_operator))

    answer = tenants.client.request(method, path, json=BANK_C if path == "/api/keys" and method == "POST" else None)

    assert answer.status_code == 403, answer.text
    assert answer.json()["error"]["code"] == "FORBIDDEN"
    assert len(keys(quick_operator)) == before


def test_a_tenant_cannot_revoke_its_own_or_anothers_key(operator: Api, opened: Callable[[str], Api]) -> None:
    own, other = make(operator), make(operator, tenantId="bank-d")
    tenants = opened(own["token"])

    for key in (own, other):
        assert tenants.client.delete(f"/api/keys/{key['id']}").status_code == 403
        assert rotate(tenants, key["id"]).status_code == 403
    assert opened(other["token"]).get("/api/policy").status_code == 200


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"tenantId": "bank-c~test"}, ["tenantId"]),
        ({"tenantId": "bank|c"}, ["tenantId"]),
        ({"tenantId": "bank.c"}, ["tenantId"]),
        ({"tenantId": "bank-c\n"}, ["tenantId"]),
        ({"tenantId": ""}, ["tenantId"]),
        ({"tenantId": "x" * 65}, ["tenantId"]),
        ({"tenantId": "bänk"}, ["tenantId"]),
        ({"tenantId": None}, ["tenantId"]),
        ({"name": ""}, ["name"]),
        ({"name": "two\nlines"}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"role": "root"}, ["role"]),
        ({"rateLimit": 0}, ["rateLimit"]),
        ({"rateLimit": "7"}, ["rateLimit"]),
        ({"rateLimit": True}, ["rateLimit"]),
        ({"rateLimit": 1_000_001}, ["rateLimit"]),
        ({"test": "yes"}, ["test"]),
        ({"test": 1}, ["test"]),
        ({"keyId": "0" * 12}, ["keyId"]),
        ({"secretHash": "0" * 64}, ["secretHash"]),
    ],
    ids=str,
)
def test_a_key_that_makes_no_sense_is_refused_and_named(
    quick_operator: Api, body: dict[str, Any], named: list[str]
) -> None:
    before = len(keys(quick_operator))

    answer = quick_operator.post("/api/keys", {**BANK_C, **body})

    assert answer.status_code == 422, answer.text
    assert fields(answer) == named
    assert len(keys(quick_operator)) == before


@pytest.mark.parametrize("key_id", ["x", "0" * 11, "0" * 13, "A" * 12, "%7B%7D"])
def test_an_id_that_is_none_is_refused(quick_operator: Api, key_id: str) -> None:
    assert quick_operator.client.delete(f"/api/keys/{key_id}").status_code in (404, 422)
    assert rotate(quick_operator, key_id).status_code in (404, 422)


def test_a_tokens_prefix_is_part_of_it(operator: Api, opened: Callable[[str], Api]) -> None:
    live, test = make(operator)["token"], make(operator, test=True)["token"]

    assert opened(live.replace("wc_", "wc_test_", 1)).get("/api/policy").status_code == 401, "it opens live traffic"
    assert opened(test.replace("wc_test_", "wc_", 1)).get("/api/policy").status_code == 401


def test_a_test_key_sees_and_moves_nothing_live(operator: Api, opened: Callable[[str], Api]) -> None:
    live, test = opened(make(operator)["token"]), opened(make(operator, test=True)["token"])
    dead, queued = live.created(key="order-1")["_id"], live.created()["_id"]
    attempted(live, dead, Outcome.PERMANENT)

    tried = test.create(key="order-1", message="Something else")

    assert tried.status_code == 201, "the key is free in the test world"
    for path in (f"/api/notifications/{dead}", f"/api/notifications/{queued}"):
        assert test.get(path).status_code == 404
    assert test.post(f"/api/notifications/{queued}/cancel").status_code == 404
    assert test.post(f"/api/notifications/{dead}/retry").status_code == 404
    assert test.get("/api/dlq").json()["data"]["total"] == 0
    replayed = test.post("/api/dlq/replay", {"ids": [dead]}).json()["data"]["results"]
    assert replayed == [{"id": dead, "result": "not_found"}]
    assert test.get("/api/ledger").json()["data"]["total"]["accepted"] == 1
    assert test.get("/api/notifications/stats/system").json()["data"]["total"] == 1
    test.client.put("/api/policy", json={"onUnknown": "hold"})
    assert live.get("/api/policy").json()["data"] == {"onUnknown": "resend", "contact": None}
    assert live.get("/api/notifications").json()["data"]["pagination"]["totalItems"] == 2


def test_a_test_key_of_an_operator_reaches_no_live_tenant(operator: Api, opened: Callable[[str], Api]) -> None:
    opened(make(operator)["token"]).created()

    answer = operator.post("/api/keys", {**BANK_C, "role": "operator", "test": True})

    if answer.status_code == 422:
        assert fields(answer) == ["role"]
        return
    tester = opened(answer.json()["data"]["token"])
    assert tester.get("/api/ledger?allTenants=true").status_code == 403
    assert tester.post("/api/keys", {**BANK_C, "role": "operator"}).status_code == 403, "a live key by a test key"


def test_each_key_spends_its_own_limit(operator: Api, opened: Callable[[str], Api]) -> None:
    live, test = (opened(make(operator, rateLimit=2, test=test)["token"]) for test in (False, True))

    assert [live.post("/api/notifications", EMAIL).status_code for _ in range(3)] == [201, 201, 429]
    assert test.post("/api/notifications", EMAIL).status_code == 201


@pytest.mark.parametrize("tenant_id", ["-", "_", "-bank", "_system", "--", "bank~test", "", "b" * 65, "bank a", "bänk"])
def test_names_that_the_system_uses_are_no_tenants(operator: Api, tenant_id: str) -> None:
    refused = operator.post("/api/keys", {**BANK_C, "tenantId": tenant_id})

    assert refused.status_code == 422
    assert fields(refused) == ["tenantId"]
    with pytest.raises(ValueError, match="tenant's id"):
        new_api_key(tenant_id=tenant_id, name="x", role=Role.TENANT, at=operator.services.clock())


@pytest.mark.parametrize("tenant_id", ["b", "0", "bank-a", "Bank_A-", "development"])
def test_other_names_are_tenants(operator: Api, tenant_id: str) -> None:
    assert make(operator, tenantId=tenant_id)["tenantId"] == tenant_id


@pytest.mark.parametrize(
    "character",
    ["\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u061c", "\u200e", "\u200f", "\u202a",
     "\u202e", "\u2066", "\u2069", "\ufeff"],
)  # fmt: skip
def test_a_keys_name_stays_on_its_line_and_reads_in_its_order(operator: Api, character: str) -> None:
    name = f"shop{character}reversed"

    refused = operator.post("/api/keys", {**BANK_C, "name": name})

    assert refused.status_code == 422
    assert fields(refused) == ["name"]
    with pytest.raises(ValueError, match="key's name"):
        new_api_key(tenant_id="bank-a", name=name, role=Role.TENANT, at=operator.services.clock())


def test_a_key_with_a_name_of_former_times_is_rotated(operator: Api, mongo: Mongo) -> None:
    old = make(operator)
    mongo.database.apikeys.update_one({"_id": old["id"]}, {"$set": {"name": "shop\u202e", "tenantId": "-bank"}})

    new = rotate(operator, old["id"])

    assert new.status_code == 201
    assert (new.json()["data"]["name"], new.json()["data"]["tenantId"]) == ("shop\u202e", "-bank")


@pytest.mark.parametrize(
    "name",
    [
        "Boutique «Été»\u00a0!",
        "店舗\u3000東京",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with the joiner that it needs
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
        "x" * 200,
    ],
)
def test_a_keys_name_may_be_in_any_script(operator: Api, name: str) -> None:
    assert make(operator, name=name)["name"] == name
