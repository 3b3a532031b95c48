"""The page behind the link in an email, in a real browser: a person leaves a category, and nothing is loaded for it."""

import uuid

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.stacks import RunningStack
from tests.integration.conftest import Api, MakeApi, clock, make_api, make_services, queue

__all__ = ["clock", "make_api", "make_services", "queue"]


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    api = make_api("http")
    api.client.put("/api/categories/offers", json={"name": "Offers <b>& more</b>", "transactional": False})
    return api


@pytest.fixture(params=[{"color_scheme": "light"}, {"color_scheme": "dark", "viewport": {"width": 360, "height": 640}}])
def page(browser: Browser, request: pytest.FixtureRequest):
    context = browser.new_context(**request.param)
    yield context.new_page()
    context.close()


def link(api: Api) -> str:
    """Return the link of an email that was just accepted, at the address where this API answers."""
    url: str = api.created(category="offers")["unsubscribeUrl"]
    return str(api.client.base_url).rstrip("/") + url.removeprefix("https://links.example")


def test_a_person_leaves_with_one_click_and_may_click_again(api: Api, page: Page) -> None:
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    address = link(api)

    page.goto(address)
    expect(page.get_by_role("heading")).to_have_text("Unsubscribe from “Offers <b>& more</b>”?")
    assert api.create(category="offers").status_code == 201, "opening the page changes nothing"
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading")).to_have_text("You have unsubscribed from “Offers <b>& more</b>”")

    assert api.create(category="offers").status_code == 422
    page.reload()
    page.goto(address)
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading")).to_contain_text("You have unsubscribed")
    assert page.context.cookies() == []
    assert complaints == []
    assert {each.split()[1] for each in asked if "favicon" not in each} == {address}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_link_that_was_cut_off_says_so(api: Api, page: Page) -> None:
    answer = page.goto(link(api)[:-5])

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading")).to_have_text("This link is not valid")
    expect(page.get_by_role("button")).to_have_count(0)


def test_no_other_site_shows_it_in_a_frame(api: Api, page: Page) -> None:
    page.set_content(f'<iframe src="{link(api)}"></iframe>')
    page.wait_for_timeout(500)

    assert page.frames[1].get_by_role("button").count() == 0


def test_the_link_of_an_email_leads_to_the_running_stack(dashboard_stack: RunningStack, page: Page) -> None:
    stack = dashboard_stack
    category = {"name": "Offers", "transactional": False}
    stack.client.put("/api/categories/weekly", json=category).raise_for_status()
    recipient = f"{uuid.uuid4().hex}@example.com"
    email = {"type": "EMAIL", "recipient": recipient, "subject": "Hi", "message": "Hi", "category": "weekly"}
    created = stack.client.post("/api/notifications", json=email)

    page.goto(created.json()["data"]["unsubscribeUrl"])
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading")).to_have_text("You have unsubscribed from “Offers”")

    assert stack.client.post("/api/notifications", json=email).status_code == 422
