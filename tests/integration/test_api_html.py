"""HTML that a client writes beside the text of an email, through the API."""

from typing import Any

import pytest

from tests.integration.conftest import EMAIL, Api, MakeApi, refused

HTML = '<p onclick="steal()">Your statement is <b>ready</b>.<script>steal()</script></p>'
CLEAN = "<p>Your statement is <b>ready</b>.</p>"
WARNING = "Taken out of the HTML: onclick, script."


@pytest.fixture(params=["lambda", "http"])
def api(request: pytest.FixtureRequest, make_api: MakeApi) -> Api:
    return make_api(request.param)


def test_it_is_cleaned_before_it_is_stored_and_the_answer_says_so(api: Api) -> None:
    answer = api.create(**EMAIL, html=HTML)

    assert answer.status_code == 201, answer.text
    created = answer.json()
    assert (created["data"]["html"], created["warnings"]) == (CLEAN, [WARNING])
    assert api.get(f"/api/notifications/{created['data']['_id']}").json()["data"]["notification"]["html"] == CLEAN
    assert "steal" not in str(list(api.mongo.database.notifications.find()))


def test_what_is_clean_has_no_warning(api: Api) -> None:
    answer = api.create(**EMAIL, html=CLEAN)

    assert answer.json()["data"]["html"] == CLEAN
    assert "warnings" not in answer.json()


def test_each_of_a_batch_has_its_own_warnings(api: Api) -> None:
    answer = api.batch(EMAIL, {**EMAIL, "html": HTML}, {**EMAIL, "html": "<script>x</script>"})

    first, second, third = answer.json()["data"]["results"]
    assert "warnings" not in first
    assert (second["status"], second["warnings"]) == (201, [WARNING])
    assert (third["status"], third["error"]["details"]) == (
        422,
        [{"field": "notifications[2].html", "message": "has nothing that may be sent"}],
    )


def test_a_repeated_call_gets_the_same_warnings(api: Api) -> None:
    first, again = (api.create(**EMAIL, html=HTML, key="k") for _ in range(2))

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["warnings"] == first.json()["warnings"] == [WARNING]


def test_html_that_gmail_cuts_is_taken_with_a_warning(api: Api) -> None:
    answer = api.create(**EMAIL, html="<p>x</p>" * 14_000)

    assert answer.status_code == 201
    assert answer.json()["warnings"] == ["The HTML has 112,000 bytes; Gmail cuts a message after 104,448."]


@pytest.mark.parametrize(
    "html",
    [
        "",
        "x" * (256 * 1024 + 1),
        "ü" * 140_000,
        "&" * 60_000,
        "<script>x</script>",
        "<div>" * 300,
    ],
)
def test_what_cannot_be_sent_is_refused(api: Api, html: str) -> None:
    refused(api, api.create(**EMAIL, html=html), 422, "html")


@pytest.mark.parametrize(
    "other",
    [
        {"type": "SMS", "recipient": "+12025550123", "message": "Hello"},
        {"type": "PUSH", "recipient": "ab" * 32, "message": "Hello"},
    ],
)
def test_other_channels_have_none(api: Api, other: dict[str, Any]) -> None:
    refused(api, api.create(**other, html=CLEAN), 422, "html")


def test_it_needs_a_text_beside_it(api: Api) -> None:
    email = {name: value for name, value in EMAIL.items() if name != "message"}

    refused(api, api.post("/api/notifications", {**email, "html": CLEAN}), 422, "message")


def test_html_that_takes_long_leaves_no_time_for_that_of_others(
    make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = make_api("lambda")
    monkeypatch.setattr("wavecom.application.accept.render.RENDER_SECONDS", 0.0)

    answer = api.batch(*[{**EMAIL, "html": CLEAN}] * 2, EMAIL)

    last = answer.json()["data"]["results"][1]
    assert (last["status"], last["error"]["details"]) == (
        422,
        [
            {
                "field": "notifications[1].html",
                "message": "comes after others of this call that took too long to render",
            }
        ],
    )
    assert answer.json()["data"]["results"][2]["status"] == 201
