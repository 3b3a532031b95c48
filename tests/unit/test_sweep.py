"""Taking back what nobody moved in time."""

from datetime import timedelta

import pytest

from tests.builders import NOON, TIMINGS, ManualClock, a_result, begun, claimed, message_about, pending, queued
from tests.fakes import FakeKeptReports, FakeQueue, FakeStore, FakeSuppressions, FakeSystem, as_if_stored
from wavecom.application.deadline import Deadline
from wavecom.application.recover.sweep import Sweep
from wavecom.application.reports.receive import APPLY_AGAIN_AFTER, Receive
from wavecom.domain.errors import QueueUnavailableError, StoreUnavailableError
from wavecom.domain.notifications import settlement
from wavecom.domain.notifications.enums import Lane, OnUnknown, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport

LONG = Deadline(timedelta(hours=1))
HOUR = timedelta(hours=1)


class World:
    """A sweep and everything around it, an hour after noon."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON + HOUR)
        self.store = FakeStore()
        self.queue = FakeQueue()
        self.system = FakeSystem()
        self.kept = FakeKeptReports()
        self.sweep = Sweep(
            store=self.store,
            counters=self.store.counters,
            queue=self.queue,
            receive=Receive(store=self.store, suppressions=FakeSuppressions(), kept=self.kept, clock=self.clock),
            system=self.system,
            clock=self.clock,
            timings=TIMINGS,
        )

    def stored(self, notification: Notification) -> Notification:
        return self.store.notifications[notification.id]


@pytest.fixture
def world() -> World:
    return World()


def test_a_pending_notification_that_was_never_published_is_queued(world: World) -> None:
    lost = as_if_stored(world.store, pending())

    world.sweep.sweep(LONG)

    assert world.stored(lost).state.status is Status.QUEUED
    assert [message.notification_id for message in world.queue.take(Lane.HIGH)] == [lost.id]


def test_a_scheduled_notification_is_queued_when_its_time_has_come_and_not_before(world: World) -> None:
    now = as_if_stored(world.store, pending(scheduled_at=NOON + HOUR))
    later = as_if_stored(world.store, pending(scheduled_at=NOON + HOUR + timedelta(seconds=1)))

    world.sweep.sweep(LONG)

    assert world.stored(now).state.status is Status.QUEUED
    assert world.stored(later).state.status is Status.PENDING


def test_a_queued_notification_whose_message_was_lost_is_published_again(world: World) -> None:
    lost = as_if_stored(world.store, queued())

    world.sweep.sweep(LONG)

    assert [message.notification_id for message in world.queue.take(Lane.HIGH)] == [lost.id]
    assert world.stored(lost).state.due_at == NOON + HOUR + TIMINGS.queued
    assert world.stored(lost).state.sequence == lost.state.sequence, "no status change, no audit entry"


def test_a_lane_that_still_holds_messages_is_not_fed(world: World) -> None:
    world.clock.at = NOON + TIMINGS.queued
    waiting = as_if_stored(world.store, queued())
    world.queue.publish([message_about(queued())])

    world.sweep.sweep(LONG)

    assert len(world.queue.take(Lane.HIGH)) == 1
    assert world.stored(waiting).state.due_at == NOON + 2 * TIMINGS.queued


def test_a_lane_that_never_runs_dry_hides_a_lost_message_only_for_a_while(world: World) -> None:
    world.clock.at = NOON + TIMINGS.stale_after
    lost = as_if_stored(world.store, queued())
    world.queue.publish([message_about(queued())])

    world.sweep.sweep(LONG)

    assert lost.id in {message.notification_id for message in world.queue.take(Lane.HIGH)}


def test_a_retry_whose_message_was_lost_is_published_again(world: World) -> None:
    retrying = settlement.settle(claimed(), a_result(Outcome.TRANSIENT), at=NOON, timings=TIMINGS).after
    as_if_stored(world.store, retrying)

    world.sweep.sweep(LONG)

    ((message),) = world.queue.take(Lane.HIGH)
    assert (message.notification_id, message.retry_count) == (retrying.id, 1)


def test_a_notification_of_a_dead_consumer_is_retried_or_held(world: World) -> None:
    resend = as_if_stored(world.store, begun(claimed()))
    hold = as_if_stored(world.store, begun(claimed(on_unknown=OnUnknown.HOLD)))

    world.sweep.sweep(LONG)

    assert world.stored(resend).state.status is Status.RETRYING
    assert [message.notification_id for _, message in world.queue.delayed] == [resend.id]
    assert world.stored(hold).state.status is Status.FAILED
    assert [message.notification_id for message in world.queue.dead] == [hold.id]


def test_a_lease_that_still_holds_is_respected(world: World) -> None:
    held = as_if_stored(world.store, claimed(NOON + HOUR))

    world.sweep.sweep(LONG)

    assert world.stored(held).state.status is Status.PROCESSING


def test_what_passed_its_deadline_expires(world: World) -> None:
    expired = as_if_stored(world.store, queued(expires_at=NOON + timedelta(minutes=1)))

    world.sweep.sweep(LONG)

    assert world.stored(expired).state.status is Status.EXPIRED
    assert world.queue.take(Lane.HIGH) == []


def test_while_the_broker_is_down_it_tries_again_within_seconds(world: World) -> None:
    lost = as_if_stored(world.store, pending())
    world.queue.down = True

    world.sweep.sweep(LONG)

    assert world.stored(lost).state.status is Status.PENDING
    assert world.stored(lost).state.due_at == NOON + HOUR + TIMINGS.pending


def test_a_lane_whose_depth_nobody_knows_is_not_fed(world: World, monkeypatch) -> None:
    world.clock.at = NOON + TIMINGS.queued
    as_if_stored(world.store, queued())

    def unknown() -> dict[str, int]:
        raise QueueUnavailableError("no answer")

    monkeypatch.setattr(world.queue, "depths", unknown)

    world.sweep.sweep(LONG)

    assert world.queue.take(Lane.HIGH) == []


def test_it_takes_back_more_than_one_batch(world: World) -> None:
    for _ in range(1200):
        as_if_stored(world.store, pending())

    world.sweep.sweep(LONG)

    assert len(world.queue.take(Lane.HIGH)) == 1200
    assert {each.state.status for each in world.store.notifications.values()} == {Status.QUEUED}


def test_it_stops_when_its_time_is_over_and_says_that_it_ran(world: World) -> None:
    lost = as_if_stored(world.store, pending())

    world.sweep.sweep(Deadline(timedelta(0)))

    assert world.stored(lost).state.status is Status.PENDING
    assert world.system.beats["sweep"] == NOON + HOUR


def test_a_database_that_refuses_writes_does_not_make_it_flood_the_lanes(world: World, monkeypatch) -> None:
    for _ in range(20):
        as_if_stored(world.store, pending())

    def refuse(changes) -> list:
        if changes:
            raise StoreUnavailableError("read-only")
        return []

    monkeypatch.setattr(world.store, "save", refuse)

    world.sweep.sweep(Deadline(timedelta(seconds=1)))

    assert len(world.queue.take(Lane.HIGH)) == 20


def test_early_reports_are_applied_however_many_there_are(world: World) -> None:
    notifications = [as_if_stored(world.store, claimed(world.clock.at)) for _ in range(1100)]
    for each in notifications:
        report = DeliveryReport(
            notification_id=each.id,
            provider="simulated-email",
            delivery_outcome=DeliveryOutcome.DELIVERED,
            reason=None,
            suppression_reason=None,
            at=world.clock.at,
        )
        world.sweep.receive.receive([report])
    for each in notifications:
        result = a_result(Outcome.ACCEPTED)
        world.store.save([settlement.settle(each, result, at=world.clock.at, timings=TIMINGS)])
    world.clock.advance(APPLY_AGAIN_AFTER)

    done = world.sweep.sweep(LONG)

    assert done["reported"] == 1100
    assert {world.stored(each).state.status for each in notifications} == {Status.DELIVERED}


def test_what_was_reported_during_its_last_attempt_is_settled_and_does_not_expire(world: World) -> None:
    under_way = begun(claimed(expires_at=NOON + timedelta(seconds=3)), "simulated-email", idempotent=False)
    change = settlement.settle(under_way, a_result(Outcome.UNKNOWN), at=NOON + timedelta(seconds=1), timings=TIMINGS)
    in_doubt = as_if_stored(world.store, change.after)
    report = DeliveryReport(
        notification_id=in_doubt.id,
        provider="simulated-email",
        delivery_outcome=DeliveryOutcome.ACCEPTED,
        reason=None,
        suppression_reason=None,
        at=NOON,
    )
    world.kept.keep([report], at=NOON, until=NOON + 2 * HOUR)

    world.sweep.sweep(LONG)

    assert world.stored(in_doubt).state.status is Status.SENT
