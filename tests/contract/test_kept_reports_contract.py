"""What every keeper of early delivery reports does, the fake included."""

from datetime import datetime, timedelta

import pytest

from tests.builders import NOON
from tests.contract.adapters import FAKE_AND_MONGO
from tests.fakes import FakeKeptReports
from wavecom.adapters.mongo.kept_reports import MongoKeptReports
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason
from wavecom.ports.reports import KeptReports

PORT = KeptReports

SOON = NOON + timedelta(seconds=5)
LATER = NOON + timedelta(seconds=10)


@pytest.fixture(params=FAKE_AND_MONGO)
def kept(request: pytest.FixtureRequest) -> KeptReports:
    if request.param == "fake":
        return FakeKeptReports()
    return MongoKeptReports(request.getfixturevalue("mongo"))


def a_report(
    number: int = 0, delivery_outcome: DeliveryOutcome | None = DeliveryOutcome.DELIVERED, **changes
) -> DeliveryReport:
    values = {"provider": "ses", "reason": None, "suppression_reason": None, "at": NOON, **changes}
    return DeliveryReport(notification_id=f"{number:024x}", delivery_outcome=delivery_outcome, **values)


def due(kept: KeptReports, at: datetime, limit: int = 100) -> list[DeliveryReport]:
    return [each.report for each in kept.due(at, limit=limit)]


@pytest.mark.parametrize(
    "report",
    [
        a_report(),
        a_report(1, DeliveryOutcome.UNDELIVERED, reason="550 5.1.1", suppression_reason=SuppressionReason.HARD_BOUNCE),
        a_report(2, None, suppression_reason=SuppressionReason.COMPLAINT, at=NOON - timedelta(days=2)),
        a_report(3, DeliveryOutcome.ACCEPTED, provider_message_id="SM1"),
    ],
    ids=["delivered", "bounced", "complaint", "accepted"],
)
def test_a_report_comes_back_as_it_was_kept_once_its_time_has_come(kept: KeptReports, report: DeliveryReport) -> None:
    kept.keep([report], at=NOON, until=SOON)

    assert kept.due(SOON - timedelta(milliseconds=1), limit=10) == []
    (found,) = kept.due(SOON, limit=10)
    assert (found.report, found.kept_at) == (report, NOON)


def test_nothing_may_be_kept_postponed_and_dropped(kept: KeptReports) -> None:
    kept.keep([], at=NOON, until=SOON)
    kept.postpone([], LATER)
    kept.drop([])

    assert kept.due(LATER, limit=10) == []


def test_one_that_is_kept_already_stays_as_it_is(kept: KeptReports) -> None:
    kept.keep([a_report()], at=NOON, until=SOON)

    kept.keep([a_report(reason="other", at=SOON)], at=SOON, until=LATER)

    (found,) = kept.due(SOON, limit=10)
    assert (found.report, found.kept_at) == (a_report(), NOON)


def test_reports_that_say_different_things_are_all_kept(kept: KeptReports) -> None:
    different = [
        a_report(),
        a_report(1),
        a_report(provider="sendgrid"),
        a_report(delivery_outcome=DeliveryOutcome.ACCEPTED),
        a_report(delivery_outcome=DeliveryOutcome.UNDELIVERED),
        a_report(delivery_outcome=DeliveryOutcome.UNDELIVERED, suppression_reason=SuppressionReason.HARD_BOUNCE),
        a_report(delivery_outcome=None, suppression_reason=SuppressionReason.COMPLAINT),
    ]

    kept.keep([*different, *different], at=NOON, until=SOON)

    found = due(kept, SOON)
    assert len(found) == len(different)
    assert set(found) == set(different)


def test_the_longest_due_come_first_so_that_those_put_off_hold_up_no_others(kept: KeptReports) -> None:
    kept.keep([a_report(number) for number in range(4)], at=NOON, until=SOON)
    first_two = [each.id for each in kept.due(SOON, limit=2)]
    kept.postpone(first_two, LATER)

    others = [each.id for each in kept.due(LATER, limit=2)]

    assert len(others) == 2
    assert not set(others) & set(first_two)


def test_what_is_put_off_is_not_due_until_then_and_keeps_its_age(kept: KeptReports) -> None:
    kept.keep([a_report(), a_report(1)], at=NOON, until=SOON)
    (put_off,) = [each.id for each in kept.due(SOON, limit=10) if each.report == a_report()]

    kept.postpone([put_off], LATER)

    assert due(kept, SOON) == [a_report(1)]
    assert {each.id: each.kept_at for each in kept.due(LATER, limit=10)}[put_off] == NOON


def test_what_is_dropped_is_gone_and_may_be_kept_anew(kept: KeptReports) -> None:
    kept.keep([a_report(), a_report(1)], at=NOON, until=SOON)
    ids = {each.report.notification_id: each.id for each in kept.due(SOON, limit=10)}

    kept.drop([ids[a_report().notification_id], "unknown"])
    assert due(kept, SOON) == [a_report(1)]
    kept.keep([a_report()], at=SOON, until=LATER)

    assert [each.kept_at for each in kept.due(LATER, limit=10) if each.report == a_report()] == [SOON]


def test_what_was_dropped_is_not_brought_back_by_putting_it_off(kept: KeptReports) -> None:
    kept.keep([a_report()], at=NOON, until=SOON)
    (found,) = kept.due(SOON, limit=10)
    kept.drop([found.id])

    kept.postpone([found.id], LATER)

    assert kept.due(LATER, limit=10) == []


def test_no_more_are_given_than_asked_for(kept: KeptReports) -> None:
    kept.keep([a_report(number) for number in range(30)], at=NOON, until=SOON)

    assert len(kept.due(SOON, limit=7)) == 7
    assert len(kept.due(SOON, limit=100)) == 30


def test_what_has_come_about_some_notifications_is_found_before_its_time(kept: KeptReports) -> None:
    reports = [a_report(), a_report(delivery_outcome=DeliveryOutcome.ACCEPTED), a_report(1), a_report(2)]
    kept.keep(reports, at=NOON, until=LATER)
    kept.keep([a_report(1, provider="yet to come")], at=SOON, until=SOON)

    found = kept.about([f"{0:024x}", f"{1:024x}", "unknown"], NOON)

    assert {each.report for each in found} == set(reports[:3])
    assert {each.kept_at for each in found} == {NOON}
    assert kept.about([], NOON) == []
