"""What the API promises: paths, fields, envelopes, pages, batches and what may be done to a notification."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import ManualClock
from tests.fakes import FakeQueue
from tests.integration.conftest import EMAIL, Api, MakeApi, attempted, fields, later
from wavecom.domain.notifications.enums import Lane
from wavecom.domain.providers.outcomes import Outcome

UNKNOWN_ID = "507f1f77bcf86cd799439011"
SMS = {"type": "SMS", "recipient": "+12025550123", "message": "Your code is 1234"}
PUSH = {"type": "PUSH", "recipient": "ab" * 32, "message": "Your parcel is here"}


def listed(api: Api, query: str = "") -> dict[str, Any]:
    answer = api.get(f"/api/notifications{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def ids(page: dict[str, Any]) -> list[str]:
    return [each["_id"] for each in page["notifications"]]


def test_the_described_example_is_created_stored_and_queued(api: Api, queue: FakeQueue):
    body = {
        "type": "EMAIL",
        "recipient": "test@example.com",
        "subject": "Test",
        "message": "Hello World",
        "priority": "HIGH",
    }

    answer = api.post("/api/notifications", body)

    assert answer.status_code == 201
    envelope = answer.json()
    moment = f"{api.services.clock():%Y-%m-%dT%H:%M:%S}.000Z"
    notification_id = envelope["data"].pop("_id")
    assert envelope == {
        "success": True,
        "data": {
            **body,
            "status": "QUEUED",
            "retryCount": 0,
            "maxRetries": 3,
            "onUnknown": "resend",
            "createdAt": moment,
            "updatedAt": moment,
        },
        "message": "Notification created and queued successfully",
    }
    assert [message.notification_id for message in queue.take(Lane.HIGH)] == [notification_id]


def test_a_notification_is_answered_with_its_trail(api: Api):
    created = api.created(metadata={"userId": "12345", "campaign": "onboarding"})
    attempted(api, created["_id"], takes=timedelta(milliseconds=234))

    answer = api.get(f"/api/notifications/{created['_id']}")

    found, logs = answer.json()["data"]["notification"], answer.json()["data"]["logs"]
    assert answer.status_code == 200
    assert {"status": "SENT", "processingTimeMs": 234, "retryCount": 0}.items() <= found.items()
    assert found["providerMessageId"] == "message-1"
    assert found["sentAt"].endswith("10.234Z")
    assert found["metadata"] == {"userId": "12345", "campaign": "onboarding"}
    assert [each["status"] for each in logs] == ["PENDING", "QUEUED", "PROCESSING", "SENT"]
    assert {each["notificationId"] for each in logs} == {created["_id"]}
    assert all({"_id", "message", "timestamp"} <= each.keys() for each in logs)


def test_with_the_broker_down_a_notification_is_accepted_and_pending(api: Api, queue: FakeQueue):
    queue.down = True

    answer = api.create()

    assert answer.status_code == 201
    assert answer.json()["data"]["status"] == "PENDING"
    assert answer.json()["message"] == "Notification created; it will be queued shortly"


def test_a_scheduled_notification_waits(api: Api, queue: FakeQueue):
    at = later(api, hours=1)

    answer = api.create(scheduledAt=at)

    assert answer.json()["data"]["status"] == "PENDING"
    assert answer.json()["data"]["scheduledAt"] == at.replace("Z", ".000Z")
    assert answer.json()["message"] == "Notification created and scheduled"
    assert queue.depths()["notifications"] == 0


def test_lists_are_paged_newest_first(api: Api, clock: ManualClock):
    created = []
    for _ in range(7):
        created.append(api.created()["_id"])
        clock.advance(timedelta(seconds=1))

    page = listed(api, "?page=2&limit=3")

    cursor = page["pagination"].pop("nextCursor")
    assert ids(page) == created[::-1][3:6]
    assert page["pagination"] == {"currentPage": 2, "totalPages": 3, "totalItems": 7, "itemsPerPage": 3}
    assert ids(listed(api, f"?limit=3&cursor={cursor}")) == created[:1]


def test_a_list_of_nothing_and_a_page_beyond_the_end_are_empty(api: Api):
    empty = listed(api)
    api.created()
    beyond = listed(api, "?page=9&limit=10")

    assert empty["notifications"] == beyond["notifications"] == []
    assert empty["pagination"] == {
        "currentPage": 1,
        "totalPages": 0,
        "totalItems": 0,
        "itemsPerPage": 20,
        "nextCursor": None,
    }
    assert beyond["pagination"] == {**empty["pagination"], "currentPage": 9, "totalPages": 1, "totalItems": 1} | {
        "itemsPerPage": 10
    }


@pytest.mark.parametrize("written", ["{}=", "{}!", "!{}", "{}\n", "{}A", "\uff21{}"])
def test_a_cursor_is_taken_as_it_was_given_only(quick_api: Api, written: str):
    quick_api.batch(*[EMAIL] * 2)
    cursor = listed(quick_api, "?limit=1")["pagination"]["nextCursor"]

    answer = quick_api.get("/api/notifications", params={"cursor": written.format(cursor)})

    assert (answer.status_code, fields(answer)) == (422, ["cursor"])


def test_a_page_too_deep_points_to_the_cursor(api: Api):
    answer = api.get("/api/notifications?page=102&limit=100")

    assert answer.status_code == 422
    assert fields(answer) == ["page"]
    assert "cursor" in answer.json()["error"]["details"][0]["message"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?type=SMS", {"sms", "sms-high"}),
        ("?priority=HIGH", {"sms-high", "sent"}),
        ("?status=SENT", {"sent"}),
        ("?status=QUEUED&type=SMS&priority=HIGH", {"sms-high"}),
        ("?status=FAILED", set()),
    ],
)
def test_lists_are_filtered(api: Api, query: str, expected: set[str]):
    names = {}
    stored: dict[str, dict[str, Any]] = {
        "email": {},
        "sms": {**SMS, "subject": None},
        "sms-high": {**SMS, "subject": None, "priority": "HIGH"},
        "sent": {"priority": "HIGH"},
    }
    for name, changes in stored.items():
        names[api.created(**changes)["_id"]] = name
    attempted(api, next(each for each, name in names.items() if name == "sent"))

    page = listed(api, query)

    assert {names[each] for each in ids(page)} == expected
    assert page["pagination"]["totalItems"] == len(expected)


def test_lists_by_recipient_and_time_are_found_and_not_counted(api: Api, clock: ManualClock):
    early = api.created(recipient="a@example.com")["_id"]
    clock.advance(timedelta(seconds=2))
    late = [api.created(recipient=each)["_id"] for each in ("a@example.com", "b@example.com")]
    between = f"{clock.at - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"

    of_a = listed(api, "?recipient=a@example.com")

    assert set(ids(of_a)) == {early, late[0]}
    assert of_a["pagination"]["totalItems"] is None
    assert of_a["pagination"]["totalPages"] is None
    assert set(ids(listed(api, f"?since={between}"))) == set(late)
    assert ids(listed(api, f"?until={between}")) == [early]
    assert ids(listed(api, f"?recipient=a@example.com&since={between}&type=EMAIL")) == [late[0]]
    first = listed(api, f"?limit=1&since={between}")
    cursor = first["pagination"]["nextCursor"]
    rest = listed(api, f"?limit=1&since={between}&cursor={cursor}")
    assert {*ids(first), *ids(rest)} == set(late)
    assert rest["pagination"]["nextCursor"] is None


@pytest.mark.parametrize("limit", [1, 3, 4, 12, 100])
def test_a_cursor_walks_through_everything_once(quick_api: Api, clock: ManualClock, limit: int):
    created = [each["data"]["_id"] for each in quick_api.batch(*[EMAIL] * 5).json()["data"]["results"]]
    clock.advance(timedelta(milliseconds=1))
    created += [each["data"]["_id"] for each in quick_api.batch(*[EMAIL] * 7).json()["data"]["results"]]

    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = listed(quick_api, f"?limit={limit}{cursor and f'&cursor={cursor}'}")
        pages.append(ids(page))
        cursor = page["pagination"]["nextCursor"]

    walked = [each for page in pages for each in page]
    assert all(len(page) == limit for page in pages[:-1])
    assert sorted(walked) == sorted(created)
    assert set(walked[:7]) == set(created[5:])


def test_notifications_created_meanwhile_do_not_shift_a_cursor(quick_api: Api, clock: ManualClock):
    first = [quick_api.created()["_id"] for _ in range(4)]
    page = listed(quick_api, "?limit=2")
    clock.advance(timedelta(seconds=1))
    quick_api.created()

    rest = listed(quick_api, f"?limit=100&cursor={page['pagination']['nextCursor']}")

    assert set(ids(page) + ids(rest)) == set(first)


@pytest.mark.parametrize("status", ["PENDING", "QUEUED", "RETRYING"])
def test_what_is_not_being_sent_can_be_cancelled_once(api: Api, queue: FakeQueue, status: str):
    queue.down = status == "PENDING"
    created = api.created()
    if status == "RETRYING":
        attempted(api, created["_id"], Outcome.TRANSIENT)

    first = api.post(f"/api/notifications/{created['_id']}/cancel")
    second = api.post(f"/api/notifications/{created['_id']}/cancel")

    assert first.status_code == 200
    assert first.json()["data"]["status"] == "CANCELLED"
    assert second.status_code == 409
    assert second.json()["error"]["code"] == "STATUS_CONFLICT"
    assert listed(api, "?status=CANCELLED")["pagination"]["totalItems"] == 1


def test_a_failed_notification_can_be_retried(api: Api, queue: FakeQueue):
    created = api.created()
    attempted(api, created["_id"], Outcome.PERMANENT)
    queue.take(Lane.STANDARD)

    answer = api.post(f"/api/notifications/{created['_id']}/retry")

    assert answer.status_code == 200
    assert answer.json()["data"]["status"] == "QUEUED"
    assert answer.json()["data"]["retryCount"] == 0
    assert [message.notification_id for message in queue.take(Lane.STANDARD)] == [created["_id"]]


def test_only_a_failed_notification_can_be_retried(api: Api):
    created = api.created()

    answer = api.post(f"/api/notifications/{created['_id']}/retry")

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "STATUS_CONFLICT"


@pytest.mark.parametrize("request_line", ["GET ", "POST /cancel", "POST /retry"])
def test_an_unknown_notification_is_not_found(api: Api, request_line: str):
    method, _, action = request_line.partition(" ")

    answer = api.client.request(method, f"/api/notifications/{UNKNOWN_ID}{action}")

    assert answer.status_code == 404
    assert answer.json() == {
        "success": False,
        "error": {"code": "NOT_FOUND", "message": "There is no such notification", "details": []},
        "requestId": answer.headers["X-Request-Id"],
    }


def test_each_item_of_a_batch_is_accepted_or_refused_in_order(api: Api):
    answer = api.batch(EMAIL, {**SMS, "recipient": "12"}, SMS, "no object", PUSH, {**EMAIL, "colour": "red"})

    data = answer.json()["data"]
    assert answer.status_code == 207
    assert (data["accepted"], data["refused"]) == (3, 3)
    assert [each["index"] for each in data["results"]] == [0, 1, 2, 3, 4, 5]
    assert [each["status"] for each in data["results"]] == [201, 422, 201, 422, 201, 422]
    assert [each["data"]["type"] for each in data["results"] if "data" in each] == ["EMAIL", "SMS", "PUSH"]
    assert [each["error"]["details"][0]["field"] for each in data["results"] if "error" in each] == [
        "notifications[1].recipient",
        "notifications[3]",
        "notifications[5].colour",
    ]
    assert api.stored() == 3


def test_a_batch_of_one_names_its_item_too(api: Api):
    answer = api.batch({**EMAIL, "scheduledAt": later(api, hours=-1)})

    (result,) = answer.json()["data"]["results"]
    assert result["error"]["details"][0]["field"] == "notifications[0].scheduledAt"


def test_a_batch_holds_500_items_and_counts_as_one_request(api: Api, queue: FakeQueue):
    before = int(api.get("/api/metrics").headers["RateLimit-Remaining"])

    accepted = api.batch(*[EMAIL] * 500)
    refused = api.batch(*[EMAIL] * 501)

    assert accepted.status_code == 207
    assert accepted.json()["data"]["accepted"] == 500
    assert int(accepted.headers["RateLimit-Remaining"]) == before - 1
    assert refused.status_code == 422
    assert fields(refused) == ["notifications"]
    assert api.stored() == 500
    assert queue.depths()["notifications"] == 500


def test_an_empty_batch_is_refused(api: Api):
    answer = api.batch()

    assert answer.status_code == 422
    assert fields(answer) == ["notifications"]


def test_recipients_are_stored_in_their_canonical_form(api: Api):
    answer = api.batch({**SMS, "recipient": "+1 (202) 555-0123"}, {**EMAIL, "recipient": "User@EXAMPLE.com"})

    recipients = [each["data"]["recipient"] for each in answer.json()["data"]["results"]]
    assert recipients == ["+12025550123", "User@example.com"]


def test_another_process_reads_what_one_has_written(make_api: MakeApi):
    created = make_api("lambda").created()

    assert ids(listed(make_api("http"))) == [created["_id"]]
