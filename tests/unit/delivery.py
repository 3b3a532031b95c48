"""A deliver function and everything around it, for tests."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.builders import TIMINGS, ManualClock, message_about, queued
from tests.fakes import FakeProvider, FakeQueue, FakeStore, as_if_stored
from wavecom.adapters.breaker import MemoryBreakerStates, PyBreakers
from wavecom.application.deadline import Deadline
from wavecom.application.deliver import Deliver
from wavecom.domain.notification import Channel, Notification

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
