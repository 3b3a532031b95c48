"""Versions that compare several texts: who gets which, and what became of them."""

from collections import Counter
from typing import Any

import pytest

from tests.integration.conftest import Api, MakeApi, attempted, fields
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.templates.version import COMPARING_MAX

PLAIN = {
    "en": {"subject": "Hello", "text": "Dear {{ name }}"},
    "de": {"subject": "Hallo", "text": "Guten Tag {{ name }}"},
}
SHORT = {"en": {"subject": "Hi", "text": "Hi {{ name }}"}, "de": {"subject": "Hi", "text": "Hi {{ name }}!"}}
VARIANTS = {"plain": {"weight": 3, "locales": PLAIN}, "short": {"weight": 1, "locales": SHORT}}


@pytest.fixture(params=["lambda", "http"])
def api(request: pytest.FixtureRequest, make_api: MakeApi) -> Api:
    api = make_api(request.param)
    api.post("/api/templates", {"id": "greeting.v2", "channel": "EMAIL"})
    return api


def add(api: Api, variants: Any = VARIANTS, **changes: Any) -> Any:
    body = {"defaultLocale": "en", "variants": variants, **changes}
    answer = api.post("/api/templates/greeting.v2/versions", body)
    if answer.status_code == 201:
        api.post(f"/api/templates/greeting.v2/versions/{answer.json()['data']['number']}/publish")
    return answer


def item(recipient: str = "ada@example.com", **changes: Any) -> dict[str, Any]:
    return {
        "type": "EMAIL",
        "recipient": recipient,
        "template": {"id": "greeting.v2"},
        "variables": {"name": "Ada"},
        **changes,
    }


def sent(api: Api, *items: dict[str, Any]) -> list[dict[str, Any]]:
    results = api.batch(*items).json()["data"]["results"]
    return [each["data"] for each in results]


def test_a_version_with_variants_is_stored_and_shown_whole(api: Api) -> None:
    made = add(api).json()["data"]

    shown = api.get("/api/templates/greeting.v2/versions/1").json()["data"]
    assert made == shown
    assert shown["variants"] == VARIANTS
    assert (shown["locales"], shown["variables"]) == (PLAIN, ["name"])
    (listed,) = api.get("/api/templates/greeting.v2/versions").json()["data"]["versions"]
    assert (listed["variantNames"], listed["locales"]) == (["plain", "short"], ["en", "de"])


def test_every_recipient_gets_one_of_them_by_its_weight_and_always_the_same(api: Api) -> None:
    add(api)
    items = [item(f"customer{number}@example.com") for number in range(400)]

    first, again = sent(api, *items), sent(api, *items)

    drawn = [each["template"]["variant"] for each in first]
    assert 0.65 < Counter(drawn)["plain"] / 400 < 0.85
    assert {(each["template"]["variant"], each["message"]) for each in first} == {
        ("plain", "Dear Ada"),
        ("short", "Hi Ada"),
    }
    assert [each["template"]["variant"] for each in again] == drawn
    add(api, {name: variant(f"{name} {{{{ name }}}}", weight=each["weight"]) for name, each in VARIANTS.items()})
    later = sent(api, *items)
    assert [each["message"] for each in later] == [f"{name} Ada" for name in drawn], "in a later version too"


def test_the_language_is_chosen_within_the_variant(api: Api) -> None:
    add(api)

    made = api.created(**item(locale="de-CH"), subject=None, message=None)

    texts = {"plain": "Guten Tag Ada", "short": "Hi Ada!"}
    assert made["template"]["locale"] == "de"
    assert made["message"] == texts[made["template"]["variant"]]
    shown = api.get(f"/api/notifications/{made['_id']}").json()["data"]["notification"]
    assert shown["template"] == made["template"]


def test_results_say_what_became_of_each(api: Api) -> None:
    add(api)
    made = sent(api, *[item(f"customer{number}@example.com") for number in range(40)])
    by_variant = {name: [each["_id"] for each in made if each["template"]["variant"] == name] for name in VARIANTS}
    for number, each in enumerate(by_variant["plain"][:5]):
        attempted(api, each, Outcome.PERMANENT if number == 0 else Outcome.ACCEPTED)
    attempted(api, by_variant["short"][0])
    api.created(recipient="other@example.com")

    results = api.get("/api/templates/greeting.v2/versions/1/results").json()["data"]

    nothing = {"delivered": 0, "undelivered": 0}
    assert results == [
        {"variant": "plain", "weight": 3, "accepted": len(by_variant["plain"]), "sent": 4, "failed": 1, **nothing},
        {"variant": "short", "weight": 1, "accepted": len(by_variant["short"]), "sent": 1, "failed": 0, **nothing},
    ]
    assert api.get("/api/templates/greeting.v2/versions/2/results").status_code == 404


def test_a_version_without_variants_has_none_and_counts_nothing(api: Api) -> None:
    add(api, None, locales=PLAIN)
    created = api.created(**item(), subject=None, message=None)

    assert "variant" not in created["template"]
    assert "variants" not in api.get("/api/templates/greeting.v2/versions/1").json()["data"]
    assert api.get("/api/templates/greeting.v2/versions/1/results").json()["data"] == []
    assert not any("variants" in document for document in api.mongo.database.counters.find())


def test_a_variant_is_previewed_and_sent_to_oneself_by_its_name(api: Api) -> None:
    add(api)
    path, variables = "/api/templates/greeting.v2", {"variables": {"name": "Ada"}}

    def shown(**which: str) -> Any:
        return api.post(f"{path}/preview", {**variables, **which})

    def made(**which: str) -> Any:
        return api.post(f"{path}/test-send", {"recipient": "me@example.com", **variables, **which})

    assert [shown(**each).json()["data"]["message"] for each in ({}, {"variant": "short"})] == ["Dear Ada", "Hi Ada"]
    for name, text in (("plain", "Dear Ada"), ("short", "Hi Ada")):
        sent_one = made(variant=name).json()["data"]
        assert (sent_one["message"], sent_one["template"]["variant"]) == (text, name)
    assert fields(shown(variant="long")) == fields(made(variant="long")) == ["variant"]
    assert api.create(**item(variant="short"), subject=None, message=None).status_code == 422, "the recipient decides"


def variant(text: str = "Hi {{ name }}", **changes: Any) -> dict[str, Any]:
    return {"locales": {"en": {"subject": "Hi", "text": text}}, **changes}


@pytest.mark.parametrize(
    ("variants", "field"),
    [
        ({"a": variant()}, "variants"),
        ({name: variant() for name in "abcde"}, "variants"),
        ({"a": variant(), "b": variant(weight=0)}, "variants.b.weight"),
        ({"a": variant(), "b": variant(weight=1_001)}, "variants.b.weight"),
        ({"a": variant(), "b": variant(weight=1.5)}, "variants.b.weight"),
        ({"a": variant(), "B!": variant()}, "variants.B!"),
        ({"a": variant(), "b": variant("Hi {{ name")}, "variants.b.locales.en.text"),
        ({"a": variant(), "b": variant("Hi {{ other }}")}, "variants.b.locales"),
        ({"a": variant(), "b": {"locales": PLAIN}}, "variants.b.locales"),
        ({"a": variant(), "b": {"locales": {"de": PLAIN["de"]}}}, "variants.b.locales.en"),
        ({"a": variant(), "b": {"locales": {}}}, "variants.b.locales"),
    ],
)
def test_what_is_wrong_with_a_variant_is_named(api: Api, variants: Any, field: str) -> None:
    answer = add(api, variants)

    assert (answer.status_code, fields(answer)[:1]) == (422, [field])
    assert api.get("/api/templates/greeting.v2/versions").json()["data"]["versions"] == []


@pytest.mark.parametrize("changes", [{"locales": PLAIN}, {"variants": None}])
def test_a_version_has_either_variants_or_one_text(api: Api, changes: dict[str, Any]) -> None:
    body = {"defaultLocale": "en", "variants": VARIANTS, **changes}

    assert api.post("/api/templates/greeting.v2/versions", body).status_code == 422


def test_a_template_compares_texts_in_a_limited_number_of_versions_and_languages(api: Api) -> None:
    two = {"a": variant(), "b": variant()}
    for _ in range(COMPARING_MAX):
        assert add(api, two).status_code == 201
    assert add(api, two).status_code == 409
    assert add(api, None, locales=PLAIN).status_code == 201

    languages = [f"{first}{second}" for first in "abcdef" for second in "abcdef"][:26]
    many = {"locales": {each: {"subject": "Hi", "text": "Hi"} for each in languages}}
    api.post("/api/templates", {"id": "wide", "channel": "EMAIL"})
    body = {"defaultLocale": "aa", "variants": {"a": many, "b": many}}
    assert fields(api.post("/api/templates/wide/versions", body)) == ["variants"]


def test_the_case_of_an_address_does_not_change_its_variant(api: Api) -> None:
    add(api)
    items = [item(f"Customer{number}@example.com") for number in range(60)]
    lower = [item(f"customer{number}@example.com") for number in range(60)]

    drawn = [[each["template"]["variant"] for each in sent(api, *each)] for each in (items, lower)]

    assert drawn[0] == drawn[1]


def test_tests_say_so_and_are_not_among_the_results(api: Api) -> None:
    add(api)
    body = {"recipient": "me@example.com", "variables": {"name": "Ada"}, "variant": "short"}

    test = api.post("/api/templates/greeting.v2/test-send", body).json()["data"]
    attempted(api, test["_id"], Outcome.ACCEPTED)
    (real,) = sent(api, item())

    assert test["template"]["test"] is True
    assert "test" not in real["template"]
    shown = api.get(f"/api/notifications/{test['_id']}").json()["data"]["notification"]
    assert shown["template"] == test["template"]
    results = api.get("/api/templates/greeting.v2/versions/1/results").json()["data"]
    assert sum(each["accepted"] for each in results) == 1
    assert sum(each["sent"] for each in results) == 0
