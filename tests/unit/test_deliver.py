"""Delivering batches, against fakes."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.builders import NOON, TIMINGS, failed, message_about, pending, sent
from tests.fakes import as_if_stored
from tests.unit.delivery import LONG, SLOW, World
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Lane, Priority, Status
from wavecom.domain.providers.outcomes import About, PermanentError, TransientError
from wavecom.domain.queue_messages import QueueMessage


def test_a_batch_is_sent_and_recorded(delivery: World) -> None:
    notifications = delivery.waiting(250)

    report = delivery.run(notifications)

    assert {delivery.stored(each).state.status for each in notifications} == {Status.SENT}
    assert len(delivery.email.accepted) == 250
    assert (report.messages, report.claimed, dict(report.by_status)) == (250, 250, {"SENT": 250})


def test_deadline_of_a_notification_goes_to_its_provider(delivery: World) -> None:
    deadline = NOON + timedelta(minutes=5)

    urgent, patient = delivery.waiting(expires_at=deadline) + delivery.waiting()

    delivery.run([urgent, patient])

    accepted = {message.notification_id: message.expires_at for message in delivery.email.accepted}
    assert accepted == {urgent.id: deadline, patient.id: None}


def test_the_trail_of_a_delivery_has_all_four_entries_in_order(delivery: World) -> None:
    stored = as_if_stored(delivery.store, pending())
    delivery.store.trail[stored.id].clear()

    delivery.run([stored])

    assert [entry.status for entry in delivery.store.trail[stored.id]] == [
        Status.QUEUED,
        Status.PROCESSING,
        Status.SENT,
    ]


def test_128_sends_of_200_ms_run_at_once_with_the_breaker_in_place(executor: ThreadPoolExecutor) -> None:
    world = World(executor, SLOW)
    notifications = world.waiting(128)

    started = time.monotonic()
    world.run(notifications)
    took = time.monotonic() - started

    assert len(world.email.accepted) == 128
    assert took < 5, "one after the other they would take 25 seconds"


def test_the_same_message_to_two_consumers_at_once_sends_once(executor: ThreadPoolExecutor) -> None:
    world = World(executor, timedelta(milliseconds=20))
    (notification,) = world.waiting()

    with ThreadPoolExecutor(20) as consumers:
        list(consumers.map(lambda _: world.run([notification]), range(20)))

    assert len(world.email.accepted) == 1


def test_a_message_faster_than_its_senders_record_of_queued_is_not_lost(delivery: World, monkeypatch) -> None:
    notifications = [as_if_stored(delivery.store, pending()) for _ in range(3)]
    get_many = delivery.store.get_many

    def then_the_sender_records(ids):
        found = get_many(ids)
        delivery.store.save(
            [lifecycle.enqueue(each, at=NOON, timings=TIMINGS) for each in found if each.state.sequence == 1]
        )
        return found

    monkeypatch.setattr(delivery.store, "get_many", then_the_sender_records)

    delivery.run(notifications)

    assert {delivery.stored(each).state.status for each in notifications} == {Status.SENT}
    assert len(delivery.email.accepted) == 3


def test_a_batch_with_a_message_twice_sends_once(delivery: World) -> None:
    (notification,) = delivery.waiting()

    delivery.run([notification, notification])

    assert len(delivery.email.accepted) == 1


def test_messages_about_finished_unknown_or_forged_notifications_send_nothing(delivery: World) -> None:
    finished = [as_if_stored(delivery.store, sent()), as_if_stored(delivery.store, failed())]
    forged = QueueMessage(notification_id="0" * 24, lane=Lane.HIGH, retry_count=7)

    report = delivery.deliver.deliver([*map(message_about, finished), forged], LONG)

    assert report.claimed == 0
    assert delivery.email.accepted == []


def test_a_transient_failure_is_retried_through_the_delay_queue(delivery: World) -> None:
    (notification,) = delivery.waiting(recipient="flaky@example.com")
    delivery.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]

    delivery.run([notification])

    assert delivery.stored(notification).state.status is Status.RETRYING
    ((delay, message),) = delivery.queue.delayed
    assert delay == timedelta(seconds=5)
    assert message.retry_count == 1

    delivery.clock.advance(delay)
    delivery.deliver.deliver([message], LONG)

    assert delivery.stored(notification).state.status is Status.SENT
    assert delivery.stored(notification).state.retry_count == 1


def test_the_delay_is_whole_however_long_recording_took(delivery: World, monkeypatch) -> None:
    (notification,) = delivery.waiting(recipient="flaky@example.com")
    delivery.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    save = delivery.store.save

    def slow_save(changes):
        delivery.clock.advance(timedelta(milliseconds=40))
        return save(changes)

    monkeypatch.setattr(delivery.store, "save", slow_save)

    delivery.run([notification])

    assert [delay for delay, _ in delivery.queue.delayed] == [timedelta(seconds=5)]


def test_a_late_copy_of_an_earlier_message_does_not_cut_the_backoff_short(delivery: World) -> None:
    (notification,) = delivery.waiting(recipient="flaky@example.com")
    delivery.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    delivery.run([notification])

    delivery.run([notification])

    assert delivery.email.accepted == []


def test_a_permanent_refusal_goes_to_the_dead_letters(delivery: World) -> None:
    (notification,) = delivery.waiting(recipient="gone@example.com")
    delivery.email.answers["gone@example.com"] = [PermanentError("no such user", code="5.1.1", about=About.RECIPIENT)]

    delivery.run([notification])

    assert delivery.stored(notification).state.status is Status.FAILED
    assert [message.notification_id for message in delivery.queue.dead] == [notification.id]


def test_of_two_messages_about_one_notification_the_later_retry_counts(delivery: World) -> None:
    (notification,) = delivery.waiting(recipient="flaky@example.com")
    delivery.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    delivery.run([notification])
    delivery.clock.advance(timedelta(seconds=5))
    fresh, stale = message_about(delivery.stored(notification)), message_about(notification)

    delivery.deliver.deliver([fresh, stale], LONG)

    assert delivery.stored(notification).state.status is Status.SENT


def test_forged_message_with_a_higher_retry_count_does_not_shadow_the_genuine_one(delivery: World) -> None:
    (notification,) = delivery.waiting(recipient="flaky@example.com")
    delivery.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    delivery.run([notification])
    delivery.clock.advance(timedelta(seconds=5))
    genuine = message_about(delivery.stored(notification))
    forged = [genuine.model_copy(update={"retry_count": count}) for count in (0, 2, 3, 99)]

    delivery.deliver.deliver([*forged, genuine], LONG)

    assert delivery.stored(notification).state.status is Status.SENT
    assert len(delivery.email.accepted) == 1


def test_an_expired_notification_is_not_sent(delivery: World) -> None:
    (notification,) = delivery.waiting(expires_at=NOON + timedelta(seconds=1))
    delivery.clock.advance(timedelta(seconds=2))

    delivery.run([notification])

    assert delivery.stored(notification).state.status is Status.EXPIRED
    assert delivery.email.accepted == []


def test_it_tells_how_long_the_oldest_message_of_each_lane_had_waited(delivery: World) -> None:
    older = delivery.waiting(priority=Priority.HIGH)
    delivery.clock.advance(timedelta(seconds=3))
    newer = delivery.waiting(2, priority=Priority.LOW)
    delivery.clock.advance(timedelta(seconds=4))

    report = delivery.run([*older, *newer])

    assert report.waited == {Lane.HIGH: timedelta(seconds=7), Lane.STANDARD: timedelta(seconds=4)}


def test_a_retry_waits_on_purpose(delivery: World) -> None:
    (notification,) = delivery.waiting(recipient="flaky@example.com")
    delivery.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    delivery.run([notification])
    delivery.clock.advance(timedelta(seconds=5))

    assert delivery.run([delivery.stored(notification)]).waited == {}
