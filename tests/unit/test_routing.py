"""Which provider is asked first, and how the weights follow the providers' health."""

import random
from collections import Counter

import pytest

from tests.builders import NOON
from wavecom.domain.providers.weights import MIN_ATTEMPTS, MIN_FACTOR, Health, draw, next_factor

WELL = Health(attempts=100, failures=0, milliseconds=10_000)
"""100 ms an attempt."""
DRAWS = 20_000


def failing(rate: float, attempts: int = 100) -> Health:
    return Health(attempts=attempts, failures=round(rate * attempts), milliseconds=100 * attempts)


def taking(milliseconds: int, attempts: int = 100) -> Health:
    return Health(attempts=attempts, failures=0, milliseconds=milliseconds * attempts)


def step(current: float, **health: Health):
    """Return the step of provider ``a`` among those that ``health`` names."""
    return next_factor("a", current, health, list(health) or ["a"], NOON)


def firsts(weights: dict[str, float]) -> Counter[str]:
    uniform = random.Random(20_261_123).random
    return Counter(draw(weights, (uniform() for _ in weights))[0] for _ in range(DRAWS))


@pytest.mark.parametrize(
    "weights",
    [{"a": 1.0, "b": 1.0}, {"a": 3.0, "b": 1.0}, {"a": 0.05, "b": 1.0}, {"a": 70.0, "b": 20.0, "c": 10.0}],
)
def test_each_comes_first_as_often_as_its_weight_says(weights: dict[str, float]) -> None:
    counts = firsts(weights)

    for name, weight in weights.items():
        share = weight / sum(weights.values())
        assert counts[name] / DRAWS == pytest.approx(share, abs=0.012), name


def test_every_provider_is_in_every_draw_so_that_there_is_one_to_fail_over_to() -> None:
    uniform = random.Random(7).random
    weights = {"a": 5.0, "b": 1.0, "c": 0.0}

    drawn = [draw(weights, (uniform() for _ in weights)) for _ in range(500)]

    assert all(sorted(names) == ["a", "b", "c"] for names in drawn)


def test_a_provider_of_no_weight_comes_last_and_only_last() -> None:
    uniform = random.Random(7).random
    weights = {"backup": 0.0, "a": 1.0, "b": 0.001}

    drawn = [draw(weights, (uniform() for _ in weights)) for _ in range(500)]

    assert {names[-1] for names in drawn} == {"backup"}


def test_the_rest_of_a_draw_is_by_weight_too() -> None:
    uniform = random.Random(11).random
    weights = {"a": 1.0, "b": 6.0, "c": 3.0}

    drawn = [draw(weights, (uniform() for _ in weights)) for _ in range(DRAWS)]
    after_a = Counter(names[1] for names in drawn if names[0] == "a")

    assert after_a["b"] / after_a.total() == pytest.approx(2 / 3, abs=0.04)


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-53])
def test_the_ends_of_the_random_numbers_are_drawn_too(uniform: float) -> None:
    assert sorted(draw({"a": 1.0, "b": 2.0}, [uniform, uniform])) == ["a", "b"]


@pytest.mark.parametrize(
    ("rate", "factor"), [(0.1, 0.89), (0.23, 0.6), (0.45, 0.11), (0.5, MIN_FACTOR), (1.0, MIN_FACTOR)]
)
def test_a_failing_provider_falls_at_once_to_what_it_is_worth(rate: float, factor: float) -> None:
    change = step(1.0, a=failing(rate), b=WELL)

    assert change is not None
    assert (change.provider, change.factor, change.at) == ("a", factor, NOON)
    assert change.reason == f"{100 * rate:.0f} % of 100 attempts failed"


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.05])
def test_some_failures_cost_nothing(rate: float) -> None:
    assert step(1.0, a=failing(rate), b=WELL) is None


def test_a_slow_provider_falls_in_proportion_and_the_reason_says_how_slow() -> None:
    change = step(1.0, a=taking(2_000), b=taking(400))

    assert change is not None
    assert change.factor == 0.4, "twice the fastest is tolerated"
    assert change.reason == "an attempt takes 2000 ms, the fastest provider takes 400 ms"


@pytest.mark.parametrize(("own", "fastest"), [(800, 400), (500, 10), (100, 100)])
def test_what_is_tolerably_slow_costs_nothing(own: int, fastest: int) -> None:
    assert step(1.0, a=taking(own), b=taking(fastest)) is None


def test_a_peer_of_few_attempts_is_no_measure_of_speed() -> None:
    assert step(1.0, a=taking(3_000), b=taking(10, attempts=MIN_ATTEMPTS - 1)) is None


def test_a_peer_that_refuses_everything_in_no_time_is_no_measure_of_speed() -> None:
    dead = Health(attempts=100, failures=100, milliseconds=200)

    assert step(1.0, a=taking(1_500), dead=dead) is None, "nobody sends in 2 ms"


def test_the_worse_of_failing_and_slow_decides() -> None:
    failing_more = Health(attempts=100, failures=45, milliseconds=100 * 700)
    slower = Health(attempts=100, failures=10, milliseconds=100 * 5_000)

    by_failing, by_slowness = step(1.0, a=failing_more, b=taking(100)), step(1.0, a=slower, b=taking(100))

    assert by_failing is not None
    assert by_slowness is not None
    assert (by_failing.factor, by_failing.reason) == (0.11, "45 % of 100 attempts failed")
    assert by_slowness.factor == 0.1
    assert by_slowness.reason.startswith("an attempt takes 5000 ms")


def test_too_few_attempts_say_nothing_against_a_provider() -> None:
    assert step(1.0, a=failing(1.0, attempts=MIN_ATTEMPTS - 1), b=WELL) is None


def test_enough_attempts_do() -> None:
    assert step(1.0, a=failing(1.0, attempts=MIN_ATTEMPTS), b=WELL) is not None


@pytest.mark.parametrize("health", [{"a": WELL, "b": WELL}, {"b": WELL}, {}])
def test_one_that_is_well_or_unknown_drifts_back_step_by_step_to_its_whole_weight(health: dict[str, Health]) -> None:
    factors, reasons = [MIN_FACTOR], set()
    while change := step(factors[-1], **health):
        factors.append(change.factor)
        reasons.add(change.reason.partition(":")[0])
        assert len(factors) < 10

    assert factors == [0.05, 0.3, 0.55, 0.8, 1.0]
    assert reasons == {"drifts back"}


def test_one_that_is_half_well_rises_to_what_it_is_worth_and_no_further() -> None:
    change = step(0.5, a=failing(0.23), b=WELL)

    assert change is not None
    assert change.factor == 0.6
    assert not change.reason.startswith("drifts back"), "it is not on its way back to everything"
    assert step(0.6, a=failing(0.23), b=WELL) is None


def test_no_health_however_bad_takes_the_least_share_away() -> None:
    assert step(MIN_FACTOR, a=Health(attempts=1_000, failures=1_000, milliseconds=10**9), b=taking(1)) is None


def test_the_speed_of_another_channel_does_not_count() -> None:
    health = {"a": taking(3_000), "push": taking(5)}

    assert next_factor("a", 1.0, health, ["a", "b"], NOON) is None
