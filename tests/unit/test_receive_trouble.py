"""Delivery reports among races, failovers, replays and a database that is down, against fakes."""

from datetime import timedelta

import pytest

from tests.builders import ASKED, NOON, TIMINGS, a_draft, a_result, begun, claimed, reclaimed, sent
from tests.unit.test_receive import Reports, report, unknown_at
from wavecom.application.reports.receive import BATCH, MAX_TRIES
from wavecom.domain.errors import StoreUnavailableError
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.audit import first_broken_link
from wavecom.domain.notifications.change import Change
from wavecom.domain.notifications.enums import OnUnknown, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.reports import DeliveryOutcome
from wavecom.domain.suppressions.reason import SuppressionReason


@pytest.fixture
def reports() -> Reports:
    return Reports()


def attempted(notification: Notification, provider: str, outcome: Outcome) -> Change:
    again = begun(reclaimed(notification, notification.state.retry_at or notification.state.updated_at), provider)
    result = a_result(outcome, provider=provider)
    return settlement.settle(again, result, at=again.state.updated_at, timings=TIMINGS)


def with_its_trail(reports: Reports) -> Notification:
    """A notification that went all the way to an unknown outcome that is held, with every entry stored."""
    draft = a_draft(on_unknown=OnUnknown.HOLD)
    created = lifecycle.create(draft, tenant_id="bank-a", at=NOON, timings=TIMINGS)
    reports.store.add([created])
    notification = created.after
    for step in (
        lambda n: lifecycle.claim(n, retry_counts={0}, token="t", at=NOON, timings=TIMINGS),
        lambda n: settlement.begin(n, provider="simulated-email", idempotent=False, at=NOON),
        lambda n: settlement.settle(n, a_result(Outcome.UNKNOWN), at=NOON, timings=TIMINGS),
    ):
        notification = reports.saves(step(notification))
    return notification


def test_the_chain_holds_after_a_held_one_was_delivered(reports: Reports) -> None:
    held = with_its_trail(reports)
    assert held.state.status is Status.FAILED

    reports.receive.receive([report(held)])

    stored = reports.stored(held)
    assert stored.state.status is Status.DELIVERED
    assert first_broken_link(stored, reports.store.trail[held.id]) is None


def test_the_counters_know_that_a_held_one_is_no_dead_letter_any_more(reports: Reports) -> None:
    held = with_its_trail(reports)
    assert sum(reports.store.counters.totals("bank-a").dead_letters().values()) == 1

    reports.receive.receive([report(held)])

    totals = reports.store.counters.totals("bank-a")
    assert totals.dead_letters() == {}
    assert {status: count for status, count in totals.by_status().items() if count} == {Status.DELIVERED: 1}


def test_whoever_delivered_it_is_named_though_another_one_refused_it_last(reports: Reports) -> None:
    silent = unknown_at("first")
    refused = silent
    while refused.state.status is Status.RETRYING:
        refused = attempted(refused, "second", Outcome.TRANSIENT).after
    reports.has(refused)
    assert (refused.state.status, refused.state.provider) == (Status.FAILED, "second")

    reports.receive.receive([report(refused, provider="first")])

    assert reports.stored(refused).state.status is Status.DELIVERED
    assert reports.stored(refused).state.provider == "first"


def test_whoever_delivered_it_is_named_though_another_one_failed_before_the_replay(reports: Reports) -> None:
    dead = settlement.settle(claimed(), a_result(Outcome.PERMANENT, provider="first"), at=NOON, timings=TIMINGS).after
    replayed = lifecycle.replay(dead, at=NOON, timings=TIMINGS, request=ASKED).after
    waiting = reports.has(attempted(replayed, "second", Outcome.UNKNOWN).after)

    reports.receive.receive([report(waiting, provider="second")])

    assert reports.stored(waiting).state.status is Status.DELIVERED
    assert reports.stored(waiting).state.provider == "second"


def test_a_bounce_of_the_first_copy_says_nothing_of_the_one_that_another_provider_sent(reports: Reports) -> None:
    resent = reports.has(attempted(unknown_at("first"), "second", Outcome.ACCEPTED).after)
    assert (resent.state.status, resent.state.provider) == (Status.SENT, "second")

    reports.receive.receive([report(resent, DeliveryOutcome.UNDELIVERED, provider="first")])

    assert reports.stored(resent).state.status is Status.SENT


def unanswered_by_two() -> Notification:
    return attempted(unknown_at("first"), "second", Outcome.UNKNOWN).after


def test_of_two_unanswered_providers_one_that_did_not_deliver_leaves_open_what_the_other_did(reports: Reports) -> None:
    waiting = reports.has(unanswered_by_two())
    assert waiting.state.status is Status.RETRYING

    reports.receive.receive([report(waiting, DeliveryOutcome.UNDELIVERED, provider="first")])

    assert reports.stored(waiting) == waiting


def test_of_two_unanswered_providers_the_one_that_accepted_it_is_named(reports: Reports) -> None:
    waiting = reports.has(unanswered_by_two())

    reports.receive.receive([report(waiting, DeliveryOutcome.ACCEPTED, provider="first")])
    assert (reports.stored(waiting).state.status, reports.stored(waiting).state.provider) == (Status.SENT, "first")
    reports.receive.receive([report(waiting, provider="second")])

    assert reports.stored(waiting).state.status is Status.DELIVERED


@pytest.mark.parametrize("delivery_outcome", list(DeliveryOutcome))
def test_the_chain_and_the_counters_hold_whatever_settled_a_held_one(
    reports: Reports, delivery_outcome: DeliveryOutcome
) -> None:
    held = with_its_trail(reports)

    reports.receive.receive([report(held, delivery_outcome)])

    stored, totals = reports.stored(held), reports.store.counters.totals("bank-a")
    assert first_broken_link(stored, reports.store.trail[held.id]) is None
    assert totals.dead_letters() == {}
    assert {status: count for status, count in totals.by_status().items() if count} == {stored.state.status: 1}


def test_a_provider_that_was_never_asked_cannot_say_how_a_message_fared(reports: Reports) -> None:
    notification = reports.has(sent())

    for delivery_outcome in DeliveryOutcome:
        reports.receive.receive([report(notification, delivery_outcome, provider="another")])

    assert reports.stored(notification).state.status is Status.SENT
    assert reports.kept.kept == {}


def test_a_report_that_meets_a_consumer_is_looked_at_again_at_once(reports: Reports, monkeypatch) -> None:
    waiting = reports.has(unknown_at("simulated-email"))
    save = reports.store.save
    consumed: list[Notification] = []

    def a_consumer_is_faster(changes):
        if not consumed:
            consumed.append(reports.has(attempted(waiting, "simulated-email", Outcome.ACCEPTED).after))
        return save(changes)

    monkeypatch.setattr(reports.store, "save", a_consumer_is_faster)

    reports.receive.receive([report(waiting)])

    assert consumed[0].state.status is Status.SENT
    assert reports.stored(waiting).state.status is Status.DELIVERED
    assert reports.kept.kept == {}


def test_a_report_that_loses_every_race_is_kept(reports: Reports, monkeypatch) -> None:
    notification = reports.has(sent())
    monkeypatch.setattr(reports.store, "save", lambda _changes: [])

    reports.receive.receive([report(notification)])
    monkeypatch.undo()

    assert len(reports.kept.kept) == 1
    assert reports.apply_due_reports() == 1
    assert reports.stored(notification).state.status is Status.DELIVERED


def test_without_the_database_the_provider_is_to_report_again(reports: Reports) -> None:
    notification = reports.has(sent())
    reports.store.down = True

    with pytest.raises(StoreUnavailableError):
        reports.receive.receive(
            [report(notification, DeliveryOutcome.UNDELIVERED, suppression_reason=SuppressionReason.HARD_BOUNCE)]
        )
    reports.store.down = False
    reports.receive.receive(
        [report(notification, DeliveryOutcome.UNDELIVERED, suppression_reason=SuppressionReason.HARD_BOUNCE)]
    )

    assert reports.stored(notification).state.status is Status.UNDELIVERED
    assert len(reports.suppressions.listed) == 1


def test_a_kept_report_survives_a_database_that_fails_while_it_is_looked_at(reports: Reports) -> None:
    notification = reports.has(begun(claimed()))
    reports.receive.receive([report(notification)])
    reports.saves(settlement.settle(notification, a_result(Outcome.ACCEPTED), at=NOON, timings=TIMINGS))
    reports.store.down = True

    with pytest.raises(StoreUnavailableError):
        reports.apply_due_reports()
    reports.store.down = False

    assert reports.apply_due_reports() == 1


def test_one_call_takes_any_number_of_reports(reports: Reports) -> None:
    notifications = [reports.has(sent()) for _ in range(2 * BATCH + 1)]

    reports.receive.receive([report(each) for each in notifications])

    assert {reports.stored(each).state.status for each in notifications} == {Status.DELIVERED}


def test_reports_that_come_too_early_hold_up_no_others(reports: Reports) -> None:
    early = [reports.has(begun(claimed())) for _ in range(BATCH)]
    reports.receive.receive([report(each) for each in early])
    late = reports.has(begun(claimed()))
    reports.receive.receive([report(late)])
    reports.saves(settlement.settle(late, a_result(Outcome.ACCEPTED), at=NOON, timings=TIMINGS))

    moved = [reports.apply_due_reports() for _ in range(MAX_TRIES)]

    assert sum(moved) == 1
    assert len(reports.kept.kept) == BATCH


def test_what_waits_for_its_own_providers_word_is_not_delivered_by_another_one_later(reports: Reports) -> None:
    waiting = reports.has(unknown_at("first"))
    reports.receive.receive([report(waiting, provider="another")])
    reports.has(attempted(waiting, "second", Outcome.ACCEPTED).after)

    reports.apply_due_reports(timedelta(minutes=1))

    assert reports.stored(waiting).state.status is Status.SENT
