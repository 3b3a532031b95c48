"""What is begun: recorded before the provider is called, never for whom nothing must go to, and never too late."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, TIMINGS, a_result
from tests.fakes import FakeProvider
from tests.unit.delivery import World, brief
from wavecom.application.deliver.select import ChannelProvider
from wavecom.domain.categories import Category, Subscription
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.enums import Cause, Channel, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.message import OutgoingMessage
from wavecom.domain.providers.outcomes import Outcome, Receipt, TransientError
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression

TO = "user@example.com"


class Watched(FakeProvider):
    """A provider that looks at what is stored while it is called."""

    def __init__(self, name: str, world: World, *, idempotent: bool = False) -> None:
        super().__init__(name, idempotent=idempotent)
        self.seen: list[Notification] = []
        self._world = world

    def send(self, message: OutgoingMessage) -> Receipt:
        self.seen.append(self._world.store.notifications[message.notification_id])
        return super().send(message)


class Waker(FakeProvider):
    """A provider during whose calls time passes."""

    def __init__(self, world: World, by: timedelta) -> None:
        super().__init__("waker")
        self._world, self._by = world, by

    def send(self, message: OutgoingMessage) -> Receipt:
        self._world.clock.advance(self._by)
        return super().send(message)


def suppressed(world: World, tenant: str, recipient: str, channel: Channel = Channel.EMAIL) -> None:
    world.suppressions.add(
        [
            Suppression(
                tenant_id=tenant,
                channel=channel,
                recipient=recipient,
                reason=SuppressionReason.MANUAL,
                created_at=world.clock(),
            )
        ]
    )


def test_an_attempt_is_recorded_as_begun_before_its_provider_is_called(delivery: World) -> None:
    first, second = Watched("first", delivery), Watched("second", delivery, idempotent=True)
    delivery.live[Channel.EMAIL] = [ChannelProvider(provider=first), ChannelProvider(provider=second, weight=0.0)]
    first.answers[TO] = [TransientError("busy", code="busy")]
    (notification,) = delivery.waiting()

    delivery.run([notification])

    for provider in (first, second):
        (seen,) = provider.seen
        assert seen.state.status is Status.PROCESSING
        assert seen.state.begun is not None
        assert (seen.state.begun.provider, seen.state.begun.idempotent) == (provider.name, provider.idempotent)
    assert first.seen[0].state.attempts == ()
    assert [each.provider for each in second.seen[0].state.attempts] == ["first"]
    assert delivery.stored(notification).state.begun is None


def test_no_more_are_recorded_as_begun_than_may_be_under_way(executor: ThreadPoolExecutor, monkeypatch) -> None:
    world = World(executor, timedelta(milliseconds=2))
    save, begun = world.store.save, []

    def count_begun(changes):
        saved = save(changes)
        begun.append(sum(each.state.begun is not None for each in world.store.notifications.values()))
        return saved

    monkeypatch.setattr(world.store, "save", count_begun)

    world.run(world.waiting(500))

    assert len(world.email.accepted) == 500
    assert max(begun) <= world.deliver.sends_at_once


def test_a_beginning_that_loses_its_guard_sends_nothing(delivery: World, monkeypatch) -> None:
    kept, lost = delivery.waiting()[0], delivery.waiting()[0]
    delivery.deliver = replace(delivery.deliver, sends_at_once=1)
    save = delivery.store.save

    def the_sweep_is_faster(changes):
        for each in changes:
            if each.after.state.begun is not None and each.after.id == lost.id:
                save([settlement.settle(each.before, a_result(Outcome.TRANSIENT), at=NOON, timings=TIMINGS)])
        return save(changes)

    monkeypatch.setattr(delivery.store, "save", the_sweep_is_faster)

    delivery.run([kept, lost])

    assert [message.notification_id for message in delivery.email.accepted] == [kept.id]
    assert delivery.stored(lost).state.status is Status.RETRYING


def test_what_another_consumer_claims_first_is_not_begun_with_our_claim(delivery: World, monkeypatch) -> None:
    lost, kept = delivery.waiting()[0], delivery.waiting()[0]
    save = delivery.store.save

    def another_is_faster(changes):
        for each in changes:
            if each.before.state.status is Status.QUEUED and each.after.id == lost.id:
                claim = lifecycle.claim(each.before, retry_counts={0}, token="another's", at=NOON, timings=TIMINGS)
                assert claim is not None
                save([claim])
        return save(changes)

    monkeypatch.setattr(delivery.store, "save", another_is_faster)

    delivery.run([lost, kept])

    assert [message.notification_id for message in delivery.email.accepted] == [kept.id]
    lease = delivery.stored(lost).state.lease
    assert lease is not None
    assert lease.token == "another's"
    assert delivery.stored(lost).state.begun is None


def test_what_cannot_be_recorded_as_begun_is_not_sent(delivery: World, monkeypatch) -> None:
    delivery.deliver = replace(delivery.deliver, sends_at_once=1)
    save = delivery.store.save

    def fails_at_beginnings(changes):
        if any(
            change.before.state.status is Status.PROCESSING and change.after.state.begun is not None
            for change in changes
        ):
            raise StoreUnavailableError("down")
        return save(changes)

    monkeypatch.setattr(delivery.store, "save", fails_at_beginnings)

    delivery.run(notifications := delivery.waiting(10), brief())

    assert [message.notification_id for message in delivery.email.accepted] == [notifications[0].id]


def test_what_cannot_be_claimed_and_begun_is_not_sent_and_comes_again(delivery: World, monkeypatch) -> None:
    def fails(changes):
        raise StoreUnavailableError("down")

    monkeypatch.setattr(delivery.store, "save", fails)

    with pytest.raises(StoreUnavailableError):
        delivery.run(delivery.waiting(10), brief())

    assert delivery.email.accepted == []


def test_where_the_suppression_lists_are_not_read_nothing_begins_with_its_claim(delivery: World, monkeypatch) -> None:
    def fails(notifications):
        raise StoreUnavailableError("down")

    monkeypatch.setattr(delivery.suppressions, "among", fails)

    delivery.run(notifications := delivery.waiting(3))

    assert delivery.email.accepted == []
    assert {delivery.stored(each).state.status for each in notifications} == {Status.RETRYING}


def test_a_crash_in_mid_failover_leaves_the_provider_that_was_asked_last(delivery: World, monkeypatch) -> None:
    first, second = FakeProvider("first"), FakeProvider("second")
    delivery.live[Channel.EMAIL] = [ChannelProvider(provider=first), ChannelProvider(provider=second, weight=0.0)]
    first.answers[TO] = [TransientError("busy", code="busy")]
    (notification,) = delivery.waiting()
    save = delivery.store.save

    def crashes_at_endings(changes):
        if any(change.after.state.status is Status.SENT for change in changes):
            raise StoreUnavailableError("crashed")
        return save(changes)

    monkeypatch.setattr(delivery.store, "save", crashes_at_endings)
    delivery.run([notification], brief())

    abandoned = settlement.abandon(delivery.stored(notification), at=NOON + TIMINGS.lease, timings=TIMINGS).after

    assert [(each.provider, each.outcome) for each in abandoned.state.attempts] == [
        ("first", Outcome.TRANSIENT),
        ("second", Outcome.UNKNOWN),
    ]


def test_nothing_goes_to_an_address_on_the_suppression_list(delivery: World) -> None:
    suppressed(delivery, "bank-a", TO)
    listed, other = delivery.waiting()[0], delivery.waiting(recipient="other@example.com")[0]

    delivery.run([listed, other])

    stored = delivery.stored(listed)
    assert (stored.state.status, stored.state.cause, stored.state.attempts, stored.state.provider) == (
        Status.FAILED,
        Cause.SUPPRESSED,
        (),
        None,
    )
    assert [message.recipient for message in delivery.email.accepted] == ["other@example.com"]
    assert [message.notification_id for message in delivery.queue.dead] == [listed.id]


def test_who_left_a_category_after_its_acceptance_is_sent_nothing_of_it(delivery: World) -> None:
    offers = Category(id="offers", name="Offers", transactional=False)
    left = Subscription(tenant_id="bank-a", channel=Channel.EMAIL, recipient=TO, category="offers")
    offer, receipt = delivery.waiting(category=offers)[0], delivery.waiting(category=replace(offers, id="receipts"))[0]
    (plain,) = delivery.waiting()
    delivery.suppressions.add([Suppression.of_subscription(left, NOON)])

    delivery.run([offer, receipt, plain])

    state = delivery.stored(offer).state
    assert (state.status, state.cause, state.attempts) == (Status.FAILED, Cause.UNSUBSCRIBED, ())
    assert state.error == "The recipient has left this category"
    last = delivery.store.audit_trail(offer)[-1]
    assert (last.status, last.metadata["reason"]) == (Status.FAILED, "unsubscribed")
    assert {each.notification_id for each in delivery.email.accepted} == {receipt.id, plain.id}


@pytest.mark.parametrize(
    ("tenant", "recipient", "channel"),
    [("bank-b", TO, Channel.EMAIL), ("bank-a~test", TO, Channel.EMAIL), ("bank-a", TO, Channel.PUSH)],
)
def test_a_list_is_of_its_tenant_and_channel_alone(delivery: World, tenant: str, recipient: str, channel) -> None:
    suppressed(delivery, tenant, recipient, channel)

    delivery.run(delivery.waiting())

    assert len(delivery.email.accepted) == 1


def test_the_case_of_an_email_address_hides_nobody(delivery: World) -> None:
    suppressed(delivery, "bank-a", "User@Example.com")

    delivery.run(delivery.waiting())

    assert delivery.email.accepted == []


def test_what_expires_within_the_batch_is_not_sent(delivery: World) -> None:
    delivery.deliver = replace(delivery.deliver, sends_at_once=1)
    delivery.live[Channel.EMAIL] = [ChannelProvider(provider=(waker := Waker(delivery, timedelta(seconds=2))))]
    lasting = delivery.waiting(3)
    (soon,) = delivery.waiting(expires_at=NOON + timedelta(seconds=5))

    delivery.run([*lasting, soon])

    stored = delivery.stored(soon)
    assert len(waker.accepted) == 3
    assert (stored.state.status, stored.state.retry_at, stored.state.due_at) == (Status.RETRYING, None, soon.expires_at)
    assert delivery.queue.delayed == []
    assert all(messages == [] for messages in delivery.queue.lanes.values()), "it waits for the sweep alone"


def test_what_expires_while_a_refusal_is_under_way_is_not_sent_by_another(delivery: World) -> None:
    first, second = Waker(delivery, timedelta(seconds=10)), FakeProvider("second")
    first.answers[TO] = [TransientError("busy", code="busy")]
    delivery.live[Channel.EMAIL] = [ChannelProvider(provider=first), ChannelProvider(provider=second, weight=0.0)]
    (notification,) = delivery.waiting(expires_at=NOON + timedelta(seconds=5))

    delivery.run([notification])

    stored = delivery.stored(notification)
    assert second.accepted == []
    assert [each.provider for each in stored.state.attempts] == ["waker"]
    assert (stored.state.status, stored.state.retry_at) == (Status.RETRYING, None)


def test_a_suppression_list_that_cannot_be_read_lets_nothing_through_and_loses_nothing(
    delivery: World, monkeypatch
) -> None:
    def unreadable(_notifications):
        raise StoreUnavailableError("down")

    monkeypatch.setattr(delivery.suppressions, "among", unreadable)
    notifications = delivery.waiting(3)

    delivery.run(notifications)  # claimed, so it must not raise: a message that comes again finds nothing to claim

    assert delivery.email.accepted == []
    assert all(delivery.stored(each).state.due_at is not None for each in notifications)
