"""How a notification begins, waits and ends without an attempt."""

from datetime import timedelta

import pytest

from tests.builders import ASKED, NOON, TIMINGS, a_draft, a_result, begun, claimed, failed, pending, queued, sent
from wavecom.domain.errors import IllegalTransitionError
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.enums import Cause, Lane, OnUnknown, Priority, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome

MINUTE = timedelta(minutes=1)


def test_a_new_notification_is_pending_and_due_within_seconds() -> None:
    change = lifecycle.create(a_draft(), tenant_id="bank-a", at=NOON, timings=TIMINGS)

    assert change.before is None
    assert change.after.state.status is Status.PENDING
    assert change.after.state.due_at == NOON + TIMINGS.pending
    assert [entry.status for entry in change.entries] == [Status.PENDING]


def test_a_scheduled_notification_is_due_at_its_time() -> None:
    assert pending(scheduled_at=NOON + 5 * MINUTE).state.due_at == NOON + 5 * MINUTE


def test_a_notification_is_never_due_after_its_deadline() -> None:
    deadline = NOON + timedelta(seconds=3)

    assert pending(expires_at=deadline).state.due_at == deadline
    assert queued(expires_at=deadline).state.due_at == deadline


@pytest.mark.parametrize(
    ("priority", "lane"),
    [
        (Priority.CRITICAL, Lane.HIGH),
        (Priority.HIGH, Lane.HIGH),
        (Priority.MEDIUM, Lane.STANDARD),
        (Priority.LOW, Lane.STANDARD),
    ],
)
def test_priority_decides_the_lane(priority: Priority, lane: Lane) -> None:
    assert pending(priority=priority).lane is lane


def test_a_claim_holds_a_lease_and_is_due_at_its_end() -> None:
    change = lifecycle.claim(queued(), retry_counts={0}, token="mine", at=NOON, timings=TIMINGS)

    assert change is not None
    assert change.after.state.status is Status.PROCESSING
    assert change.after.state.lease is not None
    assert change.after.state.lease.token == "mine"
    assert change.after.state.due_at == change.after.state.lease.until == NOON + TIMINGS.lease


def test_a_claim_faster_than_the_writer_of_queued_records_both() -> None:
    change = lifecycle.claim(pending(), retry_counts={0}, token="mine", at=NOON, timings=TIMINGS)

    assert change is not None
    assert [(entry.sequence, entry.status) for entry in change.entries] == [
        (2, Status.QUEUED),
        (3, Status.PROCESSING),
    ]


@pytest.mark.parametrize("notification", [claimed(), sent(), failed()])
def test_what_is_held_or_finished_cannot_be_claimed(notification) -> None:
    assert lifecycle.claim(notification, retry_counts={0}, token="mine", at=NOON, timings=TIMINGS) is None


def test_a_message_cannot_send_a_scheduled_notification_early() -> None:
    scheduled = pending(scheduled_at=NOON + MINUTE)

    assert lifecycle.claim(scheduled, retry_counts={0}, token="mine", at=NOON, timings=TIMINGS) is None
    assert lifecycle.claim(scheduled, retry_counts={0}, token="mine", at=NOON + MINUTE, timings=TIMINGS) is not None


def test_a_claim_after_the_deadline_expires_instead() -> None:
    change = lifecycle.claim(
        queued(expires_at=NOON + MINUTE), retry_counts={0}, token="t", at=NOON + MINUTE, timings=TIMINGS
    )

    assert change is not None
    assert change.after.state.status is Status.EXPIRED
    assert change.after.state.due_at is None


def test_expiry_before_the_deadline_is_refused() -> None:
    with pytest.raises(IllegalTransitionError):
        lifecycle.expire(queued(expires_at=NOON + MINUTE), at=NOON)


@pytest.mark.parametrize("notification", [pending(), queued()])
def test_what_waits_can_be_cancelled_for_good(notification) -> None:
    cancelled = lifecycle.cancel(notification, at=NOON).after

    assert cancelled.state.status is Status.CANCELLED
    assert cancelled.state.due_at is None
    with pytest.raises(IllegalTransitionError):
        lifecycle.replay(cancelled, at=NOON, timings=TIMINGS, request=ASKED)


@pytest.mark.parametrize("notification", [claimed(), sent(), failed()])
def test_what_is_under_way_or_over_cannot_be_cancelled(notification) -> None:
    with pytest.raises(IllegalTransitionError):
        lifecycle.cancel(notification, at=NOON)


def test_a_replay_starts_a_new_budget_and_is_due_soon() -> None:
    replayed = lifecycle.replay(failed(), at=NOON + MINUTE, timings=TIMINGS, request=ASKED).after

    assert replayed.state.status is Status.QUEUED
    assert replayed.state.retry_count == 0
    assert replayed.state.error is None
    assert replayed.state.cause is None
    assert replayed.state.failed_at is None
    assert replayed.state.due_at == NOON + MINUTE + TIMINGS.pending


@pytest.mark.parametrize("notification", [pending(), queued(), claimed(), sent()], ids=lambda each: each.state.status)
def test_what_is_no_dead_letter_cannot_be_replayed(notification: Notification) -> None:
    with pytest.raises(IllegalTransitionError):
        lifecycle.replay(notification, at=NOON, timings=TIMINGS, request=ASKED)


def test_postponing_changes_no_status_and_adds_no_entry() -> None:
    change = lifecycle.postpone(queued(), until=NOON + MINUTE)

    assert change.entries == ()
    assert change.after.state.status is Status.QUEUED
    assert change.after.state.due_at == NOON + MINUTE


def unanswered(on_unknown: OnUnknown) -> Notification:
    """Waiting for its retry after an attempt that a provider with tokens did not answer."""
    under_way = begun(claimed(on_unknown=on_unknown, expires_at=NOON + timedelta(seconds=4)), "exact", idempotent=True)
    return settlement.settle(under_way, a_result(Outcome.UNKNOWN, provider="exact"), at=NOON, timings=TIMINGS).after


def test_what_may_have_been_sent_and_is_held_does_not_expire_but_waits_for_a_person() -> None:
    change = lifecycle.expire(unanswered(OnUnknown.HOLD), at=NOON + timedelta(seconds=5))

    assert (change.after.state.status, change.after.state.cause) == (Status.FAILED, Cause.UNKNOWN)
    assert [entry.status for entry in change.entries] == [Status.PROCESSING, Status.FAILED]
    assert change.after.state.due_at is None


def test_what_may_have_been_sent_expires_or_is_cancelled_with_a_word_of_it() -> None:
    expired = lifecycle.expire(unanswered(OnUnknown.RESEND), at=NOON + timedelta(seconds=5))
    cancelled = lifecycle.cancel(unanswered(OnUnknown.RESEND), at=NOON)

    assert expired.after.state.status is Status.EXPIRED
    assert expired.entries[0].message.endswith("an earlier attempt may have sent it")
    assert cancelled.entries[0].message == "Cancelled by client; an earlier attempt may have sent it"


def test_a_changed_notification_differs_in_what_was_changed_alone() -> None:
    before = queued()

    after = before.changed(status=Status.CANCELLED, error="why")

    assert after == before.changed(status=Status.CANCELLED, error="why")
    assert before.state.status is Status.QUEUED
    with pytest.raises(KeyError):
        before.changed(stauts=Status.SENT)  # type: ignore[call-arg]  # a field that does not exist
