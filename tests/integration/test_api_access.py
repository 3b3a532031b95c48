"""Who gets in: API keys, the development tenant, and what one tenant can see of another."""

import pytest

from tests.integration.conftest import Api, MakeApi, MakeKey, attempted
from wavecom.adapters.mongo.client import Mongo
from wavecom.domain.api_keys import Role
from wavecom.domain.providers.outcomes import Outcome
from wavecom.http.framework.refused_addresses import REFUSALS_MAX

SMS = {"type": "SMS", "recipient": "+12025550123", "message": "Your code is 1234"}
EVERYTHING_PRIVATE = [
    ("GET", "/api/notifications"),
    ("POST", "/api/notifications"),
    ("POST", "/api/notifications/batch"),
    ("GET", "/api/notifications/stats/system"),
    ("GET", "/api/notifications/507f1f77bcf86cd799439011"),
    ("POST", "/api/notifications/507f1f77bcf86cd799439011/cancel"),
    ("POST", "/api/notifications/507f1f77bcf86cd799439011/retry"),
    ("GET", "/api/metrics"),
    ("GET", "/api/no-such-path"),
    ("GET", "/api/healthy/../notifications"),
]


@pytest.fixture
def closed_api(make_api: MakeApi, over: str) -> Api:
    """An API that lets nobody in without a key, both ways."""
    return make_api(over, development_tenant=None)


@pytest.fixture
def bank_a(make_api: MakeApi, make_key: MakeKey) -> Api:
    return make_api(token=make_key("bank-a"), development_tenant=None)


@pytest.fixture
def bank_b(make_api: MakeApi, make_key: MakeKey) -> Api:
    return make_api(token=make_key("bank-b"), development_tenant=None)


@pytest.mark.parametrize(("method", "path"), EVERYTHING_PRIVATE)
def test_nothing_private_is_answered_without_a_key(closed_api: Api, method: str, path: str):
    answer = closed_api.client.request(method, path)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "UNAUTHENTICATED"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="WaveCom"'


@pytest.mark.parametrize("path", ["/api/health", "/api/openapi.json", "/api/docs"])
def test_health_and_documentation_need_no_key(closed_api: Api, path: str):
    answer = closed_api.get(path)

    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer.headers


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", "Bearer {}"),
        ("authorization", "bearer {}"),
        ("Authorization", "Bearer  {}"),
        ("X-API-Key", "{}"),
        ("x-api-key", "{}"),
    ],
)
def test_a_key_opens_either_way(closed_api: Api, make_key: MakeKey, header: str, value: str):
    answer = closed_api.get("/api/notifications", headers={header: value.format(make_key())})

    assert answer.status_code == 200


def test_every_wrong_key_gets_the_same_answer(closed_api: Api, make_key: MakeKey):
    good, revoked = make_key(), make_key(revoked=True)
    prefix, secret = good[: len("wc_0123456789ab_")], good[len("wc_0123456789ab_") :]
    wrong = [
        f"Bearer {revoked}",
        f"Bearer {good[:-1]}",
        f"Bearer {good}x",
        f"Bearer {prefix}{'x' * 43}",
        f"Bearer wc_000000000000_{secret}",
        f"Bearer {good.upper()}",
        f"Bearer {good}, {good}",
        "Bearer",
        "Bearer null",
        f"Bearer {'x' * 10_000}",
        f"Basic {good}x",
        'Bearer {"$ne": null}',
        "Bearer wc_$gt_x",
    ]

    answers = [closed_api.get("/api/notifications", headers={"Authorization": each}) for each in wrong]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["error"]["message"] for answer in answers} == {"The API key is not valid"}
    assert len({frozenset(answer.headers) for answer in answers}) == 1


@pytest.mark.parametrize(
    "value", ["Basic {}", "Digest {}", "Basic dXNlcjpwYXNz", "{}", "Bearer{}", "", ",", "Basic", "x"]
)
def test_another_scheme_opens_nothing_not_even_on_a_laptop(api: Api, make_key: MakeKey, value: str):
    answer = api.get("/api/notifications", headers={"Authorization": value.format(make_key())})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="WaveCom"'


def test_a_key_of_its_own_header_stands_beside_the_scheme_of_a_proxy(closed_api: Api, make_key: MakeKey):
    headers = {"Authorization": "Basic dXNlcjpwYXNz", "X-API-Key": make_key()}

    assert closed_api.get("/api/notifications", headers=headers).status_code == 200


def test_a_wrong_key_does_not_fall_back_to_the_development_tenant(api: Api):
    for headers in ({"Authorization": "Bearer wrong"}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer"}):
        assert api.get("/api/notifications", headers=headers).status_code == 401


def test_only_the_hash_of_a_key_is_stored(mongo: Mongo, make_key: MakeKey):
    token = make_key()

    (stored,) = mongo.database.apikeys.find()

    assert token[len("wc_0123456789ab_") :] not in str(stored)
    assert len(stored["secretHash"]) == 64


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "127.0.0.1", "127.0.0.1:5000", "[::1]", "[::1]:5000", "LOCALHOST"]
)
def test_the_development_tenant_answers_on_loopback(api: Api, host: str):
    assert api.get("/api/notifications", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "localhost.example.com",
        "127.0.0.1.example.com:5000",
        "192.168.1.2",
        "[::2]",
        "[::1].example.com",
        "0.0.0.0:5000",
        "",
    ],
)
def test_the_development_tenant_answers_nowhere_else(api: Api, host: str):
    answer = api.get("/api/notifications", headers={"Host": host})

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "FORBIDDEN"


CHANGES = [
    ("POST", "/api/notifications"),
    ("POST", "/api/notifications/507f1f77bcf86cd799439011/cancel"),
    ("POST", "/api/keys/0123456789ab/rotate"),
    ("DELETE", "/api/keys/0123456789ab"),
    ("PUT", "/api/nothing"),
]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost:1"},
    {"Origin": "http://localhost.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "{own}", "Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
]
OWN = [
    {},
    {"Origin": "{own}"},
    {"Origin": "{own}", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://dashboard.example.com", "Sec-Fetch-Site": "cross-site"},
]


def of_page(api: Api, headers: dict[str, str]) -> dict[str, str]:
    own = str(api.client.base_url).rstrip("/")
    return {name: value.format(own=own) for name, value in headers.items()}


@pytest.mark.parametrize("headers", FOREIGN)
def test_the_development_tenant_changes_nothing_for_pages_of_other_origins(api: Api, headers: dict[str, str]):
    for method, path in CHANGES:
        answer = api.client.request(method, path, headers=of_page(api, headers))

        assert answer.status_code == 403, (method, path)
        assert "other origins" in answer.json()["error"]["message"]
    assert api.get("/api/notifications", headers=of_page(api, headers)).status_code == 200


@pytest.mark.parametrize("headers", OWN)
def test_the_development_tenant_works_for_its_own_and_known_origins(
    make_api: MakeApi, over: str, headers: dict[str, str]
):
    api = make_api(over, cors_origins=("https://dashboard.example.com",))

    assert api.post("/api/notifications", SMS, headers=of_page(api, headers)).status_code == 201


def test_a_key_is_good_on_every_page(make_api: MakeApi, make_key: MakeKey, over: str):
    api = make_api(over, token=make_key())

    for headers in FOREIGN:
        assert api.post("/api/notifications", SMS, headers=of_page(api, headers)).status_code == 201


def guess(api: Api, number: int) -> int:
    token = f"wc_{number:012x}_{'x' * 43}"
    return api.get("/api/notifications", headers={"Authorization": f"Bearer {token}"}).status_code


def test_guesses_of_keys_soon_cost_no_call_and_lock_no_good_key_out(
    closed_api: Api, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
):
    never_seen, revoked = make_key("bank-a"), make_key("bank-b", revoked=True)
    asked: list[str] = []
    get = closed_api.services.keys.get

    def note_and_get(_, key_id: str):
        asked.append(key_id)
        return get(key_id)

    monkeypatch.setattr(type(closed_api.services.keys), "get", note_and_get)

    statuses = [guess(closed_api, number) for number in range(REFUSALS_MAX + 20)]

    assert statuses == [401] * REFUSALS_MAX + [429] * 20
    assert len(asked) == REFUSALS_MAX
    for token, status in ((never_seen, 200), (revoked, 401), (never_seen[:-1] + "!", 401)):
        answer = closed_api.get("/api/notifications", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status
    refused = closed_api.get("/api/notifications", headers={"X-API-Key": f"wc_{1:012x}_{'x' * 43}"})
    assert refused.json()["error"] == {
        "code": "RATE_LIMITED",
        "message": "Too many wrong API keys from this address",
        "details": [],
    }
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_a_tenant_sees_nothing_of_another(bank_a: Api, bank_b: Api):
    theirs = bank_a.created()["_id"]
    failed = bank_a.created()["_id"]
    attempted(bank_a, failed, Outcome.PERMANENT)

    answers = [
        bank_b.get(f"/api/notifications/{theirs}"),
        bank_b.post(f"/api/notifications/{theirs}/cancel"),
        bank_b.post(f"/api/notifications/{failed}/retry"),
    ]
    page = bank_b.get("/api/notifications").json()["data"]
    filtered = bank_b.get("/api/notifications?type=EMAIL").json()["data"]
    statistics = bank_b.get("/api/notifications/stats/system").json()["data"]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert page["notifications"] == filtered["notifications"] == []
    assert page["pagination"]["totalItems"] == filtered["pagination"]["totalItems"] == 0
    assert statistics["total"] == 0
    own = bank_a.get("/api/notifications").json()["data"]["notifications"]
    assert {each["_id"]: each["status"] for each in own} == {theirs: "QUEUED", failed: "FAILED"}


def test_a_cursor_of_another_tenant_shows_nothing_of_it(bank_a: Api, bank_b: Api):
    bank_a.batch(*[{"type": "SMS", "recipient": "+12025550123", "message": "1"}] * 3)
    own = bank_b.created()["_id"]

    cursor = bank_a.get("/api/notifications?limit=1").json()["data"]["pagination"]["nextCursor"]
    page = bank_b.get(f"/api/notifications?limit=100&cursor={cursor}").json()["data"]

    assert {each["_id"] for each in page["notifications"]} <= {own}


def test_idempotency_keys_belong_to_a_tenant(bank_a: Api, bank_b: Api):
    first, second = bank_a.create(key="order-1"), bank_b.create(key="order-1")
    conflict_free = bank_b.create(key="order-1")

    assert first.json()["data"]["_id"] != second.json()["data"]["_id"]
    assert second.status_code == 201
    assert "Idempotency-Replayed" not in second.headers
    assert conflict_free.json() == second.json()


def test_a_tenant_meters_itself_and_an_operator_everyone(
    make_api: MakeApi, make_key: MakeKey, bank_a: Api, bank_b: Api
):
    bank_a.created()
    bank_b.created()
    bank_b.created()
    operator = make_api(token=make_key("operations", Role.OPERATOR), development_tenant=None)

    counts = {
        name: api.get("/api/metrics").text.split('notifications_created_total{type="EMAIL"} ')[1].split("\n")[0]
        for name, api in {"a": bank_a, "b": bank_b, "operator": operator}.items()
    }

    assert counts == {"a": "1.0", "b": "2.0", "operator": "3.0"}
    assert operator.get("/api/notifications").json()["data"]["pagination"]["totalItems"] == 0
