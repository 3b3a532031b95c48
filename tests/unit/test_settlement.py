"""How a claim ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, TIMINGS, a_result, begun, claimed, reclaimed
from wavecom.domain.notifications import settlement
from wavecom.domain.notifications.enums import Cause, OnUnknown, Status
from wavecom.domain.providers.outcomes import About, Outcome
from wavecom.domain.suppressions.reason import SuppressionReason

LATER = NOON + timedelta(milliseconds=234)


def test_delivered_is_sent_with_its_receipt_and_its_time() -> None:
    after = settlement.settle(claimed(), a_result(Outcome.ACCEPTED), at=LATER, timings=TIMINGS).after

    assert after.state.status is Status.SENT
    assert after.state.provider_message_id == "message-1"
    assert after.state.processing_time_ms == 234
    assert after.state.sent_at == LATER
    assert after.state.due_at is None
    assert after.state.lease is None
    assert [attempt.outcome for attempt in after.state.attempts] == [Outcome.ACCEPTED]


def test_transient_failures_are_retried_after_5_25_and_125_seconds_and_then_fail() -> None:
    notification, waits = claimed(), []

    for _ in range(3):
        notification = settlement.settle(notification, a_result(Outcome.TRANSIENT), at=NOON, timings=TIMINGS).after
        assert notification.state.retry_at is not None
        waits.append((notification.state.retry_at - NOON).total_seconds())
        assert notification.state.status is Status.RETRYING
        assert notification.state.due_at == notification.state.retry_at + TIMINGS.retry_margin
        notification = reclaimed(notification, notification.state.retry_at)
    last = settlement.settle(notification, a_result(Outcome.TRANSIENT), at=NOON, timings=TIMINGS).after

    assert waits == [5, 25, 125]
    assert last.state.status is Status.FAILED
    assert last.state.cause is Cause.RETRIES_EXHAUSTED
    assert last.state.retry_count == 3
    assert last.state.due_at is None
    assert len(last.state.attempts) == 4


def test_a_permanent_refusal_skips_the_retries() -> None:
    after = settlement.settle(claimed(), a_result(Outcome.PERMANENT), at=NOON, timings=TIMINGS).after

    assert after.state.status is Status.FAILED
    assert after.state.cause is Cause.PERMANENT
    assert after.state.error == "It said no"
    assert after.state.retry_count == 0


def test_max_retries_of_zero_means_one_attempt() -> None:
    after = settlement.settle(claimed(max_retries=0), a_result(Outcome.TRANSIENT), at=NOON, timings=TIMINGS).after

    assert after.state.status is Status.FAILED


@pytest.mark.parametrize(("told_seconds", "waits_seconds"), [(None, 5), (5, 5), (17, 25), (60, 125), (9999, 125)])
def test_a_rate_limit_waits_as_told_and_spends_no_retry(told_seconds: int | None, waits_seconds: int) -> None:
    told = None if told_seconds is None else timedelta(seconds=told_seconds)
    result = a_result(Outcome.RATE_LIMITED, retry_after=told)

    after = settlement.settle(claimed(), result, at=NOON, timings=TIMINGS).after

    assert after.state.status is Status.RETRYING
    assert after.state.retry_count == 0
    assert after.state.retry_at == NOON + timedelta(seconds=waits_seconds)


def test_an_open_breaker_spends_no_retry_and_makes_no_attempt() -> None:
    after = settlement.defer(
        claimed(), reason="Breaker open", wait=timedelta(seconds=28), at=NOON, timings=TIMINGS
    ).after

    assert after.state.status is Status.RETRYING
    assert after.state.retry_count == 0
    assert after.state.attempts == ()
    assert after.state.deferred_since == NOON


@pytest.mark.parametrize(("waited_seconds", "waits_seconds"), [(0, 25), (60, 25), (125, 125), (4000, 125)])
def test_whoever_was_deferred_for_long_waits_longer(waited_seconds: int, waits_seconds: int) -> None:
    waited = claimed().changed(deferred_since=NOON - timedelta(seconds=waited_seconds))

    after = settlement.defer(waited, reason="Breaker open", wait=timedelta(seconds=30), at=NOON, timings=TIMINGS).after

    assert after.state.retry_at == NOON + timedelta(seconds=waits_seconds)


def test_deferring_for_too_long_fails() -> None:
    waited = claimed().changed(deferred_since=NOON - TIMINGS.defer_limit)

    after = settlement.defer(waited, reason="Breaker open", wait=timedelta(seconds=5), at=NOON, timings=TIMINGS).after

    assert after.state.status is Status.FAILED
    assert after.state.cause is Cause.PROVIDER_UNAVAILABLE


def test_an_attempt_ends_a_row_of_deferrals() -> None:
    waited = claimed().changed(deferred_since=NOON)

    after = settlement.settle(waited, a_result(Outcome.TRANSIENT), at=NOON, timings=TIMINGS).after

    assert after.state.deferred_since is None


def test_an_unknown_outcome_is_sent_again_or_held_as_the_notification_says() -> None:
    resent = settlement.settle(claimed(), a_result(Outcome.UNKNOWN), at=NOON, timings=TIMINGS).after
    held = settlement.settle(
        claimed(on_unknown=OnUnknown.HOLD), a_result(Outcome.UNKNOWN), at=NOON, timings=TIMINGS
    ).after

    assert (resent.state.status, resent.state.retry_count) == (Status.RETRYING, 1)
    assert (held.state.status, held.state.cause) == (Status.FAILED, Cause.UNKNOWN)


def test_a_lease_that_ran_out_before_the_send_spends_nothing_and_holds_nothing() -> None:
    for on_unknown in OnUnknown:
        after = settlement.abandon(claimed(on_unknown=on_unknown), at=NOON, timings=TIMINGS).after

        assert (after.state.status, after.state.retry_count, after.state.lease) == (Status.RETRYING, 0, None)
        assert after.state.attempts == ()


def test_a_lease_that_ran_out_after_the_send_began_counts_as_an_unknown_outcome() -> None:
    resent = settlement.abandon(begun(claimed()), at=NOON, timings=TIMINGS).after
    held = settlement.abandon(begun(claimed(on_unknown=OnUnknown.HOLD)), at=NOON, timings=TIMINGS).after
    used_up = settlement.abandon(begun(claimed().changed(retry_count=3)), at=NOON, timings=TIMINGS).after

    assert [(each.outcome, each.code) for each in resent.state.attempts] == [(Outcome.UNKNOWN, "lease_ran_out")]
    assert resent.state.begun is None

    assert (resent.state.status, resent.state.retry_count, resent.state.lease) == (Status.RETRYING, 1, None)
    assert (held.state.status, held.state.cause) == (Status.FAILED, Cause.UNKNOWN)
    assert (used_up.state.status, used_up.state.cause) == (Status.FAILED, Cause.RETRIES_EXHAUSTED)


def test_a_release_is_due_at_once() -> None:
    after = settlement.release(claimed(), at=NOON, timings=TIMINGS).after

    assert (after.state.status, after.state.retry_at, after.state.retry_count) == (Status.RETRYING, NOON, 0)


def test_an_idempotent_provider_is_asked_again_whatever_the_policy() -> None:
    for on_unknown in OnUnknown:
        attempted = begun(claimed(on_unknown=on_unknown), "exact", idempotent=True)

        after = settlement.settle(
            attempted, a_result(Outcome.UNKNOWN, provider="exact"), at=NOON, timings=TIMINGS
        ).after

        assert (after.state.status, after.state.bound_to, after.state.retry_count) == (Status.RETRYING, "exact", 1)


def test_what_an_idempotent_provider_never_answers_is_held_only_where_that_is_the_policy() -> None:
    def ending(on_unknown: OnUnknown) -> Cause | None:
        attempted = begun(claimed(on_unknown=on_unknown).changed(retry_count=3), "exact", idempotent=True)
        result = a_result(Outcome.UNKNOWN, provider="exact")
        return settlement.settle(attempted, result, at=NOON, timings=TIMINGS).after.state.cause

    assert ending(OnUnknown.HOLD) is Cause.UNKNOWN
    assert ending(OnUnknown.RESEND) is Cause.RETRIES_EXHAUSTED


def test_a_refusal_after_an_unanswered_attempt_does_not_say_that_nothing_was_sent() -> None:
    bound = begun(claimed(on_unknown=OnUnknown.HOLD), "exact", idempotent=True).changed(bound_to="exact")
    refused = a_result(Outcome.TRANSIENT, provider="exact")

    after = settlement.settle(bound.changed(retry_count=3), refused, at=NOON, timings=TIMINGS).after
    waiting = settlement.settle(bound, refused, at=NOON, timings=TIMINGS).after

    assert after.state.cause is Cause.UNKNOWN
    assert waiting.state.bound_to == "exact"
    assert not settlement.may_fail_over(bound, refused, at=NOON)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.TRANSIENT, True),
        (Outcome.RATE_LIMITED, True),
        (Outcome.UNKNOWN, False),
        (Outcome.ACCEPTED, False),
    ],
)
def test_another_provider_is_asked_at_once_after_a_definite_refusal_alone(outcome: Outcome, expected: bool) -> None:
    assert settlement.may_fail_over(begun(claimed()), a_result(outcome), at=NOON) is expected


@pytest.mark.parametrize("outcome", [Outcome.TRANSIENT, Outcome.PERMANENT])
@pytest.mark.parametrize(
    ("about", "expected"),
    [(About.RECIPIENT, False), (About.MESSAGE, False), (About.SENDER, True), (About.UNCLEAR, True)],
)
def test_another_provider_is_asked_by_whom_the_refusal_speaks_of(
    outcome: Outcome, about: About, expected: bool
) -> None:
    assert settlement.may_fail_over(begun(claimed()), a_result(outcome, about=about), at=NOON) is expected


def test_an_unknown_outcome_fails_over_at_once_where_its_retry_would_come_too_late() -> None:
    soon = NOON + timedelta(seconds=4)

    assert settlement.may_fail_over(begun(claimed(expires_at=soon)), a_result(Outcome.UNKNOWN), at=NOON)
    held = begun(claimed(expires_at=soon, on_unknown=OnUnknown.HOLD))
    assert not settlement.may_fail_over(held, a_result(Outcome.UNKNOWN), at=NOON)


def test_a_retry_after_the_deadline_is_not_planned() -> None:
    deadline = NOON + timedelta(seconds=4)

    after = settlement.settle(claimed(expires_at=deadline), a_result(Outcome.TRANSIENT), at=NOON, timings=TIMINGS).after

    assert (after.state.status, after.state.retry_at, after.state.due_at) == (Status.RETRYING, None, deadline)


def test_a_suppressed_recipient_ends_it_without_an_attempt() -> None:
    after = settlement.suppress(claimed(), reason=SuppressionReason.MANUAL, at=NOON, timings=TIMINGS).after

    assert (after.state.status, after.state.cause, after.state.attempts) == (Status.FAILED, Cause.SUPPRESSED, ())
    assert after.state.error == "The recipient is on the suppression list: put there by a person"


GREYLISTED = replace(a_result(Outcome.TRANSIENT, about=About.RECIPIENT), worth_waiting=True)


def test_greylisted_recipient_is_tried_at_growing_intervals_after_the_retries() -> None:
    notification, at, waits = claimed(), NOON, []

    while notification.state.status is not Status.FAILED:
        notification = settlement.settle(notification, GREYLISTED, at=at, timings=TIMINGS).after
        if notification.state.retry_at is not None:
            waits.append((notification.state.retry_at - at).total_seconds())
            at = notification.state.retry_at
            notification = reclaimed(notification, at)

    assert waits[:3] == [5, 25, 125]
    assert waits[3:6] == [300, 455, 910]
    assert set(waits[6:]) == {1800} | {waits[6]}
    assert timedelta(hours=3.5) < at - NOON <= TIMINGS.recipient_limit
    assert (notification.state.cause, notification.state.retry_count) == (Cause.RETRIES_EXHAUSTED, 3)


def test_greylisted_recipient_is_not_tried_beyond_the_deadline() -> None:
    deadline = NOON + timedelta(minutes=4)
    last = claimed(expires_at=deadline).changed(retry_count=3)

    after = settlement.settle(last, GREYLISTED, at=NOON, timings=TIMINGS).after

    assert (after.state.status, after.state.retry_at, after.state.due_at) == (Status.RETRYING, None, deadline)


def test_whoever_wants_one_attempt_gets_one_whatever_the_recipient_says() -> None:
    assert (
        settlement.settle(claimed(max_retries=0), GREYLISTED, at=NOON, timings=TIMINGS).after.state.status
        is Status.FAILED
    )
