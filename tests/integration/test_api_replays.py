"""Dead letters over HTTP, with an eye on what could go wrong: pages, pace, races, tenants and hostile input."""

import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import TIMINGS, ManualClock
from tests.fakes import FakeQueue
from tests.integration.conftest import EMAIL, Api, MakeApi, MakeKey, attempted, fields
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.enums import Lane
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.http.dead_letters.responses import DeadLetterGroupsAnswer, DeadLetterPageAnswer, ReplayAnswer


def dead_letters(api: Api, count: int = 1) -> list[str]:
    """Make dead letters that all failed at one moment."""
    answer = api.batch(*[EMAIL] * count)
    ids = [each["data"]["_id"] for each in answer.json()["data"]["results"]]
    store, at = api.store, api.services.clock()
    waiting = store.get_many(ids)
    claims = [lifecycle.claim(each, retry_counts={0}, token="t", at=at, timings=TIMINGS) for each in waiting]
    saved = store.save([each for each in claims if each is not None])
    assert (
        len(
            store.save(
                [
                    settlement.suppress(each.after, reason=SuppressionReason.MANUAL, at=at, timings=TIMINGS)
                    for each in saved
                ]
            )
        )
        == count
    )
    return ids


def replay(api: Api, key: str | None = None, **body: Any) -> dict[str, Any]:
    answer = api.post("/api/dlq/replay", body, key=key)
    assert answer.status_code == 200, answer.text
    ReplayAnswer.model_validate_json(answer.text)
    data: dict[str, Any] = answer.json()["data"]
    return data


def results(data: dict[str, Any]) -> dict[str, str]:
    return {each["id"]: each["result"] for each in data["results"]}


def total(api: Api) -> int:
    answer = api.get("/api/dlq")
    DeadLetterGroupsAnswer.model_validate_json(answer.text)
    count: int = answer.json()["data"]["total"]
    return count


def walked(api: Api, limit: int, query: str = "") -> list[list[str]]:
    """Return the ids of each page."""
    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = api.get(f"/api/dlq/notifications?limit={limit}{query}{cursor and f'&cursor={cursor}'}")
        assert answer.status_code == 200, answer.text
        DeadLetterPageAnswer.model_validate_json(answer.text)
        pages.append([each["_id"] for each in answer.json()["data"]["notifications"]])
        cursor = answer.json()["data"]["nextCursor"]
    return pages


def test_everything_about_dead_letters_has_the_shape_that_is_described(api: Api) -> None:
    (letter,) = dead_letters(api)
    attempted(api, api.created()["_id"], Outcome.PERMANENT)

    assert total(api) == 2
    assert len(walked(api, 1)) == 2
    assert results(replay(api, ids=[letter], reason="why not")) == {letter: "replayed"}


@pytest.mark.parametrize("limit", [1, 3, 4, 100])
def test_pages_walk_through_everything_once_the_latest_failure_first(
    quick_api: Api, clock: ManualClock, limit: int
) -> None:
    first = dead_letters(quick_api, 5)
    clock.advance(timedelta(milliseconds=1))
    second = dead_letters(quick_api, 4)

    pages = walked(quick_api, limit)

    ids = [each for page in pages for each in page]
    assert all(len(page) == limit for page in pages[:-1])
    assert ids == sorted(second, reverse=True) + sorted(first, reverse=True)
    assert walked(quick_api, limit, f"&day={clock():%Y-%m-%d}&cause=suppressed") == pages


def test_a_replay_by_filter_takes_as_many_as_it_may_the_latest_first_and_says_that_there_are_more(
    api: Api, clock: ManualClock
) -> None:
    old = dead_letters(api, 3)
    clock.advance(timedelta(seconds=1))
    new = dead_letters(api, 2)

    part = replay(api, cause="suppressed", limit=2)
    rest_wanted = replay(api, all=True, dryRun=True)

    assert (set(results(part)), part["replayed"], part["more"], part["dryRun"]) == (set(new), 2, True, False)
    assert (set(results(rest_wanted)), rest_wanted["replayed"], rest_wanted["more"]) == (set(old), 0, False)


def test_an_id_that_is_given_twice_is_replayed_once(api: Api, queue: FakeQueue) -> None:
    letter, other = dead_letters(api, 2)
    queue.take(Lane.STANDARD)

    data = replay(api, ids=[letter, other, letter])

    assert [each["id"] for each in data["results"]] == [letter, other]
    assert data["replayed"] == 2
    assert Counter(message.notification_id for message in queue.take(Lane.STANDARD)) == {letter: 1, other: 1}


def test_a_dry_run_with_a_key_says_what_the_call_would_do(api: Api, clock: ManualClock) -> None:
    (letter,) = dead_letters(api)
    replay(api, key="k1", ids=[letter])
    clock.advance(timedelta(seconds=1))
    attempted(api, letter, Outcome.PERMANENT)

    assert results(replay(api, key="k1", ids=[letter], dryRun=True)) == {letter: "already_replayed"}
    assert results(replay(api, key="k2", ids=[letter], dryRun=True)) == {letter: "would_replay"}
    assert results(replay(api, key="k2", ids=[letter])) == {letter: "replayed"}, "a dry run uses no key up"


def test_many_calls_at_once_over_two_processes_replay_each_letter_once(make_api: MakeApi, queue: FakeQueue) -> None:
    apis = [make_api("http"), make_api("http")]
    letters = dead_letters(apis[0], 20)
    queue.take(Lane.STANDARD)

    with ThreadPoolExecutor(8) as clients:
        answers = list(
            clients.map(lambda n: apis[n % 2].post("/api/dlq/replay", {"ids": letters}, key="k1"), range(16))
        )

    assert {answer.status_code for answer in answers} <= {200, 429}
    told = Counter(
        each["result"] for answer in answers if answer.status_code == 200 for each in answer.json()["data"]["results"]
    )
    assert told["replayed"] == 20
    assert Counter(message.notification_id for message in queue.take(Lane.STANDARD)) == dict.fromkeys(letters, 1)


def test_a_replay_that_comes_too_soon_is_put_off_and_changes_nothing(api: Api, clock: ManualClock) -> None:
    letters = dead_letters(api, 500)
    replay(api, ids=letters[:490])

    answer = api.post("/api/dlq/replay", {"ids": letters[490:]}, key="k1")

    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "OVERLOADED"
    assert 1 <= int(answer.headers["Retry-After"]) <= 5, "490 at 100 a second"
    assert total(api) == 10
    clock.advance(timedelta(seconds=int(answer.headers["Retry-After"])))
    assert replay(api, key="k1", ids=letters[490:])["replayed"] == 10


def test_one_tenants_replays_do_not_put_off_anothers(make_api: MakeApi, make_key: MakeKey, quick_api: Api) -> None:
    other = make_api(token=make_key("bank-b"), development_tenant=None)
    ours, theirs = dead_letters(quick_api, 300), dead_letters(other, 300)

    assert [replay(quick_api, ids=ours)["replayed"], replay(other, ids=theirs)["replayed"]] == [300, 300]


def test_nothing_leads_to_another_tenants_dead_letters(make_api: MakeApi, make_key: MakeKey, quick_api: Api) -> None:
    letters = dead_letters(quick_api, 3)
    other = make_api(token=make_key("bank-b"), development_tenant=None)
    (own,) = dead_letters(other)
    cursor = quick_api.get("/api/dlq/notifications?limit=1").json()["data"]["nextCursor"]

    assert total(other) == 1
    assert walked(other, 100) == [[own]]
    page = other.get(f"/api/dlq/notifications?limit=100&cursor={cursor}").json()["data"]["notifications"]
    assert {each["_id"] for each in page} <= {own}
    assert results(replay(other, ids=letters)) == dict.fromkeys(letters, "not_found")
    assert results(replay(other, ids=letters, dryRun=True)) == dict.fromkeys(letters, "not_found")
    assert results(replay(other, all=True)) == {own: "replayed"}
    assert total(quick_api) == 3


def cursor_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("plain", ["0." + "0" * 24, "1." + "f" * 24, "253402300799999." + "f" * 24])
def test_a_cursor_that_lies_outside_of_all_time_is_no_error_of_ours(quick_api: Api, plain: str) -> None:
    dead_letters(quick_api)

    answer = quick_api.get(f"/api/dlq/notifications?cursor={cursor_of(plain)}")

    assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", cursor_of("1.x"), cursor_of("-1." + "0" * 24), cursor_of("9" * 15 + "." + "0" * 24), "a" * 101],
)
def test_a_cursor_that_is_none_is_refused_and_named(quick_api: Api, cursor: str) -> None:
    answer = quick_api.get(f"/api/dlq/notifications?cursor={cursor}")

    assert answer.status_code == 422, answer.text
    assert fields(answer) == ["cursor"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1969-07-20"])
def test_a_day_on_which_nothing_failed_is_empty_however_far_away(quick_api: Api, day: str) -> None:
    dead_letters(quick_api)

    assert walked(quick_api, 10, f"&day={day}") == [[]]
    assert results(replay(quick_api, day=day)) == {}


@pytest.mark.parametrize(
    "day",
    [
        "2026-1-31",
        "2026-02-30",
        "20260131",
        "\uff12\uff10\uff12\uff16-01-31",
        "2026-01-31T00:00:00Z",
        " 2026-01-31",
        "10000-01-01",
    ],
)
def test_a_day_that_is_none_is_refused_and_named(quick_api: Api, day: str) -> None:
    in_query = quick_api.get("/api/dlq/notifications", params={"day": day})
    in_body = quick_api.post("/api/dlq/replay", {"day": day})

    assert [answer.status_code for answer in (in_query, in_body)] == [422, 422], day
    assert fields(in_query) == fields(in_body) == ["day"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"all": False}, ["body"]),
        ({"all": "true"}, ["all"]),
        ({"all": True, "cause": "permanent"}, ["body"]),
        ({"ids": "0" * 24}, ["ids"]),
        ({"ids": ["0" * 24] * 501}, ["ids"]),
        ({"ids": ["0" * 24, None]}, ["ids[1]"]),
        ({"ids": [{"$ne": None}]}, ["ids[0]"]),
        ({"all": True, "dryRun": "no"}, ["dryRun"]),
        ({"all": True, "limit": 0}, ["limit"]),
        ({"all": True, "limit": 1.5}, ["limit"]),
        ({"provider": "SES"}, ["provider"]),
        ({"provider": {"$ne": "ses"}}, ["provider"]),
        ({"day": 20_260_131}, ["day"]),
        ({"all": True, "reason": ""}, ["reason"]),
        ({"all": True, "reason": "x" * 201}, ["reason"]),
        ({"all": True, "tenantId": "bank-b"}, ["tenantId"]),
        ({"all": True, "dry_run": True}, ["dry_run"]),
    ],
    ids=lambda each: str(each)[:60],
)
def test_a_replay_that_makes_no_sense_is_refused_named_and_harmless(quick_api: Api, body: Any, named) -> None:
    dead_letters(quick_api)

    answer = quick_api.post("/api/dlq/replay", body)

    assert answer.status_code == 422, answer.text
    assert fields(answer) == named
    assert total(quick_api) == 1


@pytest.mark.parametrize("key", ["", "two words", "k" * 256])
def test_a_bad_key_is_refused_and_replays_nothing(quick_api: Api, key: str) -> None:
    dead_letters(quick_api)

    answer = quick_api.post("/api/dlq/replay", {"all": True}, key=key)

    assert (answer.status_code, fields(answer)) == (422, ["idempotency-key"])
    assert total(quick_api) == 1
