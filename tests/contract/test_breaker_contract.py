"""What every breaker storage does, pybreaker's own included, and what breakers do over them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pybreaker
import pytest

from tests.builders import NOON, ManualClock
from tests.contract.adapters import on_servers
from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates
from wavecom.adapters.providers.breaker import (
    FAILURES_TO_OPEN,
    OPEN_FOR,
    TRIAL_TIMEOUT,
    MemoryBreakerStates,
    PyBreakers,
)
from wavecom.domain.providers.limits import BreakerState
from wavecom.ports.providers import Breakers

PORT = Breakers
FAILED, ANSWERED = [False] * FAILURES_TO_OPEN, [True]
MakeStates = Callable[[], MemoryBreakerStates | MongoBreakerStates]


@pytest.fixture(params=["memory", on_servers("mongo")])
def make_states(request: pytest.FixtureRequest) -> MakeStates:
    """Return a function that gives another consumer's view of the same breakers."""
    if request.param == "memory":
        states = MemoryBreakerStates()
        return lambda: states
    mongo = request.getfixturevalue("mongo")
    return lambda: MongoBreakerStates(mongo)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


def breakers_of(states, clock: ManualClock) -> PyBreakers:
    """Return breakers that look at what is stored before every question, as those of a later batch would."""
    refresh = states.refresh
    states.refresh = lambda names, force=False: refresh(names, force=True)
    return PyBreakers(states, clock)


def seen_by_another(make_states: MakeStates, name: str) -> pybreaker.CircuitBreakerStorage:
    states = make_states()
    states.refresh([name], force=True)
    return states.storage(name)


def test_a_new_storage_is_closed_and_empty(make_states: MakeStates) -> None:
    storage = make_states().storage("ses")

    assert (storage.state, storage.counter, storage.success_counter, storage.opened_at) == ("closed", 0, 0, None)


def test_everything_set_is_seen_by_others_once_flushed(
    make_states: MakeStates,
) -> None:
    states = make_states()
    storage = states.storage("ses")
    opened_at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    storage.state = pybreaker.STATE_OPEN
    storage.opened_at = opened_at
    storage.increment_counter()
    storage.increment_counter()
    storage.increment_success_counter()
    states.flush("ses")

    other = seen_by_another(make_states, "ses")
    assert (other.state, other.counter, other.success_counter, other.opened_at) == ("open", 2, 1, opened_at)


def test_counters_are_reset(make_states: MakeStates) -> None:
    states = make_states()
    storage = states.storage("ses")
    storage.increment_counter()
    storage.increment_success_counter()
    states.flush("ses")

    storage.reset_counter()
    storage.reset_success_counter()
    storage.increment_counter()
    states.flush("ses")

    other = seen_by_another(make_states, "ses")
    assert (other.counter, other.success_counter) == (1, 0)


def test_failures_of_several_consumers_add_up_and_open_it_for_all(make_states: MakeStates, clock: ManualClock) -> None:
    one, another = breakers_of(make_states(), clock), breakers_of(make_states(), clock)

    one.record("ses", [False] * (FAILURES_TO_OPEN - 4))
    assert another.permits(["ses"])["ses"].calls is None
    another.record("ses", [False] * 4)

    for each in (one, another):
        permit = each.permits(["ses"])["ses"]
        assert (permit.calls, permit.wait) == (0, OPEN_FOR)
    assert one.states() == {"ses": BreakerState("open", opened_at=clock.at)}


def test_a_success_between_failures_keeps_it_closed(make_states: MakeStates, clock: ManualClock) -> None:
    breakers = breakers_of(make_states(), clock)

    for _ in range(5):
        breakers.record("ses", [False] * (FAILURES_TO_OPEN - 1) + [True])
        breakers.record("ses", [False] * (FAILURES_TO_OPEN - 1))
        breakers.record("ses", ANSWERED)

    assert breakers.permits(["ses"])["ses"].calls is None


def test_breakers_do_not_share_their_failures(make_states: MakeStates, clock: ManualClock) -> None:
    breakers = breakers_of(make_states(), clock)

    breakers.record("ses", FAILED)

    permits = breakers.permits(["ses", "smtp"])
    assert (permits["ses"].calls, permits["smtp"].calls) == (0, None)


def test_after_thirty_seconds_one_consumer_gets_one_trial(make_states: MakeStates, clock: ManualClock) -> None:
    consumers = [breakers_of(make_states(), clock) for _ in range(4)]
    consumers[0].record("ses", FAILED)
    clock.advance(OPEN_FOR - timedelta(seconds=1))
    assert [each.permits(["ses"])["ses"].calls for each in consumers] == [0, 0, 0, 0]

    clock.advance(timedelta(seconds=1))

    assert [each.permits(["ses"])["ses"].calls for each in consumers] == [1, 0, 0, 0]


def test_a_trial_that_succeeds_closes_it_for_all(make_states: MakeStates, clock: ManualClock) -> None:
    one, another = breakers_of(make_states(), clock), breakers_of(make_states(), clock)
    one.record("ses", FAILED)
    clock.advance(OPEN_FOR)
    one.permits(["ses"])

    one.record("ses", ANSWERED)

    assert another.permits(["ses"])["ses"].calls is None


def test_a_trial_that_fails_opens_it_for_another_thirty_seconds(make_states: MakeStates, clock: ManualClock) -> None:
    one, another = breakers_of(make_states(), clock), breakers_of(make_states(), clock)
    one.record("ses", FAILED)
    clock.advance(OPEN_FOR)
    one.permits(["ses"])

    one.record("ses", [False])

    assert another.permits(["ses"])["ses"] == one.permits(["ses"])["ses"]
    assert another.permits(["ses"])["ses"].wait == OPEN_FOR
    clock.advance(OPEN_FOR)
    assert another.permits(["ses"])["ses"].calls == 1


def test_a_trial_whose_consumer_died_is_given_to_another(make_states: MakeStates, clock: ManualClock) -> None:
    one, another = breakers_of(make_states(), clock), breakers_of(make_states(), clock)
    one.record("ses", FAILED)
    clock.advance(OPEN_FOR)
    one.permits(["ses"])

    clock.advance(TRIAL_TIMEOUT)

    assert another.permits(["ses"])["ses"].calls == 1


def test_late_answers_of_calls_begun_before_it_opened_change_nothing(
    make_states: MakeStates, clock: ManualClock
) -> None:
    breakers = breakers_of(make_states(), clock)
    breakers.record("ses", FAILED)

    breakers.record("ses", ANSWERED)

    assert breakers.permits(["ses"])["ses"].calls == 0
