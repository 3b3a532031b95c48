"""What a push message carries beside its title and its body, through the API."""

from typing import Any

import pytest

from tests.integration.conftest import Api, MakeApi, refused
from tests.integration.test_api_templates import made

DEVICE = "ab" * 32
PUSH = {"type": "PUSH", "recipient": DEVICE, "message": "Your balance has changed"}
CARRIED = {
    "data": {"account": "4711"},
    "link": "bank://accounts/4711",
    "sound": "default",
    "badge": 0,
    "image": "https://bank.example/chart.png",
    "collapseKey": "balance",
}


@pytest.fixture(params=["lambda", "http"])
def api(request: pytest.FixtureRequest, make_api: MakeApi) -> Api:
    return make_api(request.param)


def test_it_is_stored_and_shown_as_it_was_given(api: Api) -> None:
    created = api.created(**PUSH, push=CARRIED)

    assert created["push"] == CARRIED
    shown = api.get(f"/api/notifications/{created['_id']}").json()["data"]["notification"]
    (listed,) = api.get("/api/notifications").json()["data"]["notifications"]
    assert shown["push"] == listed["push"] == CARRIED


@pytest.mark.parametrize("push", [None, {}, {"data": {}}, {"data": None, "link": None}])
def test_nothing_is_absent(api: Api, push: dict[str, Any] | None) -> None:
    created = api.created(**PUSH, push=push)

    assert "push" not in created
    assert "push" not in api.get(f"/api/notifications/{created['_id']}").json()["data"]["notification"]


@pytest.mark.parametrize(
    ("push", "field"),
    [
        ({"data": {"from": "x"}}, "push.data.from"),
        ({"data": {"googleThing": "x"}}, "push.data.googleThing"),
        ({"data": {"link": "x"}}, "push.data.link"),
        ({"data": {"aps": "x"}}, "push.data.aps"),
        ({"data": {"a.b": "x"}}, "push.data.a.b"),
        ({"data": {"$set": "x"}}, "push.data.$set"),
        ({"data": {"a": 1}}, "push.data.a"),
        ({"data": {str(number): "x" for number in range(31)}}, "push.data"),
        ({"data": {"From": "x"}}, "push.data.From"),
        ({"data": {"collapse_key": "x"}}, "push.data.collapse_key"),
        ({"link": "view-source:https://bank.example"}, "push.link"),
        ({"link": "intent:#Intent;end"}, "push.link"),
        ({"link": "https://"}, "push.link"),
        ({"link": "https://bank.example:99999/"}, "push.link"),
        ({"link": "x:y"}, "push.link"),
        ({"image": "https://bank.example:x/a.png"}, "push.image"),
        ({"link": "javascript:alert(1)"}, "push.link"),
        ({"link": "JavaScript:alert(1)"}, "push.link"),
        ({"link": "data:text/html,x"}, "push.link"),
        ({"link": "/pay"}, "push.link"),
        ({"link": "https://bank.example/a b"}, "push.link"),
        ({"link": "https://bank.example/\nb"}, "push.link"),
        ({"link": "https://bänk.example/"}, "push.link"),
        ({"link": "https://[bank"}, "push.link"),
        ({"link": ""}, "push.link"),
        ({"sound": "../x"}, "push.sound"),
        ({"badge": -1}, "push.badge"),
        ({"badge": True}, "push.badge"),
        ({"badge": "3"}, "push.badge"),
        ({"image": "http://bank.example/a.png"}, "push.image"),
        ({"image": "https:///a.png"}, "push.image"),
        ({"collapseKey": "a" * 33}, "push.collapseKey"),
        ({"collapseKey": "a b"}, "push.collapseKey"),
        ({"title": "x"}, "push.title"),
    ],
)
def test_what_a_device_could_not_take_is_refused_and_named(api: Api, push: dict[str, Any], field: str) -> None:
    refused(api, api.create(**PUSH, push=push), 422, field)


@pytest.mark.parametrize(
    "other",
    [
        {"type": "SMS", "recipient": "+12025550123", "message": "Hello"},
        {"type": "EMAIL", "recipient": "user@example.com", "subject": "Hi", "message": "Hello"},
    ],
)
def test_other_channels_carry_nothing(api: Api, other: dict[str, Any]) -> None:
    refused(api, api.create(**other, push={"badge": 1}), 422, "push")


def test_a_message_of_a_template_carries_it_too(api: Api) -> None:
    made(
        api,
        "balance",
        {"defaultLocale": "en", "locales": {"en": {"subject": "Balance", "text": "It is {{ amount }}."}}},
        channel="PUSH",
    )
    by_template = {"type": "PUSH", "recipient": DEVICE, "template": {"id": "balance"}, "variables": {"amount": 5}}

    answer = api.post("/api/notifications", {**by_template, "push": CARRIED})

    assert answer.status_code == 201, answer.text
    created = answer.json()["data"]
    assert (created["subject"], created["message"], created["push"]) == ("Balance", "It is 5.", CARRIED)
