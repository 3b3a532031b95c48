"""Consumers, clients and sweeps at the same notification at once, on a real database."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.builders import NOON, TIMINGS, a_draft, message_about, now
from tests.fakes import FakeAttachmentFiles, FakeAttachments, FakeProvider, FakeQueue
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.kept_reports import MongoKeptReports
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates
from wavecom.adapters.mongo.providers.pace import MongoPace
from wavecom.adapters.mongo.providers.weights import MongoWeights
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.adapters.providers.breaker import PyBreakers
from wavecom.application.accept.submit import Submit
from wavecom.application.deadline import Deadline
from wavecom.application.deliver.attached import AttachedFiles
from wavecom.application.deliver.deliver import Deliver
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.select import ChannelProvider, ChannelProviders, ProviderSelection
from wavecom.application.recover.cancel_or_retry import CancelOrRetry
from wavecom.application.recover.sweep import Sweep
from wavecom.application.reports.receive import Receive
from wavecom.domain.errors import IllegalTransitionError
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Channel, Status
from wavecom.domain.notifications.timings import Timings

LONG = Deadline(timedelta(hours=1))
AT_ONCE = Timings(pending=timedelta(0), queued=timedelta(0))
"""Everything is overdue as soon as it is stored, so that the sweep joins in."""


class Process:
    """What one process of WaveCom has: its own store, counters and breakers on the shared database."""

    def __init__(self, mongo: Mongo, provider: FakeProvider, queue: FakeQueue, executor: ThreadPoolExecutor) -> None:
        breakers, pace = PyBreakers(MongoBreakerStates(mongo), now), MongoPace(mongo)
        suppressions = MongoSuppressions(mongo)
        self.counters = MongoCounters(mongo)
        self.store = MongoNotificationStore(mongo, self.counters)
        receive = Receive(store=self.store, suppressions=suppressions, kept=MongoKeptReports(mongo), clock=now)
        self.submit = Submit(store=self.store, queue=queue, clock=now, timings=AT_ONCE)
        self.cancel_or_retry = CancelOrRetry(store=self.store, queue=queue, clock=now, timings=AT_ONCE)
        self.deliver = Deliver(
            store=self.store,
            queue=queue,
            suppressions=suppressions,
            receive=receive,
            selection=ProviderSelection(
                routes=ChannelProviders(live={Channel.EMAIL: [ChannelProvider(provider=provider)]}),
                breakers=breakers,
                pace=pace,
                weights=MongoWeights(mongo),
                clock=now,
            ),
            health=ProviderHealth(breakers=breakers, pace=pace, clock=now),
            attached=AttachedFiles(attachments=FakeAttachments(), files=FakeAttachmentFiles()),
            executor=executor,
            sends_at_once=32,
            clock=now,
            timings=AT_ONCE,
        )
        self.sweep = Sweep(
            store=self.store,
            counters=self.counters,
            queue=queue,
            receive=receive,
            system=MongoSystemState(mongo, now),
            clock=now,
            timings=AT_ONCE,
        )


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as executor:
        yield executor


def test_the_same_message_to_two_consumers_at_once_ten_times_over_is_one_send_each(
    mongo: Mongo, executor: ThreadPoolExecutor
) -> None:
    provider = FakeProvider("email", takes=timedelta(milliseconds=20))
    consumers = [Process(mongo, provider, FakeQueue(), executor) for _ in range(2)]
    together = threading.Barrier(2)

    def consume(consumer: Process, notification) -> None:
        together.wait()
        consumer.deliver.deliver([message_about(notification)], LONG)

    with ThreadPoolExecutor(2) as threads:
        for _ in range(10):
            notification = consumers[0].submit.submit("bank-a", {0: a_draft()}).notifications[0]
            list(threads.map(consume, consumers, [notification] * 2))

    assert len(provider.accepted) == 10
    assert len({message.notification_id for message in provider.accepted}) == 10
    assert consumers[0].counters.totals("bank-a").by_status()[Status.SENT] == 10


def test_consumers_cancels_and_sweeps_at_once_keep_the_books_right(mongo: Mongo, executor: ThreadPoolExecutor) -> None:
    provider, queue = FakeProvider("email"), FakeQueue()
    processes = [Process(mongo, provider, queue, executor) for _ in range(4)]
    notifications = list(
        processes[0].submit.submit("bank-a", {index: a_draft() for index in range(60)}).notifications.values()
    )

    def deliver(process: Process) -> None:
        for each in notifications:
            process.deliver.deliver([message_about(each)], LONG)

    def cancel(process: Process) -> None:
        for each in reversed(notifications):
            try:
                process.cancel_or_retry.cancel("bank-a", each.id)
            except IllegalTransitionError:
                continue

    def sweep(process: Process) -> None:
        for _ in range(3):
            process.sweep.sweep(Deadline(timedelta(milliseconds=300)))

    with ThreadPoolExecutor(4) as threads:
        started = [
            threads.submit(job, process)
            for job, process in zip((deliver, deliver, cancel, sweep), processes, strict=True)
        ]
        for future in started:
            future.result()

    stored = processes[0].store.get_many([each.id for each in notifications])
    sent = {each.id for each in stored if each.state.status is Status.SENT}
    cancelled = {each.id for each in stored if each.state.status is Status.CANCELLED}
    assert len(sent) + len(cancelled) == 60
    assert sorted(message.notification_id for message in provider.accepted) == sorted(sent), "each once, no other"
    totals = processes[0].counters.totals("bank-a")
    assert {status: count for status, count in totals.by_status().items() if count} == {
        status: len(ids) for status, ids in ((Status.SENT, sent), (Status.CANCELLED, cancelled)) if ids
    }
    for each in stored:
        trail = processes[0].store.audit_trail(each)
        assert [entry.sequence for entry in trail] == list(range(1, len(trail) + 1))
        assert trail[-1].status is each.state.status


class HastyQueue(FakeQueue):
    """A queue whose consumer has the messages while their sender still waits for the confirm."""

    def __init__(self) -> None:
        super().__init__()
        self.consumed: list[Future[object]] = []
        self.threads = ThreadPoolExecutor(8)
        self.consumer: Process | None = None

    def publish(self, messages, *, delay=timedelta(0)):
        assert self.consumer is not None
        self.consumed.append(self.threads.submit(self.consumer.deliver.deliver, list(messages), LONG))
        return super().publish(messages, delay=delay)


def test_messages_faster_than_their_senders_are_sent_without_the_sweep(
    mongo: Mongo, executor: ThreadPoolExecutor
) -> None:
    provider, queue, again = FakeProvider("email"), HastyQueue(), FakeQueue()
    api, queue.consumer = Process(mongo, provider, queue, executor), Process(mongo, provider, again, executor)

    for size in (1, 1, 1, 1, 50, 50, 200, 200):
        api.submit.submit("bank-a", {index: a_draft() for index in range(size)})
    for each in queue.consumed:
        each.result()
    queue.threads.shutdown()
    # Where a commit took longer than it was waited for.
    queue.consumer.deliver.deliver([message for _, message in again.delayed], LONG)

    totals = api.counters.totals("bank-a")
    assert totals.by_status()[Status.SENT] == totals.total() == 504
    assert len(provider.accepted) == 504


def test_what_others_move_faster_than_a_group_can_be_written_is_written_one_by_one(mongo: Mongo, monkeypatch) -> None:
    monkeypatch.setattr("wavecom.adapters.mongo.notifications.store.MAX_ROUNDS", 0)
    counters = MongoCounters(mongo)
    store = MongoNotificationStore(mongo, counters)
    created = [lifecycle.create(a_draft(), tenant_id="bank-a", at=NOON, timings=TIMINGS) for _ in range(3)]
    store.add(created)
    queue_all = [lifecycle.enqueue(each.after, at=NOON, timings=TIMINGS) for each in created]
    store.save([lifecycle.cancel(created[1].after, at=NOON)])

    saved = store.save(queue_all)

    assert [change.after.id for change in saved] == [created[0].after.id, created[2].after.id]
    by_status = {status: count for status, count in counters.totals("bank-a").by_status().items() if count}
    assert by_status == {Status.QUEUED: 2, Status.CANCELLED: 1}
