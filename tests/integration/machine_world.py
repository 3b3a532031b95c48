"""All of WaveCom's core over one database, a broker and providers that do as they are told."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from tests.builders import TIMINGS, ManualClock
from tests.fakes import FakeAttachmentFiles, FakeAttachments, FakePace, FakeQueue, FakeWeights
from tests.integration.machine_strands import Fate, Stepped, Strand, current
from tests.integration.machine_witness import Witness
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.kept_reports import MongoKeptReports
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.providers.pace import MongoPace
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.adapters.providers.breaker import MemoryBreakerStates, PyBreakers
from wavecom.application.accept.submit import Submit
from wavecom.application.deadline import Deadline
from wavecom.application.deliver.attached import AttachedFiles
from wavecom.application.deliver.deliver import Deliver
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.select import ChannelProvider, ChannelProviders, ProviderSelection
from wavecom.application.recover.cancel_or_retry import CancelOrRetry
from wavecom.application.recover.dead_letters import DeadLetters
from wavecom.application.recover.sweep import Sweep
from wavecom.application.reports.receive import Receive
from wavecom.domain.errors import QueueUnavailableError, StoreUnavailableError, WaveComError
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel, Lane, Status
from wavecom.domain.notifications.lifecycle import Replay
from wavecom.domain.notifications.notification import Draft, IdempotentCall, Notification
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import (
    About,
    PermanentError,
    ProviderError,
    RateLimitedError,
    Receipt,
    TransientError,
    UnknownOutcomeError,
)
from wavecom.domain.queue_messages import QueueMessage
from wavecom.domain.reports import DeliveryReport

LONG = Deadline(timedelta(hours=1))
SENDS_AT_ONCE = 2
STRANDS_MAX = 4
COLLECTIONS = ("notifications", "notificationlogs", "counters", "suppressions", "keptreports", "paces", "system")


class OrderedStore(MongoNotificationStore):
    """Ids are random, and with them the order in which notifications are found; their texts are numbered.

    A strand stops once more before the commit of what is added, unless others would wait for its idempotency keys.
    """

    def add(self, changes: Sequence[Change], *, may_commit: Callable[[], bool] | None = None) -> bool:
        strand, fate = current(), Fate.GO

        def holds() -> bool:
            nonlocal fate
            held = may_commit is None or may_commit()
            if strand is not None and not any(change.after.idempotency for change in changes):
                fate = strand.stop("OrderedStore.commit")
            if fate not in (Fate.GO, Fate.LOSE):
                raise StoreUnavailableError("No connection")
            return held

        added = super().add(changes, may_commit=holds)
        if fate is Fate.LOSE:
            raise StoreUnavailableError("The connection broke")
        return added

    def get_many(self, notification_ids: Iterable[str]) -> list[Notification]:
        return sorted(super().get_many(notification_ids), key=lambda each: each.content.message)

    def overdue(self, at: datetime, *, limit: int) -> list[Notification]:
        return sorted(
            super().overdue(at, limit=limit), key=lambda each: (each.state.due_at or at, each.content.message)
        )


class Broker(FakeQueue):
    """Lanes in memory; delayed messages come when their time has come. It remembers all that was published."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock
        self.later: list[tuple[datetime, QueueMessage]] = []
        self.history: list[QueueMessage] = []

    def publish(self, messages: Sequence[QueueMessage], *, delay: timedelta = timedelta(0)) -> list[QueueMessage]:
        confirmed = super().publish(messages, delay=delay)
        self.history += confirmed
        self.later += [(self.clock() + delay, message) for delay, message in self.delayed]
        self.delayed.clear()
        return confirmed

    def arrive(self) -> None:
        """Put into the lanes what was delayed until now."""
        due = [message for at, message in self.later if at <= self.clock()]
        self.later = [(at, message) for at, message in self.later if at > self.clock()]
        for message in due:
            self.lanes[message.lane].append(message)


class ToldProvider:
    """Takes messages as the fate of the call says."""

    bulk_limit = 1

    def __init__(self, name: str, channel: Channel, witness: Witness, *, idempotent: bool = False) -> None:
        self.name = name
        self.channel = channel
        self.idempotent = idempotent
        self._witness = witness

    def send(self, message: OutgoingMessage) -> Receipt:
        self._witness.asked(self, message)
        return self._answer(message)

    def _answer(self, message: OutgoingMessage) -> Receipt:
        strand = current()
        assert strand is not None
        match strand.stop(f"{self.name}.send"):
            case Fate.FAIL:
                raise TransientError("Busy", code="busy")
            case Fate.REFUSE:
                raise PermanentError("No such recipient", code="no_recipient", about=About.RECIPIENT)
            case Fate.LIMIT:
                raise RateLimitedError("Too many", code="too_many", retry_after=timedelta(seconds=20))
            case Fate.SILENCE:
                raise UnknownOutcomeError("No answer", code="timeout")
            case fate:
                self._witness.took(self, message)
                if fate is Fate.LOSE:
                    raise UnknownOutcomeError("No answer", code="timeout")
        return Receipt(f"{self.name}-{message.notification_id}")


class ToldBulkProvider(ToldProvider):
    """Takes several messages in one call."""

    bulk_limit = 2

    def send_many(self, messages: Sequence[OutgoingMessage]) -> list[Receipt | ProviderError]:
        answers: list[Receipt | ProviderError] = []
        for message in messages:
            self._witness.asked(self, message)
        for message in messages:
            try:
                answers.append(self._answer(message))
            except ProviderError as exc:
                answers.append(exc)
        return answers


class AtOnce(Executor):
    """An executor without threads: what is submitted is done before `submit` returns."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class World:
    """The processes of WaveCom, which share a database and a broker; each use case runs as a strand."""

    def __init__(self, mongo: Mongo, consumers_are_wrong_by: Sequence[timedelta]) -> None:
        for name in COLLECTIONS:
            mongo.database[name].delete_many({})
        self.clock = ManualClock()
        self.consumers_are_wrong_by = consumers_are_wrong_by
        self.counters = MongoCounters(mongo)
        self.witness = Witness(mongo, self.counters, self.clock)
        self.broker = Broker(self.clock)
        self.suppressions = MongoSuppressions(mongo)
        self.strands: list[Strand] = []
        self.numbered = 0
        """How many notifications were ever asked for."""
        self.found: list[Notification] = []
        """All notifications, as they were after the last event."""
        self.calls: list[tuple[str, Sequence[Draft], str]] = []
        """Those that may be repeated."""
        self._mongo = mongo
        self.store = OrderedStore(mongo, self.counters)
        self._store = self._stepped(self.store)
        self._queue = Stepped(self.broker, QueueUnavailableError, self.witness.saw)
        self._listed = self._stepped(self.suppressions)
        self._breaker_states, self._pace = MemoryBreakerStates(), FakePace()
        exact = ToldProvider("exact", Channel.EMAIL, self.witness, idempotent=True)
        plain = ToldProvider("plain", Channel.EMAIL, self.witness)
        self.routes = ChannelProviders(
            live={
                Channel.EMAIL: [ChannelProvider(provider=exact), ChannelProvider(provider=plain)],
                Channel.SMS: [ChannelProvider(provider=ToldProvider("texts", Channel.SMS, self.witness))],
                Channel.PUSH: [ChannelProvider(provider=ToldBulkProvider("bulk", Channel.PUSH, self.witness))],
            }
        )

    def submit(self, tenant: str, drafts: Sequence[Draft], key: str | None) -> Strand:
        """Submit drafts; with the same key and the same drafts it is the same call."""
        if key and (tenant, drafts, key) not in self.calls:
            self.calls.append((tenant, drafts, key))
        fingerprint = hashlib.sha256(repr(drafts).encode()).hexdigest()
        call = IdempotentCall(key=key, fingerprint=fingerprint, items=len(drafts)) if key else None
        submit = Submit(store=self._store, queue=self._queue, clock=self.clock, timings=TIMINGS, executor=AtOnce())

        def ended(strand: Strand) -> None:
            if strand.succeeded:
                self.witness.answered(tenant, call, strand.result)

        return self._start(
            f"submit of {tenant}", lambda: submit.submit(tenant, dict(enumerate(drafts)), call), ended=ended
        )

    def deliver(self, consumer: int, lane: Lane, count: int, *, plain_first: bool) -> Strand:
        """Let a consumer have the first messages of a lane. They come back unless it ends well."""
        lanes, wrong_by = self.broker.lanes, self.consumers_are_wrong_by[consumer]
        messages, lanes[lane] = lanes[lane][:count], lanes[lane][count:]

        def clock() -> datetime:
            return self.clock() + wrong_by

        def ended(strand: Strand) -> None:
            if not strand.succeeded:
                lanes[lane] += messages

        numbers = cycle((0.9, 0.1) if plain_first else (0.1, 0.9))
        breakers = PyBreakers(self._breaker_states, clock)
        deliver = Deliver(
            store=self._store,
            queue=self._queue,
            suppressions=self._listed,
            receive=self._receive(clock),
            selection=ProviderSelection(
                routes=self.routes,
                breakers=breakers,
                pace=self._pace,
                weights=FakeWeights(),
                clock=clock,
                random=lambda: next(numbers),
            ),
            health=ProviderHealth(breakers=breakers, pace=self._pace, clock=clock),
            attached=AttachedFiles(attachments=FakeAttachments(), files=FakeAttachmentFiles()),
            executor=AtOnce(),
            sends_at_once=SENDS_AT_ONCE,
            clock=clock,
            timings=TIMINGS,
        )
        name = f"consumer {consumer}"
        return self._start(name, lambda: deliver.deliver(messages, LONG), clock_is_right=not wrong_by, ended=ended)

    def sweep(self) -> Strand:
        """Run the sweep once."""
        sweep = Sweep(
            store=self._store,
            counters=self._stepped(self.counters),
            queue=self._queue,
            receive=self._receive(),
            system=self._stepped(MongoSystemState(self._mongo, self.clock)),
            clock=self.clock,
            timings=TIMINGS,
        )
        return self._start("sweep", lambda: sweep.sweep(LONG))

    def cancel(self, about: Notification) -> Strand:
        """Cancel a notification."""
        return self._start("cancel", lambda: self._intervene().cancel(about.tenant_id, about.id))

    def retry(self, about: Notification) -> Strand:
        """Retry a failed notification."""
        return self._start("retry", lambda: self._intervene().retry(about.tenant_id, about.id, Replay(by="")))

    def replay(self, tenant: str, ids: Sequence[str], key: str | None) -> Strand:
        """Replay dead letters; the trail names the key."""
        dead_letters = DeadLetters(
            store=self._store,
            counters=self._stepped(self.counters),
            queue=self._queue,
            pace=self._stepped(MongoPace(self._mongo)),
            clock=self.clock,
            timings=TIMINGS,
            replays_per_second=100.0,
        )
        return self._start("replay", lambda: dead_letters.replay(tenant, ids, Replay(by=key or "", key=key)))

    def report(self, report: DeliveryReport) -> Strand:
        """Receive a delivery report."""
        true = report.provider in self.witness.sent[report.notification_id]
        receive = self._receive()

        def ended(strand: Strand) -> None:
            if strand.succeeded:
                self.witness.reported(report, true)

        return self._start(f"report of {report.provider}", lambda: receive.receive([report]), ended=ended)

    def under_way(self) -> list[Strand]:
        """Return the strands that have not ended."""
        return [each for each in self.strands if not each.is_over]

    def has_room(self) -> bool:
        """Whether one more strand may be under way."""
        return len(self.under_way()) < STRANDS_MAX

    def one(self, pick: int) -> Notification:
        """Return a notification."""
        return self.found[pick % len(self.found)]

    def with_sent(self) -> list[Notification]:
        """Return those that were sent."""
        return [each for each in self.found if self.witness.sent[each.id]]

    def has_dead(self) -> bool:
        """Whether there are dead letters."""
        return any(each.state.status is Status.FAILED for each in self.found)

    def pass_time(self, by: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(by)
        self.broker.arrive()

    def until_quiet(self, rounds: int = 100) -> None:
        """Let time pass and everybody work, without any trouble, until nothing is left to do."""
        self.broker.down, self.broker.refused = False, set()
        for _ in range(rounds):
            for lane in Lane:
                while self.broker.lanes[lane]:
                    self.deliver(0, lane, 10, plain_first=False).go_on()
            self.sweep().go_on()
            if all(each.state.due_at is None for each in self.witness.check()):
                break
            self.pass_time(timedelta(minutes=2))
        self.pass_time(timedelta(minutes=1))
        self.sweep().go_on()

    def _start(
        self,
        name: str,
        work: Callable[[], Any],
        *,
        clock_is_right: bool = True,
        ended: Callable[[Strand], None] = lambda strand: None,
    ) -> Strand:
        strand = Strand(name, work, expected=(WaveComError,), clock_is_right=clock_is_right, ended=ended)
        self.strands = [*self.under_way(), strand]
        return strand

    def _stepped(self, adapter: object) -> Any:
        return Stepped(adapter, StoreUnavailableError, self.witness.saw)

    def _intervene(self) -> CancelOrRetry:
        return CancelOrRetry(store=self._store, queue=self._queue, clock=self.clock, timings=TIMINGS)

    def _receive(self, clock: Callable[[], datetime] | None = None) -> Receive:
        kept = self._stepped(MongoKeptReports(self._mongo))
        return Receive(store=self._store, suppressions=self._listed, kept=kept, clock=clock or self.clock)
