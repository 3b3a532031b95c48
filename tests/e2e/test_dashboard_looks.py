"""Every page of the dashboard, light, dark and on a phone: what axe finds, what overflows, and how it looks.

The screenshots are for people: `dashboard/screenshots/` keeps those of the last run.
"""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.e2e.browser import DESKTOP, PHONE, SCREENSHOTS, Tab, tab
from tests.e2e.stacks import RunningStack

LOOKS = {
    "light": (DESKTOP, False),
    "dark": (DESKTOP, True),
    "phone": (PHONE, False),
}
PAGES = {
    "overview": "/",
    "notifications": "/notifications?period=1h",
    "create": "/create",
    "sent": "/status/{sent}",
    "retrying": "/status/{retrying}",
    "failed": "/status/{failed}",
    "dead-letters": "/dlq",
    "templates": "/templates",
    "template": "/templates/payment-received",
    "variants": "/templates/card-ready",
    "senders": "/senders",
    "preferences": "/preferences",
    "webhooks": "/webhooks",
    "endpoint": "/webhooks/{endpoint}",
    "delivery": "/webhooks/{endpoint}?event={delivery}",
    "settings": "/settings",
    "nothing-found": "/notifications?recipient=nobody@example.com",
    "not-there": "/status/000000000000000000000000",
    "no-page": "/nowhere",
}


@pytest.fixture(scope="module")
def shown(dashboard_stack: RunningStack) -> dict[str, str]:
    """Return notifications worth looking at, by what became of them."""
    stack = dashboard_stack
    items = [("EMAIL", "client@bank.example"), ("SMS", "+4930901820"), ("PUSH", "fcm-instance_1:" + "A" * 140)]
    for number in range(30):
        kind, recipient = items[number % 3]
        priority = ("LOW", "HIGH", "CRITICAL")[number // 3 % 3]
        stack.post(recipient, type=kind, subject=f"Statement {number}", priority=priority)
    ids = {
        "sent": stack.post("late@simulator.example.com", metadata={"orderId": "A-17", "items": [1, 2]}),
        "failed": stack.post("bounce+looks@simulator.example.com"),
        "unknown": stack.post("timeout+looks@simulator.example.com", onUnknown="hold"),
        "retrying": stack.post("fail-thrice+looks@simulator.example.com"),
    }
    ids |= make_endpoints(stack)
    make_template(stack)
    make_senders_and_categories(stack)
    stack.wait_for(ids["sent"], "SENT")
    stack.wait_for(ids["failed"], "FAILED")
    stack.wait_for(ids["unknown"], "FAILED")
    return ids


def make_senders_and_categories(stack: RunningStack) -> None:
    """Make a sender of email and one of SMS, a category that can be left and one that cannot."""
    billing = {
        "type": "EMAIL",
        "address": "billing-and-invoices@long-name-of-a-bank.example",
        "name": "Bank Billing",
        "replyTo": "help@long-name-of-a-bank.example",
    }
    for path, body in (
        ("senders/billing", billing),
        ("senders/short", {"type": "SMS", "address": "72345"}),
        ("categories/offers", {"name": "Offers and more", "transactional": False}),
        ("categories/receipts", {"name": "Receipts", "transactional": True}),
    ):
        stack.client.put(f"/api/{path}", json=body).raise_for_status()


def make_endpoints(stack: RunningStack) -> dict[str, str]:
    """Make an endpoint that answers nothing, with deliveries, and one that is disabled; return the ids of the first."""
    made = []
    for name, types in (
        ("hooks/of/the-ledger-of-payments", ["notification.sent", "notification.failed"]),
        ("analytics", ["notification.sent"]),
    ):
        body = {"url": f"http://127.0.0.1:9/{name}", "types": types, "description": name, "headers": {"X-Key": "k"}}
        made.append(str(stack.client.post("/api/webhooks", json=body).raise_for_status().json()["data"]["id"]))
    stack.client.patch(f"/api/webhooks/{made[1]}", json={"enabled": False}).raise_for_status()
    for _ in range(2):
        test = stack.client.post(f"/api/webhooks/{made[0]}/test").raise_for_status().json()["data"]
    path = f"/api/webhooks/{made[0]}/deliveries/{test['eventId']}"
    until = time.monotonic() + 20
    while not stack.client.get(path).json()["data"]["attempts"]:
        assert time.monotonic() < until
        time.sleep(0.1)
    return {"endpoint": made[0], "delivery": str(test["eventId"])}


def make_template(stack: RunningStack) -> None:
    """Make a template with a published version and another one, and a template with variants."""
    source = {
        "subject": "Payment of {{ amount }}",
        "text": "Dear {{ name }},\n\nwe received your payment of {{ amount }}.\n\nYour bank",
        "html": "<h1>Thank you, {{ name }}</h1><p>We received your payment of <b>{{ amount }}</b>.</p>",
    }
    template = {"id": "payment-received", "channel": "EMAIL", "description": "After every incoming payment"}
    stack.client.post("/api/templates", json=template).raise_for_status()
    for _ in range(2):
        body = {"defaultLocale": "en", "locales": {"en": source, "de": source}}
        stack.client.post("/api/templates/payment-received/versions", json=body).raise_for_status()
    stack.client.post("/api/templates/payment-received/versions/1/publish").raise_for_status()
    variants = {name: {"weight": weight, "locales": {"en": source}} for name, weight in (("plain", 3), ("short", 1))}
    stack.client.post("/api/templates", json={**template, "id": "card-ready"}).raise_for_status()
    body = {"defaultLocale": "en", "variants": variants}
    stack.client.post("/api/templates/card-ready/versions", json=body).raise_for_status()


@pytest.fixture(scope="module", params=LOOKS)
def look(request: pytest.FixtureRequest, browser: Browser, dashboard_stack: RunningStack) -> Iterator[tuple[str, Tab]]:
    """A tab of one size and theme."""
    size, dark = LOOKS[request.param]
    with tab(browser, dashboard_stack.config.url, size, dark=dark) as opened:
        yield request.param, opened


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits(look: tuple[str, Tab], shown: dict[str, str], name: str) -> None:
    which, opened = look

    page = opened.open(PAGES[name].format(**shown))
    settle(page)
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{which}.png")

    assert opened.serious() == []
    assert opened.overflow() == 0


def test_dialogs_are_accessible(look: tuple[str, Tab], shown: dict[str, str]) -> None:
    which, opened = look
    page = opened.open("/dlq")
    page.get_by_role("button", name="Replay all").click()
    page.get_by_role("button", name="Dry run").click()
    page.get_by_role("region", name="Results").wait_for()
    page.screenshot(path=SCREENSHOTS / f"replay-{which}.png")
    found = opened.serious()

    page.goto(f"{opened.base}/status/{shown['failed']}")
    page.get_by_role("button", name="Replay with a reason").click()

    assert found + opened.serious() == []


def test_dialogs_of_webhooks_are_accessible(look: tuple[str, Tab], shown: dict[str, str]) -> None:
    which, opened = look
    found = []
    page = opened.open(f"/webhooks/{shown['endpoint']}")
    for name in ("Recover …", "Rotate secret", "Send a test", "Change"):
        page.get_by_role("button", name=name).click()
        page.get_by_role("dialog").wait_for()
        page.screenshot(path=SCREENSHOTS / f"webhook-{name.split()[0].lower()}-{which}.png")
        found += opened.serious()
        page.keyboard.press("Escape")

    assert found == []
    assert opened.overflow() == 0


def test_errors_of_the_form_are_accessible(look: tuple[str, Tab]) -> None:
    which, opened = look
    page = opened.open("/create")
    page.get_by_text("Schedule, expiry, retries and metadata").click()
    page.get_by_label("Metadata").fill("{")
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_text("is required for an email").wait_for()
    refused = FilePayload(name="tool.exe", mimeType="application/x-msdownload", buffer=b"MZ")
    page.get_by_label("Attachments (optional)").set_input_files(refused)
    page.get_by_text("Its type must be one of").wait_for()
    page.screenshot(path=SCREENSHOTS / f"create-errors-{which}.png", full_page=True)

    assert opened.serious() == []
    assert opened.overflow() == 0


def settle(page: Page) -> None:
    """Wait until what is loaded stands there."""
    page.locator("main h1").wait_for()
    expect(page.locator(".animate-pulse")).to_have_count(0)
    page.wait_for_timeout(300)
