"""Delivering over several providers: failover, limits and breakers, against fakes."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.fakes import FakeProvider
from tests.unit.delivery import World
from wavecom.adapters.providers.breaker import FAILURES_TO_OPEN, OPEN_FOR
from wavecom.application.deliver.provider_health import PAUSE
from wavecom.application.deliver.select import ChannelProvider
from wavecom.domain.notifications.enums import Cause, Channel, OnUnknown, Status
from wavecom.domain.notifications.notification import Notification
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
from wavecom.domain.senders import Sender

TO = "user@example.com"
BUSY = TransientError("busy", code="busy")
SILENT = UnknownOutcomeError("timeout", code="timeout")
LIMIT = RateLimitedError("slow down", code="429")
LIMIT_OF_RECIPIENT = RateLimitedError("hers alone", code="429", of_recipient=True)


def chain(world: World, *names: str, **provider) -> list[FakeProvider]:
    """Give email these providers, to be asked in this order."""
    made = [FakeProvider(name, **provider) for name in names]
    in_order(world, made)
    return made


def in_order(world: World, providers: Sequence[FakeProvider]) -> None:
    # A draw by weight is random; these weights leave it no choice.
    world.live[Channel.EMAIL] = [
        ChannelProvider(provider=provider, weight=10.0 ** -(9 * place)) for place, provider in enumerate(providers)
    ]


def attempts(world: World, notification: Notification) -> list[tuple[str, str]]:
    return [(each.provider, each.outcome.value) for each in world.stored(notification).state.attempts]


def opened(world: World, provider: str) -> None:
    world.breakers.record(provider, [False] * FAILURES_TO_OPEN)


@pytest.mark.parametrize("refusal", [BUSY, LIMIT, LIMIT_OF_RECIPIENT])
def test_after_a_refusal_the_next_provider_is_asked_at_once(delivery: World, refusal: ProviderError) -> None:
    first, second = chain(delivery, "first", "second")
    first.answers[TO] = [refusal]
    (notification,) = delivery.waiting()

    delivery.run([notification])

    stored = delivery.stored(notification)
    assert (stored.state.status, stored.state.retry_count, stored.state.provider) == (Status.SENT, 0, "second")
    assert attempts(delivery, notification) == [("first", refusal.outcome.value), ("second", "delivered")]
    assert [len(each.accepted) for each in (first, second)] == [0, 1]
    assert delivery.queue.delayed == []
    providers = delivery.store.counters.totals("bank-a").providers()
    assert providers == {"first": {refusal.outcome.value: 1}, "second": {"delivered": 1}}


def test_when_all_refuse_one_retry_is_spent(delivery: World) -> None:
    for each in chain(delivery, "first", "second", "third"):
        each.answers[TO] = [BUSY]
    (notification,) = delivery.waiting()

    delivery.run([notification])

    stored = delivery.stored(notification)
    assert (stored.state.status, stored.state.retry_count) == (Status.RETRYING, 1)
    assert attempts(delivery, notification) == [(name, "transient") for name in ("first", "second", "third")]
    assert [delay for delay, _ in delivery.queue.delayed] == [timedelta(seconds=5)]


def test_a_refusal_for_good_goes_to_nobody_else(delivery: World) -> None:
    first, second = chain(delivery, "first", "second")
    first.answers[TO] = [PermanentError("no such user", code="5.1.1", about=About.RECIPIENT)]
    (notification,) = delivery.waiting()

    delivery.run([notification])

    assert delivery.stored(notification).state.cause is Cause.PERMANENT
    assert second.accepted == []


def test_silence_is_never_taken_for_a_refusal(delivery: World) -> None:
    first, second = chain(delivery, "first", "second")
    first.answers[TO] = [SILENT]
    resent, held = delivery.waiting()[0], delivery.waiting(on_unknown=OnUnknown.HOLD)[0]

    delivery.run([resent])
    first.answers[TO] = [SILENT]
    delivery.run([held])

    assert second.accepted == []
    assert (delivery.stored(resent).state.status, delivery.stored(resent).state.retry_count) == (Status.RETRYING, 1)
    assert (delivery.stored(held).state.status, delivery.stored(held).state.cause) == (Status.FAILED, Cause.UNKNOWN)


def test_silence_after_a_refusal_stops_there_too(delivery: World) -> None:
    first, second, third = chain(delivery, "first", "second", "third")
    first.answers[TO], second.answers[TO] = [BUSY], [SILENT]
    (notification,) = delivery.waiting()

    delivery.run([notification])

    assert third.accepted == []
    assert attempts(delivery, notification) == [("first", "transient"), ("second", "unknown")]


def test_silence_shortly_before_the_deadline_is_resent_at_once_and_a_held_one_is_not(delivery: World) -> None:
    first, second = chain(delivery, "first", "second")
    soon = NOON + timedelta(seconds=3)
    resent = delivery.waiting(expires_at=soon)[0]
    held = delivery.waiting(expires_at=soon, on_unknown=OnUnknown.HOLD)[0]
    first.answers[TO] = [SILENT, SILENT]

    delivery.run([resent, held])

    assert [each.notification_id for each in second.accepted] == [resent.id]
    assert delivery.stored(held).state.cause is Cause.UNKNOWN


def test_under_hold_an_idempotent_provider_is_asked_again_and_nobody_else(delivery: World) -> None:
    first, second = chain(delivery, "first", "second", idempotent=True)
    first.answers[TO] = [SILENT, BUSY]
    (notification,) = delivery.waiting(on_unknown=OnUnknown.HOLD)

    delivery.run([notification])
    assert (delivery.stored(notification).state.status, delivery.stored(notification).state.bound_to) == (
        Status.RETRYING,
        "first",
    )
    in_order(delivery, [second, first])
    for delay in (timedelta(seconds=5), timedelta(seconds=25)):
        delivery.clock.advance(delay)
        delivery.run([delivery.stored(notification)])

    assert second.accepted == []
    assert attempts(delivery, notification) == [("first", "unknown"), ("first", "transient"), ("first", "delivered")]
    assert delivery.stored(notification).state.bound_to is None


def test_under_hold_what_is_bound_waits_for_its_provider_even_behind_a_breaker(delivery: World) -> None:
    first, second = chain(delivery, "first", "second", idempotent=True)
    first.answers[TO] = [SILENT]
    (notification,) = delivery.waiting(on_unknown=OnUnknown.HOLD)
    delivery.run([notification])
    opened(delivery, "first")

    delivery.clock.advance(timedelta(seconds=5))
    delivery.run([delivery.stored(notification)])

    assert second.accepted == []
    assert (delivery.stored(notification).state.status, delivery.stored(notification).state.retry_count) == (
        Status.RETRYING,
        1,
    )


def test_under_resend_the_idempotent_provider_is_asked_again_first(delivery: World) -> None:
    first, second = chain(delivery, "first", "second", idempotent=True)
    first.answers[TO] = [SILENT]
    (notification,) = delivery.waiting()
    delivery.run([notification])
    in_order(delivery, [second, first])

    delivery.clock.advance(timedelta(seconds=5))
    delivery.run([delivery.stored(notification)])

    assert attempts(delivery, notification) == [("first", "unknown"), ("first", "delivered")]
    assert second.accepted == []


def test_behind_an_open_breaker_the_next_provider_is_asked(delivery: World) -> None:
    first, second = chain(delivery, "first", "second")
    opened(delivery, "first")
    notifications = delivery.waiting(20)

    delivery.run(notifications)

    assert (len(first.accepted), len(second.accepted)) == (0, 20)
    assert {len(delivery.stored(each).state.attempts) for each in notifications} == {1}


def test_without_a_free_slot_the_next_provider_is_asked_and_no_retry_is_spent(delivery: World) -> None:
    first, second = chain(delivery, "first", "second")
    delivery.pace.free = {"first": 5, "second": 10}
    notifications = delivery.waiting(20)

    delivery.run(notifications)

    stored = [delivery.stored(each) for each in notifications]
    assert (len(first.accepted), len(second.accepted)) == (5, 10)
    assert sorted(each.state.status for each in stored) == [Status.RETRYING] * 5 + [Status.SENT] * 15
    assert {each.state.retry_count for each in stored} == {0}
    assert {each.state.attempts for each in stored if each.state.status is Status.RETRYING} == {()}


@pytest.mark.parametrize(("asked_for", "pause"), [(None, PAUSE), (timedelta(seconds=40), timedelta(seconds=40))])
def test_an_answer_of_429_pauses_the_provider_for_everybody(delivery: World, asked_for, pause: timedelta) -> None:
    first, second = chain(delivery, "first", "second")
    first.answers[TO] = [RateLimitedError("slow down", code="429", retry_after=asked_for)]

    delivery.run(delivery.waiting())
    delivery.run(delivery.waiting(3, recipient="other@example.com"))

    assert delivery.pace.paused == {"first": NOON + pause}
    assert (len(first.accepted), len(second.accepted)) == (0, 4)
    delivery.clock.advance(pause)
    delivery.run(delivery.waiting(3, recipient="other@example.com"))
    assert len(first.accepted) == 3


def test_the_limit_of_one_recipient_pauses_nobody(delivery: World) -> None:
    (first,) = chain(delivery, "first")
    first.answers[TO] = [LIMIT_OF_RECIPIENT]

    delivery.run(delivery.waiting())

    assert delivery.pace.paused == {}


@pytest.mark.parametrize(("asked_for", "wait"), [(None, 5), (4, 5), (20, 25), (60, 125), (3_600, 125)])
def test_where_every_provider_has_had_enough_its_wish_is_heeded_and_no_retry_is_spent(
    delivery: World, asked_for: int | None, wait: int
) -> None:
    retry_after = timedelta(seconds=asked_for) if asked_for else None
    for each in chain(delivery, "first", "second"):
        each.answers[TO] = [RateLimitedError("slow down", code="429", retry_after=retry_after)]
    (notification,) = delivery.waiting()

    delivery.run([notification])

    assert delivery.stored(notification).state.retry_count == 0
    assert [delay for delay, _ in delivery.queue.delayed] == [timedelta(seconds=wait)]


def test_a_provider_that_dies_in_mid_batch_gets_only_what_was_under_way(delivery: World) -> None:
    class Dying(FakeProvider):
        calls = 0

        def send(self, message: OutgoingMessage) -> Receipt:
            with lock:
                self.calls += 1
                dead = self.calls > 200
            if dead:
                raise TransientError("connection refused", code="connect")
            return super().send(message)

    lock = threading.Lock()
    dying, second = Dying("dying"), FakeProvider("second")
    in_order(delivery, [dying, second])
    notifications = delivery.waiting(1_000)

    report = delivery.run(notifications)

    assert dict(report.by_status) == {"SENT": 1_000}
    assert len(dying.accepted) == 200
    assert dying.calls <= 200 + 2 * delivery.deliver.sends_at_once
    assert len(second.accepted) == 800
    assert {delivery.stored(each).state.retry_count for each in notifications} == {0}


def test_a_breakers_trial_that_was_taken_is_used_whatever_the_weights_say(delivery: World) -> None:
    first, second = chain(delivery, "first", "second")
    opened(delivery, "second")
    delivery.clock.advance(OPEN_FOR)

    delivery.run(delivery.waiting(20))

    assert (len(first.accepted), len(second.accepted)) == (19, 1)
    assert delivery.breakers.permits(["second"])["second"].calls is None, "the trial closed it"


def test_a_failed_trial_costs_its_notification_nothing_and_the_breaker_opens_again(delivery: World) -> None:
    first, second = chain(delivery, "first", "second")
    second.answers[TO] = [BUSY]
    opened(delivery, "second")
    delivery.clock.advance(OPEN_FOR)
    notifications = delivery.waiting(20)

    delivery.run(notifications)

    assert (len(first.accepted), len(second.accepted)) == (20, 0)
    assert {delivery.stored(each).state.retry_count for each in notifications} == {0}
    assert delivery.breakers.permits(["second"])["second"].calls == 0


def test_a_recipient_goes_to_those_that_take_it_alone(delivery: World) -> None:
    picky, other = FakeProvider("picky"), FakeProvider("other")
    delivery.live[Channel.EMAIL] = [
        ChannelProvider(provider=picky, weight=1000, takes=lambda recipient: recipient.isascii()),
        ChannelProvider(provider=other, weight=0.001),
    ]

    delivery.run(delivery.waiting(20, recipient="jürgen@example.com"))

    assert (len(picky.accepted), len(other.accepted)) == (0, 20)


def test_a_recipient_that_no_provider_takes_any_more_fails_at_once_for_the_providers_reason(delivery: World) -> None:
    client = FakeProvider("fcm")
    client.answers[TO] = [
        PermanentError("A device token of APNs", code="not_an_fcm_token", about=About.UNCLEAR, asked=False)
    ]
    delivery.live[Channel.EMAIL] = [ChannelProvider(provider=client, takes=lambda _: False)]
    (notification,) = delivery.waiting()

    delivery.run([notification])

    ended = delivery.stored(notification)
    assert (ended.state.status, ended.state.cause) == (Status.FAILED, Cause.PERMANENT)
    assert [each.code for each in ended.state.attempts] == ["not_an_fcm_token"]


BILLING = Sender(id="billing", channel=Channel.EMAIL, address="billing@bank.example", providers=("second",))


def test_a_sender_is_carried_by_its_providers_alone(delivery: World) -> None:
    _, second = chain(delivery, "first", "second")
    (plain,), (billed,) = delivery.waiting(), delivery.waiting(sender=BILLING)

    delivery.run([plain, billed])

    assert attempts(delivery, plain) == [("first", "delivered")]
    assert attempts(delivery, billed) == [("second", "delivered")]
    assert [(each.notification_id, each.sender) for each in second.accepted] == [(billed.id, BILLING)]


def test_when_the_senders_provider_refuses_nobody_else_is_asked(delivery: World) -> None:
    first, second = chain(delivery, "first", "second")
    second.answers[TO] = [BUSY]
    (billed,) = delivery.waiting(sender=BILLING)

    delivery.run([billed])

    assert first.accepted == []
    assert delivery.stored(billed).state.status is Status.RETRYING


def test_when_the_senders_provider_is_no_longer_configured_it_waits(delivery: World) -> None:
    (first,) = chain(delivery, "first")
    (billed,) = delivery.waiting(sender=BILLING)

    delivery.run([billed])

    assert first.accepted == []
    state = delivery.stored(billed).state
    assert (state.status, state.retry_count, state.deferred_since) == (Status.RETRYING, 0, NOON)
    assert "No provider is configured" in delivery.store.audit_trail(billed)[-1].message


def test_a_sender_without_providers_is_carried_by_all(delivery: World) -> None:
    first, second = chain(delivery, "first", "second")
    first.answers[TO] = [BUSY]
    (billed,) = delivery.waiting(sender=replace(BILLING, providers=()))

    delivery.run([billed])

    assert [each.notification_id for each in second.accepted] == [billed.id]
