"""Cancelling and retrying."""

import pytest

from tests.builders import ASKED, NOON, TIMINGS, ManualClock, claimed, failed, queued, sent
from tests.fakes import FakeQueue, FakeStore, as_if_stored
from wavecom.application.recover.cancel_or_retry import CancelOrRetry
from wavecom.domain.errors import IllegalTransitionError, NotFoundError
from wavecom.domain.notifications.enums import Lane, Status


@pytest.fixture
def cancel_or_retry(store: FakeStore, queue: FakeQueue) -> CancelOrRetry:
    return CancelOrRetry(store=store, queue=queue, clock=ManualClock(), timings=TIMINGS)


def test_a_waiting_notification_is_cancelled(cancel_or_retry: CancelOrRetry, store: FakeStore) -> None:
    waiting = as_if_stored(store, queued())

    assert cancel_or_retry.cancel("bank-a", waiting.id).state.status is Status.CANCELLED
    assert store.notifications[waiting.id].state.status is Status.CANCELLED


@pytest.mark.parametrize("notification", [claimed(), sent(), failed()])
def test_what_is_under_way_or_over_is_not_cancelled(
    cancel_or_retry: CancelOrRetry, store: FakeStore, notification
) -> None:
    as_if_stored(store, notification)

    with pytest.raises(IllegalTransitionError):
        cancel_or_retry.cancel("bank-a", notification.id)


def test_a_failed_notification_is_retried_through_its_lane(
    cancel_or_retry: CancelOrRetry, store: FakeStore, queue: FakeQueue
) -> None:
    dead = as_if_stored(store, failed())

    assert cancel_or_retry.retry("bank-a", dead.id, ASKED).state.status is Status.QUEUED
    assert [message.notification_id for message in queue.take(Lane.HIGH)] == [dead.id]
    assert store.notifications[dead.id].state.due_at == NOON + TIMINGS.queued


def test_a_retry_while_the_broker_is_down_is_left_to_the_sweep(
    cancel_or_retry: CancelOrRetry, store: FakeStore, queue: FakeQueue
) -> None:
    dead = as_if_stored(store, failed())
    queue.down = True

    cancel_or_retry.retry("bank-a", dead.id, ASKED)

    assert store.notifications[dead.id].state.due_at == NOON + TIMINGS.pending


def test_a_sent_notification_is_not_retried(cancel_or_retry: CancelOrRetry, store: FakeStore) -> None:
    done = as_if_stored(store, sent())

    with pytest.raises(IllegalTransitionError):
        cancel_or_retry.retry("bank-a", done.id, ASKED)


def test_another_tenant_finds_nothing(cancel_or_retry: CancelOrRetry, store: FakeStore) -> None:
    waiting = as_if_stored(store, queued())

    with pytest.raises(NotFoundError):
        cancel_or_retry.cancel("bank-b", waiting.id)
