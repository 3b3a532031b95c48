"""Categories, what recipients want of them, and the links by which they leave one."""

from html import unescape
from typing import Any

import httpx
import pytest

from tests.contract.caches import end_caches
from tests.integration.conftest import EMAIL, LINKS, Api, MakeApi, MakeKey, fields
from wavecom.adapters.mongo import tenants as adapter
from wavecom.domain.categories import CATEGORIES_MAX, Subscription
from wavecom.domain.notifications.enums import Channel

OFFERS = {"id": "offers", "name": "Offers & more", "transactional": False}
RECEIPTS = {"id": "receipts", "name": "Receipts", "transactional": True}
SMS = {"type": "SMS", "recipient": "+12025550123", "message": "Hello"}
PUSH = {"type": "PUSH", "recipient": "ab" * 32, "message": "Hello"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(params=["lambda", "http"])
def api(request: pytest.FixtureRequest, make_api: MakeApi) -> Api:
    api = make_api(request.param)
    for each in (OFFERS, RECEIPTS):
        put(api, each)
    return api


def put(api: Api, category: dict[str, Any]) -> httpx.Response:
    body = {name: value for name, value in category.items() if name != "id"}
    return api.client.put(f"/api/categories/{category['id']}", json=body)


def path(url: str) -> str:
    """Return what comes after the host of a link."""
    assert url.startswith("https://links.example/u/")
    return url.removeprefix("https://links.example")


def wanted(api: Api, recipient: str = "user@example.com", channel: str = "EMAIL") -> dict[str, bool]:
    answer = api.get("/api/preferences", params={"recipient": recipient, "type": channel}).json()["data"]
    assert answer["type"] == channel
    return {each["id"]: each["subscribed"] for each in answer["categories"]}


def choose(api: Api, categories: dict[str, Any], **changes: Any) -> httpx.Response:
    body = {"type": "EMAIL", "recipient": "user@example.com", "categories": categories, **changes}
    return api.client.put("/api/preferences", json=body)


def one_click(api: Api, url: str) -> httpx.Response:
    """Post as a mail program does (RFC 8058, section 3.2), without cookies and without a key."""
    return api.client.post(path(url), content="List-Unsubscribe=One-Click", headers=FORM)


def test_categories_are_made_listed_changed_and_removed(api: Api) -> None:
    assert api.get("/api/categories").json()["data"] == [OFFERS, RECEIPTS]

    assert put(api, {**OFFERS, "name": "News"}).json()["data"] == {**OFFERS, "name": "News"}
    assert api.client.delete("/api/categories/receipts").json() == {"success": True, "message": "Category removed"}

    assert api.get("/api/categories").json()["data"] == [{**OFFERS, "name": "News"}]
    assert api.client.delete("/api/categories/receipts").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"transactional": "no"}, "transactional"),
        ({"transactional": None}, "transactional"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_category_is_named(api: Api, changes: dict[str, Any], field: str) -> None:
    assert fields(put(api, {**OFFERS, "id": "wrong", **changes})) == [field]
    assert len(api.get("/api/categories").json()["data"]) == 2


def test_a_tenant_has_a_limited_number_of_categories(api: Api) -> None:
    for number in range(CATEGORIES_MAX - 2):
        assert put(api, {**OFFERS, "id": f"c{number}"}).status_code == 200

    assert put(api, {**OFFERS, "id": "one-more"}).status_code == 409
    assert put(api, {**OFFERS, "name": "Changed"}).status_code == 200


def test_email_of_a_category_that_can_be_left_has_a_link(api: Api) -> None:
    created = api.created(category="offers")

    shown = api.get(f"/api/notifications/{created['_id']}").json()["data"]["notification"]
    assert created["category"] == shown["category"] == "offers"
    assert created["unsubscribeUrl"] == shown["unsubscribeUrl"]
    meant = Subscription(tenant_id="bank-a", channel=Channel.EMAIL, recipient="user@example.com", category="offers")
    assert LINKS.read(created["unsubscribeUrl"].rpartition("/")[2]) == meant


@pytest.mark.parametrize("changes", [{"category": "receipts"}, {**SMS, "category": "offers", "subject": None}, {}])
def test_nothing_else_has_a_link(api: Api, changes: dict[str, Any]) -> None:
    created = api.created(**changes)

    assert created.get("category") == changes.get("category")
    assert "unsubscribeUrl" not in created


@pytest.mark.parametrize("category", ["unknown", "", "Offers", 7, "a.b", "$where"])
def test_only_a_category_of_the_tenant_may_be_named(api: Api, category: Any) -> None:
    assert fields(api.create(category=category)) == ["category"]
    (item,) = api.batch({**EMAIL, "category": category}).json()["data"]["results"]
    assert [each["field"] for each in item["error"]["details"]] == ["notifications[0].category"]


def test_a_get_shows_a_page_and_changes_nothing(api: Api) -> None:
    url = api.created(category="offers")["unsubscribeUrl"]

    answers = [api.client.get(path(url)), api.client.head(path(url)), api.client.get(path(url))]

    page = answers[0]
    assert {each.status_code for each in answers} == {200}
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers
    assert "script" not in page.text
    assert "Unsubscribe from “Offers &amp; more”?" in page.text
    assert '<form method="post">' in page.text
    assert "user@example.com" not in page.text
    assert wanted(api) == {"offers": True, "receipts": True}


def test_a_post_lets_the_recipient_leave_however_often_it_comes(api: Api) -> None:
    url = api.created(category="offers")["unsubscribeUrl"]

    answers = [one_click(api, url), one_click(api, url), api.client.post(path(url))]

    assert {each.status_code for each in answers} == {200}
    assert "You have unsubscribed from “Offers &amp; more”" in answers[0].text
    assert wanted(api) == {"offers": False, "receipts": True}
    (listed,) = api.get("/api/suppressions?recipient=User@example.com").json()["data"]["suppressions"]
    assert (listed["reason"], listed["category"], listed["recipient"]) == ("unsubscribed", "offers", "user@example.com")


def test_who_left_is_refused_in_that_category_and_gets_everything_else(api: Api) -> None:
    one_click(api, api.created(category="offers")["unsubscribeUrl"])

    refused = api.create(category="offers", recipient="User@Example.com")
    assert (refused.status_code, fields(refused)) == (422, ["recipient"])
    assert "has left this category" in refused.text
    results = api.batch(
        {**EMAIL, "category": "offers"}, {**EMAIL, "category": "receipts"}, EMAIL, {**SMS, "category": "offers"}
    ).json()["data"]["results"]
    assert ["error" not in each for each in results] == [False, True, True, True]
    assert api.created(category="offers", recipient="other@example.com")["status"] == "QUEUED"


def test_a_category_that_became_transactional_reaches_those_who_had_left_it(api: Api, monkeypatch) -> None:
    url, other = (
        api.created(category="offers", recipient=f"{each}@example.com")["unsubscribeUrl"] for each in ("user", "b")
    )
    one_click(api, url)

    put(api, {**OFFERS, "transactional": True})
    end_caches(monkeypatch, adapter)

    for answer in (api.client.get(path(other)), one_click(api, other)):
        assert (answer.status_code, "is always sent" in answer.text) == (200, True)
    assert len(api.get("/api/suppressions").json()["data"]["suppressions"]) == 1
    assert "unsubscribeUrl" not in api.created(category="offers")
    assert wanted(api)["offers"] is True


def test_a_service_that_counts_clicks_may_add_parameters(api: Api) -> None:
    url = api.created(category="offers")["unsubscribeUrl"]

    assert "Unsubscribe from" in api.client.get(f"{path(url)}?utm_source=x&utm_source=y").text
    assert one_click(api, f"{url}?utm_source=x").status_code == 200
    assert wanted(api)["offers"] is False


def test_a_link_works_after_its_category_is_removed(api: Api) -> None:
    url = api.created(category="offers")["unsubscribeUrl"]
    api.client.delete("/api/categories/offers")

    assert "offers" in one_click(api, url).text
    put(api, OFFERS)
    assert wanted(api)["offers"] is False


@pytest.mark.parametrize("token", ["x", "A" * 200, "%00", "..%2f", "%F0%9F%98%80", "A" * 9_000])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_of_others_is_a_page_that_says_so(api: Api, method: str, token: str) -> None:
    answer = api.client.request(method, f"/u/{token}", headers=FORM if method == "POST" else {})

    assert answer.status_code in (404, 414), answer.text
    assert "Traceback" not in answer.text
    assert api.get("/api/suppressions").json()["data"]["suppressions"] == []


def test_preferences_are_shown_and_changed(api: Api) -> None:
    assert wanted(api) == {"offers": True, "receipts": True}

    changed = choose(api, {"offers": False, "receipts": True}).json()["data"]
    assert changed == {
        "type": "EMAIL",
        "recipient": "user@example.com",
        "categories": [{**OFFERS, "subscribed": False}, {**RECEIPTS, "subscribed": True}],
    }
    assert choose(api, {"offers": False}, recipient="User@example.com").status_code == 200
    assert wanted(api) == wanted(api, "USER@example.com") == {"offers": False, "receipts": True}
    assert wanted(api, "+12025550123", "SMS") == {"offers": True, "receipts": True}

    choose(api, {"offers": True})
    assert wanted(api) == {"offers": True, "receipts": True}
    assert api.created(category="offers")["status"] == "QUEUED"


def test_preferences_hold_for_sms_and_push_too(api: Api) -> None:
    choose(api, {"offers": False}, type="SMS", recipient="+1 202 555 0123")
    choose(api, {"offers": False}, type="PUSH", recipient="AB" * 32)

    for each in (SMS, PUSH):
        assert fields(api.create(**{**each, "subject": "Hello", "category": "offers"})) == ["recipient"]
    assert wanted(api)["offers"] is True


@pytest.mark.parametrize(
    ("categories", "changes", "field"),
    [
        ({"receipts": False, "offers": False}, {}, "categories.receipts"),
        ({"unknown": False}, {}, "categories.unknown"),
        ({}, {}, "categories"),
        ({"offers": "no"}, {}, "categories.offers"),
        ({"Offers": True}, {}, "categories.Offers"),
        ({"offers": False}, {"recipient": "nobody"}, "recipient"),
        ({"offers": False}, {"type": "FAX"}, "type"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(
    api: Api, categories: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    answer = choose(api, categories, **changes)

    assert (answer.status_code, fields(answer)) == (422, [field])
    assert wanted(api) == {"offers": True, "receipts": True}


def test_a_template_gives_its_category_and_may_show_the_link(api: Api) -> None:
    api.post("/api/templates", {"id": "sale", "channel": "EMAIL", "category": "offers"})
    html = '<p>{{ name }}, 10 % off. <a href="{{ unsubscribe_url|url }}">No more offers</a></p>'
    source = {"subject": "Sale", "text": "{{ name }}: leave at {{ unsubscribe_url }}", "html": html}
    version = api.post("/api/templates/sale/versions", {"defaultLocale": "en", "locales": {"en": source}}).json()
    api.post("/api/templates/sale/versions/1/publish")

    assert version["data"]["variables"] == ["name"]
    template: dict[str, Any] = {"template": {"id": "sale"}, "variables": {"name": "Ada"}}
    created = api.created(**template, subject=None, message=None)
    url = created["unsubscribeUrl"]
    assert created["category"] == "offers"
    assert created["message"] == f"Ada: leave at {url}"
    assert f'href="{url}"' in unescape(created["html"])
    assert fields(api.create(**template, subject=None, message=None, category="receipts")) == ["category"]
    assert api.created(**template, subject=None, message=None, category="offers")["category"] == "offers"
    mine = {"name": "Ada", "unsubscribe_url": "https://evil.example"}
    refused = api.create(template={"id": "sale"}, variables=mine, subject=None, message=None)
    assert fields(refused) == ["variables.unsubscribe_url"]
    preview = api.post("/api/templates/sale/preview", {"variables": {"name": "Ada"}}).json()["data"]
    assert "Ada: leave at https://example.com/u/" in preview["message"]


def test_a_link_in_a_template_needs_a_category_that_can_be_left(api: Api) -> None:
    api.post("/api/templates", {"id": "plain", "channel": "EMAIL"})
    source = {"subject": "Hello", "text": "Leave at {{ unsubscribe_url }}"}
    api.post("/api/templates/plain/versions", {"defaultLocale": "en", "locales": {"en": source}})
    api.post("/api/templates/plain/versions/1/publish")
    template: dict[str, Any] = {"template": {"id": "plain"}, "subject": None, "message": None}

    assert fields(api.create(**template)) == ["category"]
    assert fields(api.create(**template, category="receipts")) == ["category"]
    assert "https://links.example/u/" in api.created(**template, category="offers")["message"]


def test_the_link_is_no_part_of_other_channels_and_an_older_variable_of_its_name_stays(api: Api) -> None:
    api.post("/api/templates", {"id": "sms", "channel": "SMS"})
    source = {"text": "Leave at {{ unsubscribe_url }}"}
    made = api.post("/api/templates/sms/versions", {"defaultLocale": "en", "locales": {"en": source}}).json()["data"]

    assert made["variables"] == ["unsubscribe_url"]
    template: dict[str, Any] = {
        "template": {"id": "sms", "version": 1},
        "variables": {"unsubscribe_url": "bank.example"},
    }
    assert api.created(**{**SMS, **template, "message": None}, subject=None)["message"] == "Leave at bank.example"


def test_a_template_names_a_category_of_the_tenant(api: Api) -> None:
    made = {"id": "sale", "channel": "EMAIL"}

    assert fields(api.post("/api/templates", {**made, "category": "unknown"})) == ["category"]
    assert api.post("/api/templates", {**made, "category": "receipts"}).json()["data"]["category"] == "receipts"


def test_without_an_address_for_links_email_that_needs_one_is_refused(make_api: MakeApi) -> None:
    api = make_api("lambda", links=None)
    for each in (OFFERS, RECEIPTS):
        put(api, each)

    answer = api.create(category="offers")

    assert fields(answer) == ["category"]
    assert "LINKS_URL" in answer.text
    assert api.created(category="receipts")["category"] == "receipts"
    assert api.created(**SMS, category="offers")["category"] == "offers"
    assert api.client.get("/u/anything").status_code == 404


def test_a_tenant_sees_names_and_changes_its_own_only(api: Api, make_api: MakeApi, make_key: MakeKey) -> None:
    other = make_api("lambda", token=make_key("bank-b"))
    put(other, {**OFFERS, "name": "Theirs"})

    choose(other, {"offers": False})
    one_click(other, other.created(category="offers", recipient="ada@example.com")["unsubscribeUrl"])

    assert wanted(api) == wanted(api, "ada@example.com") == {"offers": True, "receipts": True}
    assert wanted(other) == wanted(other, "ada@example.com") == {"offers": False}
    assert [each["name"] for each in other.get("/api/categories").json()["data"]] == ["Theirs"]
    assert fields(other.create(category="receipts")) == ["category"]
    assert other.client.delete("/api/categories/receipts").status_code == 404
    assert api.created(category="offers")["category"] == "offers"


def test_notifications_without_a_category_ask_no_list(api: Api, monkeypatch) -> None:
    monkeypatch.setattr(api.services.admission.suppressions, "present", lambda *_: pytest.fail("asked"))

    assert api.batch(EMAIL, {**EMAIL, "category": "receipts"}).status_code == 207
