"""What the alarms stand on."""

from datetime import timedelta

import pytest

from tests.builders import NOON, ManualClock, message_about, queued
from tests.fakes import (
    FakeFailingEndpoints,
    FakeLedgerChecks,
    FakeMetrics,
    FakeQueue,
    FakeSandbox,
    FakeStore,
    FakeSystem,
    FakeWeights,
)
from wavecom.adapters.providers.breaker import FAILURES_TO_OPEN, MemoryBreakerStates, PyBreakers
from wavecom.application.operate.ledger import Ledger
from wavecom.application.operate.observe import FAILING_ENDPOINTS_MAX, Observe
from wavecom.domain.degradation import Level, Thresholds
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.providers.outcomes import TransientError
from wavecom.domain.queue_messages import WebhookLane, WebhookMessage


class World:
    """An observe function and everything around it."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON + timedelta(seconds=30))
        self.store = FakeStore()
        self.queue = FakeQueue()
        self.breakers = PyBreakers(MemoryBreakerStates(), self.clock)
        self.system = FakeSystem(self.clock)
        self.metrics = FakeMetrics()
        self.weights = FakeWeights()
        self.checks = FakeLedgerChecks(self.store)
        self.account = FakeSandbox()
        self.endpoints = FakeFailingEndpoints()
        self.observe = Observe(
            counters=self.store.counters,
            queue=self.queue,
            breakers=self.breakers,
            weights=self.weights,
            ledger=Ledger(counters=self.store.counters, checks=self.checks, system=FakeSystem(), clock=self.clock),
            failing_endpoints=self.endpoints,
            channels=[["ses", "smtp"], ["twilio"]],
            with_sandbox=[self.account],
            system=self.system,
            metrics=self.metrics,
            thresholds=Thresholds(10, 20, 30),
            clock=self.clock,
        )


@pytest.fixture
def world() -> World:
    return World()


def test_endpoints_that_have_been_failing_for_an_hour_are_counted(world: World) -> None:
    now = world.clock()
    world.endpoints.since = [now - timedelta(days=1), now - timedelta(hours=1), now - timedelta(minutes=59)]

    world.observe.observe()

    assert world.metrics.values["FailingEndpoints",] == 2


def test_failing_endpoints_are_counted_up_to_a_bound(world: World) -> None:
    world.endpoints.since = [NOON - timedelta(days=1)] * (FAILING_ENDPOINTS_MAX + 1)

    world.observe.observe()

    assert world.metrics.values["FailingEndpoints",] == FAILING_ENDPOINTS_MAX


def test_depths_of_the_queues_of_webhooks_are_published(world: World) -> None:
    world.queue.publish_webhooks(
        WebhookMessage.about("bank-a", [f"evt_{number:024x}_1" for number in range(21)], lane=WebhookLane.SLOW)
    )

    world.observe.observe()

    assert world.metrics.values["QueueDepth", "webhooks"] == 0
    assert world.metrics.values["QueueDepth", "webhooks_slow"] == 2


def test_depths_of_all_queues_are_published(world: World) -> None:
    world.queue.publish([message_about(queued())])
    world.queue.dead_letter([message_about(queued()), message_about(queued())])

    world.observe.observe()

    assert world.metrics.values["QueueDepth", "high_priority"] == 1
    assert world.metrics.values["QueueDepth", "notifications_dlq"] == 2
    assert world.metrics.values["BrokerReachable",] == 1


def test_a_broker_that_is_down_is_said_so_and_hides_nothing_else(world: World) -> None:
    world.queue.down = True

    world.observe.observe()

    assert world.metrics.values["BrokerReachable",] == 0
    assert ("QueueDepth", "high_priority") not in world.metrics.values
    assert world.metrics.values["DegradationLevel",] == 1


def test_failure_rate_counts_what_speaks_against_the_provider(world: World) -> None:
    counts = {"delivered": 6, "transient": 2, "unknown": 1, "permanent": 1}
    world.store.counters.add("bank-a", {f"providers.ses.{name}": count for name, count in counts.items()}, NOON)
    world.store.counters.add("bank-a", {"providerFaults.ses": 3}, NOON)

    world.observe.observe()

    assert world.metrics.values["ProviderFailureRate", "ses"] == 30.0


def test_failures_of_long_ago_do_not_count(world: World) -> None:
    world.store.counters.add("bank-a", {"providers.ses.transient": 5}, NOON - timedelta(minutes=10))

    world.observe.observe()

    assert ("ProviderFailureRate", "ses") not in world.metrics.values


def test_the_worst_failure_rate_leaves_out_providers_that_were_hardly_asked(world: World) -> None:
    world.store.counters.add(
        "bank-a", {"providers.ses.delivered": 15, "providers.ses.transient": 5, "providerFaults.ses": 5}, NOON
    )
    world.store.counters.add("bank-a", {"providers.twilio.transient": 2, "providerFaults.twilio": 2}, NOON)

    world.observe.observe()

    assert world.metrics.values["WorstProviderFailureRate",] == 25.0


def test_the_worst_failure_rate_is_published_when_nothing_was_sent(world: World) -> None:
    world.observe.observe()

    assert world.metrics.values["WorstProviderFailureRate",] == 0


@pytest.mark.parametrize(
    ("day", "cause", "hours"),
    [
        ("2026-03-01", "unknown", 0),
        ((NOON - timedelta(days=3)).date().isoformat(), "retries_exhausted", 60),
        ((NOON - timedelta(days=3)).date().isoformat(), "permanent", 0),
        ((NOON - timedelta(days=100)).date().isoformat(), "unknown", 0),
    ],
)
def test_dead_letters_that_need_a_person_are_aged_by_their_day(world: World, day: str, cause: str, hours: int) -> None:
    world.clock.at = NOON
    world.store.counters.add("bank-a", {f"dead.{day}:{cause}:ses": 2}, NOON)

    world.observe.observe()

    assert world.metrics.values["DeadLetterAge",] == hours * 3600


def test_what_was_replayed_has_no_age(world: World) -> None:
    day = (NOON - timedelta(days=3)).date().isoformat()
    world.store.counters.add("bank-a", {f"dead.{day}:unknown:ses": 2}, NOON)
    world.store.counters.add("bank-b", {f"dead.{day}:unknown:ses": -2}, NOON)

    world.observe.observe()

    assert world.metrics.values["DeadLetterAge",] == 0


def test_a_run_that_came_to_its_end_beats_and_says_the_database_answers(world: World) -> None:
    world.observe.observe()

    assert world.metrics.values["Heartbeat",] == 1
    assert world.metrics.values["DatabaseReachable",] == 1


def test_a_database_that_is_down_is_said_so_and_there_is_no_heartbeat(world: World, monkeypatch) -> None:
    def down(*_: object) -> None:
        raise StoreUnavailableError("MongoDB does not answer")

    monkeypatch.setattr(world.store.counters, "minutes", down)

    with pytest.raises(StoreUnavailableError):
        world.observe.observe()
    assert world.metrics.values["DatabaseReachable",] == 0
    assert ("Heartbeat",) not in world.metrics.values


def test_the_busiest_tenants_are_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(20):
        world.store.counters.add(f"bank-{number}", {"created.EMAIL": number, "failed.EMAIL": 1}, NOON)

    with caplog.at_level("INFO", logger="wavecom"):
        world.observe.observe()

    lines = [vars(each) for each in caplog.records if each.message == "Busy tenant"]
    assert [each["tenant"] for each in lines] == [f"bank-{number}" for number in range(19, 9, -1)]
    assert (lines[0]["accepted"], lines[0]["sent"], lines[0]["failed"]) == (19, 0, 1)


def test_breaker_states_are_published(world: World) -> None:
    world.breakers.record("ses", [False] * FAILURES_TO_OPEN)

    world.observe.observe()

    assert world.metrics.values["BreakerState", "ses"] == 2


@pytest.mark.parametrize(
    ("accepted", "level"), [(10, Level.NORMAL), (11, Level.ELEVATED), (21, Level.HIGH), (31, Level.EXTREME)]
)
@pytest.mark.parametrize("minutes_ago", [0, 1])
def test_the_level_follows_what_a_minute_took_in(world: World, accepted: int, level: Level, minutes_ago: int) -> None:
    world.store.counters.add("bank-a", {"created.EMAIL": accepted}, NOON - timedelta(minutes=minutes_ago))

    assert world.observe.observe() is level
    assert world.system.level() is level
    assert world.system.beats["observe"] == world.clock()


def test_the_level_falls_when_the_load_has_passed(world: World) -> None:
    world.store.counters.add("bank-a", {"created.EMAIL": 100}, NOON - timedelta(minutes=2))
    world.system.set_level(Level.EXTREME, NOON)

    assert world.observe.observe() is Level.NORMAL


def test_what_a_provider_says_of_its_sandbox_is_stored_and_asked_for_now_and_then(world: World) -> None:
    long_ago = NOON - timedelta(days=1)
    world.observe.observe()
    assert world.system.sandboxes(long_ago) == {"ses": True}

    world.account.says = False
    world.clock.advance(timedelta(minutes=9))
    world.observe.observe()
    assert world.system.sandboxes(long_ago) == {"ses": True}

    world.clock.advance(timedelta(minutes=1))
    world.observe.observe()
    assert world.system.sandboxes(long_ago) == {"ses": False}


def test_a_provider_that_does_not_say_leaves_what_is_known_and_hides_nothing_else(world: World) -> None:
    world.observe.observe()
    world.account.trouble = TransientError("Busy", code="busy")
    world.metrics.values.clear()
    world.clock.advance(timedelta(minutes=10))

    world.observe.observe()

    assert world.system.sandboxes(NOON - timedelta(days=1)) == {"ses": True}
    assert world.metrics.values["Heartbeat",] == 1
