"""A delivery and its attempts: the schedule, the leases, and where it ends."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, a_delivery
from wavecom.domain.webhooks.delivery import (
    ANNOUNCED_WITHIN,
    ATTEMPTS_KEPT,
    DELAYS,
    EARLY,
    LEASE,
    SWEEP_MARGIN,
    Delivery,
    DeliveryStatus,
    WebhookAttempt,
)

SCHEDULE = [
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
]
SOON = timedelta(milliseconds=1)


def an_attempt(status: int | None = 500) -> WebhookAttempt:
    error = "The endpoint did not answer within the time limit" if status is None else None
    return WebhookAttempt(at=NOON, duration_ms=3, status=status, error=error)


def tried(
    delivery: Delivery, status: int | None = 500, *, retry_after: timedelta | None = None, draw: float = 0.5
) -> Delivery:
    return delivery.claimed("token", NOON).after(
        an_attempt(status), at=NOON, retry_after=retry_after, draw=lambda: draw
    )


def failed(times: int) -> Delivery:
    """Return a delivery after some failures."""
    delivery = a_delivery()
    for _ in range(times):
        delivery = tried(delivery)
    return delivery


def wait_of(delivery: Delivery) -> timedelta:
    assert delivery.retry_at is not None
    return delivery.retry_at - NOON


def test_the_waits_are_those_of_the_schedule() -> None:
    assert [*DELAYS] == SCHEDULE
    assert [wait_of(failed(times)) for times in range(len(SCHEDULE))] == SCHEDULE


@pytest.mark.parametrize(("draw", "share"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
@pytest.mark.parametrize("times", range(1, len(SCHEDULE)))
def test_a_wait_is_up_to_a_fifth_shorter_or_longer(times: int, draw: float, share: float) -> None:
    assert wait_of(tried(failed(times - 1), draw=draw)) / SCHEDULE[times] == pytest.approx(share)


def test_a_delivery_fails_after_its_last_attempt() -> None:
    delivery = failed(len(SCHEDULE))

    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.FAILED, len(SCHEDULE))
    assert (delivery.retry_at, delivery.due_at, delivery.token) == (None, None, None)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_answer_of_2xx_is_a_success(status: int) -> None:
    delivery = tried(a_delivery(), status)

    assert delivery.status is DeliveryStatus.SUCCEEDED
    assert (delivery.retry_at, delivery.due_at, delivery.token) == (None, None, None)
    assert delivery.attempts == (an_attempt(status),)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 429, 500, 503, 599])
def test_every_other_answer_and_none_is_tried_again(status: int | None) -> None:
    delivery = tried(a_delivery(), status)

    assert delivery.status is DeliveryStatus.PENDING
    assert wait_of(delivery) == SCHEDULE[1]


def test_an_endpoint_that_is_gone_gets_it_no_more() -> None:
    delivery = tried(a_delivery(), 410, retry_after=timedelta(seconds=1))

    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.FAILED, 1)
    assert delivery.attempts[0].is_gone


@pytest.mark.parametrize(
    ("times", "asked", "wait"),
    [
        (1, timedelta(seconds=1), SCHEDULE[1]),  # less than the schedule says
        (1, timedelta(seconds=60), timedelta(seconds=60)),
        (1, timedelta(days=1), SCHEDULE[2]),  # up to the wait of the next step
        (3, timedelta(hours=1), timedelta(hours=1)),
        (6, timedelta(days=1), SCHEDULE[7]),
        (7, timedelta(days=1), SCHEDULE[7]),
    ],
)
def test_retry_after_is_kept_within_its_step(times: int, asked: timedelta, wait: timedelta) -> None:
    assert wait_of(tried(failed(times - 1), 429, retry_after=asked)) == wait


@given(
    times=st.integers(1, len(SCHEDULE) - 1),
    asked=st.none() | st.timedeltas(timedelta(0), timedelta(days=2)),
    draw=st.floats(0, 1),
)
def test_no_wait_is_shorter_or_longer_than_its_step_allows(times: int, asked: timedelta | None, draw: float) -> None:
    wait = wait_of(tried(failed(times - 1), 503, retry_after=asked, draw=draw))

    assert SCHEDULE[times] * 0.8 <= wait <= max(SCHEDULE[times] * 1.2, SCHEDULE[min(times + 1, 7)])


def test_the_last_attempts_are_kept_and_all_are_counted() -> None:
    delivery = a_delivery()
    for number in range(ATTEMPTS_KEPT + 3):
        attempt = replace(an_attempt(), duration_ms=number)
        delivery = delivery.again(NOON).after(attempt, at=NOON, retry_after=None, draw=lambda: 0.5)

    assert delivery.attempt_count == ATTEMPTS_KEPT + 3
    assert [each.duration_ms for each in delivery.attempts] == list(range(3, ATTEMPTS_KEPT + 3))


def test_a_new_delivery_is_ready_at_once_and_due_a_little_later() -> None:
    delivery = a_delivery()

    assert delivery.is_ready(NOON)
    assert delivery.due_at == NOON + SWEEP_MARGIN
    assert delivery.id == f"{delivery.event_id}.{delivery.endpoint_id}"


def test_a_claimed_delivery_is_ready_again_at_the_end_of_its_lease() -> None:
    claimed = a_delivery().claimed("token", NOON)

    assert (claimed.token, claimed.retry_at, claimed.due_at) == ("token", NOON + LEASE, NOON + LEASE)
    assert not claimed.is_ready(NOON)
    assert not claimed.is_ready(NOON + LEASE - EARLY - SOON)
    assert claimed.is_ready(NOON + LEASE)


def test_an_attempt_may_begin_a_little_early() -> None:
    waiting = a_delivery().waiting(NOON, timedelta(seconds=5))

    assert not waiting.is_ready(NOON + timedelta(seconds=5) - EARLY - SOON)
    assert waiting.is_ready(NOON + timedelta(seconds=5) - EARLY)


@pytest.mark.parametrize("status", [DeliveryStatus.SUCCEEDED, DeliveryStatus.FAILED])
def test_what_has_ended_is_not_ready_until_it_is_asked_for_again(status: DeliveryStatus) -> None:
    ended = a_delivery().ended(status)

    assert not ended.is_ready(NOON + timedelta(days=30))
    assert ended.again(NOON).is_ready(NOON)


@pytest.mark.parametrize(
    ("wait", "margin"),
    [(timedelta(0), SWEEP_MARGIN), (ANNOUNCED_WITHIN, SWEEP_MARGIN), (ANNOUNCED_WITHIN + SOON, timedelta(0))],
)
def test_what_no_message_announces_is_due_at_its_time(wait: timedelta, margin: timedelta) -> None:
    waiting = a_delivery().waiting(NOON, wait)

    assert (waiting.retry_at, waiting.due_at, waiting.token) == (NOON + wait, NOON + wait + margin, None)


def test_every_change_counts_as_one_write() -> None:
    delivery = a_delivery()
    changed = [
        delivery.claimed("token", NOON),
        delivery.waiting(NOON, timedelta(0)),
        delivery.ended(DeliveryStatus.FAILED),
        delivery.again(NOON),
        *(delivery.after(an_attempt(each), at=NOON, retry_after=None, draw=lambda: 0.5) for each in (200, 410, 500)),
    ]

    assert {each.version for each in changed} == {delivery.version + 1}
