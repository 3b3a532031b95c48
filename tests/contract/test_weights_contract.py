"""What every keeper of weights does, the fake included."""

import time
from collections.abc import Callable
from datetime import timedelta

import pymongo
import pytest

from tests.builders import NOON
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeWeights
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.providers.weights import CACHE, CHANGES_KEPT, MongoWeights
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.providers.weights import WeightChange
from wavecom.ports.providers import Weights

PORT = Weights


@pytest.fixture(params=FAKE_AND_MONGO)
def make_weights(request: pytest.FixtureRequest) -> Callable[[], Weights]:
    """Return a function that gives the weights, each time as another process would see them."""
    if request.param == "fake":
        fake = FakeWeights()
        return lambda: fake
    mongo: Mongo = request.getfixturevalue("mongo")
    return lambda: MongoWeights(mongo)


@pytest.fixture
def weights(make_weights: Callable[[], Weights]) -> Weights:
    return make_weights()


def a_change(factor: float, provider: str = "ses", seconds: int = 0) -> WeightChange:
    at = NOON + timedelta(seconds=seconds)
    return WeightChange(provider=provider, factor=factor, reason=f"{factor} for a reason", at=at)


def test_where_nothing_was_changed_there_is_no_factor(weights: Weights) -> None:
    assert dict(weights.factors()) == {}
    assert weights.history() == {}


def test_nothing_may_be_changed(weights: Weights) -> None:
    weights.change([])

    assert dict(weights.factors()) == {}


def test_a_change_holds_at_once_for_whoever_made_it(weights: Weights) -> None:
    assert dict(weights.factors()) == {}

    weights.change([a_change(0.4), a_change(0.05, "sendgrid")])

    assert dict(weights.factors()) == {"ses": 0.4, "sendgrid": 0.05}
    weights.change([a_change(0.65)])
    assert dict(weights.factors()) == {"ses": 0.65, "sendgrid": 0.05}


def test_every_process_sees_a_change(make_weights: Callable[[], Weights]) -> None:
    make_weights().change([a_change(0.4)])

    assert dict(make_weights().factors()) == {"ses": 0.4}
    assert make_weights().history() == {"ses": [a_change(0.4)]}


def test_changes_come_back_with_their_reasons_the_newest_first(weights: Weights) -> None:
    weights.change([a_change(0.4, seconds=1), a_change(0.2, "sendgrid", 1)])
    weights.change([a_change(0.65, seconds=2)])
    weights.change([a_change(0.9, seconds=3)])

    assert weights.history() == {
        "ses": [a_change(0.9, seconds=3), a_change(0.65, seconds=2), a_change(0.4, seconds=1)],
        "sendgrid": [a_change(0.2, "sendgrid", 1)],
    }


def test_two_changes_of_one_provider_in_one_call_are_both_told(weights: Weights) -> None:
    weights.change([a_change(0.4, seconds=1), a_change(0.65, seconds=2)])

    assert dict(weights.factors()) == {"ses": 0.65}
    assert [each.factor for each in weights.history()["ses"]] == [0.65, 0.4]


def test_only_the_latest_changes_are_kept(mongo: Mongo) -> None:
    weights = MongoWeights(mongo)
    for number in range(CHANGES_KEPT + 5):
        weights.change([a_change(0.5, seconds=number)])

    history = weights.history()["ses"]

    assert [each.at for each in history] == [
        NOON + timedelta(seconds=number) for number in range(CHANGES_KEPT + 4, 4, -1)
    ]


def test_others_see_a_change_when_their_cache_ends(mongo: Mongo) -> None:
    here, there = MongoWeights(mongo), MongoWeights(mongo)
    assert dict(there.factors()) == {}

    here.change([a_change(0.4)])
    assert dict(there.factors()) == {}, "one question to the database for many batches"
    time.sleep(CACHE.total_seconds() + 0.05)

    assert dict(there.factors()) == {"ses": 0.4}


@pytest.mark.servers
def test_without_the_database_the_last_known_weights_hold_and_a_change_says_so() -> None:
    mongo = Mongo("mongodb://127.0.0.1:9/?directConnection=true", "nothing")
    weights = MongoWeights(mongo)

    with pymongo.timeout(0.3):
        assert dict(weights.factors()) == {}
    with pymongo.timeout(0.3), pytest.raises(StoreUnavailableError):
        weights.change([a_change(0.4)])

    mongo.close()
