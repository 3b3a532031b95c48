"""Sweeping webhooks: nothing stays behind, and recoveries go on to their end."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import an_event
from tests.fakes.webhook_calls import an_answer
from tests.unit.webhooks import WebhookWorld
from wavecom.application.deadline import Deadline
from wavecom.application.webhooks.sweep import AGAIN_AFTER, BATCH
from wavecom.domain.events.event import FAN_OUT_MARGIN, EventType
from wavecom.domain.queue_messages import WebhookLane, WebhookMessage
from wavecom.domain.webhooks.delivery import LEASE, SWEEP_MARGIN, DeliveryStatus, new_delivery
from wavecom.domain.webhooks.endpoint import DisabledReason, Endpoint, Recovery

SOON = timedelta(milliseconds=1)


@pytest.fixture
def world(executor: ThreadPoolExecutor) -> WebhookWorld:
    return WebhookWorld(executor)


def ids(messages: list[WebhookMessage]) -> set[str]:
    return {event_id for each in messages for event_id in each.event_ids}


def lost(world: WebhookWorld, count: int = 1, **changes) -> list:
    """Store events whose announcement is lost."""
    events = world.announced(count, **changes)
    world.take()
    return events


def test_there_is_nothing_to_do_at_first(world: WebhookWorld) -> None:
    assert not any(world.sweep().values())
    assert world.take() == []


def test_an_event_that_nobody_passed_on_is_announced_after_its_time(world: WebhookWorld) -> None:
    world.endpoint()
    (event,) = lost(world)

    world.clock.advance(FAN_OUT_MARGIN - SOON)
    assert not any(world.sweep().values())
    world.clock.advance(SOON)

    assert world.sweep()["webhook_events"] == 1
    assert ids(world.take()) == {event.id}


def test_what_was_announced_is_not_announced_again_at_once(world: WebhookWorld) -> None:
    world.endpoint()
    lost(world)
    world.clock.advance(FAN_OUT_MARGIN)
    world.sweep()
    world.take()

    world.clock.advance(AGAIN_AFTER - SOON)
    world.sweep()
    assert world.take() == []
    world.clock.advance(SOON)
    world.sweep()
    assert len(world.take()) == 1


def test_events_of_many_tenants_are_announced_apart(world: WebhookWorld) -> None:
    tenants = {f"bank-{number}": lost(world, 30, tenant=f"bank-{number}") for number in range(3)}
    world.clock.advance(FAN_OUT_MARGIN)

    world.sweep()

    messages = world.take()
    for tenant, events in tenants.items():
        assert ids([each for each in messages if each.tenant_id == tenant]) == {each.id for each in events}
    assert {each.lane for each in messages} == {WebhookLane.QUICK}


def test_more_than_a_batch_of_events_is_announced_in_one_sweep(world: WebhookWorld) -> None:
    events = lost(world, 2 * BATCH + 1)
    world.clock.advance(FAN_OUT_MARGIN)

    assert world.sweep()["webhook_events"] == len(events)
    assert ids(world.take()) == {each.id for each in events}


def test_deliveries_that_nobody_moved_are_announced_in_their_lanes(world: WebhookWorld) -> None:
    quick, slow = world.endpoint("quick"), world.endpoint("slow", quick=False)
    event = an_event(world.clock(), due_at=None)
    world.events.add([event])
    world.deliveries.add([new_delivery(event, each.id, world.clock()) for each in (quick, slow)])

    world.clock.advance(SWEEP_MARGIN - SOON)
    assert not any(world.sweep().values())
    world.clock.advance(SOON)
    assert world.sweep()["webhook_deliveries"] == 2

    assert {(each.lane, each.endpoint_id) for each in world.take()} == {
        (WebhookLane.QUICK, quick.id),
        (WebhookLane.SLOW, slow.id),
    }
    assert not any(world.sweep().values())


def test_a_delivery_of_a_consumer_that_died_is_attempted_by_another(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    (event,) = world.announced()
    world.fan_out.claim(world.take())

    world.clock.advance(LEASE)
    world.sweep()
    world.run()

    assert world.called() == [event.id]
    assert world.delivery(event, endpoint).status is DeliveryStatus.SUCCEEDED


def test_a_long_wait_ends_by_the_sweep(world: WebhookWorld) -> None:
    endpoint = world.endpoint()
    world.calls.script += [an_answer(500), an_answer(500)]
    (event,) = world.announced()
    world.run()
    world.clock.advance(timedelta(seconds=5))
    world.run()

    world.clock.advance(timedelta(minutes=5) - SOON)
    assert not any(world.sweep().values())
    world.clock.advance(SOON)
    world.sweep()
    world.run()

    assert world.delivery(event, endpoint).status is DeliveryStatus.SUCCEEDED


def test_deliveries_whose_endpoint_is_gone_have_failed(world: WebhookWorld) -> None:
    endpoint, other = world.endpoint("gone"), world.endpoint("other")
    event = an_event(world.clock(), due_at=None)
    world.events.add([event])
    world.deliveries.add([new_delivery(event, each.id, world.clock()) for each in (endpoint, other)])
    world.endpoints.remove("bank-a", endpoint.id)
    world.clock.advance(SWEEP_MARGIN)

    world.sweep()

    assert world.delivery(event, endpoint).status is DeliveryStatus.FAILED
    assert [each.endpoint_id for each in world.take()] == [other.id]
    world.clock.advance(timedelta(days=1))
    world.sweep()
    assert {each.endpoint_id for each in world.take()} == {other.id}


def test_a_delivery_that_is_attempted_meanwhile_is_left(world: WebhookWorld) -> None:
    world.endpoint(quick=False)
    world.announced()
    world.run()
    claimed = world.fan_out.claim(world.take())
    assert len(claimed) == 1

    world.clock.advance(SWEEP_MARGIN)
    assert not any(world.sweep().values())


def test_a_broker_that_is_down_delays_a_sweep_and_loses_nothing(world: WebhookWorld) -> None:
    world.endpoint()
    (event,) = lost(world)
    world.clock.advance(FAN_OUT_MARGIN)
    world.queue.down = True
    assert world.sweep()["webhook_events"] == 1

    world.queue.down = False
    world.announcements._silent_until = 0
    world.clock.advance(AGAIN_AFTER)
    world.sweep()
    world.run()

    assert world.called() == [event.id]


def test_a_sweep_without_time_does_nothing(world: WebhookWorld) -> None:
    endpoint = recovering(world)
    lost(world)
    world.clock.advance(timedelta(hours=1))

    assert not any(world.sweep(within=timedelta(0)).values())

    assert world.take() == []
    assert world.endpoints.stored[endpoint.id].recovery is not None


def recovering(world: WebhookWorld, **changes) -> Endpoint:
    """Store an endpoint that recovers the last day."""
    recovery = Recovery(since=world.clock() - timedelta(days=1), until=world.clock())
    return world.endpoint(recovery=recovery, **changes)


def past(world: WebhookWorld, count: int, **changes) -> list:
    """Store events of the last hours, passed on long ago."""
    start = world.clock() - timedelta(hours=5)
    events = [an_event(start + SOON * (number // 3), due_at=None, **changes) for number in range(count)]
    world.events.add(events)
    return events


@pytest.mark.parametrize("count", [0, 1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH, 2 * BATCH + 200])
def test_a_recovery_delivers_all_that_was_missed(world: WebhookWorld, count: int) -> None:
    endpoint = recovering(world)
    events = past(world, count)

    world.sweep()
    announced = world.take()
    world.run(announced)

    assert world.endpoints.stored[endpoint.id].recovery is None
    assert sorted(world.called(endpoint)) == sorted(each.id for each in events)
    world.clock.advance(timedelta(days=1))
    world.sweep()
    assert world.take() == []


def test_a_recovery_goes_on_where_a_sweep_had_no_time_for_it(world: WebhookWorld) -> None:
    endpoint = recovering(world)
    events = past(world, BATCH + 10)

    assert world.sweeping._recover(Deadline(timedelta(seconds=30))) == BATCH
    stored = world.endpoints.stored[endpoint.id].recovery
    assert stored is not None
    assert stored.after is not None
    world.sweep()
    world.run()

    assert sorted(world.called(endpoint)) == sorted(each.id for each in events)


def test_a_recovery_delivers_what_failed_or_was_put_off_and_leaves_what_succeeded(world: WebhookWorld) -> None:
    endpoint = recovering(world)
    missed, failed, succeeded, waiting = past(world, 4)
    new = {
        each: new_delivery(event, endpoint.id, world.clock()) for each, event in enumerate((failed, succeeded, waiting))
    }
    world.deliveries.add(
        [
            new[0].ended(DeliveryStatus.FAILED),
            new[1].ended(DeliveryStatus.SUCCEEDED),
            new[2].waiting(world.clock(), timedelta(hours=5)),
        ]
    )

    world.sweep()
    world.run()

    assert sorted(world.called()) == sorted([missed.id, failed.id, waiting.id])
    assert world.delivery(succeeded, endpoint).attempt_count == 0
    assert world.delivery(failed, endpoint).status is DeliveryStatus.SUCCEEDED


def test_a_recovery_keeps_to_its_types_its_tenant_and_its_time(world: WebhookWorld) -> None:
    recovering(world)
    (wanted,) = past(world, 1)
    past(world, 5, type=EventType.NOTIFICATION_SENT)
    past(world, 5, tenant="bank-b")
    world.events.add(
        [an_event(world.clock() + timedelta(days=days), due_at=None) for days in (-2, 1)],
    )

    world.sweep()
    world.run()

    assert world.called() == [wanted.id]


def test_several_recoveries_go_on_side_by_side(world: WebhookWorld) -> None:
    endpoints = [recovering(world, name=f"hook{number}", tenant=f"bank-{number}") for number in range(3)]
    events = [past(world, count, tenant=f"bank-{n}") for n, count in enumerate((3, BATCH + 3, 2 * BATCH))]

    world.sweep()
    world.run()

    for endpoint, of_tenant in zip(endpoints, events, strict=True):
        assert sorted(world.called(endpoint)) == sorted(each.id for each in of_tenant)
    assert world.endpoints.recovering(limit=10) == []


def test_a_recovery_of_a_disabled_endpoint_ends(world: WebhookWorld) -> None:
    endpoint = recovering(world, disabled=DisabledReason.GONE)
    past(world, BATCH)

    world.sweep()

    assert world.take() == []
    assert world.endpoints.stored[endpoint.id].recovery is None


def test_a_recovery_that_was_begun_anew_is_not_ended_by_the_one_before(world: WebhookWorld) -> None:
    endpoint = recovering(world)
    again = Recovery(since=world.clock() - timedelta(days=3), until=world.clock() + SOON)
    world.endpoints.replace(endpoint, replace(endpoint, recovery=again, updated_at=world.clock() + SOON))

    world.sweeping._recover_one(endpoint)

    assert world.endpoints.stored[endpoint.id].recovery == again
