"""Delivering while time, the database, the broker or a provider fails."""

import itertools
from datetime import timedelta

import pytest

from tests.builders import NOON, TIMINGS, ManualClock, message_about, pending
from tests.fakes import FakeProvider
from tests.unit.delivery import World, brief
from wavecom.application.deadline import Deadline
from wavecom.application.deliver.select import ChannelProvider
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.ledger.totals import Totals
from wavecom.domain.notifications.enums import Channel, Lane, OnUnknown, Status
from wavecom.domain.providers.outcomes import About, PermanentError, TransientError


class DeadlineAfter(Deadline):
    """A deadline that passes once it was asked for so often, before and within each send."""

    def __init__(self, times: int) -> None:
        self._asked = itertools.count()
        self._times = times

    def passed(self) -> bool:
        return next(self._asked) >= self._times


def test_what_is_not_begun_in_time_goes_back_unspent(delivery: World) -> None:
    notifications = delivery.waiting(500)

    report = delivery.run(notifications, DeadlineAfter(times=128 + 120))

    statuses = [delivery.stored(each).state.status for each in notifications]
    sent = len(delivery.email.accepted)
    assert 0 < sent <= 120, "of the first 128 that were begun, some came too late"
    assert statuses.count(Status.SENT) == sent
    assert statuses.count(Status.RETRYING) == 500 - sent
    assert all(delivery.stored(each).state.retry_count == 0 for each in notifications)
    assert len(delivery.queue.lanes[Lane.HIGH]) == 500 - sent
    assert report.unrecorded == 0


def test_no_send_begins_when_its_lease_has_little_left(delivery: World, monkeypatch) -> None:
    (notification,) = delivery.waiting()
    times = iter([NOON, *[NOON + TIMINGS.begin_within] * 10])
    monkeypatch.setattr(ManualClock, "__call__", lambda _: next(times))

    delivery.run([notification])

    assert delivery.email.accepted == []
    assert delivery.stored(notification).state.status is Status.RETRYING


def test_a_message_faster_than_the_commit_of_its_notification_is_waited_for(delivery: World, monkeypatch) -> None:
    there, late = delivery.waiting(2)
    get_many = delivery.store.get_many
    looks = itertools.count()
    monkeypatch.setattr(
        delivery.store,
        "get_many",
        lambda ids: [each for each in get_many(ids) if each.id == there.id or next(looks) > 1],
    )

    report = delivery.run([there, late])

    assert report.claimed == 2
    assert {delivery.stored(each).state.status for each in (there, late)} == {Status.SENT}
    assert delivery.queue.delayed == []


@pytest.mark.parametrize("made", [NOON, NOON - timedelta(seconds=59), NOON + timedelta(seconds=10)])
def test_a_message_whose_notification_is_still_not_stored_comes_again(delivery: World, made) -> None:
    (there,) = delivery.waiting()
    coming = pending(at=made)

    report = delivery.run([there, coming, coming])

    assert (report.claimed, report.early) == (1, 1)
    assert delivery.stored(there).state.status is Status.SENT, "the others do not wait for it"
    assert delivery.queue.delayed == [(timedelta(seconds=5), message_about(coming))]


def test_a_database_that_fails_while_it_is_waited_for_does_not_stop_the_others(delivery: World, monkeypatch) -> None:
    (there,) = delivery.waiting()
    get_many, looks = delivery.store.get_many, itertools.count()

    def once(ids):
        if next(looks):
            raise StoreUnavailableError("MongoDB does not answer")
        return get_many(ids)

    monkeypatch.setattr(delivery.store, "get_many", once)

    delivery.run([there, pending()])

    assert delivery.stored(there).state.status is Status.SENT
    assert len(delivery.queue.delayed) == 1


@pytest.mark.parametrize(
    "made", [NOON - timedelta(seconds=61), NOON + timedelta(seconds=61), NOON + timedelta(days=400)]
)
def test_a_message_of_what_never_came_to_be_is_dropped(delivery: World, made) -> None:
    delivery.run([pending(at=made)])

    assert delivery.queue.delayed == []


def test_a_broker_that_is_down_does_not_stop_the_others_when_a_message_is_early(delivery: World) -> None:
    (there,) = delivery.waiting()
    delivery.queue.down = True

    delivery.run([there, pending()])

    assert delivery.stored(there).state.status is Status.SENT


def test_when_nothing_can_be_claimed_the_broker_is_told(delivery: World) -> None:
    notifications = delivery.waiting(2)
    delivery.store.down = True

    with pytest.raises(StoreUnavailableError):
        delivery.run(notifications)


def test_what_was_claimed_is_sent_though_the_database_fails_before_the_rest(delivery: World, monkeypatch) -> None:
    claimed_first, moved = delivery.waiting()[0], delivery.waiting()[0]
    get_many, save = delivery.store.get_many, delivery.store.save
    reads = []

    def fails_at_the_second_look(ids):
        reads.append(list(ids))
        if len(reads) == 2:
            raise StoreUnavailableError("down")
        return get_many(reads[-1])

    def somebody_was_faster(changes):
        return save([change for change in changes if change.after.id != moved.id or len(reads) != 1])

    monkeypatch.setattr(delivery.store, "get_many", fails_at_the_second_look)
    monkeypatch.setattr(delivery.store, "save", somebody_was_faster)

    delivery.run([claimed_first, moved])

    assert delivery.stored(claimed_first).state.status is Status.SENT
    assert delivery.stored(moved).state.status is Status.QUEUED


def test_a_database_that_fails_while_recording_leaves_it_to_the_lease(delivery: World, monkeypatch) -> None:
    notifications = delivery.waiting(2)
    save, calls = delivery.store.save, []

    def fails_after_the_claim(changes):
        calls.append(changes)
        if len(calls) > 1:
            raise StoreUnavailableError("down")
        return save(changes)

    monkeypatch.setattr(delivery.store, "save", fails_after_the_claim)

    report = delivery.run(notifications, brief())

    assert report.unrecorded == 2
    assert {delivery.stored(each).state.status for each in notifications} == {Status.PROCESSING}


def test_a_broker_that_is_down_loses_no_retry(delivery: World) -> None:
    (notification,) = delivery.waiting(recipient="flaky@example.com")
    delivery.email.answers["flaky@example.com"] = [TransientError("busy", code="busy")]
    delivery.queue.down = True

    delivery.run([notification])

    stored = delivery.stored(notification)
    assert stored.state.status is Status.RETRYING
    assert stored.state.due_at == NOON + timedelta(seconds=5) + TIMINGS.retry_margin


def test_batch_that_lost_every_claim_before_the_database_went_away_comes_again(
    delivery: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = delivery.waiting(2)
    get_many = delivery.store.get_many
    reads = itertools.count()

    def read_once(ids):
        if next(reads) > 0:
            raise StoreUnavailableError("away")
        return get_many(ids)

    monkeypatch.setattr(delivery.store, "get_many", read_once)
    monkeypatch.setattr(delivery.store, "save", lambda changes: [])

    with pytest.raises(StoreUnavailableError):
        delivery.run(moved, brief())


def test_an_outcome_whose_answer_was_lost_still_has_its_dead_letter(delivery: World, monkeypatch) -> None:
    (notification,) = delivery.waiting(recipient="gone@example.com")
    delivery.email.answers["gone@example.com"] = [PermanentError("no such user", code="5.1.1", about=About.RECIPIENT)]
    save, calls = delivery.store.save, []

    def written_but_unanswered(changes):
        calls.append(changes)
        saved = save(changes)
        if len(calls) == 2:
            raise StoreUnavailableError("the answer was lost")
        return saved

    monkeypatch.setattr(delivery.store, "save", written_but_unanswered)

    report = delivery.run([notification])

    assert [message.notification_id for message in delivery.queue.dead] == [notification.id]
    assert report.unrecorded == 0


def test_a_stray_exception_is_logged_without_its_text(delivery: World, caplog: pytest.LogCaptureFixture) -> None:
    delivery.email.answers["odd@example.com"] = [ValueError("could not send to odd@example.com")]

    delivery.run(delivery.waiting(recipient="odd@example.com"))

    assert "ValueError" in str([record.__dict__ for record in caplog.records])
    assert "odd@example.com" not in str([record.__dict__ for record in caplog.records])


def test_one_bad_notification_does_not_hold_up_the_others(delivery: World) -> None:
    delivery.email.answers["odd@example.com"] = [ValueError("a bug")]
    good, odd = delivery.waiting(5), delivery.waiting(recipient="odd@example.com")

    delivery.run([*odd, *good])

    assert {delivery.stored(each).state.status for each in good} == {Status.SENT}
    assert delivery.stored(odd[0]).state.attempts[0].outcome == "unknown"


def test_an_attempt_whose_record_was_answered_late_is_counted_once(delivery: World, monkeypatch) -> None:
    (notification,) = delivery.waiting()
    save = delivery.store.save
    lost = itertools.count()

    def save_and_lose_the_first_failover(changes):
        saved = save(changes)
        if any(change.attempts for change in changes) and next(lost) == 0:
            raise StoreUnavailableError("the answer was lost")
        return saved

    monkeypatch.setattr(delivery.store, "save", save_and_lose_the_first_failover)
    second = FakeProvider("second", Channel.EMAIL)
    delivery.live[Channel.EMAIL].append(ChannelProvider(provider=second))
    for each in (delivery.email, second):
        each.answers[notification.recipient] = [TransientError("not now", code="busy")]

    delivery.run([notification])

    assert len(delivery.stored(notification).state.attempts) == 2

    counted = Totals.merged(delivery.store.counters.minutes("bank-a", NOON - timedelta(days=1)).values()).providers()
    assert sum(sum(each.values()) for each in counted.values()) == len(delivery.stored(notification).state.attempts)


@pytest.mark.parametrize("on_unknown", list(OnUnknown))
def test_known_outcome_is_recorded_once_the_database_is_back(
    delivery: World, monkeypatch, on_unknown: OnUnknown
) -> None:
    notifications = delivery.waiting(2, on_unknown=on_unknown)
    save, calls = delivery.store.save, []

    def is_away_after_the_claim(changes):
        calls.append(changes)
        if 1 < len(calls) < 5:
            raise StoreUnavailableError("down")
        return save(changes)

    monkeypatch.setattr(delivery.store, "save", is_away_after_the_claim)

    report = delivery.run(notifications)

    assert report.unrecorded == 0
    assert {delivery.stored(each).state.status for each in notifications} == {Status.SENT}
    assert len(delivery.email.accepted) == 2


@pytest.mark.parametrize("on_unknown", list(OnUnknown))
def test_claim_whose_answer_was_lost_is_found_and_sent_once(
    delivery: World, monkeypatch, on_unknown: OnUnknown
) -> None:
    notifications = delivery.waiting(3, on_unknown=on_unknown)
    save, calls = delivery.store.save, []

    def loses_the_answer(changes):
        calls.append(changes)
        saved = save(changes)
        if len(calls) == 1:
            raise StoreUnavailableError("the answer was lost")
        return saved

    monkeypatch.setattr(delivery.store, "save", loses_the_answer)

    delivery.run(notifications)

    assert {delivery.stored(each).state.status for each in notifications} == {Status.SENT}
    assert sorted(each.notification_id for each in delivery.email.accepted) == sorted(each.id for each in notifications)
