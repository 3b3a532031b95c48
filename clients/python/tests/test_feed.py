"""The feed: it goes on after whatever happens, and every event says where to go on from."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Time, Use
from tests.standin import CUT, GARBAGE, LATE, THROTTLED, StandIn, refusal
from wavecom_client import (
    AccessError,
    CursorExpiredError,
    Event,
    NotificationEvent,
    UnavailableError,
    UnexpectedAnswerError,
)


def event(number: int, type: str = "notification.sent") -> dict[str, Any]:
    data = {
        "notificationId": f"{number:024x}",
        "channel": "EMAIL",
        "status": "SENT",
        "sequence": 4,
        "cause": None,
        "provider": "ses",
        "template": None,
    }
    return {
        "id": f"evt_{number}",
        "type": type,
        "timestamp": "2026-01-31T09:30:00.000Z",
        "data": data,
        "cursor": str(number + 1),
    }


def ids(events: list[Event]) -> list[str]:
    return [each.id for each in events]


@pytest.fixture(autouse=True)
def seven(standin: StandIn) -> None:
    standin.events = [event(number) for number in range(7)]


def test_events_are_read_from_the_oldest_on(use: Use, standin: StandIn):
    (first, *_) = found = use(
        lambda client: client.events(page_size=3, types=["notification.sent", "endpoint.test"]), most=7
    )

    assert ids(found) == [f"evt_{number}" for number in range(7)]
    assert isinstance(first, NotificationEvent)
    assert first.timestamp == datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    assert first.data["notificationId"] == f"{0:024x}"
    assert standin.calls[0].query == {"types": "notification.sent,endpoint.test", "limit": "3", "wait": "20"}
    assert [call.query.get("after") for call in standin.calls] == [None, "3", "6"]


@pytest.mark.parametrize("handled", range(1, 8))
def test_a_reader_that_goes_on_from_an_events_cursor_sees_each_event_once(use: Use, handled: int):
    before = use(lambda client: client.events(page_size=3), most=handled)

    after = use(lambda client: client.events(after=before[-1].cursor, page_size=3, follow=False))

    assert ids(before) + ids(after) == [f"evt_{number}" for number in range(7)]


def test_a_reader_that_does_not_follow_ends_where_nothing_is_new(use: Use, standin: StandIn):
    found = use(lambda client: client.events(follow=False))

    assert len(found) == 7
    assert [call.query["wait"] for call in standin.calls] == ["0", "0"]


def test_pages_tell_their_cursor_even_if_they_are_empty(use: Use):
    pages = use(lambda client: client.events(after="5").pages(), most=2)

    assert [(len(page.events), page.cursor) for page in pages] == [(2, "7"), (0, "7")]


def test_a_server_that_does_not_wait_is_not_asked_without_a_pause(use: Use, clock: Time):
    use(lambda client: client.events(after="7").pages(), most=4)

    assert len(clock.waits) == 3
    assert all(0 < wait <= 1 for wait in clock.waits)


@pytest.mark.parametrize(
    "fault",
    [
        CUT,
        refusal(429, "RATE_LIMITED", "50"),
        refusal(503, "UNAVAILABLE"),
        THROTTLED,
        refusal(500, "INTERNAL"),
        refusal(502, "BAD"),
    ],
    ids=["cut", "429", "503", "throttled", "500", "502"],
)
def test_a_reader_goes_on_after_failures_however_many(use: Use, standin: StandIn, fault: Any):
    standin.faults.extend([fault] * 10)

    found = use(lambda client: client.events(after="5"), most=2)

    assert ids(found) == ["evt_5", "evt_6"]
    assert [call.query["after"] for call in standin.calls] == ["5"] * 11


def test_a_reader_goes_on_after_answers_that_are_too_late(use: Use, standin: StandIn):
    standin.faults.append(LATE)

    found = use(lambda client: client.events(follow=False, after="6"))

    assert ids(found) == ["evt_6"]


def test_a_reader_with_little_patience_gives_up(use: Use, standin: StandIn, clock: Time):
    standin.faults.extend([refusal(503, "UNAVAILABLE", "25")] * 10)

    with pytest.raises(UnavailableError):
        use(lambda client: client.events(patience_seconds=60))

    assert clock.waits == [25.0, 25.0]


def test_an_expired_cursor_is_raised_with_the_oldest(use: Use, standin: StandIn):
    standin.faults.append(refusal(410, "CURSOR_EXPIRED", after="41"))

    with pytest.raises(CursorExpiredError) as raised:
        use(lambda client: client.events(after="1"))

    assert raised.value.oldest == "41"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(refusal(401, "UNAUTHORIZED"), AccessError), (GARBAGE, UnexpectedAnswerError)],
    ids=["refusal", "garbage"],
)
def test_what_waiting_does_not_help_against_is_raised(use: Use, standin: StandIn, fault: Any, kind: type[Exception]):
    standin.faults.append(fault)

    with pytest.raises(kind):
        use(lambda client: client.events())


@pytest.mark.parametrize("body", [{"id": 1}, {**event(1), "timestamp": "yesterday"}, "evt_1"])
def test_what_is_no_event_is_raised(use: Use, standin: StandIn, body: Any):
    standin.events = [body]

    with pytest.raises(UnexpectedAnswerError):
        use(lambda client: client.events())


def test_an_event_of_another_kind_is_given_as_it_is(use: Use, standin: StandIn):
    standin.events = [{**event(1, "endpoint.disabled"), "data": {"endpointId": "ep_1"}}]

    (found,) = use(lambda client: client.events(), most=1)

    assert not isinstance(found, NotificationEvent)
    assert (found.type, found.data) == ("endpoint.disabled", {"endpointId": "ep_1"})
