"""Both clients understand the running API, create nothing twice, and read the feed through faults."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import httpx
import pytest

from tests.integration.conftest import Api, MakeApi
from tests.standins.http_service import Fault, HttpService, Reply, Request
from tests.typescript_client import by_typescript
from wavecom_client import AsyncWaveCom, CursorExpiredError, NotificationEvent, Retries, WaveCom, WaveComError

EMAIL: Any = {
    "type": "EMAIL",
    "recipient": "user@example.com",
    "subject": "Test",
    "message": "Hello",
    "priority": "HIGH",
}
SMS: Any = {"type": "SMS", "recipient": "+12025550123", "message": "Your code is 1234"}
TEXT = {"defaultLocale": "en", "locales": {"en": {"subject": "Hello", "text": "Hello {{ name }}"}}}
OPTIONS: dict[str, Any] = {"timeout": 2.0, "retries": Retries(attempts=8)}
OF_ONE_CONNECTION = {"host", "connection", "content-length", "transfer-encoding", "content-encoding"}
"""Headers that are not handed on (RFC 9110, section 7.6.1); the proxy's client has decoded the content."""


class Proxy(HttpService):
    """Hands every request on to the API; a fault that is due meets its answer, so that it has had its effect."""

    def __init__(self, api: Api) -> None:
        self._api = httpx.Client(base_url=api.client.base_url, trust_env=False, timeout=60)
        super().__init__()

    def step(self, request: Request) -> Reply | Fault:
        step = super().step(request)
        if isinstance(step, Fault):
            self.answer(request)
        return step

    def answer(self, request: Request) -> Reply:
        headers = {name: value for name, value in request.headers.items() if name not in OF_ONE_CONNECTION}
        answer = self._api.request(request.method, request.target, headers=headers, content=request.body)
        kept = {name: value for name, value in answer.headers.items() if name not in OF_ONE_CONNECTION}
        return Reply(answer.status_code, answer.content, kept)

    def close(self) -> None:
        super().close()
        self._api.close()


@pytest.fixture
def key(make_key: Callable[..., str]) -> str:
    return make_key()


@pytest.fixture
def api(make_api: MakeApi, key: str) -> Api:
    return make_api("http", token=key, development_tenant=None)


@pytest.fixture
def proxy(api: Api) -> Iterator[Proxy]:
    with Proxy(api) as proxy:
        yield proxy


def create_by_threads(url: str, key: str) -> dict[str, Any]:
    with WaveCom(url, key, **OPTIONS) as client:
        created = client.notifications.create(EMAIL)
        batch = client.notifications.create_batch([SMS] * 501)
    indexes = [each["index"] for each in batch.accepted]
    return {"id": created.id, "replayed": created.replayed, "indexes": indexes}


def create_by_tasks(url: str, key: str) -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        async with AsyncWaveCom(url, key, **OPTIONS) as client:
            created = await client.notifications.create(EMAIL)
            batch = await client.notifications.create_batch([SMS] * 501)
        indexes = [each["index"] for each in batch.accepted]
        return {"id": created.id, "replayed": created.replayed, "indexes": indexes}

    return asyncio.run(main())


def create_by_typescript(url: str, key: str) -> dict[str, Any]:
    return by_typescript("create", url, key)


def like(notification: Any, **changes: Any) -> Any:
    return {**notification, **changes}


def refusal_of(call: Callable[[], object]) -> Any:
    with pytest.raises(WaveComError) as raised:
        call()
    return raised.value


def journey_by_python(url: str, key: str) -> dict[str, Any]:
    """Use most of what the client has, and return what it understood."""
    with WaveCom(url, key) as client:
        notifications, templates = client.notifications, client.templates
        created = notifications.create(EMAIL, idempotency_key="first")
        repeated = notifications.create(EMAIL, idempotency_key="first")
        batch = notifications.create_batch([SMS, like(SMS, recipient="nobody")])
        listed = [each["_id"] for each in notifications.list(page_size=1)]
        found = notifications.get(created.id)

        file = client.attachments.upload("note.txt", b"Hello", "text/plain")
        carried = notifications.create(like(EMAIL, attachments=[file["id"]]))

        client.request("POST", "/api/templates", body={"id": "greeting", "channel": "EMAIL"})
        client.request("POST", "/api/templates/greeting/versions", body=TEXT)
        preview = templates.preview("greeting", {"variables": {"name": "Ada"}})
        test = templates.send_test("greeting", {"recipient": "me@example.com", "variables": {"name": "Ada"}})

        suppression = client.suppressions.add({"type": "EMAIL", "recipient": "gone@example.com"})
        refusal = refusal_of(lambda: notifications.create(like(EMAIL, recipient="nobody")))
        client.suppressions.remove(suppression["id"])
        cancelled = notifications.cancel(created.id)
        conflict = refusal_of(lambda: notifications.cancel(created.id))
        absent = refusal_of(lambda: notifications.get("0" * 24))
        return {
            "created": created.id,
            "status": created.notification["status"],
            "repeated": [repeated.id, repeated.replayed],
            "accepted": [each["data"]["_id"] for each in batch.accepted],
            "refused": [[each["index"], each["error"]["details"][0]["field"]] for each in batch.refused],
            "listed": listed,
            "found": [found["notification"]["_id"], [each["status"] for each in found["logs"]]],
            "carried": [each["filename"] for each in carried.notification["attachments"]],
            "preview": preview["message"],
            "test": test["recipient"],
            "refusal": [type(refusal).__name__, refusal.details[0].field],
            "cancelled": cancelled["status"],
            "conflict": [type(conflict).__name__, conflict.status, conflict.code],
            "absent": type(absent).__name__,
            "total": client.stats.system()["total"],
        }


def journey_by_typescript(url: str, key: str) -> dict[str, Any]:
    return by_typescript("journey", url, key)


@pytest.mark.parametrize("travel", [journey_by_python, journey_by_typescript], ids=["python", "typescript"])
def test_a_client_understands_the_running_api(api: Api, key: str, travel: Callable[[str, str], dict[str, Any]]):
    understood = travel(str(api.client.base_url), key)

    created, (accepted,) = understood.pop("created"), understood.pop("accepted")
    assert sorted(understood.pop("listed")) == sorted([created, accepted])
    assert understood == {
        "status": "QUEUED",
        "repeated": [created, True],
        "refused": [[1, "notifications[1].recipient"]],
        "found": [created, ["PENDING", "QUEUED"]],
        "carried": ["note.txt"],
        "preview": "Hello Ada",
        "test": "me@example.com",
        "refusal": ["InvalidRequestError", "recipient"],
        "cancelled": "CANCELLED",
        "conflict": ["ConflictError", 409, "STATUS_CONFLICT"],
        "absent": "NotFoundError",
        "total": 4,
    }


@pytest.mark.parametrize("fault", [Fault.NEVER_ANSWER, Fault.HANG_UP, Fault.RESET, Fault.BREAK_OFF])
@pytest.mark.parametrize(
    "create",
    [create_by_threads, create_by_tasks, create_by_typescript],
    ids=["python", "python-async", "typescript"],
)
def test_a_create_that_is_not_answered_in_time_is_stored_once(
    api: Api, key: str, proxy: Proxy, create: Callable[[str, str], dict[str, Any]], fault: Fault
):
    proxy.follow(fault, fault)

    created = create(proxy.url, key)

    types = Counter(each["type"] for each in api.mongo.database.notifications.find({}, {"type": 1}))
    assert types == {"EMAIL": 1, "SMS": 501}
    assert api.store.get_many([created["id"]])
    assert created["replayed"]
    assert created["indexes"] == list(range(501))
    keys = [request.headers["idempotency-key"] for request in proxy.requests]
    assert len(set(keys[:3])) == 1
    assert len(set(keys)) == 3


def read_by_python(url: str, key: str) -> dict[str, Any]:
    with WaveCom(url, key, **OPTIONS) as client:
        events = client.events(types=["notification.queued"], page_size=2)
        seen = [(id_of(each), each.cursor) for each in islice(events, 5)]
        rest = [id_of(each) for each in client.events(after=seen[1][1], follow=False)]
    return {"seen": [list(each) for each in seen], "rest": rest}


def read_by_typescript(url: str, key: str) -> dict[str, Any]:
    return by_typescript("read", url, key)


def id_of(event: object) -> str:
    assert isinstance(event, NotificationEvent)
    return event.data["notificationId"]


@pytest.mark.parametrize("read", [read_by_python, read_by_typescript], ids=["python", "typescript"])
def test_the_feed_is_read_through_faults_without_a_gap(
    api: Api, key: str, proxy: Proxy, read: Callable[[str, str], dict[str, Any]]
):
    api.get("/api/events")
    ids = []
    for _ in range(5):
        ids.append(api.created()["_id"])
        api.clock.advance(timedelta(milliseconds=1))
    proxy.follow(Fault.HANG_UP, Fault.RESET, Fault.BREAK_OFF)

    found = read(proxy.url, key)

    assert [each for each, _ in found["seen"]] == ids
    assert found["rest"] == ids[2:]


def test_an_expired_cursor_leads_to_the_oldest_event(api: Api, key: str):
    api.get("/api/events")
    ids = []
    for _ in range(5):
        ids.append(api.created()["_id"])
        api.clock.advance(timedelta(milliseconds=1))
    with WaveCom(str(api.client.base_url), key) as client:
        first, second, *_ = client.events(follow=False)
        api.mongo.database.events.delete_many({"_id": {"$in": [first.id, second.id]}})

        with pytest.raises(CursorExpiredError) as raised:
            list(client.events(after=first.cursor, follow=False))
        rest = [id_of(each) for each in client.events(after=raised.value.oldest, follow=False)]

    assert rest == ids[2:]
