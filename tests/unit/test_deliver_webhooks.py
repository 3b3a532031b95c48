"""Delivering webhooks: each event once to each endpoint, whatever fails meanwhile."""

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import queued
from tests.fakes import as_if_stored
from tests.fakes.webhook_calls import an_answer
from tests.unit.webhooks import WebhookWorld
from wavecom.adapters.providers.breaker import FAILURES_TO_OPEN, OPEN_FOR
from wavecom.application.webhooks.deliver import CALLS_OF_ONE
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.events.event import EventType
from wavecom.domain.queue_messages import WebhookLane, WebhookMessage
from wavecom.domain.webhooks.answers import WebhookFailure
from wavecom.domain.webhooks.delivery import HELD_FOR, LEASE, DeliveryStatus
from wavecom.domain.webhooks.endpoint import FAILING_MAX, SLOW_FOR, DisabledReason

SECOND = timedelta(seconds=1)


@pytest.fixture
def world(executor: ThreadPoolExecutor) -> WebhookWorld:
    return WebhookWorld(executor)


def test_an_event_goes_to_each_endpoint_that_gets_it(world: WebhookWorld) -> None:
    first, second = world.endpoint("a"), world.endpoint("b")
    others = [
        world.endpoint("c", types=(EventType.NOTIFICATION_SENT,)),
        world.endpoint("d", disabled=DisabledReason.BY_CLIENT),
        world.endpoint("e", tenant="bank-b"),
    ]
    (event,) = world.announced()

    summary = world.run()

    assert sorted(each.url for each in world.calls.calls) == [first.url, second.url]
    assert {each.endpoint_id for each in world.deliveries.stored.values()} == {first.id, second.id}
    assert (summary.claimed, summary.succeeded, summary.failed) == (2, 2, 0)
    for endpoint in (first, second):
        assert world.delivery(event, endpoint).status is DeliveryStatus.SUCCEEDED
    assert not any(world.of(each) for each in others)


def test_a_call_is_signed_and_has_the_headers_of_its_endpoint(world: WebhookWorld) -> None:
    endpoint = world.endpoint(headers={"Authorization": "Bearer s3cret"}).rotated(world.clock())
    world.endpoints.stored[endpoint.id] = endpoint
    (event,) = world.announced()

    world.run()

    (call,) = world.calls.calls
    assert call.headers["Authorization"] == "Bearer s3cret"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["webhook-id"] == event.id
    assert call.headers["webhook-signature"].count("v1,") == 2
    assert json.loads(call.body)["data"] == event.data


@pytest.mark.parametrize("metadata", [True, False])
def test_metadata_goes_to_those_who_ask_for_it(world: WebhookWorld, metadata: bool) -> None:
    world.endpoint(metadata=metadata)
    notification = as_if_stored(world.store, queued(metadata={"order": "4711"}))
    world.announced(notification_id=notification.id)

    world.run()

    data = json.loads(world.calls.calls[0].body)["data"]
    assert data.get("metadata") == ({"order": "4711"} if metadata else None)


def test_a_slow_endpoint_is_called_from_a_queue_of_its_own(world: WebhookWorld) -> None:
    slow, quick = world.endpoint("slow", quick=False), world.endpoint("quick")
    (event,) = world.announced()

    world.run()

    assert world.called() == [event.id]
    assert world.called(quick) == [event.id]
    assert world.queue.webhooks[WebhookLane.QUICK] == []
    (message,) = world.queue.webhooks[WebhookLane.SLOW]
    assert (message.endpoint_id, message.event_ids) == (slow.id, (event.id,))
    world.run()
    assert world.called(slow) == [event.id]


def test_an_endpoint_that_answers_quickly_needs_the_other_queue_no_more(world: WebhookWorld) -> None:
    endpoint = world.endpoint(quick=False)
    world.announced()
    world.run_all()
    assert world.endpoints.stored[endpoint.id].quick

    world.announced()
    world.run()

    assert len(world.called()) == 2


@pytest.mark.parametrize("answer", [WebhookFailure.TIMED_OUT, an_answer(500)])
def test_an_endpoint_that_does_not_answer_is_slow_from_then_on(world: WebhookWorld, answer: Any) -> None:
    endpoint = world.endpoint()
    world.calls.always = answer
    world.announced()

    world.run()

    stored = world.endpoints.stored[endpoint.id]
    assert stored.quick is not isinstance(answer, WebhookFailure)
    assert stored.failing_since == world.clock()


def test_a_repeated_message_passes_an_event_on_once(world: WebhookWorld) -> None:
    world.endpoint("quick")
    world.endpoint("slow", quick=False)
    world.announced(3)
    messages = world.take()

    for _ in range(3):
        world.run([*messages, *messages])
    slow = world.take()
    for _ in range(3):
        world.run([*slow, *slow, *messages])

    assert set(Counter(world.called()).values()) == {2}
    assert len(world.calls.calls) == 6
    assert world.events.overdue(world.clock() + timedelta(days=1), limit=10) == []


def test_two_consumers_of_the_same_messages_send_nothing_twice(world: WebhookWorld) -> None:
    quick, slow = world.endpoint("quick"), world.endpoint("slow", quick=False)
    events = world.announced(40)
    world.calls.during = lambda url: time.sleep(0.01)

    for _ in range(2):
        messages, start = world.take(), threading.Barrier(4)

        def consume(messages: list[WebhookMessage] = messages, start: threading.Barrier = start) -> None:
            start.wait(10)
            world.run(messages)

        with ThreadPoolExecutor(4) as consumers:
            for each in [consumers.submit(consume) for _ in range(4)]:
                each.result(30)

    for endpoint in (quick, slow):
        assert sorted(world.called(endpoint)) == sorted(each.id for each in events)


def test_what_another_attempts_is_left_to_it_until_its_lease_ends(world: WebhookWorld) -> None:
    world.endpoint()
    world.announced()
    messages = world.take()
    assert len(world.fan_out.claim(messages)) == 1  # by a consumer that dies

    assert world.run(messages).claimed == 0

    world.clock.advance(LEASE)
    world.sweep()
    assert world.run().succeeded == 1


def test_an_endpoint_gets_so_many_calls_at_once_and_delays_no_other(world: WebhookWorld) -> None:
    busy, other = world.endpoint("busy"), world.endpoint("other", types=(EventType.NOTIFICATION_SENT,))
    lock, other_done = threading.Lock(), threading.Event()
    running: Counter[str] = Counter()
    most: Counter[str] = Counter()

    def during(url: str) -> None:
        with lock:
            running[url] += 1
            most[url] = max(most[url], running[url])
        if url == other.url:
            other_done.set()
        else:
            other_done.wait(10)
            time.sleep(0.005)
        with lock:
            running[url] -= 1

    world.calls.during = during
    world.announced(3 * CALLS_OF_ONE)
    world.announced(type=EventType.NOTIFICATION_SENT)

    summary = world.run()

    assert summary.succeeded == 3 * CALLS_OF_ONE + 1
    assert most == {busy.url: CALLS_OF_ONE, other.url: 1}
    assert other_done.is_set()


@pytest.mark.parametrize("answer", [WebhookFailure.NOT_CONNECTED, an_answer(503)], ids=["none", "overloaded"])
def test_an_endpoint_that_does_not_answer_is_left_alone_without_spending_attempts(
    world: WebhookWorld, answer: Any
) -> None:
    endpoint, other = world.endpoint("dead"), world.endpoint("other", types=(EventType.NOTIFICATION_SENT,))
    world.calls.always = answer
    world.announced(100)

    summary = world.run()

    tried = [each for each in world.of(endpoint) if each.attempt_count]
    held = [each for each in world.of(endpoint) if not each.attempt_count]
    assert FAILURES_TO_OPEN <= len(tried) == len(world.calls.calls) <= 2 * CALLS_OF_ONE
    assert summary.held == len(held) == 100 - len(tried)
    assert {(each.status, each.retry_at, each.token) for each in held} == {
        (DeliveryStatus.PENDING, world.clock() + HELD_FOR, None)
    }
    world.calls.always = an_answer()
    world.announced(type=EventType.NOTIFICATION_SENT)
    world.run([each for each in world.take() if each.endpoint_id is None])
    assert len(world.called(other)) == 1


def test_an_endpoint_is_tried_once_and_gets_everything_when_it_answers_again(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    world.calls.always = WebhookFailure.NOT_CONNECTED
    events = world.announced(60)
    world.run()
    spent = len(world.calls.calls)
    assert world.run().claimed == 0, "nothing is ready before its time"

    for _ in range(3):
        world.clock.advance(OPEN_FOR)
        world.sweep()
        world.run()
        world.clock.advance(LEASE)
        world.sweep()
    assert len(world.calls.calls) - spent <= 6, "one trial at a time"

    world.calls.always = an_answer()
    for _ in range(12):
        world.clock.advance(timedelta(minutes=6))
        world.sweep()
        world.run_all()
    assert [world.delivery(each, endpoint).status for each in events] == [DeliveryStatus.SUCCEEDED] * 60


def test_an_endpoint_that_was_removed_before_gets_nothing(world: WebhookWorld) -> None:
    endpoint = world.endpoint(quick=False)
    (event,) = world.announced()
    world.run()
    world.endpoints.remove("bank-a", endpoint.id)

    world.run()

    assert world.calls.calls == []
    assert world.delivery(event, endpoint).status is DeliveryStatus.FAILED


@pytest.mark.parametrize("how", ["removed", "disabled"])
def test_an_endpoint_that_is_removed_in_the_middle_of_a_batch_gets_no_more(world: WebhookWorld, how: str) -> None:
    endpoint = world.endpoint()
    once = threading.Event()

    def during(url: str) -> None:
        if not once.is_set():
            once.set()
            if how == "removed":
                world.endpoints.remove("bank-a", endpoint.id)
            else:
                world.change(endpoint, disabled=DisabledReason.BY_CLIENT)
        time.sleep(1.5)

    world.calls.during = during
    world.announced(2 * CALLS_OF_ONE)

    world.run()

    assert len(world.calls.calls) == CALLS_OF_ONE
    ended = Counter(each.status for each in world.of(endpoint))
    assert ended == {DeliveryStatus.SUCCEEDED: CALLS_OF_ONE, DeliveryStatus.FAILED: CALLS_OF_ONE}


def test_what_a_deadline_cuts_off_is_given_back(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    world.announced(5)

    summary = world.run(within=timedelta(0))

    assert world.calls.calls == []
    assert (summary.claimed, summary.succeeded, summary.unrecorded) == (5, 0, 0)
    assert {(each.retry_at, each.token, each.attempt_count) for each in world.of(endpoint)} == {
        (world.clock(), None, 0)
    }
    assert world.run().succeeded == 5


def test_a_call_that_has_begun_is_recorded_after_the_deadline(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    world.announced(2 * CALLS_OF_ONE)
    world.calls.during = lambda url: time.sleep(1.3)

    summary = world.run(within=SECOND)
    world.calls.during = lambda url: None

    assert summary.succeeded == CALLS_OF_ONE
    assert Counter(each.status for each in world.of(endpoint)) == {
        DeliveryStatus.SUCCEEDED: CALLS_OF_ONE,
        DeliveryStatus.PENDING: CALLS_OF_ONE,
    }
    assert world.run().succeeded == CALLS_OF_ONE


def test_a_call_that_waits_for_a_thread_at_the_deadline_is_given_back() -> None:
    """Otherwise it would begin when another consumer may take its delivery."""
    with ThreadPoolExecutor(2) as two_threads:
        world = WebhookWorld(two_threads)
        for number in range(10):
            world.endpoint(f"hook{number}")
        world.announced()
        world.calls.during = lambda url: time.sleep(1.3)

        summary = world.run(within=SECOND)
        world.calls.during = lambda url: None

        assert (summary.succeeded, len(world.calls.calls)) == (2, 2)
        assert world.run().succeeded == 8
    assert len({each.url for each in world.calls.calls}) == len(world.calls.calls) == 10


def test_an_endpoint_that_hangs_now_and_then_stays_out_of_the_quick_queue(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    world.calls.script.append(WebhookFailure.TIMED_OUT)
    world.announced()
    world.run_all()

    world.clock.advance(SLOW_FOR - SECOND)
    world.announced()
    world.run_all()
    assert not world.endpoints.stored[endpoint.id].quick

    world.clock.advance(2 * SECOND)
    world.announced()
    world.run_all()
    assert world.endpoints.stored[endpoint.id].quick


def test_an_endpoint_that_always_hangs_costs_no_write_at_each_attempt(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    world.calls.always = WebhookFailure.TIMED_OUT
    world.announced(3)
    world.run()
    noted = world.endpoints.stored[endpoint.id]
    world.clock.advance(timedelta(minutes=6))

    world.announced(3)
    world.run_all()

    assert world.endpoints.stored[endpoint.id] is noted


def test_what_cannot_be_claimed_is_delivered_again_by_the_broker(world: WebhookWorld) -> None:
    world.endpoint()
    world.announced()
    messages = world.take()
    for part in (world.events, world.endpoints, world.deliveries):
        part.down = True
        with pytest.raises(StoreUnavailableError):
            world.run(messages)
        part.down = False

    assert world.run(messages).succeeded == 1
    assert len(world.calls.calls) == 1


def test_what_cannot_be_recorded_is_tried_again_after_its_lease(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    (event,) = world.announced()

    def lose(url: str) -> None:
        world.deliveries.down = world.endpoints.down = True

    world.calls.during = lose
    summary = world.run()
    world.calls.during = lambda url: None
    world.deliveries.down = world.endpoints.down = False

    assert (summary.unrecorded, summary.succeeded) == (1, 0)
    assert world.delivery(event, endpoint).token is not None
    world.clock.advance(LEASE)
    world.sweep()
    assert world.run().succeeded == 1
    assert world.called() == [event.id, event.id], "rather twice than never"


def test_metadata_that_cannot_be_read_costs_no_attempt(world: WebhookWorld) -> None:
    endpoint = world.endpoint(metadata=True)
    (event,) = world.announced()
    world.store.down = True

    summary = world.run()

    assert (world.calls.calls, summary.held) == ([], 1)
    delivery = world.delivery(event, endpoint)
    assert (delivery.attempt_count, delivery.token, delivery.retry_at) == (0, None, world.clock() + HELD_FOR)
    world.store.down = False
    world.clock.advance(HELD_FOR)
    assert world.run().succeeded == 1


@pytest.mark.parametrize("answer", [an_answer(), an_answer(500), WebhookFailure.TIMED_OUT])
def test_a_broker_that_is_down_fails_no_delivery(world: WebhookWorld, answer: Any) -> None:
    slow = world.endpoint("slow", quick=False)
    quick = world.endpoint("quick")
    (event,) = world.announced()
    messages = world.take()
    world.queue.down = True
    world.calls.script.append(answer)

    world.run(messages)

    assert world.called(quick) == [event.id]
    world.queue.down = False
    world.announcements._silent_until = 0
    world.clock.advance(timedelta(minutes=1))
    world.sweep()
    world.run_all()
    assert world.delivery(event, slow).status is DeliveryStatus.SUCCEEDED
    assert world.delivery(event, quick).status is DeliveryStatus.SUCCEEDED


def test_a_failure_is_announced_for_its_next_attempt(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    world.calls.always = an_answer(500, "out of order")
    (event,) = world.announced()

    world.run()

    delivery = world.delivery(event, endpoint)
    assert [(each.status, each.answer) for each in delivery.attempts] == [(500, "out of order")]
    assert delivery.retry_at == world.clock() + 5 * SECOND
    ((delay, message),) = world.queue.delayed_webhooks
    assert (delay, message.event_ids, message.endpoint_id) == (5 * SECOND, (event.id,), endpoint.id)


def test_a_wait_that_no_broker_offers_is_left_to_the_sweep(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    world.calls.always = an_answer(500)
    (event,) = world.announced()
    world.run()
    world.clock.advance(5 * SECOND)
    world.run()

    assert world.delivery(event, endpoint).retry_at == world.clock() + timedelta(minutes=5)
    assert world.take() == []


def test_an_endpoint_that_is_gone_is_disabled_and_others_are_told(world: WebhookWorld) -> None:
    gone, other = world.endpoint("gone"), world.endpoint("other", types=(EventType.ENDPOINT_DISABLED,))
    world.calls.script.append(an_answer(410))
    world.announced()

    world.run()
    world.run()

    assert world.endpoints.stored[gone.id].disabled is DisabledReason.GONE
    (call,) = [each for each in world.calls.calls if each.url == other.url]
    assert json.loads(call.body)["data"]["endpointId"] == gone.id
    world.announced()
    world.run()
    assert len(world.called(gone)) == 1


def test_an_endpoint_that_fails_for_days_is_disabled(world: WebhookWorld) -> None:
    endpoint = world.endpoint(failing_since=world.clock() - FAILING_MAX + SECOND)
    world.calls.always = an_answer(500)
    world.announced()
    world.run()
    assert world.endpoints.stored[endpoint.id].disabled is None

    world.clock.advance(SECOND)
    world.announced()
    world.run([each for each in world.take() if each.endpoint_id is None])

    assert world.endpoints.stored[endpoint.id].disabled is DisabledReason.FAILING


def test_a_success_ends_a_failing_time(world: WebhookWorld) -> None:
    endpoint = world.endpoint(failing_since=world.clock() - FAILING_MAX)
    world.announced()

    world.run()

    assert world.endpoints.stored[endpoint.id].failing_since is None


def test_messages_about_unknown_things_are_passed_over(world: WebhookWorld) -> None:
    ours, theirs = world.endpoint("ours"), world.endpoint("theirs", tenant="bank-b")
    (event,) = world.announced()
    world.run()
    messages = [
        *WebhookMessage.about("bank-a", ["evt_0123456789abcdef01234567_2"], lane=WebhookLane.QUICK),
        *WebhookMessage.about("bank-a", [event.id], lane=WebhookLane.SLOW, endpoint_id=theirs.id),
        *WebhookMessage.about("bank-a", [event.id], lane=WebhookLane.SLOW, endpoint_id="ep_" + "0" * 24),
    ]

    summary = world.run(messages)

    assert (summary.messages, summary.claimed) == (3, 0)
    assert (len(world.called(ours)), world.called(theirs)) == (1, [])


def test_an_event_that_no_endpoint_wants_any_more_is_passed_on_to_nobody(world: WebhookWorld) -> None:
    world.announced()

    assert world.run().claimed == 0
    assert world.events.overdue(world.clock() + timedelta(days=1), limit=10) == []


def test_the_longer_an_endpoint_has_failed_the_longer_its_deliveries_are_put_off(world: WebhookWorld) -> None:
    endpoint = world.endpoint("dead", failing_since=world.clock() - timedelta(minutes=10))
    world.calls.always = WebhookFailure.NOT_CONNECTED
    world.announced(100)

    world.run()

    held = [each for each in world.of(endpoint) if not each.attempt_count]
    assert {each.retry_at for each in held} == {world.clock() + timedelta(minutes=10)}
    assert {each.due_at for each in held} == {world.clock() + timedelta(minutes=10)}, "the sweep takes them back"
    announced = {event_id for message in world.take() for event_id in message.event_ids}
    assert announced.isdisjoint(each.event_id for each in held)


@pytest.mark.parametrize("answer", [WebhookFailure.TIMED_OUT, replace(an_answer(500), duration_ms=6_000)])
def test_the_next_attempt_after_a_slow_answer_is_in_the_slow_queue(world: WebhookWorld, answer: Any) -> None:
    world.endpoint()
    world.calls.always = answer
    world.announced()

    world.run()

    ((_, message),) = world.queue.delayed_webhooks
    assert message.lane is WebhookLane.SLOW


def test_a_batch_of_the_quick_queue_hands_over_what_it_cannot_begin_in_time(
    world: WebhookWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wavecom.application.webhooks.deliver.QUICK_LANE_SECONDS", 0.2)
    world.endpoint()
    world.calls.during = lambda _: time.sleep(0.15)
    events = world.announced(10 * CALLS_OF_ONE)

    world.run()

    handed_over = world.queue.webhooks[WebhookLane.SLOW]
    assert 0 < len(world.calls.calls) < len(events)
    assert len(world.calls.calls) + sum(len(each.event_ids) for each in handed_over) == len(events)
    world.run_all()
    assert Counter(world.called()) == Counter(each.id for each in events)


def test_a_fault_of_ours_costs_the_endpoint_nothing(world: WebhookWorld) -> None:
    endpoint = world.endpoint()

    def fail(url: str) -> None:
        raise RuntimeError(url)

    world.calls.during = fail
    events = world.announced(20)
    world.run()

    assert {(each.status, each.attempt_count) for each in world.of(endpoint)} == {(DeliveryStatus.PENDING, 0)}
    assert world.endpoints.stored[endpoint.id].failing_since is None
    world.calls.during = lambda _: None
    world.clock.advance(HELD_FOR)
    world.run_all()
    assert Counter(world.called(endpoint)) == Counter(each.id for each in events)


def test_a_success_meanwhile_keeps_an_endpoint_from_being_disabled(world: WebhookWorld) -> None:
    endpoint = world.endpoint(failing_since=world.clock() - FAILING_MAX)
    world.calls.always = an_answer(500)
    world.calls.during = lambda _: world.endpoints.note_health(endpoint, failing_since=None, quick=True)
    world.announced()

    world.run()

    assert world.endpoints.stored[endpoint.id].disabled is None
