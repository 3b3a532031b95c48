"""A deliver function and everything around it, for tests."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.builders import TIMINGS, ManualClock, message_about, queued
from tests.fakes import (
    FakeAttachmentFiles,
    FakeAttachments,
    FakeKeptReports,
    FakePace,
    FakeProvider,
    FakeQueue,
    FakeScanner,
    FakeStore,
    FakeSuppressions,
    FakeWeights,
    as_if_stored,
)
from wavecom.adapters.providers.breaker import MemoryBreakerStates, PyBreakers
from wavecom.application.deadline import Deadline
from wavecom.application.deliver.attached import AttachedFiles
from wavecom.application.deliver.deliver import Deliver
from wavecom.application.deliver.provider_health import ProviderHealth
from wavecom.application.deliver.select import ChannelProvider, ChannelProviders, ProviderSelection
from wavecom.application.reports.receive import Receive
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Notification

LONG = Deadline(timedelta(hours=1))
SLOW = timedelta(milliseconds=200)


def brief() -> Deadline:
    """The deadline of an invocation that soon ends, for a database that does not come back."""
    return Deadline(timedelta(seconds=1))


class World:
    """A deliver function and everything around it."""

    def __init__(self, executor: ThreadPoolExecutor, takes: timedelta = timedelta(0)) -> None:
        self.clock = ManualClock()
        self.store = FakeStore()
        self.queue = FakeQueue()
        self.email = FakeProvider("email", Channel.EMAIL, takes)
        self.second = FakeProvider("second", Channel.EMAIL, takes)
        self.sms = FakeProvider("sms", Channel.SMS, takes)
        self.breakers = PyBreakers(MemoryBreakerStates(), self.clock)
        self.pace = FakePace()
        self.weights = FakeWeights()
        self.suppressions = FakeSuppressions()
        self.kept = FakeKeptReports()
        self.receive = Receive(store=self.store, suppressions=self.suppressions, kept=self.kept, clock=self.clock)
        self.live: dict[Channel, list[ChannelProvider]] = {
            Channel.EMAIL: [ChannelProvider(provider=self.email)],
            Channel.SMS: [ChannelProvider(provider=self.sms)],
        }
        self.simulators: dict[Channel, list[ChannelProvider]] = {}
        self.attachments = FakeAttachments()
        self.files = FakeAttachmentFiles()
        self.scanner = FakeScanner()
        self.deliver = Deliver(
            store=self.store,
            queue=self.queue,
            suppressions=self.suppressions,
            receive=self.receive,
            selection=ProviderSelection(
                routes=ChannelProviders(live=self.live, simulators=self.simulators),
                breakers=self.breakers,
                pace=self.pace,
                weights=self.weights,
                clock=self.clock,
            ),
            health=ProviderHealth(breakers=self.breakers, pace=self.pace, clock=self.clock),
            attached=AttachedFiles(attachments=self.attachments, files=self.files, scanner=self.scanner),
            executor=executor,
            sends_at_once=128,
            clock=self.clock,
            timings=TIMINGS,
        )

    def waiting(self, count: int = 1, **changes) -> list[Notification]:
        return [as_if_stored(self.store, queued(self.clock.at, **changes)) for _ in range(count)]

    def run(self, notifications: list[Notification], deadline: Deadline = LONG):
        return self.deliver.deliver([message_about(each) for each in notifications], deadline)

    def stored(self, notification: Notification) -> Notification:
        return self.store.notifications[notification.id]
