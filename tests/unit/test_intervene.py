"""Cancelling and retrying."""

import pytest

from tests.builders import ASKED, NOON, TIMINGS, ManualClock, claimed, failed, queued, sent
from tests.fakes import FakeQueue, FakeStore, as_if_stored
from wavecom.application.recover.intervene import Intervene
from wavecom.domain.errors import IllegalTransitionError, NotFoundError
from wavecom.domain.notifications.enums import Lane, Status


@pytest.fixture
def intervene(store: FakeStore, queue: FakeQueue) -> Intervene:
    return Intervene(store=store, queue=queue, clock=ManualClock(), timings=TIMINGS)


def test_a_waiting_notification_is_cancelled(intervene, store) -> None:
    waiting = as_if_stored(store, queued())

    assert intervene.cancel("bank-a", waiting.id).state.status is Status.CANCELLED
    assert store.notifications[waiting.id].state.status is Status.CANCELLED


@pytest.mark.parametrize("notification", [claimed(), sent(), failed()])
def test_what_is_under_way_or_over_is_not_cancelled(intervene, store, notification) -> None:
    as_if_stored(store, notification)

    with pytest.raises(IllegalTransitionError):
        intervene.cancel("bank-a", notification.id)


def test_a_failed_notification_is_retried_through_its_lane(intervene, store, queue) -> None:
    dead = as_if_stored(store, failed())

    assert intervene.retry("bank-a", dead.id, ASKED).state.status is Status.QUEUED
    assert [message.notification_id for message in queue.take(Lane.HIGH)] == [dead.id]
    assert store.notifications[dead.id].state.due_at == NOON + TIMINGS.queued


def test_a_retry_while_the_broker_is_down_is_left_to_the_sweep(intervene, store, queue) -> None:
    dead = as_if_stored(store, failed())
    queue.down = True

    intervene.retry("bank-a", dead.id, ASKED)

    assert store.notifications[dead.id].state.due_at == NOON + TIMINGS.pending


def test_a_sent_notification_is_not_retried(intervene, store) -> None:
    done = as_if_stored(store, sent())

    with pytest.raises(IllegalTransitionError):
        intervene.retry("bank-a", done.id, ASKED)


def test_another_tenant_finds_nothing(intervene, store) -> None:
    waiting = as_if_stored(store, queued())

    with pytest.raises(NotFoundError):
        intervene.cancel("bank-b", waiting.id)
