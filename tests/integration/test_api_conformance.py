"""Every answer of an integration test is held to docs/openapi.json; these tests hold the holding to its word."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.builders import ManualClock
from tests.integration.conformance import Contract, HeldTransport, contract
from tests.integration.conftest import EMAIL, Api, MakeApi
from wavecom.adapters.mongo.tenants import MongoTenants
from wavecom.domain.degradation import Level

PATH = "/api/notifications/6b03a1f0c2d4e8a17b5f9c31"

Check = Callable[..., None]


@pytest.fixture
def answered(quick_api: Api) -> httpx.Response:
    """A real answer: a notification that was created."""
    return quick_api.create()


@pytest.fixture
def check(answered: httpx.Response) -> Check:
    """Return a function that holds the real answer, with changes to it, to the contract."""

    def changed(
        *, status: int = 201, headers: dict[str, str] | None = None, without: str = "", body: Any = None
    ) -> None:
        operation = contract().operation("POST", "/api/notifications")
        assert operation is not None
        given = {**answered.headers, **(headers or {})}
        given.pop(without, None)
        contract().check(operation, status, given, answered.content if body is None else json.dumps(body).encode())

    return changed


def test_a_real_answer_is_as_described(check: Check):
    check()


@pytest.mark.parametrize("status", [200, 202, 404, 418, 502])
def test_a_status_that_the_operation_does_not_have_is_refused(check: Check, status: int):
    with pytest.raises(AssertionError, match=f"createNotification is not described to answer {status}"):
        check(status=status)


def test_a_body_of_another_form_is_refused(check: Check, answered: httpx.Response):
    real = answered.json()
    bodies: list[Any] = [
        {**real, "data": {**real["data"], "status": "DONE"}},
        {**real, "data": {**real["data"], "colour": "red"}},
        {**real, "data": {**real["data"], "createdAt": "yesterday"}},
        {"success": True},
        [],
        "created",
    ]

    for wrong in bodies:
        with pytest.raises(AssertionError, match="createNotification, 201"):
            check(body=wrong)


def test_a_body_of_another_status_is_refused(check: Check):
    error = {"success": False, "error": {"code": "X", "message": "x", "details": []}, "requestId": "1"}

    with pytest.raises(AssertionError, match="createNotification, 201"):
        check(body=error)


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({"X-Surprise": "1"}, "X-Surprise is not described"),
        ({"ETag": 'W/"0"'}, "ETag is not described"),
        ({"RateLimit-Remaining": "many"}, "RateLimit-Remaining"),
        ({"RateLimit-Limit": "0"}, "RateLimit-Limit"),
        ({"Idempotency-Replayed": "yes"}, "Idempotency-Replayed"),
        ({"x-request-id": "a b"}, "x-request-id"),
        ({"content-type": "text/plain"}, "'text/plain' is not described"),
    ],
)
def test_a_wrong_header_is_refused(check: Check, headers: dict[str, str], problem: str):
    with pytest.raises(AssertionError, match=problem):
        check(headers=headers)


@pytest.mark.parametrize(("header", "problem"), [("x-request-id", "there is no x-request-id"), ("content-type", "''")])
def test_a_missing_header_is_refused(check: Check, header: str, problem: str):
    with pytest.raises(AssertionError, match=problem):
        check(without=header)


def test_an_overload_without_a_wait_is_refused(quick_api: Api, clock: ManualClock):
    quick_api.system.set_level(Level.EXTREME, clock())
    answer = quick_api.create()
    operation = contract().operation("POST", "/api/notifications")
    assert operation is not None
    headers = {name: value for name, value in answer.headers.items() if name != "retry-after"}

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "OVERLOADED")
    with pytest.raises(AssertionError, match="there is no retry-after"):
        contract().check(operation, 429, headers, answer.content)


def test_a_request_is_for_the_operation_that_the_api_takes_it_for():
    def name(method: str, path: str) -> str | None:
        found = contract().operation(method, path)
        return found.id if found else None

    assert name("GET", PATH) == name("HEAD", PATH) == "getNotification"
    assert name("POST", "/api/notifications/batch") == "createNotifications"
    assert name("GET", "/api/notifications/batch") is None
    assert name("DELETE", PATH) is None
    assert name("GET", f"{PATH}/more") is None


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, {"success": True}, "is no error that is known"),
        (404, {"message": "Not Found"}, "for no operation, 404"),
        (502, {"message": "Bad Gateway"}, "is no error that is known"),
    ],
)
def test_what_is_for_no_operation_gets_an_error_of_the_usual_form(status: int, body: Any, problem: str):
    headers = {"x-request-id": "1", "content-type": "application/json"}

    with pytest.raises(AssertionError, match=problem):
        contract().check_refusal(status, headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "media_type", "text"),
    [
        (503, "application/json", "Service Unavailable"),
        (503, "text/plain", "MongoDB does not answer"),
        (500, "text/plain", "Internal Server Error"),
    ],
)
def test_only_the_servers_own_words_are_excepted(status: int, media_type: str, text: str):
    headers = {"Content-Type": media_type, "Connection": "close"}
    behind = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, text=text))

    with (
        httpx.Client(transport=HeldTransport(behind), base_url="http://localhost") as client,
        pytest.raises(AssertionError, match=f"getPolicy, {status}"),
    ):
        client.get("/api/policy")


def test_an_answer_to_head_has_no_body(quick_api: Api):
    created = quick_api.created()
    answer = quick_api.get(f"/api/notifications/{created['_id']}")
    operation = contract().operation("GET", PATH)
    assert operation is not None

    contract().check(operation, 200, answer.headers, b"", head=True)
    with pytest.raises(AssertionError, match="has a body"):
        contract().check(operation, 200, answer.headers, answer.content, head=True)


@pytest.mark.parametrize("changes", [{}, {"text": "body"}, {"headers": {}}], ids=["as it is", "body", "no headers"])
@pytest.mark.parametrize("asked", [True, False])
def test_a_304_comes_to_who_asks_for_it_with_headers_and_no_body(quick_api: Api, asked: bool, changes: dict[str, Any]):
    tag = quick_api.get("/api/policy").headers["ETag"]
    conditional = {"If-None-Match": tag} if asked else {}
    real = quick_api.get("/api/policy", headers={"If-None-Match": tag})
    assert real.status_code == 304
    behind = httpx.MockTransport(lambda _: httpx.Response(304, **{"headers": real.headers, **changes}))

    with httpx.Client(transport=HeldTransport(behind), base_url="http://localhost") as client:
        if asked and not changes:
            client.get("/api/policy", headers=conditional)
            return
        with pytest.raises(AssertionError, match="getPolicy"):
            client.get("/api/policy", headers=conditional)


def test_a_test_fails_by_an_answer_that_is_not_as_described(
    make_api: MakeApi, over: str, monkeypatch: pytest.MonkeyPatch
):
    api = make_api(over)
    document = json.loads(json.dumps(contract().document))
    del document["paths"]["/api/notifications"]["post"]["responses"]["201"]
    monkeypatch.setattr("tests.integration.conformance.contract", lambda: Contract(document))

    with pytest.raises(AssertionError, match="createNotification is not described to answer 201"):
        api.post("/api/notifications", EMAIL)


def test_an_answer_passes_as_it_came(quick_api: Api):
    with quick_api.client.stream("GET", "/api/health", headers={"X-Request-Id": "1"}) as answer:
        raw = b"".join(answer.iter_raw())

    assert json.loads(raw)["status"] == "healthy"
    assert answer.headers["X-Request-Id"] == "1"


@pytest.mark.parametrize("path", ["/api/notifications", "/api/policy", "/api/health"])
def test_an_operation_without_a_body_refuses_one_as_described(make_api: MakeApi, over: str, path: str):
    api = make_api(over, max_body_bytes=1000)

    assert api.client.request("GET", path, content=b"x" * 1001).status_code == 413
    assert api.client.request("GET", path, content=b"x", headers={"Content-Encoding": "gzip"}).status_code == 415


def test_the_local_server_refuses_what_is_not_utf_8_as_described(make_api: MakeApi):
    api = make_api("http")

    assert api.client.request("GET", "/api/policy", content=b"\xff").status_code == 400


def test_what_nobody_expected_is_a_500_as_described(make_api: MakeApi, over: str, monkeypatch: pytest.MonkeyPatch):
    api = make_api(over)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(MongoTenants, "get", fail)

    assert api.get("/api/policy").status_code == 500
