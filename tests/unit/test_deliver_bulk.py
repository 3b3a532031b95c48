"""Providers that take many messages in one call, and the worlds of test keys, against fakes."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.fakes import FakeBulkProvider, FakeProvider
from tests.unit.delivery import World
from wavecom.application.deliver.select import ChannelProvider
from wavecom.domain.notifications.enums import Cause, Channel, OnUnknown, Status
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

LIMIT = FakeBulkProvider.bulk_limit
BUSY = TransientError("busy", code="busy")


@pytest.fixture
def bulk(delivery: World) -> FakeBulkProvider:
    provider = FakeBulkProvider()
    delivery.live[Channel.EMAIL] = [ChannelProvider(provider=provider)]
    return provider


@pytest.fixture
def second(delivery: World, bulk: FakeBulkProvider) -> FakeProvider:
    """Another provider, to fail over to."""
    provider = FakeProvider("second")
    delivery.live[Channel.EMAIL].append(ChannelProvider(provider=provider, weight=0.0))
    return provider


def whole_call(answers: Callable[[], list[Receipt | ProviderError]]):
    return lambda _: answers()


def raising(error: Exception):
    def answer(_answers):
        raise error

    return answer


def test_one_call_serves_many(delivery: World, bulk: FakeBulkProvider) -> None:
    notifications = delivery.waiting(120)

    delivery.run(notifications)

    assert sorted(bulk.calls) == [20, LIMIT, LIMIT]
    assert {delivery.stored(each).state.status for each in notifications} == {Status.SENT}
    ids = {each.id: delivery.stored(each).state.provider_message_id for each in notifications}
    assert ids == {each: f"bulk-{each}" for each in ids}, "each has its own receipt"


def test_a_call_has_one_sender_and_the_failure_of_one_is_not_that_of_another(
    delivery: World, bulk: FakeBulkProvider
) -> None:
    senders = [Sender(id=each, channel=Channel.EMAIL, address=f"{each}@bank.example") for each in ("a", "b")]
    notifications = [each for sender in (*senders, None) for each in delivery.waiting(4, sender=sender)]

    delivery.run(notifications)

    assert bulk.calls == [4, 4, 4]
    assert {delivery.stored(each).state.status for each in notifications} == {Status.SENT}


def test_a_refused_recipient_fails_only_itself(delivery: World, bulk: FakeBulkProvider) -> None:
    answers = {
        "gone@example.com": PermanentError("no such user", code="5.1.1", about=About.RECIPIENT),
        "busy@example.com": BUSY,
        "silent@example.com": UnknownOutcomeError("timeout", code="timeout"),
        "limited@example.com": RateLimitedError("slow down", code="429", of_recipient=True),
    }
    for recipient, error in answers.items():
        bulk.answers[recipient] = [error]
    refused = {each: delivery.waiting(recipient=each)[0] for each in answers}
    well = delivery.waiting(10)

    delivery.run([*well[:5], *refused.values(), *well[5:]])

    assert bulk.calls == [14]
    assert {delivery.stored(each).state.status for each in well} == {Status.SENT}
    outcomes = {each: delivery.stored(notification).state.attempts[0].outcome for each, notification in refused.items()}
    assert outcomes == {each: error.outcome for each, error in answers.items()}
    assert delivery.stored(refused["gone@example.com"]).state.cause is Cause.PERMANENT


def test_a_refused_one_goes_to_the_next_provider_and_the_others_stay(
    delivery: World, bulk: FakeBulkProvider, second: FakeProvider
) -> None:
    bulk.answers["busy@example.com"] = [BUSY]
    (refused,) = delivery.waiting(recipient="busy@example.com")

    delivery.run([*delivery.waiting(10), refused])

    assert [message.notification_id for message in second.accepted] == [refused.id]
    assert len(bulk.accepted) == 10


def test_a_call_that_is_refused_as_a_whole_goes_to_the_next_provider(
    delivery: World, bulk: FakeBulkProvider, second: FakeProvider
) -> None:
    bulk.whole = whole_call(lambda: [BUSY] * 40)

    delivery.run(delivery.waiting(40))

    assert len(second.accepted) == 40


@pytest.mark.parametrize("error", [ValueError("a bug"), UnknownOutcomeError("timeout", code="timeout")])
def test_an_exception_leaves_the_whole_call_unknown(
    delivery: World, bulk: FakeBulkProvider, second: FakeProvider, error: Exception
) -> None:
    bulk.whole = raising(error)
    held, resent = delivery.waiting(10, on_unknown=OnUnknown.HOLD), delivery.waiting(10)

    delivery.run([*held, *resent])

    assert second.accepted == [], "they may have been sent"
    assert {delivery.stored(each).state.cause for each in held} == {Cause.UNKNOWN}
    assert {(delivery.stored(each).state.status, delivery.stored(each).state.retry_count) for each in resent} == {
        (Status.RETRYING, 1)
    }


@pytest.mark.parametrize("given", [9, 11, 0])
def test_answers_that_do_not_match_the_messages_leave_the_whole_call_unknown(
    delivery: World, bulk: FakeBulkProvider, second: FakeProvider, given: int
) -> None:
    bulk.whole = whole_call(lambda: [Receipt("m")] * given)
    notifications = delivery.waiting(10, on_unknown=OnUnknown.HOLD)

    delivery.run(notifications)

    assert bulk.calls == [10], "nobody knows which were sent, so none may be sent again"
    assert second.accepted == []
    assert {delivery.stored(each).state.cause for each in notifications} == {Cause.UNKNOWN}


def test_a_single_message_needs_no_bulk_call(delivery: World, bulk: FakeBulkProvider) -> None:
    delivery.run(delivery.waiting())

    assert (bulk.calls, len(bulk.accepted)) == ([], 1)


def test_what_expired_before_the_call_is_left_out_of_it(delivery: World, bulk: FakeBulkProvider) -> None:
    (soon,) = delivery.waiting(expires_at=NOON + timedelta(seconds=5))
    lasting = delivery.waiting(4)
    delivery.clock.advance(timedelta(seconds=5))

    delivery.run([soon, *lasting])

    assert bulk.calls == [4]
    assert delivery.stored(soon).state.status is Status.EXPIRED


def test_a_bulk_call_is_within_the_slots_that_the_limit_has(delivery: World, bulk: FakeBulkProvider) -> None:
    delivery.pace.free = {"bulk": 7}

    delivery.run(delivery.waiting(30))

    assert bulk.calls == [7]


@pytest.fixture
def simulator(delivery: World) -> FakeProvider:
    provider = FakeProvider("simulator")
    delivery.simulators[Channel.EMAIL] = [ChannelProvider(provider=provider)]
    return provider


def test_a_test_tenants_notifications_go_to_the_simulators_and_live_ones_never(
    delivery: World, simulator: FakeProvider
) -> None:
    live, test = delivery.waiting(10), delivery.waiting(10, tenant="bank-a~test")

    delivery.run([each for pair in zip(live, test, strict=True) for each in pair])

    assert {message.notification_id for message in delivery.email.accepted} == {each.id for each in live}
    assert {message.notification_id for message in simulator.accepted} == {each.id for each in test}


def test_when_the_simulator_refuses_no_live_provider_is_asked(delivery: World, simulator: FakeProvider) -> None:
    simulator.answers["user@example.com"] = [BUSY]
    (test,) = delivery.waiting(tenant="bank-a~test")

    delivery.run([test])

    assert delivery.email.accepted == []
    assert delivery.stored(test).state.status is Status.RETRYING


def test_when_every_live_provider_is_down_no_simulator_is_asked(delivery: World, simulator: FakeProvider) -> None:
    delivery.email.answers["user@example.com"] = [BUSY]
    (live,) = delivery.waiting()

    delivery.run([live])

    assert simulator.accepted == []
    assert delivery.stored(live).state.status is Status.RETRYING


def test_without_a_simulator_a_test_tenants_notification_waits(delivery: World) -> None:
    (test,) = delivery.waiting(tenant="bank-a~test")

    delivery.run([test])

    assert delivery.email.accepted == []
    assert (delivery.stored(test).state.status, delivery.stored(test).state.retry_count) == (Status.RETRYING, 0)


def test_a_provider_is_not_asked_for_a_recipient_that_it_does_not_take(delivery: World) -> None:
    apns, fcm = FakeProvider("apns", Channel.PUSH), FakeProvider("fcm", Channel.PUSH)
    delivery.live[Channel.PUSH] = [
        ChannelProvider(provider=apns, takes=lambda token: ":" not in token),
        ChannelProvider(provider=fcm, takes=lambda token: ":" in token),
    ]
    fcm.answers["fcm:token"] = [BUSY]
    (refused,) = delivery.waiting(channel=Channel.PUSH, recipient="fcm:token")

    delivery.run([refused, *delivery.waiting(3, channel=Channel.PUSH, recipient="ab" * 32)])

    assert {message.recipient for message in apns.accepted} == {"ab" * 32}
    assert delivery.stored(refused).state.status is Status.RETRYING
