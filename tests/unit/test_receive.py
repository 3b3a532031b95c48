"""Delivery reports: whenever, however often and in whatever order they come, against fakes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, TIMINGS, ManualClock, a_result, begun, claimed, queued, sent
from tests.fakes import FakeKeptReports, FakeStore, FakeSuppressions, as_if_stored
from wavecom.application.reports.receive import APPLY_AGAIN_AFTER, KEPT_FOR, Receive
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.attempts import AttemptResult
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import Channel, OnUnknown, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome, Receipt
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.domain.suppressions.suppression import Suppression

EVENT = NOON + timedelta(seconds=3)


class Reports:
    """A receive function and everything around it."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON + timedelta(seconds=4))
        self.store, self.suppressions, self.kept = FakeStore(), FakeSuppressions(), FakeKeptReports()
        self.receive = Receive(store=self.store, suppressions=self.suppressions, kept=self.kept, clock=self.clock)

    def stored(self, notification: Notification) -> Notification:
        return self.store.notifications[notification.id]

    def has(self, notification: Notification) -> Notification:
        return as_if_stored(self.store, notification)

    def saves(self, change: Change | None) -> Notification:
        assert change is not None
        (saved,) = self.store.save([change])
        return saved.after

    def apply_due_reports(self, after: timedelta = APPLY_AGAIN_AFTER) -> int:
        self.clock.advance(after)
        return self.receive.apply_due_reports()


@pytest.fixture
def reports() -> Reports:
    return Reports()


def report(
    notification: Notification,
    delivery_outcome: DeliveryOutcome | None = DeliveryOutcome.DELIVERED,
    *,
    provider: str = "simulated-email",
    suppression_reason: SuppressionReason | None = None,
) -> DeliveryReport:
    return DeliveryReport(
        notification_id=notification.id,
        provider=provider,
        delivery_outcome=delivery_outcome,
        reason="550" if delivery_outcome is DeliveryOutcome.UNDELIVERED else None,
        suppression_reason=suppression_reason,
        at=EVENT,
    )


def unknown_at(provider: str, on_unknown: OnUnknown = OnUnknown.RESEND, *, idempotent: bool = False) -> Notification:
    """A notification after an attempt that got no answer."""
    under_way = begun(claimed(on_unknown=on_unknown), provider, idempotent=idempotent)
    result = a_result(Outcome.UNKNOWN, provider=provider)
    return settlement.settle(under_way, result, at=NOON, timings=TIMINGS).after


def test_what_was_sent_is_delivered(reports: Reports) -> None:
    notification = reports.has(sent())

    reports.receive.receive([report(notification)])

    stored = reports.stored(notification)
    assert (stored.state.status, stored.state.delivered_at, stored.state.sent_at, stored.state.error) == (
        Status.DELIVERED,
        EVENT,
        notification.state.sent_at,
        None,
    )
    (entry,) = reports.store.trail[notification.id]
    assert (entry.status, entry.metadata) == (Status.DELIVERED, {"provider": "simulated-email"})


def test_what_was_sent_is_not_delivered_and_the_reason_is_kept(reports: Reports) -> None:
    notification = reports.has(sent())

    reports.receive.receive([report(notification, DeliveryOutcome.UNDELIVERED)])

    stored = reports.stored(notification)
    assert (stored.state.status, stored.state.delivered_at, stored.state.error) == (Status.UNDELIVERED, None, "550")
    assert reports.store.trail[notification.id][-1].metadata["reason"] == "550"


@pytest.mark.parametrize("make", [sent, claimed], ids=["sent", "delivered"])
def test_that_it_was_accepted_is_no_news_of_what_was_sent_and_costs_no_write(reports: Reports, make) -> None:
    notification = reports.has(sent())
    if make is claimed:
        reports.receive.receive([report(notification)])
    before, entries = reports.stored(notification), len(reports.store.trail.get(notification.id, []))

    reports.receive.receive([report(notification, DeliveryOutcome.ACCEPTED)])

    assert reports.stored(notification) == before
    assert len(reports.store.trail.get(notification.id, [])) == entries
    assert reports.kept.kept == {}


def test_that_it_was_accepted_is_kept_while_it_is_being_sent_and_dropped_once_it_was(reports: Reports) -> None:
    notification = reports.has(begun(claimed()))

    reports.receive.receive([report(notification, DeliveryOutcome.ACCEPTED)])
    assert len(reports.kept.kept) == 1
    settled = reports.saves(settlement.settle(notification, a_result(Outcome.ACCEPTED), at=NOON, timings=TIMINGS))

    assert reports.apply_due_reports() == 0
    assert reports.stored(notification) == settled
    assert reports.kept.kept == {}


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("second", list(DeliveryOutcome))
def test_a_second_report_changes_nothing_whatever_it_says(
    reports: Reports, second: DeliveryOutcome, together: bool
) -> None:
    notification = reports.has(sent())
    given = [report(notification), report(notification, second)]

    for each in [given] if together else [[one] for one in given]:
        reports.receive.receive(each)

    assert reports.stored(notification).state.status is Status.DELIVERED
    assert len(reports.store.trail[notification.id]) == 1
    assert reports.kept.kept == {}


@pytest.mark.parametrize("make", [claimed, queued], ids=["under way", "not yet claimed"])
def test_a_report_before_our_own_record_is_kept_and_applied_later(reports: Reports, make) -> None:
    notification = reports.has(begun(claimed()) if make is claimed else make())

    reports.receive.receive([report(notification)])
    assert reports.stored(notification) == notification
    assert reports.apply_due_reports(APPLY_AGAIN_AFTER / 2) == 0

    reports.has(replace(sent(), id=notification.id))

    assert reports.apply_due_reports() == 1
    assert reports.stored(notification).state.status is Status.DELIVERED
    assert reports.kept.kept == {}
    assert reports.apply_due_reports() == 0


def test_an_early_report_is_looked_at_again_until_the_record_is_there(reports: Reports) -> None:
    notification = reports.has(begun(claimed()))
    reports.receive.receive([report(notification)])

    assert [reports.apply_due_reports() for _ in range(5)] == [0] * 5
    reports.saves(settlement.settle(notification, a_result(Outcome.ACCEPTED), at=NOON, timings=TIMINGS))

    assert reports.apply_due_reports() == 1
    assert reports.stored(notification).state.status is Status.DELIVERED


def test_early_reports_out_of_order_end_in_one_state(reports: Reports) -> None:
    notification = reports.has(begun(claimed()))
    for delivery_outcome in (DeliveryOutcome.DELIVERED, DeliveryOutcome.DELIVERED, DeliveryOutcome.UNDELIVERED):
        reports.receive.receive([report(notification, delivery_outcome)])
    reports.saves(settlement.settle(notification, a_result(Outcome.ACCEPTED), at=NOON, timings=TIMINGS))

    reports.apply_due_reports()

    assert reports.stored(notification).state.status is Status.DELIVERED
    assert reports.kept.kept == {}


def test_an_early_report_is_forgotten_in_the_end(reports: Reports) -> None:
    notification = reports.has(begun(claimed()))
    reports.receive.receive([report(notification)])

    reports.apply_due_reports(KEPT_FOR - timedelta(seconds=1))
    assert len(reports.kept.kept) == 1
    reports.apply_due_reports()

    assert reports.kept.kept == {}


def test_a_report_about_nothing_we_know_is_let_go(reports: Reports) -> None:
    reports.receive.receive([report(sent(), suppression_reason=SuppressionReason.COMPLAINT)])

    assert (reports.kept.kept, reports.suppressions.listed) == ({}, {})


@pytest.mark.parametrize(
    ("delivery_outcome", "suppression_reason"),
    [
        (DeliveryOutcome.UNDELIVERED, SuppressionReason.HARD_BOUNCE),
        (None, SuppressionReason.COMPLAINT),
        (DeliveryOutcome.DELIVERED, SuppressionReason.COMPLAINT),
    ],
)
@pytest.mark.parametrize("make", [sent, claimed], ids=["sent", "still under way"])
def test_a_hard_bounce_and_a_complaint_put_the_address_on_its_tenants_list(
    reports: Reports, make, delivery_outcome: DeliveryOutcome | None, suppression_reason: SuppressionReason
) -> None:
    notification = reports.has(make(tenant="bank-b"))

    reports.receive.receive([report(notification, delivery_outcome, suppression_reason=suppression_reason)])

    (listed,) = reports.suppressions.listed.values()
    assert listed == Suppression(
        tenant_id="bank-b",
        channel=Channel.EMAIL,
        recipient=notification.recipient,
        reason=suppression_reason,
        created_at=reports.clock(),
        notification_id=notification.id,
    )


def test_a_complaint_after_the_delivery_changes_no_status(reports: Reports) -> None:
    notification = reports.has(sent())
    reports.receive.receive([report(notification)])

    reports.receive.receive([report(notification, None, suppression_reason=SuppressionReason.COMPLAINT)])

    assert reports.stored(notification).state.status is Status.DELIVERED
    assert len(reports.suppressions.listed) == 1


def test_a_plain_bounce_suppresses_nobody(reports: Reports) -> None:
    reports.receive.receive([report(reports.has(sent()), DeliveryOutcome.UNDELIVERED)])

    assert reports.suppressions.listed == {}


@pytest.mark.parametrize(
    ("on_unknown", "idempotent", "was"),
    [
        (OnUnknown.RESEND, False, Status.RETRYING),
        (OnUnknown.HOLD, True, Status.RETRYING),
        (OnUnknown.HOLD, False, Status.FAILED),
    ],
)
def test_a_delivery_ends_an_unknown_outcome(reports: Reports, on_unknown, idempotent: bool, was: Status) -> None:
    notification = reports.has(unknown_at("simulated-email", on_unknown, idempotent=idempotent))
    assert notification.state.status is was

    reports.receive.receive([report(notification)])

    stored = reports.stored(notification)
    assert (stored.state.status, stored.state.provider, stored.state.cause, stored.state.failed_at) == (
        Status.DELIVERED,
        "simulated-email",
        None,
        None,
    )
    assert (stored.state.retry_at, stored.state.due_at, stored.state.bound_to, stored.state.sent_at) == (
        None,
        None,
        None,
        EVENT,
    )
    assert lifecycle.claim(stored, retry_counts={1}, token="t", at=NOON + timedelta(minutes=1), timings=TIMINGS) is None


UNKNOWN = [
    (OnUnknown.RESEND, False, Status.RETRYING),
    (OnUnknown.HOLD, True, Status.RETRYING),
    (OnUnknown.HOLD, False, Status.FAILED),
]


@pytest.mark.parametrize(("on_unknown", "idempotent", "was"), UNKNOWN)
@pytest.mark.parametrize(
    ("delivery_outcome", "becomes", "error"),
    [(DeliveryOutcome.ACCEPTED, Status.SENT, None), (DeliveryOutcome.UNDELIVERED, Status.UNDELIVERED, "550")],
)
def test_whatever_proves_that_it_was_accepted_ends_an_unknown_outcome(
    reports: Reports,
    on_unknown,
    idempotent: bool,
    was: Status,
    delivery_outcome: DeliveryOutcome,
    becomes: Status,
    error: str | None,
) -> None:
    notification = reports.has(unknown_at("simulated-email", on_unknown, idempotent=idempotent))
    assert notification.state.status is was

    reports.receive.receive([replace(report(notification, delivery_outcome), provider_message_id="message-0")])

    stored = reports.stored(notification)
    assert (stored.state.status, stored.state.provider, stored.state.provider_message_id) == (
        becomes,
        "simulated-email",
        "message-0",
    )
    assert (stored.state.cause, stored.state.failed_at, stored.state.error) == (None, None, error)
    assert (stored.state.retry_at, stored.state.due_at, stored.state.bound_to) == (None, None, None)
    assert (stored.state.sent_at, stored.state.delivered_at) == (EVENT, None)
    later = NOON + timedelta(minutes=1)
    assert lifecycle.claim(stored, retry_counts={0, 1}, token="t", at=later, timings=TIMINGS) is None


@pytest.mark.parametrize("delivery_outcome", list(DeliveryOutcome))
def test_the_trail_says_by_which_report_an_unknown_outcome_was_settled(
    reports: Reports, delivery_outcome: DeliveryOutcome
) -> None:
    held = reports.has(unknown_at("simulated-email", OnUnknown.HOLD))

    reports.receive.receive([report(held, delivery_outcome)])

    settled = {entry.metadata["settledBy"] for entry in reports.store.trail[held.id]}
    assert settled == {delivery_outcome.value}
    assert Status.SENT in [entry.status for entry in reports.store.trail[held.id]]


@pytest.mark.parametrize("final", [DeliveryOutcome.DELIVERED, DeliveryOutcome.UNDELIVERED])
@pytest.mark.parametrize("accepted_first", [True, False])
@pytest.mark.parametrize("in_one_call", [True, False])
def test_how_it_fared_is_not_lost_beside_its_acceptance(
    reports: Reports, final: DeliveryOutcome, accepted_first: bool, in_one_call: bool
) -> None:
    notification = reports.has(unknown_at("simulated-email"))
    given = [report(notification, DeliveryOutcome.ACCEPTED), report(notification, final)]
    given = given if accepted_first else given[::-1]

    for each in [given] if in_one_call else [[one] for one in given]:
        reports.receive.receive(each)

    assert reports.stored(notification).state.status is Status(final.value.upper())
    assert reports.kept.kept == {}


def test_what_was_settled_by_its_acceptance_is_delivered_later(reports: Reports) -> None:
    notification = reports.has(unknown_at("simulated-email", OnUnknown.HOLD))

    for delivery_outcome in (DeliveryOutcome.ACCEPTED, DeliveryOutcome.ACCEPTED, DeliveryOutcome.DELIVERED):
        reports.receive.receive([report(notification, delivery_outcome)])

    steps = [Status.QUEUED, Status.PROCESSING, Status.SENT, Status.DELIVERED]
    assert [entry.status for entry in reports.store.trail[notification.id]] == steps


def test_what_was_settled_without_naming_its_message_may_still_bounce(reports: Reports) -> None:
    notification = reports.has(unknown_at("simulated-email"))
    reports.receive.receive([report(notification, DeliveryOutcome.ACCEPTED)])

    reports.receive.receive(
        [replace(report(notification, DeliveryOutcome.UNDELIVERED), provider_message_id="message-0")]
    )

    assert reports.stored(notification).state.status is Status.UNDELIVERED


def test_an_acceptance_that_came_while_its_answer_was_lost_settles_it_then(reports: Reports) -> None:
    notification = reports.has(begun(claimed()))
    reports.receive.receive([report(notification, DeliveryOutcome.ACCEPTED)])
    reports.saves(settlement.settle(notification, a_result(Outcome.UNKNOWN), at=NOON, timings=TIMINGS))

    assert reports.apply_due_reports() == 1
    assert reports.stored(notification).state.status is Status.SENT


def test_the_trail_shows_how_an_unknown_outcome_ended_without_a_gap(reports: Reports) -> None:
    held = unknown_at("simulated-email", OnUnknown.HOLD)
    reports.has(held)

    reports.receive.receive([report(held)])

    steps = [Status.QUEUED, Status.PROCESSING, Status.SENT, Status.DELIVERED]
    trail = reports.store.trail[held.id]
    assert [entry.status for entry in trail] == steps
    assert [entry.sequence for entry in trail] == list(range(held.state.sequence + 1, held.state.sequence + 5))
    assert reports.stored(held).state.trail_digest == trail[-1].digest


@pytest.mark.parametrize("on_unknown", list(OnUnknown))
@pytest.mark.parametrize("delivery_outcome", list(DeliveryOutcome))
def test_another_providers_report_ends_no_unknown_outcome(
    reports: Reports, on_unknown: OnUnknown, delivery_outcome: DeliveryOutcome
) -> None:
    notification = reports.has(unknown_at("simulated-email", on_unknown))

    reports.receive.receive([report(notification, delivery_outcome, provider="another")])

    assert reports.stored(notification) == notification


def test_a_complaint_that_speaks_of_the_address_alone_ends_no_unknown_outcome(reports: Reports) -> None:
    notification = reports.has(unknown_at("simulated-email", OnUnknown.HOLD))

    reports.receive.receive([report(notification, None, suppression_reason=SuppressionReason.COMPLAINT)])

    assert reports.stored(notification) == notification


def test_a_late_failure_of_an_unanswered_attempt_does_not_end_the_one_that_was_sent(reports: Reports) -> None:
    waiting = reports.has(unknown_at("simulated-email"))
    second = lifecycle.claim(waiting, retry_counts={1}, token="again", at=NOON + timedelta(seconds=5), timings=TIMINGS)
    assert second is not None
    again = reports.saves(second)
    reports.receive.receive([replace(report(waiting, DeliveryOutcome.UNDELIVERED), provider_message_id="message-0")])
    sent_now = settlement.settle(again, a_result(Outcome.ACCEPTED), at=NOON + timedelta(seconds=6), timings=TIMINGS)
    reports.saves(sent_now)
    assert sent_now.after.state.provider_message_id == "message-1"

    reports.apply_due_reports()
    reports.receive.receive([replace(report(waiting), provider_message_id="message-1")])

    assert reports.stored(waiting).state.status is Status.DELIVERED


def test_a_failure_of_the_message_that_was_sent_ends_it(reports: Reports) -> None:
    notification = reports.has(sent())

    reports.receive.receive(
        [replace(report(notification, DeliveryOutcome.UNDELIVERED), provider_message_id="message-1")]
    )

    assert reports.stored(notification).state.status is Status.UNDELIVERED


def test_a_report_that_is_kept_just_as_the_outcome_is_recorded_settles_it_at_once(
    reports: Reports, monkeypatch
) -> None:
    under_way = reports.has(begun(claimed(), "simulated-email"))
    keep = reports.kept.keep

    def recorded_meanwhile(early, **times):
        reports.saves(settlement.settle(under_way, a_result(Outcome.UNKNOWN), at=NOON, timings=TIMINGS))
        keep(early, **times)

    monkeypatch.setattr(reports.kept, "keep", recorded_meanwhile)

    reports.receive.receive([report(under_way, DeliveryOutcome.ACCEPTED)])

    assert reports.stored(under_way).state.status is Status.SENT


@pytest.mark.parametrize(
    ("delivery_outcome", "status"),
    [
        (DeliveryOutcome.ACCEPTED, Status.SENT),
        (DeliveryOutcome.DELIVERED, Status.DELIVERED),
        (DeliveryOutcome.UNDELIVERED, Status.QUEUED),
    ],
)
def test_a_report_that_comes_after_a_replay_settles_what_it_proves(reports: Reports, delivery_outcome, status) -> None:
    held = unknown_at("simulated-email", OnUnknown.HOLD)
    replayed = reports.has(lifecycle.replay(held, at=NOON, timings=TIMINGS, request=lifecycle.Replay(by="key")).after)

    reports.receive.receive([report(replayed, delivery_outcome)])

    assert reports.stored(replayed).state.status is status


def replayed_and_sent(reports: Reports) -> tuple[Notification, Notification]:
    """What a person replayed after an attempt without an answer, and the same once its provider has taken it."""
    held = unknown_at("simulated-email", OnUnknown.HOLD)
    queued_again = lifecycle.replay(held, at=NOON, timings=TIMINGS, request=lifecycle.Replay(by="key")).after
    later = reports.clock()
    taken = lifecycle.claim(queued_again, retry_counts={0}, token="t", at=later, timings=TIMINGS)
    assert taken is not None
    under_way = settlement.begin(taken.after, provider="simulated-email", idempotent=False, at=later).after
    attempt = replace(a_result(Outcome.ACCEPTED, provider="simulated-email").attempt, started_at=later)
    result = AttemptResult(attempt=attempt, receipt=Receipt("message-2"))
    return queued_again, settlement.settle(under_way, result, at=later, timings=TIMINGS).after


def test_that_the_attempt_before_a_replay_was_not_delivered_ends_nothing(reports: Reports) -> None:
    queued_again, sent_anew = replayed_and_sent(reports)
    reports.has(queued_again)

    reports.receive.receive([report(queued_again, DeliveryOutcome.UNDELIVERED)])
    assert reports.kept.kept == {}

    reports.has(sent_anew)
    reports.receive.receive([report(sent_anew, DeliveryOutcome.UNDELIVERED)])
    assert reports.stored(sent_anew).state.status is Status.SENT

    reports.receive.receive([replace(report(sent_anew, DeliveryOutcome.UNDELIVERED), at=reports.clock())])
    assert reports.stored(sent_anew).state.status is Status.UNDELIVERED
