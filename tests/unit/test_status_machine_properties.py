"""No sequence of events leaves an arrow of the status machine or changes a finished notification."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import ASKED, NOON, TIMINGS, a_draft, a_result, totals_of
from wavecom.domain import reports
from wavecom.domain.errors import IllegalTransitionError
from wavecom.domain.notifications import lifecycle, settlement
from wavecom.domain.notifications.audit import first_broken_link
from wavecom.domain.notifications.change import ARROWS, UNFINISHED, Change
from wavecom.domain.notifications.enums import OnUnknown, Status
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.reports import DeliveryOutcome, DeliveryReport
from wavecom.domain.suppressions.reason import SuppressionReason


def may_begin(notification: Notification) -> bool:
    return notification.state.status is Status.PROCESSING


def a_report(notification: Notification, delivery_outcome: DeliveryOutcome) -> DeliveryReport:
    return DeliveryReport(
        notification_id=notification.id,
        provider="simulated-email",
        delivery_outcome=delivery_outcome,
        reason=None,
        suppression_reason=None,
        at=NOON,
    )


Event = Callable[[Notification, datetime], Change | None]


def settled_as(outcome: Outcome) -> Event:
    return lambda n, at: settlement.settle(n, a_result(outcome), at=at, timings=TIMINGS)


EVENTS: dict[str, Event] = {
    "enqueue": lambda n, at: lifecycle.enqueue(n, at=at, timings=TIMINGS),
    "claim": lambda n, at: lifecycle.claim(n, retry_counts={n.state.retry_count}, token="t", at=at, timings=TIMINGS),
    "stale claim": lambda n, at: lifecycle.claim(
        n, retry_counts={n.state.retry_count + 1}, token="t", at=at, timings=TIMINGS
    ),
    "cancel": lambda n, at: lifecycle.cancel(n, at=at),
    "expire": lambda n, at: lifecycle.expire(n, at=at),
    "replay": lambda n, at: lifecycle.replay(n, at=at, timings=TIMINGS, request=ASKED),
    "postpone": lambda n, at: lifecycle.postpone(n, until=at) if n.state.status in UNFINISHED else None,
    "defer": lambda n, at: settlement.defer(n, reason="r", wait=timedelta(seconds=5), at=at, timings=TIMINGS),
    "release": lambda n, at: settlement.release(n, at=at, timings=TIMINGS),
    "begin": lambda n, at: (
        settlement.begin(n, provider="simulated-email", idempotent=False, at=at) if may_begin(n) else None
    ),
    "begin with token": lambda n, at: (
        settlement.begin(n, provider="exact", idempotent=True, at=at) if may_begin(n) else None
    ),
    "suppress": lambda n, at: settlement.suppress(n, reason=SuppressionReason.MANUAL, at=at, timings=TIMINGS),
    "reported accepted": lambda n, at: reports.apply_report(n, a_report(n, DeliveryOutcome.ACCEPTED), at=at),
    "reported delivered": lambda n, at: reports.apply_report(n, a_report(n, DeliveryOutcome.DELIVERED), at=at),
    "reported undelivered": lambda n, at: reports.apply_report(n, a_report(n, DeliveryOutcome.UNDELIVERED), at=at),
    "abandon": lambda n, at: settlement.abandon(n, at=at, timings=TIMINGS),
    **{outcome.value: settled_as(outcome) for outcome in Outcome},
}
FINISHED_FOR_GOOD = {Status.CANCELLED, Status.EXPIRED, Status.DELIVERED, Status.UNDELIVERED}

drafts = st.builds(
    a_draft,
    max_retries=st.integers(0, 3),
    on_unknown=st.sampled_from(OnUnknown),
    scheduled_at=st.none() | st.just(NOON + timedelta(minutes=2)),
    expires_at=st.none() | st.just(NOON + timedelta(minutes=5)),
)
steps = st.lists(st.tuples(st.sampled_from(sorted(EVENTS)), st.integers(0, 120)), max_size=40)


@given(draft=drafts, steps=steps)
@settings(max_examples=500, deadline=None)
def test_every_sequence_of_events_keeps_the_rules(draft, steps) -> None:
    created = lifecycle.create(draft, tenant_id="bank-a", at=NOON, timings=TIMINGS)
    notification, trail, at = created.after, list(created.entries), NOON
    changes = [created]

    for name, seconds in steps:
        at += timedelta(seconds=seconds)
        try:
            change = EVENTS[name](notification, at)
        except IllegalTransitionError:
            continue
        if change is None:
            continue
        assert change.before == notification, "a change starts from what is stored"
        assert notification.state.status not in FINISHED_FOR_GOOD, "a finished notification changes no more"
        if notification.state.status is Status.SENT:
            assert change.after.state.status in {Status.DELIVERED, Status.UNDELIVERED}, (
                "only a receipt moves what was sent"
            )
        notification = change.after
        trail += change.entries
        changes.append(change)

        arrows = [(a.status, b.status) for a, b in pairwise(trail)]
        assert all(target in ARROWS[source] for source, target in arrows)
        assert [entry.sequence for entry in trail] == list(range(1, notification.state.sequence + 1))
        assert trail[-1].status is notification.state.status
        assert (notification.state.due_at is not None) == (notification.state.status in UNFINISHED)
        assert (notification.state.lease is not None) == (notification.state.status is Status.PROCESSING)
        assert notification.state.retry_count <= notification.max_retries
        assert (notification.state.begun is None) or notification.state.status is Status.PROCESSING
        assert first_broken_link(notification, trail) is None, "the digests chain the trail"
        totals = totals_of(*changes)
        assert totals.total() == 1, "it is in one cell"
        assert totals.by_status()[notification.state.status] == 1
        dead = sum(totals.dead_letters().values())
        assert dead == (notification.state.status is Status.FAILED), "the dead letters are counted one by one"
        assert sum(sum(each.values()) for each in totals.providers().values()) >= len(notification.state.attempts)
