"""The benchmarks' own rules: schedule, percentiles, backlog, results, cost and verdicts."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks.cold_start import largest
from benchmarks.cost import Measured, batch_of, measured_from, per_million, prices
from benchmarks.deliver import most_at_once
from benchmarks.figures import backlogs, grows, percentile, spread
from benchmarks.load import Answered, Taken
from benchmarks.report import REASONS, table
from benchmarks.result import Result, append, latest, read
from benchmarks.schedule import BATCH_PATH, Plan, arrivals
from benchmarks.targets import TARGETS, Latest, judged
from tests.builders import NOON
from wavecom.http.notifications.requests import CreateBatch, CreateNotification

PLAN = Plan(url="http://localhost:5000", count=5_000, rate=1_000, size=50, singles=0.1)
MEASURED = Measured(
    single_ms=10,
    batch_ms=300,
    batch_size=500,
    thousand_seconds=2.0,
    provider_seconds=0.25,
    notification_bytes=650,
    trail_bytes=1_200,
)


def a_result(what: str, figures: dict, **parameters: object) -> Result:
    return Result(what=what, parameters=parameters, figures=figures, machine="a machine", versions={"WaveCom": "1"})


def body(request: bytes) -> dict:
    return json.loads(request.partition(b"\r\n\r\n")[2])


def test_a_plan_asks_for_everything_once_at_its_rate_and_the_same_each_time() -> None:
    asked = list(arrivals(PLAN))

    assert sum(each.size for each in asked) == PLAN.count
    assert asked == list(arrivals(Plan.from_json(PLAN.to_json())))
    assert all(before.at <= after.at for before, after in pairwise(asked))
    assert 4 < asked[-1].at < 6
    assert sum(each.size == 1 for each in asked) / PLAN.count == pytest.approx(0.1, abs=0.03)


def test_without_a_rate_everything_is_due_at_once() -> None:
    assert {each.at for each in arrivals(replace(PLAN, rate=None))} == {0.0}


def test_what_is_asked_for_is_valid_and_a_tenth_of_it_urgent() -> None:
    batches = [each for each in arrivals(PLAN) if BATCH_PATH.encode() in each.request]
    items = [item for each in batches for item in CreateBatch.model_validate(body(each.request)).validated()]

    valid = [item for item in items if isinstance(item, CreateNotification)]
    assert valid == items
    assert {item.type for item in valid} == {"EMAIL", "SMS", "PUSH"}
    urgent = sum(item.priority in ("HIGH", "CRITICAL") for item in valid) / len(valid)
    assert urgent == pytest.approx(0.1, abs=0.02)


def test_a_request_says_how_long_it_is() -> None:
    head, _, rest = next(arrivals(PLAN)).request.partition(b"\r\n\r\n")

    assert f"Content-Length: {len(rest)}".encode() in head.split(b"\r\n")


def test_percentiles_are_values_that_were_measured() -> None:
    assert [percentile(range(1, 101), percent) for percent in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([7], 50) == 7
    assert spread([1, 2, 3, 4]) == {"p50": 2, "p95": 4, "p99": 4, "max": 4}
    assert spread([]) == {}
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_a_backlog_is_what_has_come_and_not_gone() -> None:
    assert backlogs([0.1, 0.2, 1.5, 2.5], [0.9, 2.9, 9.0], until=4) == [1, 2, 2, 2]


@pytest.mark.parametrize(
    ("backlog", "expected"),
    [
        ([100] * 20, False),
        ([100 * second for second in range(20)], True),
        ([500, *[100] * 19], False),
        ([100, 0, 90, 150] * 5, False),
        ([1, 2, 3], False),
    ],
)
def test_a_backlog_grows_when_its_end_holds_a_second_of_arrivals_more(backlog: list[int], *, expected: bool) -> None:
    assert grows(backlog, rate=300) is expected


def test_latency_counts_from_the_moment_a_request_was_due() -> None:
    taken = Taken(began=0.0, answers=[Answered(1.0, 1.4, 1.5, 201, 1), Answered(2.0, 2.0, 2.1, 503, 50)])

    assert taken.latencies_ms() == [pytest.approx(500), pytest.approx(100)]
    assert taken.latencies_ms(size=1) == [pytest.approx(500)]
    assert taken.refused() == {"503": 1}
    assert taken.accepted_seconds == pytest.approx(1.1)


def test_results_are_kept_as_lines_and_the_last_of_a_kind_counts(tmp_path) -> None:
    file = tmp_path / "results" / "kept.jsonl"
    for rate in (1, 2):
        append(a_result("accept", {"perSecond": rate}, size=1), file)
    append(a_result("accept", {"perSecond": 3}, size=500), file)

    kept = read(file)

    assert len(file.read_text().splitlines()) == 3
    assert [each.figures["perSecond"] for each in latest(kept).values()] == [2, 3]
    assert Latest(kept).figures("accept", size=1) == {"perSecond": 2}
    with pytest.raises(LookupError):
        Latest(kept).figures("deliver")


def test_sends_under_way_at_one_moment_are_counted() -> None:
    attempts = [{"startedAt": NOON, "durationMs": 200}] * 3

    assert most_at_once(attempts) == 3
    assert most_at_once([]) == 0


def test_batches_are_as_large_as_what_comes_in_their_own_time() -> None:
    small, quick = batch_of(1_000_000, MEASURED)
    large, slow = batch_of(72_000_000, MEASURED)

    assert small == pytest.approx(1_000_000 / 86_400 * 0.5)
    assert quick < slow
    assert large == 1_000


def test_cost_is_the_sum_of_its_parts_and_falls_with_volume_and_batches() -> None:
    def total(a_day: int, broker: str, size: int) -> float:
        costs = per_million(a_day, broker, size, MEASURED, prices())
        assert costs["Total"] == pytest.approx(sum(costs.values()) - costs["Total"], abs=0.01)
        return costs["Total"]

    for broker in ("rabbitmq", "sqs"):
        assert total(1_000_000, broker, 500) > total(10_000_000, broker, 500) > total(72_000_000, broker, 500)
        assert total(10_000_000, broker, 1) > total(10_000_000, broker, 500)


def test_a_million_single_posts_cost_a_million_gateway_requests_and_batches_five_hundred_times_less() -> None:
    single, batch = (per_million(1_000_000, "sqs", size, MEASURED, prices())["API Gateway"] for size in (1, 500))

    assert single == prices()["apiGatewayPerMillionRequests"]
    assert batch == pytest.approx(single / 500)


def test_costs_come_from_measurements_and_are_not_guessed() -> None:
    results = [
        a_result("accept.steps", {"totalMs": 10.0}, size=1),
        a_result("accept.steps", {"totalMs": 300.0}, size=500),
        a_result("deliver.batch", {"seconds": 2.0}, messages=1_000),
    ]

    assert measured_from(results).batch_ms == 300.0
    with pytest.raises(LookupError):
        measured_from(results[:2])


def test_a_target_without_a_figure_is_not_judged_and_every_miss_has_a_reason() -> None:
    texts = json.loads(REASONS.read_text())
    slow = Latest([a_result("deliver.batch", {"seconds": 9.0, "sendsAtOnce": 128})])

    assert {verdict for _, verdict in judged(Latest([])).values()} == {None}
    _, verdict = judged(slow)["1,000 messages with calls of 200 ms, one invocation"]
    assert verdict is not None
    assert (verdict.figure, verdict.met) == ("9.00 s", False)
    assert [target.what for target in TARGETS if target.reason and target.reason not in texts] == []


def test_imports_are_added_up_by_package() -> None:
    report = "import time: self [us] | cumulative | imported package\nimport time:      1500 |  2000 | bson.son\n"
    report += "import time:      2500 |  2500 |   bson\nimport time:       900 |   900 | json\n"

    assert largest(report) == {"bson": 4, "json": 1}


def test_tables_align_figures_to_the_right() -> None:
    assert table(("call", "ms"), [("list", 1)]).splitlines() == ["| call | ms |", "| --- | ---: |", "| list | 1 |"]


@pytest.mark.parametrize(("delivered", "met"), [(820.0, True), (527.0, False)])
def test_a_rate_at_which_requests_wait_is_not_kept_though_no_message_waits(*, delivered: float, met: bool) -> None:
    figures = {
        "deliveredPerSecond": delivered,
        "backlogGrows": False,
        "backlogAtEnd": 300,
        "acceptedToSentMs": {"high_priority": {"p99": 900.0}, "notifications": {"p99": 2_000.0}},
        "requestMs": {"p50": 40.0},
        "refusedRequests": {},
        "lost": 0,
        "twice": 0,
        "unfinished": 0,
    }
    latest = Latest([a_result("end-to-end", figures, broker="rabbitmq", rate=833)])

    _, verdict = judged(latest)[TARGETS[0].what]

    assert verdict is not None
    assert verdict.met is met
