"""Storing new notifications and announcing them in one go."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.builders import NOON, TIMINGS, a_draft
from tests.fakes import FakeQueue, FakeStore
from wavecom.application.accept.store_and_queue import BROKER_COOLDOWN, GROUPS_AT_ONCE, NewNotification, StoreAndQueue
from wavecom.domain.errors import IdempotencyKeyTakenError, StoreUnavailableError
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.change import Change, combine
from wavecom.domain.notifications.enums import Lane, Status
from wavecom.domain.notifications.notification import Idempotency

GIVE_UP = timedelta(seconds=10).total_seconds()


def a_new(key: str | None = None) -> NewNotification:
    idempotency = Idempotency(key=key, fingerprint="f", index=0) if key else None
    created = lifecycle.create(a_draft(), tenant_id="bank-a", at=NOON, timings=TIMINGS, idempotency=idempotency)
    return NewNotification(created, combine(created, lifecycle.enqueue(created.after, at=NOON, timings=TIMINGS)))


class HeldStore(FakeStore):
    """Lets its first writers wait until it is let go, and notes what is written in one transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.held = threading.Semaphore(0)
        self.groups: list[int] = []

    def add(self, changes: Sequence[Change], *, may_commit: Callable[[], bool] | None = None) -> bool:
        self.groups.append(len(changes))
        if len(self.groups) <= GROUPS_AT_ONCE:
            assert self.held.acquire(timeout=GIVE_UP)
        return super().add(changes, may_commit=may_commit)


def gathered(
    accept: StoreAndQueue,
    threads: ThreadPoolExecutor,
    calls: Sequence[NewNotification],
    *,
    with_keys: bool = False,
    before: Callable[[], None] = lambda: None,
) -> list["Future[set[str]]"]:
    """Let ``calls`` wait for one another, behind calls that the store holds; do something, and let them go."""
    store = accept._store
    assert isinstance(store, HeldStore)
    ahead = [a_new(f"ahead {number}" if with_keys else None) for number in range(GROUPS_AT_ONCE)]
    held = [threads.submit(accept.store, [each]) for each in ahead]
    wait_until(lambda: len(store.groups) == GROUPS_AT_ONCE)
    asked = [threads.submit(accept.store, [each]) for each in calls]
    waiting = accept._gathers[with_keys]
    wait_until(lambda: len(waiting._waiting) == len(calls))
    before()
    store.held.release(GROUPS_AT_ONCE)
    for each in held:
        each.exception(timeout=GIVE_UP)
    return asked


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if holds():
            return
        threading.Event().wait(0.01)
    pytest.fail("it did not come to pass")


def test_the_message_goes_out_when_all_is_written_but_not_yet_seen(
    store: FakeStore, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = a_new()
    seen: list[bool] = []
    publish = queue.publish

    def look_and_publish(messages, **options):
        seen.append(new.as_pending.after.id in store.notifications)
        return publish(messages, **options)

    monkeypatch.setattr(queue, "publish", look_and_publish)

    assert StoreAndQueue(store, queue).store([new]) == {new.as_pending.after.id}

    assert seen == [False]
    assert [entry.status for entry in store.trail[new.as_pending.after.id]] == [Status.PENDING, Status.QUEUED]


def test_a_transaction_that_is_tried_again_publishes_once(
    store: FakeStore, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = store.add

    def add_twice(changes, *, may_commit):
        return add(changes, may_commit=lambda: may_commit() and may_commit())

    monkeypatch.setattr(store, "add", add_twice)

    StoreAndQueue(store, queue).store([a_new()])

    assert len(queue.take(Lane.HIGH)) == 1


def test_what_is_not_to_be_queued_stays_pending_and_is_not_announced(store: FakeStore, queue: FakeQueue) -> None:
    later, now = NewNotification(a_new().as_pending, None), a_new()

    assert StoreAndQueue(store, queue).store([later, now]) == {now.as_pending.after.id}

    assert store.notifications[later.as_pending.after.id].state.status is Status.PENDING
    assert [message.notification_id for message in queue.take(Lane.HIGH)] == [now.as_pending.after.id]


def test_a_broker_that_does_not_answer_is_not_waited_for(
    store: FakeStore, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wavecom.application.accept.store_and_queue.CONFIRM_TIMEOUT", timedelta(milliseconds=50))
    new, answer, publish = a_new(), threading.Event(), queue.publish

    def publish_late(messages, **options):
        answer.wait(GIVE_UP)
        return publish(messages, **options)

    monkeypatch.setattr(queue, "publish", publish_late)

    assert StoreAndQueue(store, queue).store([new]) == set()

    assert store.notifications[new.as_pending.after.id].state.status is Status.PENDING
    answer.set()


def test_a_broker_that_confirms_nothing_is_left_alone_for_a_while(store: FakeStore, queue: FakeQueue) -> None:
    accept = StoreAndQueue(store, queue)
    queue.down = True
    accept.store([a_new()])
    queue.down = False
    meanwhile, afterwards = a_new(), a_new()

    assert accept.store([meanwhile]) == set()
    accept._broker_retry_at -= BROKER_COOLDOWN.total_seconds()  # as if so much time had passed
    assert accept.store([afterwards]) == {afterwards.as_pending.after.id}

    assert store.notifications[meanwhile.as_pending.after.id].state.status is Status.PENDING
    assert len(queue.take(Lane.HIGH)) == 1


def test_whatever_publishing_raises_it_is_accepted(
    store: FakeStore, queue: FakeQueue, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = a_new()
    monkeypatch.setattr(queue, "publish", lambda messages, **_: 1 / 0)

    assert StoreAndQueue(store, queue).store([new]) == set()

    assert store.notifications[new.as_pending.after.id].state.status is Status.PENDING
    assert "Publishing failed" in caplog.text


def test_what_several_ask_for_at_once_is_one_transaction_and_one_publish(
    queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = HeldStore()
    published: list[int] = []
    publish = queue.publish

    def count_and_publish(messages, **options):
        published.append(len(messages))
        return publish(messages, **options)

    monkeypatch.setattr(queue, "publish", count_and_publish)
    with ThreadPoolExecutor(20) as threads:
        calls = [a_new() for _ in range(10)]
        answers = gathered(StoreAndQueue(store, queue), threads, calls)

        for new, answer in zip(calls, answers, strict=True):
            assert new.as_pending.after.id in answer.result(timeout=GIVE_UP)

    assert store.groups == [*[1] * GROUPS_AT_ONCE, 10]
    assert sorted(published) == store.groups, "in whatever order: the groups publish from threads of their own"


def test_a_taken_key_concerns_its_own_call_alone(queue: FakeQueue) -> None:
    store = HeldStore()
    FakeStore.add(store, [a_new("taken").as_pending])
    with ThreadPoolExecutor(20) as threads:
        calls = [a_new("free"), a_new("taken"), a_new("another")]
        answers = gathered(StoreAndQueue(store, queue), threads, calls, with_keys=True)

        kinds = [type(each.exception(timeout=GIVE_UP)) for each in answers]

    assert kinds == [type(None), IdempotencyKeyTakenError, type(None)]
    assert len(store.notifications) == 1 + GROUPS_AT_ONCE + 2
    assert len(queue.take(Lane.HIGH)) == GROUPS_AT_ONCE + 2


def test_calls_without_a_key_do_not_wait_for_those_with_one(queue: FakeQueue) -> None:
    store = HeldStore()
    accept = StoreAndQueue(store, queue)
    with ThreadPoolExecutor(20) as threads:
        held = [threads.submit(accept.store, [a_new(f"key {number}")]) for number in range(GROUPS_AT_ONCE)]
        wait_until(lambda: len(store.groups) == GROUPS_AT_ONCE)

        assert threads.submit(accept.store, [a_new()]).result(timeout=GIVE_UP)

        assert not any(each.done() for each in held)
        store.held.release(GROUPS_AT_ONCE)


def test_all_of_a_group_are_told_that_the_database_is_down(queue: FakeQueue) -> None:
    store = HeldStore()
    with ThreadPoolExecutor(20) as threads:
        answers = gathered(
            StoreAndQueue(store, queue),
            threads,
            [a_new() for _ in range(3)],
            before=lambda: setattr(store, "down", True),
        )

        assert {type(each.exception(timeout=GIVE_UP)) for each in answers} == {StoreUnavailableError}

    assert store.groups == [*[1] * GROUPS_AT_ONCE, 3]
