"""Templates in the browser: made, written in two languages or variants, previewed, published, and sent."""

import re

from playwright.sync_api import expect

from tests.e2e.browser import Tab
from tests.e2e.stacks import RunningStack


def test_a_template_is_made_previewed_in_two_languages_published_and_sent(
    dashboard: Tab, dashboard_stack: RunningStack
) -> None:
    page = dashboard.open("/templates")
    page.get_by_role("button", name="New template").click()
    page.get_by_label("Id", exact=True).fill("browser-made")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(re.compile("/templates/browser-made$"))

    page.get_by_label("Subject").fill("Payment of {{ amount|money('EUR') }}")
    page.get_by_label("Text (made of the HTML or MJML if left out)").fill("Dear {{ name }}, thank you.")
    page.get_by_label("HTML (optional)").fill("<h1>Thank you, {{ name }}</h1>")
    page.get_by_label("Variables of the preview").fill('{"name": "<Ada>", "amount": 1234.5}')
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_text("Payment of €1,234.50")).to_be_visible()
    expect(preview.get_by_text("Dear <Ada>, thank you.")).to_be_visible()
    expect(page.frame_locator("iframe[title=HTML]").get_by_role("heading", name="Thank you, <Ada>")).to_be_visible()

    page.get_by_label("Further language").fill("de")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Subject").fill("Zahlung über {{ amount|money('EUR') }}")
    page.get_by_label("Text (made of the HTML or MJML if left out)").fill("Guten Tag {{ name }}, danke.")
    expect(preview.get_by_text("Zahlung über 1.234,50")).to_be_visible()
    page.get_by_role("button", name="Save as version 1").click()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("Published", exact=True)).to_be_visible()

    answer = dashboard_stack.client.post(
        "/api/notifications",
        json={
            "type": "EMAIL",
            "recipient": "ada@bank.example",
            "template": {"id": "browser-made"},
            "variables": {"name": "Ada", "amount": 5},
            "locale": "de-AT",
        },
    )
    sent = dashboard_stack.wait_for(answer.json()["data"]["_id"], "SENT")["notification"]
    page.goto(f"{dashboard.base}/status/{sent['_id']}")
    expect(page.get_by_text("Guten Tag Ada, danke.")).to_be_visible()
    expect(page.get_by_text("browser-made")).to_be_visible()


def test_two_variants_are_made_weighed_previewed_saved_and_compared(
    dashboard: Tab, dashboard_stack: RunningStack
) -> None:
    dashboard_stack.client.post("/api/templates", json={"id": "card-variants", "channel": "SMS"}).raise_for_status()
    page = dashboard.open("/templates/card-variants")
    preview = page.get_by_role("region", name="Preview")
    page.get_by_label("Text", exact=True).fill("Dear {{ name }}, your card is ready.")
    page.get_by_role("button", name="Save as version 1").click()
    page.get_by_role("button", name="Publish version 1").click()

    page.get_by_role("button", name="Add a variant").click()
    page.get_by_label("Name", exact=True).fill("short")
    page.get_by_label("Text", exact=True).fill("Hi {{ name }, card ready.")
    page.get_by_label("Variant", exact=True).select_option("a, 50 %")
    page.get_by_label("Name", exact=True).fill("plain")
    page.get_by_label("Weight", exact=True).fill("3")
    expect(page.get_by_label("Weight", exact=True)).to_have_accessible_description("75 % of the recipients")
    page.get_by_role("button", name="Save as version 2").click()
    page.get_by_role("button", name="Show short, en, text").click()
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    expect(page.get_by_label("Text", exact=True)).to_have_accessible_description(re.compile("^line 1: "))
    page.get_by_label("Text", exact=True).fill("Hi {{ name }}, card ready.")
    expect(preview.get_by_text("Hi name, card ready.")).to_be_visible()
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("compares plain, short")).to_be_visible()

    saved = dashboard_stack.client.get("/api/templates/card-variants/versions/2").json()["data"]
    assert saved["variants"] == {
        "plain": {"weight": 3, "locales": {"en": {"text": "Dear {{ name }}, your card is ready."}}},
        "short": {"weight": 1, "locales": {"en": {"text": "Hi {{ name }}, card ready."}}},
    }
    page.get_by_role("button", name="Compare version 2 with the published one").click()
    expect(page.get_by_role("region", name="Differences")).to_contain_text("added: short.en.text: Hi {{ name }}")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Test version 2").click()
    page.get_by_label("Phone number").fill("+4930901820")
    page.get_by_label("Variant of the test").select_option("short")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("Hi name, card ready.")).to_be_visible()
