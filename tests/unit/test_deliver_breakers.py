"""Delivering behind circuit breakers, against fakes."""

from tests.unit.delivery import World
from wavecom.adapters.providers.breaker import FAILURES_TO_OPEN, OPEN_FOR
from wavecom.domain.notifications.enums import Channel, Status
from wavecom.domain.providers.outcomes import (
    About,
    PermanentError,
    RateLimitedError,
    TransientError,
    UnknownOutcomeError,
)


def test_ten_failures_in_a_row_open_the_breaker_and_then_no_call_is_made(delivery: World) -> None:
    recipients = [f"r{index}@example.com" for index in range(FAILURES_TO_OPEN)]
    delivery.email.answers = {each: [TransientError("down", code="down")] for each in recipients}
    delivery.run([delivery.waiting(recipient=each)[0] for each in recipients])

    refused, other_channel = delivery.waiting(3), delivery.waiting(recipient="+12025550123", channel=Channel.SMS)
    delivery.run([*refused, *other_channel])

    assert delivery.email.accepted == []
    assert {(delivery.stored(each).state.status, delivery.stored(each).state.retry_count) for each in refused} == {
        (Status.RETRYING, 0)
    }
    assert delivery.stored(other_channel[0]).state.status is Status.SENT


def test_after_thirty_seconds_one_trial_goes_through_and_closes_the_breaker(delivery: World) -> None:
    delivery.breakers.record("email", [False] * FAILURES_TO_OPEN)
    delivery.clock.advance(OPEN_FOR)

    delivery.run(delivery.waiting(20))
    after_trial = len(delivery.email.accepted)
    delivery.run(delivery.waiting(20))

    assert after_trial == 1
    assert len(delivery.email.accepted) == 21


def test_refusals_and_rate_limits_do_not_open_the_breaker(delivery: World) -> None:
    recipients = [f"r{index}@example.com" for index in range(40)]
    for index, recipient in enumerate(recipients):
        error = (
            PermanentError("no", code="no", about=About.RECIPIENT)
            if index % 2
            else RateLimitedError("slow down", code="429")
        )
        delivery.email.answers[recipient] = [error]

    delivery.run([delivery.waiting(recipient=each)[0] for each in recipients])

    assert delivery.breakers.permits(["email"])["email"].calls is None


def test_unknown_outcomes_open_the_breaker(delivery: World) -> None:
    recipients = [f"r{index}@example.com" for index in range(FAILURES_TO_OPEN)]
    delivery.email.answers = {each: [UnknownOutcomeError("timeout", code="timeout")] for each in recipients}

    delivery.run([delivery.waiting(recipient=each)[0] for each in recipients])

    assert delivery.breakers.permits(["email"])["email"].calls == 0


def test_copies_of_a_deferred_message_do_not_multiply(delivery: World) -> None:
    (notification,) = delivery.waiting()
    delivery.breakers.record("email", [False] * FAILURES_TO_OPEN)

    for _ in range(5):
        delivery.run([notification])

    assert len(delivery.queue.delayed) == 1
    assert delivery.stored(notification).state.sequence == notification.state.sequence + 2
