"""Calls are repeated where that is safe, with their keys, and nothing is created twice."""

import socket
from typing import Any

import pytest

from tests.conftest import EMAIL, Time, Use
from tests.standin import CUT, CUT_BEFORE, GARBAGE, LATE, SLOW, Fault, StandIn, refusal
from wavecom_client import (
    ConnectionFailedError,
    RateLimitedError,
    Retries,
    TimedOutError,
    UnavailableError,
    UnexpectedAnswerError,
)


def create(client: Any) -> Any:
    return client.notifications.create(EMAIL)


def test_a_create_that_is_answered_too_late_is_repeated_with_its_key_and_stored_once(use: Use, standin: StandIn):
    standin.faults.extend([LATE, LATE])

    created = use(create)

    assert len(standin.stored) == 1
    assert created.id == standin.stored[0]["_id"]
    assert created.replayed
    assert len(standin.keys) > 2
    assert set(standin.keys) == {created.idempotency_key}


@pytest.mark.parametrize("fault", [CUT, CUT_BEFORE], ids=["after", "before"])
def test_a_create_whose_connection_breaks_is_stored_once(use: Use, standin: StandIn, fault: Any):
    standin.faults.append(fault)

    use(create)

    assert len(standin.stored) == 1
    assert len(set(standin.keys)) == 1


def test_every_create_has_a_key_of_its_own_and_a_given_one_is_kept(use: Use, standin: StandIn):
    use(create)
    use(create)
    use(lambda client: client.notifications.create(EMAIL, idempotency_key="order-4711"))
    use(lambda client: client.dead_letters.replay({"all": True}))

    assert len(set(standin.keys)) == 4
    assert standin.keys[2] == "order-4711"
    assert None not in standin.keys


@pytest.mark.parametrize("status", [429, 503])
def test_an_answer_that_says_when_to_come_back_is_obeyed(use: Use, standin: StandIn, clock: Time, status: int):
    standin.faults.append(refusal(status, "LATER", "7"))

    use(create)

    assert clock.waits == [7.0]
    assert len(standin.stored) == 1


def test_delays_grow_and_are_bounded(use: Use, standin: StandIn, clock: Time):
    standin.faults.extend([refusal(503, "UNAVAILABLE")] * 6)

    with pytest.raises(UnavailableError):
        use(create, retries=Retries(attempts=6, backoff=1, backoff_max=4))

    longest = [1, 2, 4, 4, 4]
    assert len(clock.waits) == len(longest)
    assert all(most / 2 <= wait <= most for wait, most in zip(clock.waits, longest, strict=True))


def test_a_wait_that_is_too_long_is_left_to_the_caller(use: Use, standin: StandIn, clock: Time):
    standin.faults.append(refusal(429, "RATE_LIMITED", "61"))

    with pytest.raises(RateLimitedError) as raised:
        use(create)

    assert raised.value.retry_after == 61
    assert raised.value.idempotency_key == standin.keys[0]
    assert clock.waits == []


def test_the_deadline_bounds_a_call_with_all_its_attempts(use: Use, standin: StandIn, clock: Time):
    standin.faults.extend([refusal(503, "UNAVAILABLE", "40")] * 9)

    with pytest.raises(UnavailableError):
        use(create, retries=Retries(attempts=9, deadline=100))

    assert clock.waits == [40.0, 40.0]


SINCE = "2026-01-31T00:00:00Z"


@pytest.mark.parametrize("fault", [LATE, CUT, refusal(503, "UNAVAILABLE")], ids=["late", "cut", "503"])
@pytest.mark.parametrize(
    "do",
    [
        lambda client: client.notifications.retry("1"),
        lambda client: client.templates.create_version("a", {"defaultLocale": "en"}),
        lambda client: client.webhooks.create({"url": "https://a", "types": ["endpoint.test"]}),
        lambda client: client.webhooks.rotate("1"),
        lambda client: client.webhooks.recover("1", {"since": SINCE, "dryRun": False}),
    ],
    ids=["retry", "create version", "create endpoint", "rotate", "recover"],
)
def test_what_may_have_been_done_is_not_repeated_without_a_key(use: Use, standin: StandIn, do: Any, fault: Any):
    standin.faults.append(fault)

    with pytest.raises((TimedOutError, ConnectionFailedError, UnavailableError)) as raised:
        use(do)

    assert len(standin.calls) == 1
    assert getattr(raised.value, "sent", True)


def test_what_was_refused_before_any_effect_is_repeated_without_a_key(use: Use, standin: StandIn, clock: Time):
    standin.faults.append(refusal(429, "RATE_LIMITED", "1"))

    use(lambda client: client.notifications.cancel("1"))

    assert len(standin.calls) == 2


@pytest.mark.parametrize("fault", [LATE, CUT, refusal(503, "UNAVAILABLE")], ids=["late", "cut", "503"])
def test_reads_are_repeated(use: Use, standin: StandIn, fault: Any):
    standin.faults.append(fault)

    use(lambda client: client.notifications.get("1"))

    assert [call.path for call in standin.calls] == ["/api/notifications/1"] * 2


@pytest.mark.parametrize("fault", [LATE, CUT, refusal(503, "UNAVAILABLE")], ids=["late", "cut", "503"])
def test_a_recovery_that_counts_only_is_repeated_like_a_read(use: Use, standin: StandIn, fault: Any):
    standin.faults.append(fault)

    use(lambda client: client.webhooks.recover("1", {"since": SINCE, "dryRun": True}))

    assert [call.path for call in standin.calls] == ["/api/webhooks/1/recover"] * 2


def test_a_refused_connection_is_tried_again_and_then_raised(use: Use, clock: Time):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        with pytest.raises(ConnectionFailedError) as raised:
            use(lambda client: client.notifications.retry("1"), base_url=url)

    assert not raised.value.sent
    assert len(clock.waits) == 3


def test_garbage_is_not_repeated(use: Use, standin: StandIn):
    standin.faults.append(GARBAGE)

    with pytest.raises(UnexpectedAnswerError) as raised:
        use(create)

    assert raised.value.idempotency_key == standin.keys[0]
    assert len(standin.calls) == 1


def test_an_answer_that_is_no_gzip_though_it_says_so_is_none(use: Use, standin: StandIn):
    standin.faults.append(Fault(status=200, headers={"Content-Encoding": "gzip"}, body=b"no gzip"))

    with pytest.raises(ConnectionFailedError) as raised:
        use(lambda client: client.notifications.retry("1"))

    assert raised.value.sent


def test_an_answer_that_comes_byte_by_byte_ends_in_time(use: Use, standin: StandIn):
    standin.faults.append(SLOW)

    with pytest.raises(TimedOutError):
        use(lambda client: client.notifications.retry("1"))
