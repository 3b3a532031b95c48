"""How much gets in: the rate limit of a key, and what the degradation levels refuse."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pymongo
import pytest

from tests.builders import ManualClock
from tests.integration.conftest import EMAIL, Api, MakeApi, MakeKey
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.domain.degradation import Level


@pytest.fixture
def at_level(make_api: MakeApi, mongo: Mongo, clock: ManualClock, over: str) -> Callable[[Level], Api]:
    """Return a function that starts an API under a load, both ways."""

    def make(level: Level) -> Api:
        MongoSystemState(mongo, clock).set_level(level, clock())
        return make_api(over)

    return make


def limits(answer) -> tuple[int, int, int]:
    limit, remaining, reset = (int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))
    return limit, remaining, reset


def test_a_key_has_its_requests_a_minute(make_api: MakeApi, make_key: MakeKey, clock: ManualClock, over: str):
    api = make_api(over, token=make_key(), rate_limit=3)

    answers = [api.get("/api/notifications") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [limits(answer) for answer in answers] == [(3, 2, 50), (3, 1, 50), (3, 0, 50), (3, 0, 50)]
    assert answers[0].headers["RateLimit-Policy"] == "3;w=60"
    assert answers[3].headers["Retry-After"] == "50"
    assert answers[3].json()["error"]["code"] == "RATE_LIMITED"


def test_the_next_minute_begins_anew(make_api: MakeApi, clock: ManualClock):
    api = make_api(rate_limit=1)
    api.get("/api/notifications")
    clock.advance(timedelta(seconds=49.5))
    last = api.get("/api/notifications")
    clock.advance(timedelta(seconds=0.5))

    first = api.get("/api/notifications")

    assert (last.status_code, last.headers["Retry-After"]) == (429, "1")
    assert (first.status_code, limits(first)) == (200, (1, 0, 60))


def test_refused_requests_count_too(make_api: MakeApi):
    api = make_api(rate_limit=3)

    answers = [api.create(type="FAX"), api.get("/api/none"), api.post("/api/notifications", "{"), api.create()]

    assert [answer.status_code for answer in answers] == [422, 404, 400, 429]
    assert api.stored() == 0


def test_each_key_has_its_own_count_and_may_have_its_own_limit(make_api: MakeApi, make_key: MakeKey):
    services = {"rate_limit": 1}
    first, second = make_api(token=make_key(), **services), make_api(token=make_key(), **services)
    large = make_api(token=make_key(rate_limit=5), **services)

    assert [first.get("/api/notifications").status_code for _ in range(2)] == [200, 429]
    assert second.get("/api/notifications").status_code == 200
    assert limits(large.get("/api/notifications")) == (5, 4, 50)


def test_many_at_once_over_two_processes_get_no_more_than_the_limit(make_api: MakeApi, make_key: MakeKey):
    token = make_key(rate_limit=40)
    apis = [make_api("http", token=token), make_api("http", token=token)]

    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda n: apis[n % 2].get("/api/metrics"), range(120)))

    assert Counter(answer.status_code for answer in answers) == {200: 40, 429: 80}


def test_the_limit_fails_closed(make_api: MakeApi, dead_mongo: Mongo, caplog: pytest.LogCaptureFixture):
    api = make_api(mongo=dead_mongo)

    with pymongo.timeout(0.3):
        answer = api.create()

    assert answer.status_code == 503
    assert answer.json()["error"] == {"code": "UNAVAILABLE", "message": "MongoDB does not answer", "details": []}
    assert answer.headers["Retry-After"] == "5"
    assert str(dead_mongo.database.client) not in answer.text
    assert "Dependency unavailable" in caplog.text


@pytest.mark.parametrize("level", [Level.NORMAL, Level.ELEVATED])
def test_normal_and_elevated_load_refuse_nothing(at_level: Callable[[Level], Api], level: Level):
    api = at_level(level)

    assert api.create(priority="LOW").status_code == 201
    assert api.get("/api/notifications").status_code == 200


@pytest.mark.parametrize("level", [Level.HIGH, Level.EXTREME])
def test_high_load_answers_no_lists_and_statistics(at_level: Callable[[Level], Api], level: Level):
    api = at_level(level)
    created = api.created(priority="CRITICAL")

    refused = [api.get("/api/notifications"), api.get("/api/notifications/stats/system")]

    assert [answer.status_code for answer in refused] == [503, 503]
    assert [answer.headers["Retry-After"] for answer in refused] == ["60", "60"]
    assert {answer.json()["error"]["code"] for answer in refused} == {"OVERLOADED"}
    assert api.get(f"/api/notifications/{created['_id']}").status_code == 200
    assert api.get("/api/metrics").status_code == 200
    assert api.get("/api/health").status_code == 200


def test_high_load_accepts_everything(at_level: Callable[[Level], Api]):
    assert at_level(Level.HIGH).create(priority="LOW").status_code == 201


@pytest.mark.parametrize("priority", ["LOW", "MEDIUM", "HIGH"])
def test_extreme_load_accepts_only_critical_ones(at_level: Callable[[Level], Api], priority: str):
    api = at_level(Level.EXTREME)

    refused = api.create(priority=priority)

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    assert refused.json()["error"]["code"] == "OVERLOADED"
    assert "retry later" in refused.json()["error"]["message"]
    assert api.create(priority="CRITICAL").status_code == 201
    assert api.stored() == 1


def test_extreme_load_judges_each_item_of_a_batch(at_level: Callable[[Level], Api]):
    api = at_level(Level.EXTREME)

    answer = api.batch({**EMAIL, "priority": "HIGH"}, {**EMAIL, "priority": "CRITICAL"}, {**EMAIL, "type": "FAX"})

    assert answer.status_code == 207
    assert [each["status"] for each in answer.json()["data"]["results"]] == [429, 201, 422]
    assert answer.json()["data"]["results"][0]["error"]["code"] == "OVERLOADED"
    assert answer.headers["Retry-After"] == "60"
    assert api.stored() == 1
