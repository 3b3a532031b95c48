"""The dashboard in a real browser, over a whole stack: see it, send it, follow it, fix it."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import Tab
from tests.e2e.stacks import RunningStack

TOKEN = "fcm-instance_1:" + "A" * 140
CREATED = [
    ("Email", "Email address", "user@example.com"),
    ("SMS", "Phone number", "+49 30 901820"),
    ("Push", "Device token", TOKEN),
]
SCRIPT = "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'>"


def fill_in(page: Page, recipient: str, *, label: str = "Email address", message: str = "Hello World") -> None:
    page.get_by_label(label, exact=True).fill(recipient)
    page.get_by_label("Subject").fill("Test")
    page.get_by_label("Message").fill(message)


def create(page: Page) -> str:
    """Send the form off and return the id of what it created."""
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_url(re.compile("/status/[0-9a-f]{24}$"))
    return page.url.rpartition("/")[2]


def badge(page: Page, label: str) -> Any:
    return page.locator("main h1 + div").get_by_text(label, exact=True)


def dead_letters(stack: RunningStack, count: int) -> list[str]:
    """Make dead letters that are sent once they are replayed: their addresses were suppressed by mistake."""
    addresses = [f"client{number}+{time.time_ns()}@bank.example" for number in range(count)]
    listed = [stack.client.post("/api/suppressions", json={"type": "EMAIL", "recipient": each}) for each in addresses]
    ids = [stack.post(each) for each in addresses]
    for each in ids:
        stack.wait_for(each, "FAILED")
    for answer in listed:
        stack.client.delete(f"/api/suppressions/{answer.json()['data']['id']}").raise_for_status()
    return ids


@pytest.mark.parametrize(("kind", "label", "recipient"), CREATED)
def test_each_type_is_created_and_seen_sent(dashboard: Tab, kind: str, label: str, recipient: str) -> None:
    page = dashboard.open("/create")
    page.get_by_label(kind, exact=True).check()
    fill_in(page, recipient, label=label)
    page.get_by_label("Critical").check()

    create(page)

    expect(badge(page, "Sent")).to_be_visible()
    steps = page.get_by_role("list", name="Timeline").get_by_role("listitem")
    expect(steps).to_have_count(4)
    expect(steps.last).to_contain_text(f"simulated-{kind.lower()}")
    expect(page.get_by_role("list", name="Attempts").get_by_role("listitem")).to_contain_text("Accepted")


def test_a_double_click_creates_one(dashboard: Tab, dashboard_stack: RunningStack) -> None:
    page = dashboard.open("/create")
    fill_in(page, "double@example.com")

    page.get_by_role("button", name="Create", exact=True).dblclick()

    page.wait_for_url("**/status/*")
    found = dashboard_stack.client.get("/api/notifications", params={"recipient": "double@example.com"}).json()
    assert found["data"]["pagination"]["totalItems"] in (1, None)
    assert len(found["data"]["notifications"]) == 1


def test_what_the_api_alone_knows_to_be_wrong_shows_on_its_field(dashboard: Tab) -> None:
    page = dashboard.open("/create")
    page.get_by_label("SMS", exact=True).check()
    fill_in(page, "+1 555 0100 1234", label="Phone number")

    page.get_by_role("button", name="Create", exact=True).click()

    expect(page.get_by_label("Phone number")).to_have_accessible_description(re.compile("can exist in its country"))
    expect(page.get_by_label("Phone number")).to_be_focused()


def test_a_retry_is_counted_down_to_and_then_seen_sent(dashboard: Tab) -> None:
    page = dashboard.open("/create")
    fill_in(page, "fail-once+countdown@simulator.example.com")

    create(page)

    expect(page.get_by_role("timer")).to_have_text(re.compile(r"in [1-5] s"))
    expect(badge(page, "Retrying")).to_be_visible()
    expect(badge(page, "Sent")).to_be_visible()
    expect(page.get_by_role("timer")).to_have_count(0)
    expect(page.get_by_role("list", name="Attempts").get_by_role("listitem")).to_have_count(2)


def test_what_is_scheduled_can_be_cancelled_with_the_keyboard_alone(
    dashboard: Tab, dashboard_stack: RunningStack
) -> None:
    created = dashboard_stack.post("user@example.com", scheduledAt="2027-01-31T09:30:00Z")
    page = dashboard.open(f"/status/{created}")
    cancel = page.get_by_role("button", name="Cancel", exact=True)
    expect(cancel).to_be_visible()

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(badge(page, "Cancelled")).to_be_visible()


def test_a_group_of_dead_letters_is_tried_out_and_replayed_to_sent(
    dashboard: Tab, dashboard_stack: RunningStack
) -> None:
    ids = dead_letters(dashboard_stack, 3)
    page = dashboard.open("/dlq")
    group = page.get_by_role("list", name="Groups").get_by_role("listitem").filter(has_text="Recipient suppressed")
    expect(group).to_contain_text("no provider asked")

    group.get_by_role("button", name="Replay").click()
    dialog = page.get_by_role("dialog")
    results = dialog.get_by_role("region", name="Results").get_by_role("listitem")
    dialog.get_by_role("button", name="Dry run").click()
    expect(results.filter(has_text="Would be replayed")).to_have_count(3)
    assert dashboard_stack.get(ids[0])["notification"]["status"] == "FAILED"
    dialog.get_by_label("Reason").fill("Off the list again")
    dialog.get_by_role("button", name="Replay").click()
    expect(results.filter(has_text="Replayed")).to_have_count(3)
    expect(dialog.get_by_role("status")).to_have_text("Replay: 3 of 3")

    dialog.get_by_role("link").first.click()
    expect(badge(page, "Sent")).to_be_visible()
    expect(page.get_by_role("list", name="Timeline")).to_contain_text("Off the list again")
    assert {dashboard_stack.wait_for(each, "SENT")["notification"]["_id"] for each in ids} == set(ids)


def test_a_selection_of_dead_letters_is_replayed_and_the_rest_is_left(
    dashboard: Tab, dashboard_stack: RunningStack
) -> None:
    ids = dead_letters(dashboard_stack, 3)
    page = dashboard.open("/dlq")
    letters = page.get_by_role("list", name="Letters").get_by_role("listitem")
    expect(letters).to_have_count(3)

    letters.nth(0).get_by_role("checkbox").check()
    letters.nth(2).get_by_role("checkbox").check()
    page.get_by_role("button", name="Replay 2 letters").click()
    page.get_by_role("dialog").get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("Replayed", exact=True)).to_have_count(2)
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    expect(letters).to_have_count(1)
    left = letters.get_by_role("link")
    left.click()
    page.get_by_role("button", name="Retry").click()
    expect(badge(page, "Sent")).to_be_visible()
    for each in ids:
        dashboard_stack.wait_for(each, "SENT")


def test_a_failing_provider_is_seen_to_open_its_breaker(dashboard: Tab, dashboard_stack: RunningStack) -> None:
    page = dashboard.open("/")
    card = page.get_by_role("listitem", name="simulated-push")
    expect(card).to_contain_text("Closed")

    for _ in range(20):
        dashboard_stack.post("simulator-timeout:" + "A" * 140, type="PUSH", subject=None, maxRetries=0)

    expect(card).to_contain_text(re.compile("Open|Half-open"))
    expect(card).to_contain_text("Opened")
    expect(card).to_contain_text("%")


def test_the_api_gone_and_back_again_is_told(dashboard: Tab, dashboard_stack: RunningStack) -> None:
    page = dashboard.open("/")
    expect(page.get_by_text("Accepted", exact=True)).to_be_visible()
    expect(page.locator(".recharts-surface").first).to_be_visible()  # it is loaded late, and from the API
    banner = page.get_by_text(re.compile("The API cannot be reached since"))
    expect(banner).to_have_count(0)

    dashboard_stack.stop_programs("api")
    try:
        expect(banner).to_be_visible()
        expect(page.get_by_text(re.compile("The data shown is from"))).to_be_visible()
        expect(page.get_by_text("Accepted", exact=True)).to_be_visible()
    finally:
        dashboard_stack.start_programs("api")

    expect(banner).to_have_count(0)


def test_filters_are_in_the_address_and_survive_a_reload(dashboard: Tab, dashboard_stack: RunningStack) -> None:
    failed = dashboard_stack.post("bounce+filter@simulator.example.com")
    dashboard_stack.wait_for(failed, "FAILED")
    page = dashboard.open("/notifications")
    rows = page.get_by_role("table", name="Notifications").locator("tbody tr")

    page.get_by_label("Status").select_option("Failed")
    page.get_by_label("Created").select_option("Last hour")
    page.get_by_label("Recipient").fill("bounce+filter@simulator.example.com")

    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"status=FAILED&period=1h&recipient=bounce%2Bfilter%40simulator.example.com$"))
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.get_by_label("Status")).to_have_value("FAILED")
    expect(page.get_by_label("Recipient")).to_have_value("bounce+filter@simulator.example.com")
    page.get_by_label("Type").select_option("SMS")
    expect(page.get_by_text("Nothing matches these filters")).to_be_visible()
    page.go_back()
    expect(rows).to_have_count(1)


def test_deep_pages_are_reached_and_left_again(dashboard: Tab, dashboard_stack: RunningStack) -> None:
    dashboard_stack.post_batch(45)
    page = dashboard.open("/notifications")
    rows = page.get_by_role("table", name="Notifications").locator("tbody tr")
    first = rows.first.get_by_role("link")
    expect(rows).to_have_count(20)
    newest = first.get_attribute("href")

    page.get_by_role("button", name="Older").click()
    expect(page).to_have_url(re.compile("cursor="))
    expect(first).not_to_have_attribute("href", newest or "")
    older = first.get_attribute("href")
    page.reload()
    expect(first).to_have_attribute("href", older or "")
    page.get_by_role("button", name="Newest").click()

    expect(first).to_have_attribute("href", newest or "")


def test_an_id_leads_to_its_notification(dashboard: Tab, dashboard_stack: RunningStack) -> None:
    created = dashboard_stack.post("user@example.com")
    page = dashboard.open("/notifications")
    search = page.get_by_label("Find by id")

    search.fill("nonsense")
    search.press("Enter")
    expect(search).to_have_accessible_description(re.compile("24 characters"))
    search.fill(created)
    search.press("Enter")

    expect(page).to_have_url(re.compile(f"/status/{created}$"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_markup_in_a_message_shows_as_text(dashboard: Tab) -> None:
    page = dashboard.open("/create")
    fill_in(page, "user@example.com", message=SCRIPT)
    page.get_by_label("Subject").fill(SCRIPT)

    create(page)

    expect(page.get_by_text(SCRIPT)).to_have_count(2)
    expect(badge(page, "Sent")).to_be_visible()
    assert page.evaluate("window.hacked") is None


def test_a_key_that_is_refused_is_said_and_can_be_forgotten(dashboard: Tab) -> None:
    page = dashboard.open("/settings")
    expect(page.get_by_text("No key is needed here")).to_be_visible()

    page.get_by_label("Key", exact=True).fill(f"wc_0123456789ab_{'s' * 43}")
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_text("The API does not accept this key")).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("link", name="Enter a key")).to_be_visible()
    page.get_by_role("link", name="Enter a key").click()
    page.get_by_role("button", name="Forget the key").click()

    expect(page.get_by_text("No key is needed here")).to_be_visible()


def test_nothing_jumps_while_it_refreshes(dashboard: Tab) -> None:
    page = dashboard.open("/")
    expect(page.get_by_role("table", name="Recent notifications")).to_be_visible()
    page.wait_for_timeout(1500)
    page.evaluate("window.shifts = 0")

    page.wait_for_timeout(11_000)

    shifts: float = page.evaluate("window.shifts")
    print(f"layout shift over two refreshes: {shifts:.4f}")
    assert shifts < 0.02
