"""Request lines, query strings, headers and bytes that no client should send."""

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from aws_lambda_powertools.event_handler.api_gateway import Route

from tests.integration.conftest import LEAKS, Api, MakeApi, refused

ID = "507f1f77bcf86cd799439011"

WRONG_QUERIES = [
    ("colour=red", "colour"),
    ("tenantId=bank-b", "tenantId"),
    ("status[$ne]=SENT", "status[$ne]"),
    ("status=SENT&status=FAILED", "status"),
    ("status=", "status"),
    ("status=sent", "status"),
    ("status=%FF", "status"),
    ("status=%zz", "status"),
    ("status=SENT%00", "status"),
    ("%FF=1", "\ufffd"),
    ("type=FAX", "type"),
    ("priority=1", "priority"),
    *((f"page={value}", "page") for value in ("0", "-1", "x", "", "1.5", "1_0", "+1", "%D9%A1", "9" * 30, "1e3")),
    *((f"limit={value}", "limit") for value in ("0", "-1", "101", "x", "", "10.0", "9" * 5000, "NaN")),
    ("page=1000000&limit=100", "page"),
    *((f"cursor={value}", "cursor") for value in ("", "x", "%00", "%F0%9F%92%A9", "x" * 101, "bm90aGluZw")),
    # Base64 of positions that cannot be: beyond the last year, negative, with other digits, with more behind.
    ("cursor=OTk5OTk5OTk5OTk5OTk5LjUwN2YxZjc3YmNmODZjZDc5OTQzOTAxMQ", "cursor"),
    ("cursor=LTEuNTA3ZjFmNzdiY2Y4NmNkNzk5NDM5MDEx", "cursor"),
    ("cursor=MS41MDdGMUY3N0JDRjg2Q0Q3OTk0MzkwMTE", "cursor"),
    ("cursor=MS41MDdmMWY3N2JjZjg2Y2Q3OTk0MzkwMTEK", "cursor"),
]


def test_wrong_query_parameters(api: Api):
    for query, named in WRONG_QUERIES:
        refused(api, api.get(f"/api/notifications?{query}"), 422, named)


@pytest.mark.parametrize(
    "path", ["/api/health", "/api/metrics", "/api/notifications/stats/system", "/api/openapi.json"]
)
def test_paths_without_parameters_refuse_any(api: Api, path: str):
    refused(api, api.get(f"{path}?verbose=1"), 422, "verbose")


WRONG_LINES: list[tuple[str, str, int, str | None]] = [
    ("GET", "/", 404, None),
    ("GET", "/api", 404, None),
    ("GET", "/api/", 404, None),
    ("GET", "/api/notification", 404, None),
    ("GET", "/api/notifications/", 404, None),
    ("GET", "/api/notifications%0A", 404, None),
    ("GET", "/API/notifications", 404, None),
    ("GET", "//api/notifications", 404, None),
    ("GET", "/api/unknown?with=parameters", 404, None),
    ("GET", "/api/%7Bnotification_id%7D", 404, None),
    ("GET", "/api/docs/../../etc/passwd", 404, None),
    ("GET", "/api/docs/%2e%2e/%2e%2e/etc/passwd", 404, None),
    ("GET", "/%FF%00", 404, None),
    ("GET", f"/api/notifications/{ID}/logs", 404, None),
    ("GET", f"/api/notifications/{ID}%0A", 404, None),
    ("GET", f"/api/notifications/{ID}%00", 404, None),
    ("GET", f"/api/notifications/{ID}/", 404, None),
    ("HEAD", "/api/notifications/batch", 405, "POST"),
    ("PUT", "/api/notifications", 405, "GET, HEAD, POST"),
    ("DELETE", f"/api/notifications/{ID}", 405, "GET, HEAD"),
    ("PATCH", f"/api/notifications/{ID}", 405, "GET, HEAD"),
    ("OPTIONS", "/api/notifications", 405, "GET, HEAD, POST"),
    ("POST", "/api/health", 405, "GET, HEAD"),
    ("PUT", "/api/health?with=parameters", 405, "GET, HEAD"),
    ("GET", f"/api/notifications/{ID}/cancel", 405, "POST"),
    ("GET", "/api/notifications/batch", 405, "POST"),
    ("POST", "/api/notifications/stats/system", 405, "GET, HEAD"),
    ("TRACE", "/api/metrics", 405, "GET, HEAD"),
]


def test_wrong_paths_and_methods(api: Api):
    for method, path, status, allow in WRONG_LINES:
        answer = api.client.request(method, path)

        refused(api, answer, status)
        assert answer.headers.get("Allow") == allow, path


WRONG_IDS = [
    "1", "null", ID.upper(), ID[:-1], ID + "0", "g" * 24, " " + ID[1:], "%D9%A1" * 24, "$where", "{}", "[object]",
]  # fmt: skip


@pytest.mark.parametrize("request_line", ["GET ", "POST /cancel", "POST /retry"])
def test_wrong_ids(quick_api: Api, request_line: str):
    method, _, action = request_line.partition(" ")
    for notification_id in WRONG_IDS:
        answer = quick_api.client.request(method, f"/api/notifications/{notification_id}{action}")

        refused(quick_api, answer, 422, "notification_id")


@pytest.mark.parametrize("given", ["a\tb", "x" * 65, "<script>", "a b", "a;b", "ä".encode(), "a,b"])
def test_a_request_id_that_is_not_fit_to_repeat_is_replaced(api: Api, given: str | bytes):
    answer = api.post("/api/notifications", {}, headers={"X-Request-Id": given})

    refused(api, answer, 422, "type", "recipient", "message")
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["X-Request-Id"])


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nX-Name: Gr\xfc\xdfe\r\n\r\n", 400),
        (b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\x00b\r\n\r\n", 400),
        (b"GET /api/notifications?status=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /api/notifications/\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"POST /api/notifications HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nnull\n", 400),
    ],
)
def test_bytes_that_are_no_proper_request(make_api: MakeApi, request_bytes: bytes, status: int):
    api = make_api("http")
    with socket.create_connection(("127.0.0.1", api.client.base_url.port or 0), timeout=10) as connection:
        connection.sendall(request_bytes)
        answer = connection.recv(65_536)

    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert not LEAKS.search(answer.decode("latin-1"))
    assert api.get("/api/health").status_code == 200
    assert api.stored() == 0


def test_the_very_first_requests_may_come_all_at_once(make_api: MakeApi, monkeypatch: pytest.MonkeyPatch):
    build = Route._build_middleware_stack

    def build_slowly(self, router_middlewares, app):
        time.sleep(0.01)
        build(self, router_middlewares, app)

    monkeypatch.setattr(Route, "_build_middleware_stack", build_slowly)
    api = make_api("http")

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: api.create(), range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert sorted(int(answer.headers["RateLimit-Remaining"]) for answer in answers) == [999_992 + n for n in range(8)]
    assert api.stored() == 8
