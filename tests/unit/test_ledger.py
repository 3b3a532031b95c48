"""Counters and the figures that are sums over them."""

from datetime import timedelta

from tests.builders import NOON, TIMINGS, a_draft, a_result, claimed, queued, totals_of
from wavecom.domain.ledger.counting import deltas
from wavecom.domain.ledger.totals import Totals, failure_rate
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.enums import Channel, Priority, Status
from wavecom.domain.providers.outcomes import Outcome


def test_a_sent_notification_counts_once_in_every_breakdown() -> None:
    created = lifecycle.create(a_draft(channel=Channel.SMS), tenant_id="t", at=NOON, timings=TIMINGS)
    change = lifecycle.claim(created.after, retry_counts={0}, token="x", at=NOON, timings=TIMINGS)
    assert change is not None
    sent = settlement.settle(
        change.after, a_result(Outcome.ACCEPTED), at=NOON + timedelta(milliseconds=400), timings=TIMINGS
    )

    totals = totals_of(created, change, sent)

    assert totals.total() == 1
    assert totals.by_status()[Status.SENT] == 1
    assert totals.cells(channel=Channel.SMS, priority=Priority.HIGH) == 1
    assert totals.by_channel("created")[Channel.SMS] == totals.by_channel("sent")[Channel.SMS] == 1
    assert totals.providers() == {"simulated-email": {"delivered": 1}}
    assert totals.average_processing_ms() == 400
    assert totals.success_rate() == 100.0
    counts, seconds = totals.duration_histogram()
    assert counts == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert seconds == 0.4


def test_a_processing_time_on_a_bound_belongs_below_it() -> None:
    change = settlement.settle(
        claimed(), a_result(Outcome.ACCEPTED), at=NOON + timedelta(milliseconds=100), timings=TIMINGS
    )

    counts, _ = totals_of(change).duration_histogram()

    assert counts[0] == 1


def test_a_deferral_is_no_retry() -> None:
    deferred = settlement.defer(claimed(), reason="r", wait=timedelta(seconds=5), at=NOON, timings=TIMINGS)
    retried = settlement.settle(claimed(), a_result(Outcome.TRANSIENT), at=NOON, timings=TIMINGS)

    assert totals_of(deferred).by_channel("retried")[Channel.EMAIL] == 0
    assert totals_of(retried).by_channel("retried")[Channel.EMAIL] == 1


def test_postponing_counts_nothing() -> None:
    assert not deltas([lifecycle.postpone(queued(), until=NOON)])


def test_nothing_divides_by_zero() -> None:
    empty = Totals()

    assert (empty.total(), empty.average_processing_ms(), empty.success_rate()) == (0, 0, 0.0)
    assert failure_rate({}, 0) == 0.0


def test_failure_rate_is_in_percent() -> None:
    assert failure_rate({"delivered": 3, "transient": 1}, 1) == 25.0
