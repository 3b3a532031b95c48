"""What every answer carries, and how answers are cached, compressed and shown to browsers."""

import gzip
import json
import re
import zlib
from collections.abc import Callable

import httpx
import pytest

from tests.integration.conftest import EMAIL, JSON, Api, MakeApi

DASHBOARD = "https://dashboard.example.com"
ELSEWHERE = "https://dashboard.example.com.evil.example"
OF_HELMET = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Download-Options": "noopen",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-XSS-Protection": "0",
}

ANSWERS: dict[int, Callable[[Api], httpx.Response]] = {
    200: lambda api: api.get("/api/notifications"),
    201: lambda api: api.create(),
    207: lambda api: api.batch(EMAIL),
    304: lambda api: api.get("/api/notifications", headers={"If-None-Match": "*"}),
    400: lambda api: api.post("/api/notifications", "{"),
    401: lambda api: api.get("/api/notifications", headers={"X-API-Key": "wrong"}),
    403: lambda api: api.get("/api/notifications", headers={"Host": "example.com"}),
    404: lambda api: api.get("/api/nothing"),
    405: lambda api: api.client.delete("/api/notifications"),
    409: lambda api: api.post(f"/api/notifications/{api.created()['_id']}/retry"),
    413: lambda api: api.post("/api/notifications", " " * 6 * 2**20),
    415: lambda api: api.client.post("/api/notifications", content="{}"),
    422: lambda api: api.create(type="FAX"),
}


@pytest.fixture
def open_api(make_api: MakeApi, over: str) -> Api:
    """An API that a dashboard may call from a browser, both ways."""
    return make_api(over, cors_origins=("https://first.example.com", DASHBOARD))


def parts(vary: str) -> set[str]:
    return {each.strip() for each in vary.split(",")}


def test_every_answer_has_its_security_headers(api: Api):
    for status, ask in ANSWERS.items():
        answer = ask(api)

        assert answer.status_code == status
        assert {name: answer.headers.get(name) for name in OF_HELMET} == OF_HELMET, status
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; frame-ancestors 'none'")
        assert answer.headers["X-Request-Id"]
        assert not {"Server", "X-Powered-By"} & {name.title() for name in answer.headers}


def test_only_good_answers_to_get_may_be_kept_and_only_to_be_asked_for_again(api: Api):
    kept = {status: ask(api).headers["Cache-Control"] for status, ask in ANSWERS.items()}

    assert {status for status, control in kept.items() if control == "private, no-cache"} == {200, 304}
    assert {control for status, control in kept.items() if status not in {200, 304}} == {"private, no-store"}
    assert api.get("/api/docs").headers["Cache-Control"] == "no-cache"
    assert api.get("/api/health").headers["Cache-Control"] == "no-store"


def test_a_request_id_is_repeated_or_made(api: Api):
    given = api.get("/api/health", headers={"X-Request-Id": "order-7.Retry_1"})
    made = [api.get("/api/health").headers["X-Request-Id"] for _ in range(2)]

    assert given.headers["X-Request-Id"] == "order-7.Retry_1"
    assert all(re.fullmatch(r"[0-9a-f-]{36}", each) for each in made)
    assert made[0] != made[1]


def test_an_error_tells_its_request_id(api: Api):
    for status, ask in ANSWERS.items():
        answer = ask(api)
        if status >= 400:
            assert answer.json()["requestId"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("status", ANSWERS)
def test_a_known_origin_may_read_every_answer(open_api: Api, status: int):
    open_api.client.headers["Origin"] = DASHBOARD

    answer = ANSWERS[status](open_api)

    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == DASHBOARD
    assert {"ETag", "Retry-After", "X-Request-Id", "RateLimit-Remaining"} <= parts(
        answer.headers["Access-Control-Expose-Headers"]
    )
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", [ELSEWHERE, "null", "https://dashboard.example.com:8443", "http://dashboard.example.com"]
)
def test_an_unknown_origin_may_read_nothing(open_api: Api, origin: str):
    open_api.client.headers["Origin"] = origin

    for status, ask in ANSWERS.items():
        if status != 409:  # a page of another origin cannot even create what the conflict is about
            assert "Access-Control-Allow-Origin" not in ask(open_api).headers


def test_without_configured_origins_nobody_may(api: Api):
    api.client.headers["Origin"] = DASHBOARD

    assert "Access-Control-Allow-Origin" not in api.get("/api/notifications").headers
    assert api.client.options("/api/notifications").status_code == 405


@pytest.mark.parametrize(
    "path", ["/api/notifications", "/api/notifications/batch", "/api/notifications?page=2&limit=5"]
)
def test_a_preflight_needs_no_key(make_api: MakeApi, over: str, path: str):
    api = make_api(over, cors_origins=(DASHBOARD,), development_tenant=None)
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}

    known = api.client.options(path, headers={"Origin": DASHBOARD, **asks})
    unknown = api.client.options(path, headers={"Origin": ELSEWHERE, **asks})

    assert known.status_code == unknown.status_code == 204
    assert known.headers["Access-Control-Allow-Origin"] == DASHBOARD
    assert {"GET", "POST"} <= parts(known.headers["Access-Control-Allow-Methods"])
    allowed = {each.lower() for each in parts(known.headers["Access-Control-Allow-Headers"])}
    assert {"authorization", "content-type", "idempotency-key", "x-api-key", "x-request-id"} <= allowed
    assert known.headers["Access-Control-Max-Age"] == "600"
    assert known.content == b""
    assert "Access-Control-Allow-Origin" not in unknown.headers


def test_answers_are_compressed_when_asked_for(api: Api):
    api.batch(*[EMAIL] * 50)

    plain = api.get("/api/notifications?limit=50", headers={"Accept-Encoding": "identity"})
    with api.client.stream("GET", "/api/notifications?limit=50", headers={"Accept-Encoding": "br, gzip"}) as answer:
        compressed = b"".join(answer.iter_raw())

    assert "Content-Encoding" not in plain.headers
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(compressed) < len(plain.content) / 5
    assert gzip.decompress(compressed) == plain.content
    assert "Accept-Encoding" in parts(plain.headers["Vary"])
    assert plain.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize("encoding", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, identity"])
def test_who_does_not_ask_for_gzip_gets_none(api: Api, encoding: str):
    answer = api.get("/api/notifications", headers={"Accept-Encoding": encoding})

    assert "Content-Encoding" not in answer.headers
    assert json.loads(answer.content)["success"] is True


@pytest.mark.parametrize(
    "path",
    ["/api/notifications", "/api/notifications/stats/system", "/api/openapi.json", "/api/docs", "/api/docs/viewer.css"],
)
def test_what_has_not_changed_is_not_sent_again(api: Api, path: str):
    tag = api.get(path).headers["ETag"]

    for asked in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        answer = api.get(path, headers={"If-None-Match": asked})

        assert answer.status_code == 304
        assert answer.content == b""
        assert answer.headers["ETag"] == tag
        assert "Content-Encoding" not in answer.headers
    assert api.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200


def test_what_has_changed_is_sent_again(api: Api):
    tag = api.get("/api/notifications").headers["ETag"]
    created = api.created()

    answer = api.get("/api/notifications", headers={"If-None-Match": tag})

    assert answer.status_code == 200
    assert answer.json()["data"]["notifications"][0]["_id"] == created["_id"]
    assert answer.headers["ETag"] != tag


def test_only_answers_to_get_have_a_tag(api: Api):
    answer = api.client.post("/api/notifications", content=json.dumps(EMAIL), headers={**JSON, "If-None-Match": "*"})

    assert answer.status_code == 201
    assert "ETag" not in answer.headers


def test_the_documentation_page_and_all_it_loads_obey_its_policy(api: Api):
    page = api.get("/api/docs")
    loaded = {path: api.get(path) for path in re.findall(r'(?:src|href)="([^"]+)"', page.text)}

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(each.strip().split(" ", 1) for each in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert not re.search(r"<script(?! src=)|\son\w+=|javascript:", page.text)
    assert {path: answer.headers["Content-Type"].split(";")[0] for path, answer in loaded.items()} == {
        "/api/docs/viewer.css": "text/css",
        "/api/docs/viewer.js": "text/javascript",
        "/api/docs/start.js": "text/javascript",
    }
    assert all(answer.status_code == 200 and answer.text for answer in loaded.values())
    assert "/api/openapi.json" in loaded["/api/docs/start.js"].text


GETS = [
    "/api/notifications",
    "/api/notifications/stats/system",
    "/api/metrics",
    "/api/health",
    "/api/openapi.json",
    "/api/docs",
    "/api/docs/viewer.js",
    "/api/docs/viewer.css",
    "/api/notifications/507f1f77bcf86cd799439011",
    "/api/notifications?limit=x",
    "/api/nothing",
]
CHANGING = ("x-request-id", "ratelimit-remaining", "date")


def alike(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in CHANGING}


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("path", GETS)
def test_head_has_the_headers_of_get_and_no_body(api: Api, path: str, encoding: str):
    api.created()
    api.client.headers.update({"Accept-Encoding": encoding, "X-Request-Id": "same"})  # it is part of an error's length

    get, head = api.get(path), api.client.head(path)

    assert head.status_code == get.status_code
    if path not in {"/api/metrics", "/api/health"}:  # these tell the time and count our own requests
        assert alike(head) == alike(get)
    assert head.headers.keys() == get.headers.keys()
    assert head.content == b""


def test_head_of_what_is_known_already_is_304(api: Api):
    tag = api.client.head("/api/notifications").headers["ETag"]

    assert api.client.head("/api/notifications", headers={"If-None-Match": tag}).status_code == 304


def test_head_is_counted_and_limited_as_any_request(make_api: MakeApi, over: str):
    api = make_api(over, rate_limit=1)

    assert [api.client.head("/api/notifications").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("status", ANSWERS)
def test_the_local_server_tells_the_length_of_every_answer(make_api: MakeApi, status: int, encoding: str):
    api = make_api("http")
    api.client.headers["Accept-Encoding"] = encoding
    answer = ANSWERS[status](api)

    assert answer.status_code == status
    assert "Transfer-Encoding" not in answer.headers
    if status == 304:
        assert answer.content == b""
    else:
        assert int(answer.headers["Content-Length"]) == answer.num_bytes_downloaded


@pytest.mark.parametrize("path", ["/api/docs/viewer.js", "/api/docs/viewer.css", "/api/openapi.json"])
def test_what_stays_the_same_is_compressed_once(api: Api, monkeypatch: pytest.MonkeyPatch, path: str):
    first = api.get(path)
    monkeypatch.setattr(zlib, "compressobj", None)
    monkeypatch.setattr(gzip, "compress", None)

    again = api.get(path)

    assert first.headers["Content-Encoding"] == again.headers["Content-Encoding"] == "gzip"
    assert again.content == first.content == api.get(path, headers={"Accept-Encoding": "gzip;q=0"}).content


def test_the_description_is_served(api: Api):
    answer = api.get("/api/openapi.json")

    assert answer.headers["Content-Type"] == "application/json"
    assert "/api/notifications/batch" in answer.json()["paths"]
