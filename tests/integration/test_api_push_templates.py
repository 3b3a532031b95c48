"""Templates of push messages: title, body, and what they carry, rendered when they are accepted."""

from typing import Any

import pytest

from tests.integration.conftest import Api, fields

TOKEN = "ab" * 32
WHOLE = {
    "subject": "Paid {{ amount|money('EUR') }}",
    "text": "From {{ name }}.",
    "link": "bank://pay/{{ id }}?from={{ name }}",
    "image": "https://bank.example/{{ id }}.png",
    "sound": "default",
    "badge": "{{ unread }}",
    "collapseKey": "pay-{{ id }}",
    "data": {"account": "{{ id }}", "kind": "payment"},
}
VARIABLES: dict[str, Any] = {"amount": 5, "name": "Ada & <Bob>", "id": "4711", "unread": 3}
PUSH = {"type": "PUSH", "recipient": TOKEN, "template": {"id": "paid"}}


@pytest.fixture
def api(quick_api: Api) -> Api:
    assert quick_api.post("/api/templates", {"id": "paid", "channel": "PUSH"}).status_code == 201
    return quick_api


def published(api: Api, **locales: dict[str, Any]) -> None:
    answer = api.post("/api/templates/paid/versions", {"defaultLocale": "en", "locales": locales})
    assert answer.status_code == 201, answer.text
    number = answer.json()["data"]["number"]
    assert api.post(f"/api/templates/paid/versions/{number}/publish").status_code == 200


def create(api: Api, **changes: Any):
    return api.post("/api/notifications", {**PUSH, "variables": VARIABLES, **changes})


def problems(api: Api, **source: Any) -> dict[str, str]:
    """Return the messages by field of a version that is refused."""
    version = {"defaultLocale": "en", "locales": {"en": {"text": "x", **source}}}
    answer = api.post("/api/templates/paid/versions", version)
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["message"] for each in answer.json()["error"]["details"]}


def test_everything_that_a_push_message_carries_is_rendered(api: Api) -> None:
    published(api, en=WHOLE)

    data = create(api).json()["data"]

    assert (data["subject"], data["message"]) == ("Paid €5.00", "From Ada & <Bob>.")
    assert data["push"] == {
        "link": "bank://pay/4711?from=Ada%20%26%20%3CBob%3E",
        "image": "https://bank.example/4711.png",
        "sound": "default",
        "badge": 3,
        "collapseKey": "pay-4711",
        "data": {"account": "4711", "kind": "payment"},
    }
    (stored,) = api.store.get_many([data["_id"]])
    assert stored.content.push is not None
    assert stored.content.push.link == data["push"]["link"]
    source = api.get("/api/templates/paid/versions/1").json()["data"]["locales"]["en"]
    assert source == WHOLE


def test_a_preview_shows_it(api: Api) -> None:
    shown = api.post("/api/templates/paid/preview", {"source": WHOLE, "variables": VARIABLES}).json()["data"]

    assert shown["push"]["link"] == "bank://pay/4711?from=Ada%20%26%20%3CBob%3E"
    assert shown["push"]["badge"] == 3


@pytest.mark.parametrize(
    "value", ["../../admin", "x?y=1#z", "a b", "javascript:alert(1)", "%2e%2e", "ü", "//evil.example"]
)
def test_a_value_becomes_no_other_part_of_an_address(api: Api, value: str) -> None:
    published(api, en={"text": "x", "link": "https://bank.example/{{ id }}/pay"})

    link = create(api, variables={"id": value}).json()["data"]["push"]["link"]

    middle = link.removeprefix("https://bank.example/").removesuffix("/pay")
    assert not set(middle) & set("/?#: &")


def test_a_value_may_be_the_whole_address(api: Api) -> None:
    published(api, en={"text": "x", "link": "{{ address }}"})

    created = create(api, variables={"address": "https://bank.example/a?b=c"})
    refused = create(api, variables={"address": "javascript:alert(1)"})

    assert created.json()["data"]["push"] == {"link": "https://bank.example/a?b=c"}
    assert (refused.status_code, fields(refused)) == (422, ["variables"])
    assert "link" in refused.json()["error"]["details"][0]["message"]


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        ({"badge": "{{ unread }}"}, {"unread": "many"}),
        ({"badge": "{{ unread }}"}, {"unread": -1}),
        ({"badge": "{{ unread }}"}, {"unread": 100_000}),
        ({"sound": "{{ sound }}"}, {"sound": "../x y"}),
        ({"collapseKey": "{{ key }}"}, {"key": "x" * 33}),
        ({"image": "{{ image }}"}, {"image": "http://bank.example/a.png"}),
    ],
)
def test_values_that_spoil_an_option_are_refused_when_they_come(api: Api, source, variables) -> None:
    published(api, en={"text": "x", **source})

    answer = create(api, variables=variables)

    assert (answer.status_code, fields(answer)) == (422, ["variables"])


def test_a_version_is_checked_as_far_as_it_can_be(api: Api) -> None:
    found = problems(
        api, link="javascript:alert(1)", image="http://x.example/", sound="a b", badge="many", collapseKey="a b"
    )
    assert found.keys() == {f"locales.en.{each}" for each in ("link", "image", "sound", "badge", "collapseKey")}
    assert "locales.en.link" in problems(api, link="{{ id")
    assert "locales.en.data.account" in problems(api, data={"account": "{{ id|nothing }}"})
    assert problems(api, html="<p>x</p>") == {"locales.en.html": "is not a part of PUSH"}
    assert any("data" in field for field in problems(api, data={"aps": "x"}))
    assert any("data" in field for field in problems(api, data={}))


def test_all_languages_use_the_same_variables_in_what_they_carry_too(api: Api) -> None:
    version = {
        "defaultLocale": "en",
        "locales": {"en": {"text": "x", "link": "bank://pay/{{ id }}"}, "de": {"text": "x", "link": "bank://pay"}},
    }

    answer = api.post("/api/templates/paid/versions", version)

    assert answer.status_code == 422
    assert "does not use the variable id" in answer.json()["error"]["details"][0]["message"]


def test_other_channels_have_no_such_parts(api: Api) -> None:
    api.post("/api/templates", {"id": "mail", "channel": "EMAIL"})
    source = {"subject": "S", "text": "x", "link": "https://bank.example/", "data": {"a": "b"}}

    answer = api.post("/api/templates/mail/versions", {"defaultLocale": "en", "locales": {"en": source}})

    assert set(fields(answer)) == {"locales.en.link", "locales.en.data.a"}


def test_a_notification_puts_its_own_in_their_place(api: Api) -> None:
    published(api, en=WHOLE)

    created = create(api, push={"link": "bank://other", "badge": 9, "data": {"account": "1", "more": "2"}})

    push = created.json()["data"]["push"]
    assert (push["link"], push["badge"], push["sound"]) == ("bank://other", 9, "default")
    assert push["data"] == {"account": "1", "kind": "payment", "more": "2"}


def test_what_is_too_large_for_the_push_services_is_refused(api: Api) -> None:
    published(api, en={"text": "x", "data": {"a": "{{ long }}"}})

    assert create(api, variables={"long": "x" * 3_900}).status_code == 201
    assert fields(create(api, variables={"long": "x" * 4_090})) == ["message"]
