"""Batches: cut into parts, made whole again, and gone on with after a failure."""

from typing import Any

import pytest

from tests.conftest import EMAIL, Use
from tests.standin import CUT, LATE, NONE, StandIn, refusal
from wavecom_client import AccessError, PartialBatchError
from wavecom_client.notifications import BODY_MAX_BYTES


def many(count: int) -> list[Any]:
    return [{**EMAIL, "subject": str(number)} for number in range(count)]


def test_a_batch_is_cut_at_500_and_its_results_are_those_of_the_whole(use: Use, standin: StandIn):
    batch = many(1_201)
    batch[3]["recipient"] = batch[777]["recipient"] = "nobody"

    created = use(lambda client: client.notifications.create_batch(batch, idempotency_key="run-1"))

    assert [len(call.body["notifications"]) for call in standin.calls] == [500, 500, 201]
    assert standin.keys == ["run-1", "run-1/500", "run-1/1000"]
    assert [each["index"] for each in created.results] == list(range(1_201))
    assert [each["index"] for each in created.refused] == [3, 777]
    assert created.refused[1]["error"]["details"] == [{"field": "notifications[777].recipient", "message": "no"}]
    assert len(created.accepted) == len(standin.stored) == 1_199
    assert all(each["data"]["subject"] == str(each["index"]) for each in created.accepted)


def test_a_batch_is_cut_where_a_body_would_be_too_large(use: Use, standin: StandIn):
    batch = [{**each, "html": "x" * 250_000} for each in many(20)]

    created = use(lambda client: client.notifications.create_batch(batch))

    assert len(created.accepted) == 20
    assert [len(call.body["notifications"]) for call in standin.calls] == [16, 4]
    assert all(len(call.content) <= BODY_MAX_BYTES for call in standin.calls)


def test_an_empty_batch_makes_no_call(use: Use, standin: StandIn):
    assert use(lambda client: client.notifications.create_batch([])).results == []
    assert standin.calls == []


@pytest.mark.parametrize("fault", [LATE, CUT], ids=["late", "cut"])
def test_a_part_that_is_repeated_is_stored_once(use: Use, standin: StandIn, fault: Any):
    standin.faults.append(fault)

    use(lambda client: client.notifications.create_batch(many(501), idempotency_key="run-1"))

    assert len(standin.stored) == 501
    assert standin.keys[:2] == ["run-1", "run-1"]
    assert standin.keys[-1] == "run-1/500"


def test_a_batch_that_was_interrupted_is_finished_by_the_same_call(use: Use, standin: StandIn):
    standin.faults.extend([NONE, refusal(503, "UNAVAILABLE", "3000")])

    with pytest.raises(PartialBatchError) as raised:
        use(lambda client: client.notifications.create_batch(many(1_000)))
    key = raised.value.idempotency_key
    created = use(lambda client: client.notifications.create_batch(many(1_000), idempotency_key=key))

    assert len(raised.value.results) == 500
    assert len(standin.stored) == len(created.accepted) == 1_000
    assert created.results[:500] == raised.value.results


def test_a_refusal_of_the_first_part_is_raised_as_it_is(use: Use, standin: StandIn):
    standin.faults.append(refusal(401, "UNAUTHORIZED"))

    with pytest.raises(AccessError) as raised:
        use(lambda client: client.notifications.create_batch(many(501), idempotency_key="run-1"))

    assert raised.value.idempotency_key == "run-1"
    assert standin.stored == []
