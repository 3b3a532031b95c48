"""Accepting notifications."""

from datetime import timedelta

import pytest

from tests.builders import NOON, TIMINGS, ManualClock, a_draft
from tests.fakes import FakeQueue, FakeStore
from wavecom.application.accept.submit import Submit
from wavecom.domain.errors import IdempotencyConflictError, StoreUnavailableError
from wavecom.domain.notifications.enums import Lane, Priority, Status
from wavecom.domain.notifications.notification import IdempotentCall


@pytest.fixture
def submit(store: FakeStore, queue: FakeQueue) -> Submit:
    return Submit(store=store, queue=queue, clock=ManualClock(), timings=TIMINGS)


def test_a_draft_is_stored_queued_and_announced_in_its_lane(submit: Submit, store: FakeStore, queue: FakeQueue) -> None:
    accepted = submit.submit("bank-a", {0: a_draft(priority=Priority.CRITICAL)}).notifications[0]

    assert accepted.state.status is Status.QUEUED
    assert store.notifications[accepted.id].state.status is Status.QUEUED
    assert [message.notification_id for message in queue.take(Lane.HIGH)] == [accepted.id]


def test_while_the_broker_is_down_it_is_accepted_as_pending(submit: Submit, store: FakeStore, queue: FakeQueue) -> None:
    queue.down = True

    accepted = submit.submit("bank-a", {0: a_draft()}).notifications[0]

    assert accepted.state.status is Status.PENDING
    assert store.notifications[accepted.id].state.due_at == NOON + TIMINGS.pending


def test_what_the_broker_does_not_confirm_stays_pending(
    submit: Submit, store: FakeStore, queue: FakeQueue, monkeypatch
) -> None:
    publish = queue.publish
    monkeypatch.setattr(queue, "publish", lambda messages, **_: publish(messages[:1]))

    accepted = submit.submit("bank-a", {0: a_draft(), 1: a_draft()}).notifications

    assert [accepted[0].state.status, accepted[1].state.status] == [Status.QUEUED, Status.PENDING]
    assert store.notifications[accepted[1].id].state.status is Status.PENDING


def test_without_the_database_nothing_is_accepted(submit: Submit, store: FakeStore, queue: FakeQueue) -> None:
    store.down = True

    with pytest.raises(StoreUnavailableError):
        submit.submit("bank-a", {0: a_draft()})

    assert queue.take(Lane.HIGH) == []


def test_a_scheduled_draft_is_not_announced(submit: Submit, queue: FakeQueue) -> None:
    accepted = submit.submit("bank-a", {0: a_draft(scheduled_at=NOON + timedelta(hours=1))}).notifications[0]

    assert accepted.state.status is Status.PENDING
    assert queue.take(Lane.HIGH) == []


def test_a_repeated_call_gets_its_first_answer_and_sends_nothing(
    submit: Submit, store: FakeStore, queue: FakeQueue
) -> None:
    call = IdempotentCall(key="k", fingerprint="f", items=2)
    first = submit.submit("bank-a", {0: a_draft(), 1: a_draft()}, call)
    queue.take(Lane.HIGH)

    again = submit.submit("bank-a", {0: a_draft(), 1: a_draft()}, call)

    assert again.repeated
    assert again.notifications == first.notifications
    assert len(store.notifications) == 2
    assert queue.take(Lane.HIGH) == []


def test_a_key_used_for_something_else_conflicts(submit: Submit) -> None:
    submit.submit("bank-a", {0: a_draft()}, IdempotentCall(key="k", fingerprint="f", items=1))

    with pytest.raises(IdempotencyConflictError):
        submit.submit("bank-a", {0: a_draft()}, IdempotentCall(key="k", fingerprint="other", items=1))


def test_single_and_batch_calls_with_one_key_conflict_whatever_was_refused(submit: Submit) -> None:
    submit.submit("bank-a", {3: a_draft(), 4: a_draft()}, IdempotentCall(key="k", fingerprint="batch", items=5))

    with pytest.raises(IdempotencyConflictError):
        submit.submit("bank-a", {0: a_draft()}, IdempotentCall(key="k", fingerprint="single", items=1))


def test_tenants_do_not_share_keys(submit: Submit, store: FakeStore) -> None:
    call = IdempotentCall(key="k", fingerprint="f", items=1)

    submit.submit("bank-a", {0: a_draft()}, call)
    submit.submit("bank-b", {0: a_draft()}, call)

    assert len(store.notifications) == 2
