"""A repeated request gets the answer of the first, whatever happened meanwhile, and makes nothing new."""

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.builders import ManualClock
from tests.fakes import FakeQueue
from tests.integration.conftest import EMAIL, Api, MakeApi, attempted, fields, later
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.domain.degradation import Level
from wavecom.domain.providers.outcomes import Outcome

BAD_KEYS = {
    "empty": "",
    "too long": "k" * 256,
    "space": "two words",
    "tab": "two\twords",
    "not ASCII": "schlüssel".encode(),
}


def test_many_at_once_with_few_keys_make_one_notification_a_key(make_api: MakeApi, queue: FakeQueue):
    api = make_api("http")

    with ThreadPoolExecutor(32) as clients:
        answers = list(
            clients.map(lambda n: (n // 10, api.create(key=f"key-{n // 10}", message=f"{n // 10}")), range(1000))
        )

    assert Counter(answer.status_code for _, answer in answers) == {201: 1000}
    by_key = defaultdict(set)
    for number, answer in answers:
        by_key[number].add(answer.json()["data"]["_id"])
    assert {len(ids) for ids in by_key.values()} == {1}
    assert len({next(iter(ids)) for ids in by_key.values()}) == 100
    assert api.stored() == 100
    assert sum(answer.headers.get("Idempotency-Replayed") == "true" for _, answer in answers) == 900
    assert queue.depths()["notifications"] == 100
    assert api.get("/api/notifications/stats/system").json()["data"]["total"] == 100


def test_many_batches_at_once_with_one_key_make_one_batch(make_api: MakeApi):
    api = make_api("http")

    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: api.batch(*[EMAIL] * 20, key="payday"), range(64)))

    assert {answer.status_code for answer in answers} == {207}
    assert len({str([each["data"]["_id"] for each in a.json()["data"]["results"]]) for a in answers}) == 1
    assert api.stored() == 20


def test_a_repeat_gets_the_first_answer_after_everything_has_moved_on(api: Api, clock: ManualClock):
    first = api.create(key="order-1")
    attempted(api, first.json()["data"]["_id"], Outcome.PERMANENT)
    clock.advance(timedelta(days=2))

    repeat = api.create(key="order-1")

    assert repeat.status_code == 201
    assert repeat.json() == first.json()
    assert repeat.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert api.stored() == 1


def test_the_order_of_fields_does_not_matter(api: Api):
    first = api.post("/api/notifications", EMAIL, key="order-1")

    repeat = api.post("/api/notifications", dict(reversed(EMAIL.items())), key="order-1")

    assert repeat.json() == first.json()


def test_another_request_with_the_same_key_is_a_conflict(api: Api):
    api.create(key="order-1")

    answer = api.create(key="order-1", message="Something else")

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "IDEMPOTENCY_CONFLICT"
    assert api.stored() == 1


@pytest.mark.parametrize("single_first", [True, False])
def test_a_key_is_for_one_kind_of_call(api: Api, single_first: bool):
    calls = [lambda: api.create(key="order-1"), lambda: api.batch(EMAIL, EMAIL, key="order-1")]
    first, second = calls if single_first else reversed(calls)

    first()
    answer = second()

    assert answer.status_code == 409
    assert api.stored() == (1 if single_first else 2)


def test_keys_that_differ_in_a_comma_are_different_keys(api: Api):
    ids = {api.created(key=key)["_id"] for key in ("a,b", "a,c", "a", "A")}

    assert len(ids) == 4


def test_a_repeated_batch_gets_the_first_answer(api: Api):
    items = [EMAIL, {**EMAIL, "recipient": "nobody"}, {**EMAIL, "priority": "CRITICAL"}]
    first = api.batch(*items, key="payday")
    for result in first.json()["data"]["results"]:
        if "data" in result:
            attempted(api, result["data"]["_id"])

    repeat = api.batch(*items, key="payday")

    assert repeat.status_code == 207
    assert repeat.json() == first.json()
    assert repeat.headers["Idempotency-Replayed"] == "true"
    assert api.stored() == 2


def test_a_batch_that_differs_in_one_item_is_a_conflict(api: Api):
    api.batch(EMAIL, EMAIL, key="payday")

    answer = api.batch(EMAIL, {**EMAIL, "message": "Something else"}, key="payday")

    assert answer.status_code == 409
    assert api.stored() == 2


def test_a_repeat_is_answered_when_its_moments_have_passed(api: Api, clock: ManualClock):
    moments = {"scheduledAt": later(api, hours=1), "expiresAt": later(api, hours=2)}
    first = api.create(key="reminder", **moments)
    clock.advance(timedelta(hours=3))

    repeat = api.create(key="reminder", **moments)
    another = api.create(key="another", **moments)

    assert repeat.status_code == 201
    assert repeat.json() == first.json()
    assert another.status_code == 422
    assert fields(another) == ["scheduledAt", "expiresAt"]


def test_a_batch_is_answered_when_moments_in_it_have_passed(api: Api, clock: ManualClock):
    items = [EMAIL, {**EMAIL, "expiresAt": later(api, hours=1)}]
    first = api.batch(*items, key="payday")
    clock.advance(timedelta(hours=2))

    repeat = api.batch(*items, key="payday")

    assert repeat.json() == first.json()
    assert api.stored() == 2


def test_a_repeat_is_answered_under_a_load_that_refuses_new_ones(make_api: MakeApi, mongo: Mongo, clock: ManualClock):
    first = make_api().create(key="order-1")
    MongoSystemState(mongo, clock).set_level(Level.EXTREME, clock())
    overloaded = make_api()

    repeat = overloaded.create(key="order-1")

    assert repeat.json() == first.json()
    assert overloaded.create(key="order-2").status_code == 429


def test_what_a_load_refused_stays_refused_for_its_key(make_api: MakeApi, mongo: Mongo, clock: ManualClock):
    items = [EMAIL, {**EMAIL, "priority": "CRITICAL"}]
    system = MongoSystemState(mongo, clock)
    system.set_level(Level.EXTREME, clock())
    first = make_api().batch(*items, key="payday")
    system.set_level(Level.NORMAL, clock())

    repeat = make_api().batch(*items, key="payday")

    assert [each["status"] for each in first.json()["data"]["results"]] == [429, 201]
    assert [each["status"] for each in repeat.json()["data"]["results"]] == [429, 201]
    assert repeat.json()["data"]["results"][1] == first.json()["data"]["results"][1]


def test_a_key_that_nothing_was_accepted_with_may_be_used_again(make_api: MakeApi, mongo: Mongo, clock: ManualClock):
    system = MongoSystemState(mongo, clock)
    system.set_level(Level.EXTREME, clock())
    refused = make_api().create(key="order-1")
    system.set_level(Level.NORMAL, clock())

    accepted = make_api().create(key="order-1")

    assert refused.status_code == 429
    assert accepted.status_code == 201


@pytest.mark.parametrize("name", BAD_KEYS)
def test_bad_keys_are_refused(api: Api, name: str):
    answer = api.post("/api/notifications", EMAIL, headers={"Idempotency-Key": BAD_KEYS[name]})

    assert answer.status_code == 422
    assert fields(answer) == ["idempotency-key"]
    assert api.stored() == 0
