"""Delivering batches, against fakes."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.builders import NOON, TIMINGS, ManualClock, failed, message_about, pending, queued, sent
from tests.fakes import FakeProvider, FakeQueue, FakeStore, as_if_stored
from wavecom.adapters.breaker import FAILURES_TO_OPEN, OPEN_FOR, MemoryBreakerStates, PyBreakers
from wavecom.application.deadline import Deadline
from wavecom.application.deliver import Deliver
from wavecom.domain import lifecycle
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.messages import QueueMessage
from wavecom.domain.notification import Channel, Lane, Notification, Status
from wavecom.domain.outcomes import PermanentError, RateLimitedError, TransientError, UnknownOutcomeError

LONG = Deadline(timedelta(hours=1))
SLOW = timedelta(milliseconds=200)


class World:
    """A deliver function and everything around it."""

    def __init__(self, executor: ThreadPoolExecutor, takes: timedelta = timedelta(0)) -> None:
        self.clock = ManualClock()
        self.store = FakeStore()
        self.queue = FakeQueue()
        self.email = FakeProvider("email", Channel.EMAIL, takes)
        self.sms = FakeProvider("sms", Channel.SMS, takes)
        self.breakers = PyBreakers(MemoryBreakerStates(), self.clock)
        self.deliver = Deliver(
            store=self.store,
            queue=self.queue,
            breakers=self.breakers,
            providers={Channel.EMAIL: [self.email], Channel.SMS: [self.sms]},
            executor=executor,
            clock=self.clock,
            timings=TIMINGS,
        )

    def waiting(self, count: int = 1, **changes) -> list[Notification]:
        return [as_if_stored(self.store, queued(self.clock.at, **changes)) for _ in range(count)]

    def run(self, notifications: list[Notification], deadline: Deadline = LONG):
        return self.deliver([message_about(each) for each in notifications], deadline)

    def stored(self, notification: Notification) -> Notification:
        return self.store.notifications[notification.id]


@pytest.fixture(scope="module")
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(128) as executor:
        yield executor


@pytest.fixture
def world(executor: ThreadPoolExecutor) -> World:
    return World(executor)


def test_a_batch_is_sent_and_recorded(world: World) -> None:
    notifications = world.waiting(250)

    report = world.run(notifications)

    assert {world.stored(each).status for each in notifications} == {Status.SENT}
    assert len(world.email.accepted) == 250
    assert (report.messages, report.claimed, dict(report.by_status)) == (250, 250, {"SENT": 250})


def test_the_trail_of_a_delivery_has_all_four_entries_in_order(world: World) -> None:
    stored = as_if_stored(world.store, pending())
    world.store.trail[stored.id].clear()

    world.run([stored])

    assert [entry.status for entry in world.store.trail[stored.id]] == [
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
    assert took < 1.0, "one after the other they would take 25 seconds"


def test_the_same_message_to_two_consumers_at_once_sends_once(executor: ThreadPoolExecutor) -> None:
    world = World(executor, timedelta(milliseconds=20))
    (notification,) = world.waiting()

    with ThreadPoolExecutor(20) as consumers:
        list(consumers.map(lambda _: world.run([notification]), range(20)))

    assert len(world.email.accepted) == 1


def test_a_message_faster_than_its_senders_record_of_queued_is_not_lost(world: World, monkeypatch) -> None:
    notifications = [as_if_stored(world.store, pending()) for _ in range(3)]
    get_many = world.store.get_many

    def then_the_sender_records(ids):
        found = get_many(ids)
        world.store.save([lifecycle.enqueue(each, at=NOON, timings=TIMINGS) for each in found if each.sequence == 1])
        return found

    monkeypatch.setattr(world.store, "get_many", then_the_sender_records)

    world.run(notifications)

    assert {world.stored(each).status for each in notifications} == {Status.SENT}
    assert len(world.email.accepted) == 3


def test_a_batch_with_a_message_twice_sends_once(world: World) -> None:
    (notification,) = world.waiting()

    world.run([notification, notification])

    assert len(world.email.accepted) == 1


def test_messages_about_finished_unknown_or_forged_notifications_send_nothing(world: World) -> None:
    finished = [as_if_stored(world.store, sent()), as_if_stored(world.store, failed())]
    forged = QueueMessage(notification_id="0" * 24, lane=Lane.HIGH, retry_count=7)

    report = world.deliver([*map(message_about, finished), forged], LONG)

    assert report.claimed == 0
    assert world.email.accepted == []


def test_a_transient_failure_is_retried_through_the_delay_queue(world: World) -> None:
    (notification,) = world.waiting(recipient="flaky@example.com")
    world.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]

    world.run([notification])

    assert world.stored(notification).status is Status.RETRYING
    ((delay, message),) = world.queue.delayed
    assert delay == timedelta(seconds=5)
    assert message.retry_count == 1

    world.clock.advance(delay)
    world.deliver([message], LONG)

    assert world.stored(notification).status is Status.SENT
    assert world.stored(notification).retry_count == 1


def test_the_delay_is_whole_however_long_recording_took(world: World, monkeypatch) -> None:
    (notification,) = world.waiting(recipient="flaky@example.com")
    world.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    save = world.store.save

    def slow_save(changes):
        world.clock.advance(timedelta(milliseconds=40))
        return save(changes)

    monkeypatch.setattr(world.store, "save", slow_save)

    world.run([notification])

    assert [delay for delay, _ in world.queue.delayed] == [timedelta(seconds=5)]


def test_a_late_copy_of_an_earlier_message_does_not_cut_the_backoff_short(world: World) -> None:
    (notification,) = world.waiting(recipient="flaky@example.com")
    world.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    world.run([notification])

    world.run([notification])

    assert world.email.accepted == []


def test_a_permanent_refusal_goes_to_the_dead_letters(world: World) -> None:
    (notification,) = world.waiting(recipient="gone@example.com")
    world.email.answers["gone@example.com"] = [PermanentError("no such user", code="5.1.1")]

    world.run([notification])

    assert world.stored(notification).status is Status.FAILED
    assert [message.notification_id for message in world.queue.dead] == [notification.id]


def test_one_bad_notification_does_not_hold_up_the_others(world: World) -> None:
    world.email.answers["odd@example.com"] = [ValueError("a bug")]
    good, odd = world.waiting(5), world.waiting(recipient="odd@example.com")

    world.run([*odd, *good])

    assert {world.stored(each).status for each in good} == {Status.SENT}
    assert world.stored(odd[0]).attempts[0].outcome == "unknown"


def test_ten_failures_in_a_row_open_the_breaker_and_then_no_call_is_made(world: World) -> None:
    recipients = [f"r{index}@example.com" for index in range(FAILURES_TO_OPEN)]
    world.email.answers = {each: [TransientError("down", code="down")] for each in recipients}
    world.run([world.waiting(recipient=each)[0] for each in recipients])

    refused, other_channel = world.waiting(3), world.waiting(recipient="+12025550123", channel=Channel.SMS)
    world.run([*refused, *other_channel])

    assert world.email.accepted == []
    assert {(world.stored(each).status, world.stored(each).retry_count) for each in refused} == {(Status.RETRYING, 0)}
    assert world.stored(other_channel[0]).status is Status.SENT


def test_after_thirty_seconds_one_trial_goes_through_and_closes_the_breaker(world: World) -> None:
    world.breakers.record("email", [False] * FAILURES_TO_OPEN)
    world.clock.advance(OPEN_FOR)

    world.run(world.waiting(20))
    after_trial = len(world.email.accepted)
    world.run(world.waiting(20))

    assert after_trial == 1
    assert len(world.email.accepted) == 21


def test_refusals_and_rate_limits_do_not_open_the_breaker(world: World) -> None:
    recipients = [f"r{index}@example.com" for index in range(40)]
    for index, recipient in enumerate(recipients):
        error = PermanentError("no", code="no") if index % 2 else RateLimitedError("slow down", code="429")
        world.email.answers[recipient] = [error]

    world.run([world.waiting(recipient=each)[0] for each in recipients])

    assert world.breakers.permits(["email"])["email"].calls is None


def test_unknown_outcomes_open_the_breaker(world: World) -> None:
    recipients = [f"r{index}@example.com" for index in range(FAILURES_TO_OPEN)]
    world.email.answers = {each: [UnknownOutcomeError("timeout", code="timeout")] for each in recipients}

    world.run([world.waiting(recipient=each)[0] for each in recipients])

    assert world.breakers.permits(["email"])["email"].calls == 0


def test_what_is_not_begun_in_time_goes_back_unspent(executor: ThreadPoolExecutor) -> None:
    world = World(executor, SLOW)
    notifications = world.waiting(500)

    report = world.run(notifications, Deadline(timedelta(milliseconds=50)))

    statuses = [world.stored(each).status for each in notifications]
    begun = len(world.email.accepted)
    assert 0 < begun < 500
    assert statuses.count(Status.SENT) == begun
    assert statuses.count(Status.RETRYING) == 500 - begun
    assert all(world.stored(each).retry_count == 0 for each in notifications)
    assert len(world.queue.lanes[Lane.HIGH]) == 500 - begun
    assert report.unrecorded == 0


def test_no_send_begins_when_its_lease_has_little_left(world: World, monkeypatch) -> None:
    (notification,) = world.waiting()
    times = iter([NOON, *[NOON + TIMINGS.begin_within] * 10])
    monkeypatch.setattr(ManualClock, "__call__", lambda _: next(times))

    world.run([notification])

    assert world.email.accepted == []
    assert world.stored(notification).status is Status.RETRYING


def test_when_nothing_can_be_claimed_the_broker_is_told(world: World) -> None:
    notifications = world.waiting(2)
    world.store.down = True

    with pytest.raises(StoreUnavailableError):
        world.run(notifications)


def test_what_was_claimed_is_sent_though_the_database_fails_before_the_rest(world: World, monkeypatch) -> None:
    claimed_first, moved = world.waiting()[0], world.waiting()[0]
    get_many, save = world.store.get_many, world.store.save
    reads = []

    def fails_at_the_second_look(ids):
        reads.append(list(ids))
        if len(reads) == 2:
            raise StoreUnavailableError("down")
        return get_many(reads[-1])

    def somebody_was_faster(changes):
        return save([change for change in changes if change.after.id != moved.id or len(reads) != 1])

    monkeypatch.setattr(world.store, "get_many", fails_at_the_second_look)
    monkeypatch.setattr(world.store, "save", somebody_was_faster)

    world.run([claimed_first, moved])

    assert world.stored(claimed_first).status is Status.SENT
    assert world.stored(moved).status is Status.QUEUED


def test_a_database_that_fails_while_recording_leaves_it_to_the_lease(world: World, monkeypatch) -> None:
    notifications = world.waiting(2)
    save, calls = world.store.save, []

    def fails_after_the_claim(changes):
        calls.append(changes)
        if len(calls) > 1:
            raise StoreUnavailableError("down")
        return save(changes)

    monkeypatch.setattr(world.store, "save", fails_after_the_claim)

    report = world.run(notifications)

    assert report.unrecorded == 2
    assert {world.stored(each).status for each in notifications} == {Status.PROCESSING}


def test_a_broker_that_is_down_loses_no_retry(world: World) -> None:
    (notification,) = world.waiting(recipient="flaky@example.com")
    world.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    world.queue.down = True

    world.run([notification])

    stored = world.stored(notification)
    assert stored.status is Status.RETRYING
    assert stored.due_at == NOON + timedelta(seconds=5) + TIMINGS.retry_margin


def test_copies_of_a_deferred_message_do_not_multiply(world: World) -> None:
    (notification,) = world.waiting()
    world.breakers.record("email", [False] * FAILURES_TO_OPEN)

    for _ in range(5):
        world.run([notification])

    assert len(world.queue.delayed) == 1
    assert world.stored(notification).sequence == notification.sequence + 2


def test_of_two_messages_about_one_notification_the_later_retry_counts(world: World) -> None:
    (notification,) = world.waiting(recipient="flaky@example.com")
    world.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    world.run([notification])
    world.clock.advance(timedelta(seconds=5))
    fresh, stale = message_about(world.stored(notification)), message_about(notification)

    world.deliver([fresh, stale], LONG)

    assert world.stored(notification).status is Status.SENT


def test_an_outcome_whose_answer_was_lost_still_has_its_dead_letter(world: World, monkeypatch) -> None:
    (notification,) = world.waiting(recipient="gone@example.com")
    world.email.answers["gone@example.com"] = [PermanentError("no such user", code="5.1.1")]
    save, calls = world.store.save, []

    def written_but_unanswered(changes):
        calls.append(changes)
        saved = save(changes)
        if len(calls) == 2:
            raise StoreUnavailableError("the answer was lost")
        return saved

    monkeypatch.setattr(world.store, "save", written_but_unanswered)

    report = world.run([notification])

    assert [message.notification_id for message in world.queue.dead] == [notification.id]
    assert report.unrecorded == 0


def test_a_stray_exception_is_logged_without_its_text(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.email.answers["odd@example.com"] = [ValueError("could not send to odd@example.com")]

    world.run(world.waiting(recipient="odd@example.com"))

    assert "ValueError" in str([record.__dict__ for record in caplog.records])
    assert "odd@example.com" not in str([record.__dict__ for record in caplog.records])


def test_an_expired_notification_is_not_sent(world: World) -> None:
    (notification,) = world.waiting(expires_at=NOON + timedelta(seconds=1))
    world.clock.advance(timedelta(seconds=2))

    world.run([notification])

    assert world.stored(notification).status is Status.EXPIRED
    assert world.email.accepted == []
