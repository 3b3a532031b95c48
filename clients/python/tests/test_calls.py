"""Each method makes its call, and understands answers and refusals."""

import asyncio
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.conftest import EMAIL, KEY, Use
from tests.standin import Fault, StandIn, refusal
from wavecom_client import (
    AccessError,
    ApiError,
    AsyncWaveCom,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    UnavailableError,
    UnexpectedAnswerError,
    WaveCom,
)

CHOICE: Any = {"type": "SMS", "recipient": "+1", "categories": {"offers": False}}
METHODS: list[tuple[str, str, Any]] = [
    ("GET", "/api/notifications/1", lambda client: client.notifications.get("1")),
    ("POST", "/api/notifications/1/cancel", lambda client: client.notifications.cancel("1")),
    ("POST", "/api/notifications/1/retry", lambda client: client.notifications.retry("1")),
    ("GET", "/api/notifications/..%2Fkeys", lambda client: client.notifications.get("../keys")),
    ("GET", "/api/templates/a", lambda client: client.templates.get("a")),
    ("POST", "/api/templates/a/preview", lambda client: client.templates.preview("a", {"variables": {}})),
    ("POST", "/api/templates/a/test-send", lambda client: client.templates.send_test("a", {"recipient": "b"})),
    ("POST", "/api/templates", lambda client: client.templates.create({"id": "a", "channel": "SMS"})),
    ("DELETE", "/api/templates/a", lambda client: client.templates.archive("a")),
    ("POST", "/api/templates/a/rollback", lambda client: client.templates.rollback("a")),
    ("POST", "/api/templates/a/versions", lambda client: client.templates.create_version("a", {"defaultLocale": "en"})),
    ("GET", "/api/templates/a/versions/2", lambda client: client.templates.get_version("a", 2)),
    ("POST", "/api/templates/a/versions/2/publish", lambda client: client.templates.publish("a", 2)),
    ("GET", "/api/templates/a/versions/2/results", lambda client: client.templates.results("a", 2)),
    ("GET", "/api/attachments/1", lambda client: client.attachments.get("1")),
    ("POST", "/api/suppressions", lambda client: client.suppressions.add({"type": "SMS", "recipient": "+1"})),
    ("PUT", "/api/categories/a", lambda client: client.categories.put("a", {"name": "A", "transactional": False})),
    ("GET", "/api/preferences", lambda client: client.preferences.get("+1", "SMS")),
    ("PUT", "/api/preferences", lambda client: client.preferences.update(CHOICE)),
    ("GET", "/api/webhooks/1", lambda client: client.webhooks.get("1")),
    ("PATCH", "/api/webhooks/1", lambda client: client.webhooks.update("1", {"enabled": True})),
    ("POST", "/api/webhooks/1/test", lambda client: client.webhooks.test("1")),
    ("POST", "/api/webhooks/1/recover", lambda client: client.webhooks.recover("1", {"since": "2026-01-31T00:00:00Z"})),
    ("GET", "/api/webhooks/1/deliveries/2", lambda client: client.webhooks.get_delivery("1", "2")),
    ("POST", "/api/webhooks/1/deliveries/2/retry", lambda client: client.webhooks.retry_delivery("1", "2")),
    ("GET", "/api/webhooks/..%2F1/deliveries/..%2F2", lambda client: client.webhooks.get_delivery("../1", "../2")),
    ("GET", "/api/dlq", lambda client: client.dead_letters.count()),
    ("POST", "/api/dlq/replay", lambda client: client.dead_letters.replay({"ids": ["1"]})),
    ("GET", "/api/notifications/stats/system", lambda client: client.stats.system()),
    ("GET", "/api/notifications/stats/minutes", lambda client: client.stats.minutes(minutes=5)),
    ("PUT", "/api/policy", lambda client: client.request("PUT", "/api/policy", body={"onUnknown": "hold"})),
]


@pytest.mark.parametrize(("method", "path", "do"), METHODS, ids=[f"{method} {path}" for method, path, _ in METHODS])
def test_a_method_makes_its_call(use: Use, standin: StandIn, method: str, path: str, do: Any):
    assert use(do) == {"method": method, "path": path}

    (call,) = standin.calls
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert re.fullmatch(r"wavecom-client-python/\d+\.\d+\.\d+", call.headers["user-agent"])


@pytest.mark.parametrize(
    ("path", "remove"),
    [
        ("/api/suppressions/1", lambda client: client.suppressions.remove("1")),
        ("/api/categories/1", lambda client: client.categories.delete("1")),
        ("/api/webhooks/1", lambda client: client.webhooks.delete("1")),
    ],
)
def test_what_is_removed_has_no_result(use: Use, standin: StandIn, path: str, remove: Any):
    assert use(remove) is None
    assert [(call.method, call.path) for call in standin.calls] == [("DELETE", path)]


@pytest.mark.parametrize(
    ("method", "path", "do"),
    [
        ("POST", "/api/webhooks", lambda client: client.webhooks.create({"url": "https://a", "types": []})),
        ("POST", "/api/webhooks/1/rotate", lambda client: client.webhooks.rotate("1")),
    ],
    ids=["create", "rotate"],
)
def test_a_new_secret_of_an_endpoint_is_returned_and_kept_out_of_logs(
    use: Use, standin: StandIn, method: str, path: str, do: Any
):
    standin.answers[method, path] = {"id": "ep_1", "url": "https://a", "secret": "whsec_hidden"}

    made = use(do)

    assert (made.id, made.secret) == ("ep_1", "whsec_hidden")
    assert made.endpoint == {"id": "ep_1", "url": "https://a"}
    assert "hidden" not in repr(made)
    assert standin.keys == [None]


@pytest.mark.parametrize("answer", [None, [], {"id": "ep_1"}, {"id": "ep_1", "secret": None}])
def test_an_endpoint_without_its_new_secret_is_no_answer(use: Use, standin: StandIn, answer: Any):
    standin.answers["POST", "/api/webhooks"] = answer

    with pytest.raises(UnexpectedAnswerError, match="secret"):
        use(lambda client: client.webhooks.create({"url": "https://a", "types": []}))


def test_both_clients_have_the_same_methods():
    def methods(client: Any) -> set[str]:
        resources = {name: value for name, value in vars(client).items() if not name.startswith("_")}
        return {
            f"{name}.{method}" for name, value in {"": client, **resources}.items() for method in dir(type(value))
            if not method.startswith("_")
        }  # fmt: skip

    with WaveCom("https://wavecom.example") as blocking:
        asynchronous = AsyncWaveCom("https://wavecom.example")
        assert methods(blocking) == methods(asynchronous)
        asyncio.run(asynchronous.close())


def test_moments_travel_in_utc(use: Use, standin: StandIn):
    at = datetime(2026, 1, 31, 10, 30, tzinfo=timezone(timedelta(hours=1)))

    use(lambda client: client.notifications.create({**EMAIL, "scheduledAt": at}))
    use(lambda client: client.notifications.list(since=at, until="2026-02-01T00:00:00Z"))

    assert standin.calls[0].body["scheduledAt"] == "2026-01-31T09:30:00.000Z"
    assert standin.calls[1].query == {
        "since": "2026-01-31T09:30:00.000Z",
        "until": "2026-02-01T00:00:00Z",
        "limit": "100",
    }


def test_a_moment_without_a_zone_is_refused(use: Use, standin: StandIn):
    with pytest.raises(ValueError, match="time zone"):
        use(lambda client: client.notifications.create({**EMAIL, "scheduledAt": datetime(2026, 1, 31)}))  # noqa: DTZ001 - it is refused

    assert standin.calls == []


def test_lists_are_read_page_by_page(use: Use, standin: StandIn):
    standin.stored = [{"_id": str(number)} for number in range(5)]

    first = use(lambda client: client.notifications.list(), most=2)
    calls = len(standin.calls)
    everything = use(lambda client: client.notifications.list(status="SENT", page_size=2))

    assert [each["_id"] for each in first] == ["0", "1"]
    assert calls == 1
    assert [each["_id"] for each in everything] == ["0", "1", "2", "3", "4"]
    assert standin.calls[-1].query == {"status": "SENT", "limit": "2", "cursor": "4"}


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("/api/webhooks", lambda client: client.webhooks.list()),
        ("/api/categories", lambda client: client.categories.list()),
    ],
)
def test_a_list_of_one_answer_is_read_like_the_others(use: Use, standin: StandIn, path: str, listed: Any):
    standin.answers["GET", path] = [{"id": "1"}, {"id": "2"}]

    assert [each["id"] for each in use(listed)] == ["1", "2"]
    assert use(lambda client: listed(client).pages())[0].next_cursor is None
    assert [(call.path, call.query) for call in standin.calls] == [(path, {})] * 2


@pytest.mark.parametrize("listed", [lambda client: client.webhooks.list(), lambda client: client.templates.list()])
@pytest.mark.parametrize("answer", [None, "a", {"endpoints": []}])
def test_what_is_no_list_is_refused(use: Use, standin: StandIn, listed: Any, answer: Any):
    standin.answers["GET", "/api/webhooks"] = standin.answers["GET", "/api/templates"] = answer

    with pytest.raises(UnexpectedAnswerError):
        use(listed)


def test_deliveries_and_versions_are_listed_from_their_pages(use: Use, standin: StandIn):
    standin.answers["GET", "/api/webhooks/1/deliveries"] = {"deliveries": [{"eventId": "2"}], "nextCursor": None}
    standin.answers["GET", "/api/templates/a/versions"] = {"versions": [{"number": 3}], "nextCursor": 3}

    deliveries = use(lambda client: client.webhooks.deliveries("1", status="failed", page_size=5))
    versions = use(lambda client: client.templates.versions("a", page_size=1), most=2)

    assert ([each["eventId"] for each in deliveries], [each["number"] for each in versions]) == (["2"], [3, 3])
    assert [call.query for call in standin.calls] == [
        {"status": "failed", "limit": "5"},
        {"limit": "1"},
        {"limit": "1", "cursor": "3"},
    ]


def test_preferences_are_asked_for_by_recipient_and_channel(use: Use, standin: StandIn):
    use(lambda client: client.preferences.get("+12025550123", "SMS"))

    assert standin.calls[0].query == {"recipient": "+12025550123", "type": "SMS"}


def test_a_file_is_announced_and_put_without_the_key(use: Use, standin: StandIn):
    stored = use(lambda client: client.attachments.upload("a.txt", b"Hello", "text/plain"))

    announced, put = standin.calls
    assert stored == {"id": "1"}
    assert announced.body == {
        "filename": "a.txt",
        "contentType": "text/plain",
        "size": 5,
        "sha256": "185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969",
    }
    assert standin.files == {"1": b"Hello"}
    assert put.headers["x-token"] == "once"
    assert "authorization" not in put.headers


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, AccessError),
        (403, AccessError),
        (404, NotFoundError),
        (409, ConflictError),
        (418, ApiError),
        (422, InvalidRequestError),
        (500, UnavailableError),
    ],
)
def test_a_refusal_is_raised_with_all_that_it_says(use: Use, standin: StandIn, status: int, kind: type[ApiError]):
    standin.faults.append(refusal(status, "SOME_CODE", recipient="is not one"))

    with pytest.raises(kind) as raised:
        use(lambda client: client.notifications.create(EMAIL))

    error = raised.value
    assert type(error) is kind
    assert (error.status, error.code, error.message, error.request_id) == (status, "SOME_CODE", "No", "request-1")
    assert [(each.field, each.message) for each in error.details] == [("recipient", "is not one")]
    assert str(error) == f"{status} SOME_CODE: No; recipient: is not one (request request-1)"


@pytest.mark.parametrize("body", [b'{"message": "Forbidden"}', b"Forbidden\n"])
def test_a_refusal_of_a_gateway_is_raised_too(use: Use, standin: StandIn, body: bytes):
    standin.faults.append(Fault(status=403, body=body))

    with pytest.raises(AccessError) as raised:
        use(lambda client: client.stats.system())

    assert (raised.value.code, raised.value.message) == ("HTTP_403", "Forbidden")


@pytest.mark.parametrize("body", [b"", b"null", b'{"success": true}', b"[" * 100_000])
def test_an_answer_of_another_server_is_refused(use: Use, standin: StandIn, body: bytes):
    standin.faults.append(Fault(status=200, body=body))

    with pytest.raises(UnexpectedAnswerError):
        use(lambda client: client.notifications.get("1"))


def test_a_redirect_is_not_followed(use: Use, standin: StandIn):
    standin.faults.append(Fault(status=302, headers={"Location": "/elsewhere"}))

    with pytest.raises(UnexpectedAnswerError):
        use(lambda client: client.notifications.get("1"))

    assert len(standin.calls) == 1


@pytest.mark.parametrize(
    "url", ["wavecom.example", "ftp://wavecom.example", "https://user@wavecom.example", "https://a?b", "https://a:b"]
)
def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(ValueError):  # noqa: PT011 - by us or by the standard library
        WaveCom(url)


def test_a_key_is_sent_unencrypted_only_to_this_machine_or_where_it_is_allowed():
    with pytest.raises(ValueError, match="unencrypted"):
        WaveCom("http://wavecom.example", KEY)

    WaveCom("http://localhost:5000", KEY).close()
    WaveCom("http://wavecom.internal", KEY, allow_plain_http=True).close()


def test_a_key_that_does_not_fit_in_a_header_is_refused(use: Use, standin: StandIn):
    with pytest.raises(ValueError, match="API key"):
        WaveCom("https://wavecom.example", "a\nb")
    with pytest.raises(ValueError, match="idempotency key"):
        use(lambda client: client.notifications.create(EMAIL, idempotency_key="a b"))

    assert standin.calls == []
