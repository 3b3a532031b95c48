"""The whole way of an email in a browser: category, template, previews, a test to oneself, and its recipient gone."""

import re
import uuid

from playwright.sync_api import Page, expect

from tests.e2e.browser import Tab
from tests.e2e.stacks import RunningStack

TEXT = "Text (made of the HTML or MJML if left out)"


def make_category(page: Page, name: str) -> None:
    page.get_by_role("button", name="New category").click()
    page.get_by_label("Id", exact=True).fill("autumn-offers")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^(Make|Store|Save)")).click()
    expect(page.get_by_text("autumn-offers")).to_be_visible()


def write(page: Page, subject: str, text: str, html: str) -> None:
    page.get_by_label("Subject").fill(subject)
    page.get_by_label(TEXT).fill(text)
    page.get_by_label("HTML (optional)").fill(html)


def test_a_template_is_made_previewed_in_two_languages_published_sent_to_oneself_and_left(
    dashboard: Tab, dashboard_stack: RunningStack
) -> None:
    recipient = f"{uuid.uuid4().hex}@example.com"
    page = dashboard.open("/preferences")
    make_category(page, "Autumn offers")

    page.goto(f"{dashboard.base}/templates")
    page.get_by_role("button", name="New template").click()
    page.get_by_label("Id", exact=True).fill("autumn")
    page.get_by_label("Category").select_option("Autumn offers")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(re.compile("/templates/autumn$"))
    link = '<p><a href="{{ unsubscribe_url|url }}">%s</a></p>'
    write(page, "Autumn, {{ name }}", "Dear {{ name }}, leaves fall.", f"<h1>Leaves fall</h1>{link % 'Leave'}")
    page.get_by_label("Variables of the preview").fill('{"name": "Ada"}')
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_text("Dear Ada, leaves fall.")).to_be_visible()
    page.get_by_label("Further language").fill("de")
    page.get_by_role("button", name="Add", exact=True).click()
    write(page, "Herbst, {{ name }}", "Guten Tag {{ name }}, Blätter fallen.", f"<h1>Laub</h1>{link % 'Abmelden'}")
    expect(preview.get_by_text("Guten Tag Ada, Blätter fallen.")).to_be_visible()
    expect(page.frame_locator("iframe[title=HTML]").get_by_role("link", name="Abmelden")).to_be_visible()
    page.get_by_role("button", name="Save as version 1").click()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("Published", exact=True)).to_be_visible()

    page.get_by_role("button", name="Test version 1").click()
    page.get_by_label("Email address").fill(recipient)
    page.get_by_label("Language of the test").select_option("de")
    page.get_by_label("Variables of the test").fill('{"name": "Ada"}')
    page.get_by_role("button", name="Send it").click()
    page.wait_for_url(re.compile("/status/[0-9a-f]{24}$"))
    notification_id = page.url.rpartition("/")[2]
    dashboard_stack.wait_for(notification_id, "SENT")
    expect(page.get_by_text("Guten Tag Ada, Blätter fallen.")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="this link").click()
    leaving = opened.value
    expect(leaving.get_by_role("heading")).to_have_text("Unsubscribe from “Autumn offers”?")
    leaving.get_by_role("button", name="Unsubscribe").click()
    expect(leaving.get_by_role("heading")).to_have_text("You have unsubscribed from “Autumn offers”")
    leaving.close()

    page.goto(f"{dashboard.base}/preferences")
    page.get_by_label("Email address").fill(recipient)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("button", name="Subscribe to Autumn offers again")).to_be_visible()
    offer = {"type": "EMAIL", "recipient": recipient, "template": {"id": "autumn"}, "variables": {"name": "Ada"}}
    refused = dashboard_stack.client.post("/api/notifications", json=offer)
    assert refused.status_code == 422
    assert refused.json()["error"]["details"] == [{"field": "recipient", "message": "has left this category"}]
