"""What may happen to WaveCom, as values that print well. Most of it starts a use case, or has one go on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from hypothesis import strategies as st

from tests.integration.machine_strands import Strand
from tests.integration.machine_witness import TENANTS
from tests.integration.machine_world import World
from wavecom.domain.content.content import Content
from wavecom.domain.notifications.enums import Channel, Lane, OnUnknown, Priority
from wavecom.domain.notifications.notification import Draft, Envelope
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression

NOTIFICATIONS_MAX = 12
RECIPIENTS = {
    Channel.EMAIL: ("a@example.com", "A@Example.com", "b@example.com"),
    Channel.SMS: ("+4915112345678",),
    Channel.PUSH: ("device-1",),
}


class Event(Protocol):
    """Something that may happen."""

    def happen(self, world: World) -> Strand | None:
        """Return the use case that is under way with it, None where there is none."""


@dataclass(frozen=True)
class Wish:
    """What a client asks for; times are from now on."""

    channel: Channel
    recipient: int
    priority: Priority
    on_unknown: OnUnknown
    max_retries: int
    scheduled_in: timedelta | None
    expires_in: timedelta | None

    def draft(self, world: World) -> Draft:
        world.numbered += 1
        now, recipients = world.clock(), RECIPIENTS[self.channel]
        envelope = Envelope(
            channel=self.channel,
            recipient=recipients[self.recipient % len(recipients)],
            priority=self.priority,
            on_unknown=self.on_unknown,
            max_retries=self.max_retries,
            scheduled_at=now + self.scheduled_in if self.scheduled_in else None,
            expires_at=now + self.expires_in if self.expires_in else None,
        )
        return Draft(envelope=envelope, content=Content(subject=None, message=f"No. {world.numbered:02}"))


@dataclass(frozen=True)
class Submission:
    tenant: str
    wishes: tuple[Wish, ...]
    key: str | None

    def happen(self, world: World) -> Strand:
        return world.submit(self.tenant, [each.draft(world) for each in self.wishes], self.key)


@dataclass(frozen=True)
class RepeatedCall:
    pick: int

    def happen(self, world: World) -> Strand:
        return world.submit(*world.calls[self.pick % len(world.calls)])


@dataclass(frozen=True)
class Delivery:
    consumer: int
    lane: Lane
    count: int
    plain_first: bool

    def happen(self, world: World) -> Strand:
        lane = next(each for each in (self.lane, *Lane) if world.broker.lanes[each])
        return world.deliver(self.consumer, lane, self.count, plain_first=self.plain_first)


@dataclass(frozen=True)
class Sweeping:
    def happen(self, world: World) -> Strand:
        return world.sweep()


@dataclass(frozen=True)
class GoingOn:
    pick: int

    def happen(self, world: World) -> Strand:
        under_way = world.under_way()
        return under_way[self.pick % len(under_way)]


@dataclass(frozen=True)
class Death:
    pick: int

    def happen(self, world: World) -> None:
        under_way = world.under_way()
        under_way[self.pick % len(under_way)].kill()


@dataclass(frozen=True)
class Cancelling:
    pick: int

    def happen(self, world: World) -> Strand:
        return world.cancel(world.one(self.pick))


@dataclass(frozen=True)
class Retrying:
    pick: int

    def happen(self, world: World) -> Strand:
        return world.retry(world.one(self.pick))


@dataclass(frozen=True)
class Replaying:
    tenant: str
    key: str | None

    def happen(self, world: World) -> Strand:
        return world.replay(self.tenant, [each.id for each in world.found], self.key)


@dataclass(frozen=True)
class Reporting:
    """A report of the provider that has sent something (None), or of any about anything."""

    pick: int
    provider: str | None
    delivery_outcome: DeliveryOutcome | None
    suppression_reason: SuppressionReason | None

    def happen(self, world: World) -> Strand:
        about, sent = world.one(self.pick), world.witness.sent
        if self.provider is None:
            about = world.with_sent()[self.pick % len(world.with_sent())]
        report = DeliveryReport(
            notification_id=about.id,
            provider=self.provider or sent[about.id][-1],
            delivery_outcome=self.delivery_outcome,
            reason="550" if self.delivery_outcome is DeliveryOutcome.UNDELIVERED else None,
            suppression_reason=self.suppression_reason,
            at=world.clock(),
        )
        return world.report(report)


@dataclass(frozen=True)
class LostMessage:
    pick: int

    def happen(self, world: World) -> None:
        lane = next(each for each in world.broker.lanes.values() if each)
        del lane[self.pick % len(lane)]


@dataclass(frozen=True)
class OldMessage:
    """A message that was published at any time comes once more."""

    pick: int

    def happen(self, world: World) -> None:
        history = world.broker.history
        message = history[-1 - self.pick % len(history)]
        world.broker.lanes[message.lane].insert(0, message)


@dataclass(frozen=True)
class OtherOrder:
    def happen(self, world: World) -> None:
        for lane in world.broker.lanes.values():
            lane.reverse()


@dataclass(frozen=True)
class BrokerTrouble:
    """The broker is down, or does not confirm messages about one notification, or neither."""

    down: bool
    refused: int | None

    def happen(self, world: World) -> None:
        world.broker.down = self.down
        world.broker.refused = set() if self.refused is None else {world.one(self.refused).id}


@dataclass(frozen=True)
class Listing:
    """A person puts a recipient on the suppression list, or takes one off."""

    pick: int
    listed: bool

    def happen(self, world: World) -> None:
        about = world.one(self.pick)
        entry = Suppression(
            tenant_id=about.tenant_id,
            channel=about.channel,
            recipient=about.recipient.swapcase() if about.channel is Channel.EMAIL else about.recipient,
            reason=SuppressionReason.MANUAL,
            created_at=world.clock(),
        )
        if self.listed:
            world.suppressions.add([entry])
        else:
            world.suppressions.remove(about.tenant_id, entry.id, world.clock())


@dataclass(frozen=True)
class Time:
    """So many seconds pass, or those until the next delayed message (None)."""

    seconds: int | None

    def happen(self, world: World) -> None:
        if self.seconds is not None:
            world.pass_time(timedelta(seconds=self.seconds))
        else:
            world.pass_time(min(at for at, _ in world.broker.later) - world.clock())


picks = st.integers(0, NOTIFICATIONS_MAX - 1)
tenants = st.sampled_from(TENANTS)
minutes = st.none() | st.none() | st.integers(1, 5).map(lambda minutes: timedelta(minutes=minutes))
wishes = st.builds(
    Wish,
    channel=st.sampled_from((Channel.EMAIL, Channel.EMAIL, Channel.SMS, Channel.PUSH)),
    recipient=st.integers(0, 2),
    priority=st.sampled_from(Priority),
    on_unknown=st.sampled_from(OnUnknown),
    max_retries=st.integers(0, 3),
    scheduled_in=minutes,
    expires_in=minutes,
)
submissions = st.builds(
    Submission,
    tenant=tenants,
    wishes=st.lists(wishes, min_size=1, max_size=3).map(tuple),
    key=st.sampled_from((None, "key-1", "key-2")),
)

deliveries = st.builds(
    Delivery,
    consumer=st.integers(0, 2),
    lane=st.sampled_from(Lane),
    count=st.integers(1, 4),
    plain_first=st.booleans(),
)
delivery_outcome = st.sampled_from(
    (DeliveryOutcome.ACCEPTED, DeliveryOutcome.DELIVERED, DeliveryOutcome.UNDELIVERED, None)
)
suppression_reason = st.sampled_from((None, None, None, SuppressionReason.HARD_BOUNCE))
strangers = st.sampled_from(("exact", "plain", "texts", "bulk", "a stranger"))

_LIKELY: tuple[tuple[int, st.SearchStrategy[Any], Callable[[World], Any]], ...] = (
    (3, submissions, lambda world: world.has_room() and world.numbered < NOTIFICATIONS_MAX),
    (1, st.builds(RepeatedCall, picks), lambda world: world.has_room() and world.calls),
    (8, deliveries, lambda world: world.has_room() and any(world.broker.lanes.values())),
    (6, st.builds(GoingOn, picks), World.under_way),
    (2, st.builds(Death, picks), World.under_way),
    (4, st.builds(Sweeping), World.has_room),
    (3, st.builds(Time, st.just(None)), lambda world: world.broker.later),
    (3, st.builds(Time, st.sampled_from((1, 5, 15, 31, 61, 91, 126, 300, 1_900))), lambda world: True),
    (1, st.builds(Cancelling, picks), lambda world: world.has_room() and world.found),
    (1, st.builds(Retrying, picks), lambda world: world.has_room() and world.found),
    (
        4,
        st.builds(Replaying, tenants, st.sampled_from((None, "replay-1", "replay-2"))),
        lambda world: world.has_room() and world.has_dead(),
    ),
    (
        3,
        st.builds(Reporting, picks, st.none(), delivery_outcome, suppression_reason),
        lambda world: world.has_room() and world.with_sent(),
    ),
    (
        1,
        st.builds(Reporting, picks, strangers, delivery_outcome, suppression_reason),
        lambda world: world.has_room() and world.found,
    ),
    (1, st.builds(LostMessage, picks), lambda world: any(world.broker.lanes.values())),
    (2, st.builds(OldMessage, st.integers(0, 50)), lambda world: world.broker.history),
    (1, st.builds(OtherOrder), lambda world: any(len(lane) > 1 for lane in world.broker.lanes.values())),
    (1, st.builds(BrokerTrouble, st.booleans(), st.none() | picks), lambda world: world.found),
    (1, st.builds(Listing, picks, st.booleans()), lambda world: world.found),
)
"""How likely each event is, how to draw it, and when it can happen."""


def events(world: World) -> st.SearchStrategy[Event]:
    """Return how to draw an event that can happen now.

    These are no rules of the machine, since Hypothesis leaves out about half of a machine's rules in every run.
    """
    return st.sampled_from(
        [strategy for likely, strategy, can_happen in _LIKELY if can_happen(world) for _ in range(likely)]
    ).flatmap(lambda strategy: strategy)
