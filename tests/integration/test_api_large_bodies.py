"""Bodies that are made to cost much: the answer is small, and so are the time and the memory that it took."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.databases import new_database
from tests.integration.api_process import ApiProcess, api_process
from tests.integration.conftest import EMAIL, JSON, Api, MakeApi, refused
from wavecom.http.framework.errors import DETAILS_MAX, ERRORS_MAX_BYTES, FIELD_MAX
from wavecom.http.framework.json_body import VALUES_MAX, has_too_many_values
from wavecom.http.framework.requests import MEMBERS_MAX
from wavecom.http.notifications.requests import BATCH_MAX
from wavecom.topology import MAX_BODY_BYTES

MOST = 4_150_000
"""Bytes; a little less than a body may have."""
SECONDS = 3.0
"""Generous: the machine has other things to do."""
MEGABYTES = 150.0
"""More than before: some copies of the body in wide characters. It was 1,800 for the first of the table."""


def filled(unit: Callable[[int], str], before: str = "{", after: str = "}", size: int = MOST) -> str:
    """Return a document of about ``size`` bytes made of units with commas between them."""
    units: list[str] = []
    total = 0
    while total < size:
        units.append(unit(len(units)))
        total += len(units[-1]) + 1
    return before + ",".join(units) + after


def nested(opening: str, inner: str, closing: str, depth: int) -> str:
    return opening * depth + inner + closing * depth


def items(item: str) -> str:
    return '{"notifications":[' + ",".join([item] * BATCH_MAX) + "]}"


HOSTILE: dict[str, tuple[str, Callable[[], str]]] = {
    "many unknown fields": ("", lambda: filled(lambda n: f'"{n}":1')),
    "as many unknown fields as may be": ("", lambda: filled(lambda n: f'"{n}":1', size=500_000)),
    "many duplicates": ("", lambda: filled(lambda _: '"a":1')),
    "as many duplicates as may be": ("", lambda: filled(lambda n: f'"{n % 1000}":1', size=400_000)),
    "500 items of 700 unknown fields": ("/batch", lambda: items(filled(lambda n: f'"{n}":1', size=5_500))),
    "500 items of 86 unknown fields with long names": (
        "/batch",
        lambda: items("{" + ",".join(f'"{n:0>90}":1' for n in range(86)) + "}"),
    ),
    "500 items of 42 unknown fields with long names": (
        "/batch",
        lambda: items("{" + ",".join(f'"{n:0>190}":1' for n in range(42)) + "}"),
    ),
    "500 items of numbers": ("/batch", lambda: items("1" * 8_000)),
    "500 items that are deep": ("/batch", lambda: items(nested("[", "1", "]", 150))),
    "a million items": ("/batch", lambda: filled(lambda _: "{}", '{"notifications":[', "]}")),
    "deep lists": ("", lambda: '{"metadata":' + filled(lambda _: nested("[", "", "]", 150), "[", "]") + "}"),
    "a deep list": ("", lambda: '{"metadata":' + "[" * 2_000_000),
    "a number of 4 MB": ("", lambda: '{"maxRetries":' + "9" * MOST + "}"),
    "a fraction of 4 MB": ("", lambda: '{"maxRetries":0.' + "3" * MOST + "}"),
    "numbers of 4,000 digits": ("", lambda: '{"metadata":' + filled(lambda _: "7" * 4_000, "[", "]") + "}"),
    "a text of 4 MB": ("", lambda: json.dumps({**EMAIL, "message": "m" * MOST})),
    "a text of 4 MB in wide characters": (
        "",
        lambda: json.dumps({**EMAIL, "message": "\U0001f600" + "m" * MOST}, ensure_ascii=False),
    ),
    "a text of escapes": ("", lambda: '{"message":"' + "\\\\" * (MOST // 2) + '"}'),
    "a name of 4 MB": ("", lambda: '{"' + "n" * MOST + '":1}'),
    "many nulls": ("", lambda: '{"metadata":' + filled(lambda _: "null", "[", "]") + "}"),
    "wide nested objects": (
        "",
        lambda: '{"metadata":' + filled(lambda n: f'"{n}":' + filled(lambda m: f'"{m}":{{}}', size=2_000)) + "}",
    ),
    "NUL below long names": (
        "",
        lambda: nested('{"' + "n" * 20_000 + '":', filled(lambda _: r'"\u0000"', "[", "]", 200_000), "}", 150),
    ),
    "quotes": ("", lambda: '"' * MOST),
    "commas": ("", lambda: "," * MOST),
}
"""Made by the test that sends it: all of them together take seconds."""


@pytest.fixture(scope="module")
def process(mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    with (
        new_database(mongodb_uri) as mongo,
        api_process(mongo, mongodb_uri, tmp_path_factory.mktemp("api"), RATE_LIMIT_PER_MINUTE="1000000") as process,
    ):
        yield process


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_costs_little(process: ApiProcess, name: str):
    path, make = HOSTILE[name]
    body = make()
    assert len(body) <= MAX_BODY_BYTES
    process.forget_peak()
    before, started = process.megabytes(), time.monotonic()

    answer = httpx.post(
        f"{process.url}/api/notifications{path}", content=body, headers=JSON, timeout=60, trust_env=False
    )

    took, grown = time.monotonic() - started, process.peak_megabytes() - before
    print(f"{name}: {answer.status_code}, {len(answer.content):,} bytes, {took:.2f} s, {grown:.0f} MB")
    assert answer.status_code in {207, 400, 422}
    assert len(answer.content) < ERRORS_MAX_BYTES + 100 * BATCH_MAX * 2
    if answer.status_code != 207:
        assert len(answer.json()["error"]["details"]) <= DETAILS_MAX
        assert len(answer.content) < 20_000
    assert took < SECONDS
    assert grown < MEGABYTES


def test_an_answer_has_20_details_and_says_how_many_more(api: Api):
    answer = api.post("/api/notifications", {**EMAIL, **{f"unknown{n}": n for n in range(30)}})

    refused(api, answer, 422, *(f"unknown{n}" for n in range(DETAILS_MAX)))
    assert answer.json()["error"]["message"] == "The request is not valid (10 more errors are not shown)"


def test_an_item_has_20_details_and_says_how_many_more(api: Api):
    answer = api.batch(EMAIL, {**EMAIL, **{f"unknown{n}": n for n in range(30)}})

    first, second = answer.json()["data"]["results"]
    assert first["status"] == 201
    assert len(second["error"]["details"]) == DETAILS_MAX
    assert second["error"]["message"].endswith("(10 more errors are not shown)")


def test_more_fields_than_an_object_may_have_are_not_named(api: Api):
    body = {f"unknown{n}": n for n in range(MEMBERS_MAX + 1)}

    refused(api, api.post("/api/notifications", body), 422, "body")
    (result,) = api.batch(body).json()["data"]["results"]
    (detail,) = result["error"]["details"]
    assert detail == {"field": "notifications[0]", "message": "must not have more than 50 fields"}


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"n" * 1_000: 1}),
        json.dumps({**EMAIL, "metadata": {"n" * 1_000: "\x00"}}),
        '{"' + "n" * 1_000 + '":1,"' + "n" * 1_000 + '":1}',
    ],
)
def test_a_long_name_is_cut(api: Api, body: str):
    answer = api.post("/api/notifications", body)

    assert answer.status_code == 422
    assert all(len(each["field"]) <= FIELD_MAX + 1 for each in answer.json()["error"]["details"])
    assert any("n" * 150 in each["field"] for each in answer.json()["error"]["details"])


def test_a_batch_has_a_megabyte_of_errors(api: Api):
    answer = api.batch(*[{f"{n:0>190}": n for n in range(42)}] * BATCH_MAX)

    assert answer.status_code == 207
    assert len(answer.content) < ERRORS_MAX_BYTES + 100 * BATCH_MAX * 2
    first, *_, last = answer.json()["data"]["results"]
    assert len(first["error"]["details"]) == DETAILS_MAX
    assert last["error"]["details"] == []
    assert last["error"]["message"] == "The notification is not valid (45 more errors are not shown)"


def with_metadata(values: int) -> dict[str, Any]:
    return {**EMAIL, "metadata": {f"key{n}": n for n in range(values)}}


def test_a_full_batch_may_have_80_values_of_metadata_each(quick_api: Api):
    answer = quick_api.batch(*[with_metadata(80)] * BATCH_MAX)

    assert answer.status_code == 207
    assert answer.json()["data"]["accepted"] == BATCH_MAX


def test_a_full_batch_may_have_long_texts_with_any_number_of_commas(quick_api: Api):
    answer = quick_api.batch(*[{**EMAIL, "message": 'a, "b", [c], {d}, \\' * 200}] * BATCH_MAX)

    assert answer.json()["data"]["accepted"] == BATCH_MAX


def test_more_values_than_a_body_may_have_are_refused(make_api: MakeApi, over: str):
    api = make_api(over)

    answer = api.batch(*[with_metadata(120)] * BATCH_MAX)

    refused(api, answer, 422, "body")
    assert answer.json()["error"]["details"][0]["message"] == "must not have more than 50000 values"


@pytest.mark.parametrize(
    ("body", "too_many"),
    [
        (json.dumps([1] * VALUES_MAX), False),
        (json.dumps([1] * (VALUES_MAX + 1)), True),
        (json.dumps([[]] * VALUES_MAX), True),
        (json.dumps({str(n): "a,b" for n in range(VALUES_MAX - 1)}), False),
        (json.dumps([r"a\",[{" + "\\"] * (VALUES_MAX - 1)), False),
        (json.dumps("," * 10 * VALUES_MAX), False),
        (json.dumps("\\" * VALUES_MAX + ',"[' * VALUES_MAX), False),
    ],
    ids=["numbers", "one number too many", "lists", "names", "escapes", "a text", "texts"],
)
def test_values_are_counted_outside_texts(body: str, too_many: bool):
    assert has_too_many_values(body) is too_many
