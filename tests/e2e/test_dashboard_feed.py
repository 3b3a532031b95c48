"""The feed of events in the browser: a change shows at once, and nothing is polled meanwhile."""

import time

from playwright.sync_api import Request, expect

from tests.e2e.browser import Tab
from tests.e2e.stacks import RunningStack

QUIET_MS = 7_000
"""Longer than the five seconds between two polls."""


def test_a_change_shows_at_once_and_the_list_is_not_polled_for_it(
    dashboard: Tab, dashboard_stack: RunningStack
) -> None:
    client, address = dashboard_stack.client, f"client+{time.time_ns()}@bank.example"
    suppression = client.post("/api/suppressions", json={"type": "EMAIL", "recipient": address}).json()["data"]
    failed = dashboard_stack.post(address)
    dashboard_stack.wait_for(failed, "FAILED")
    client.delete(f"/api/suppressions/{suppression['id']}").raise_for_status()
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/api/notifications?" in request.url:
            asked.append(request.url)

    dashboard.page.on("request", note)
    with dashboard.page.expect_request(lambda request: "/api/events?" in request.url and "wait=20" in request.url):
        page = dashboard.open(f"/notifications?recipient={address.replace('+', '%2B')}")
    row = page.get_by_role("row").filter(has_text=address)
    expect(row).to_contain_text("Failed")
    page.wait_for_timeout(1_000)  # what is fetched when following begins has come
    before = list(asked)
    page.wait_for_timeout(QUIET_MS)
    assert asked == before

    client.post(f"/api/notifications/{failed}/retry").raise_for_status()

    expect(row).not_to_contain_text("Failed", timeout=4_000)
    expect(row).to_contain_text("Sent")
    assert len(asked) <= len(before) + 4


def test_a_browsers_own_event_source_reads_the_stream(dashboard: Tab, dashboard_stack: RunningStack) -> None:
    page = dashboard.open("/settings")
    page.evaluate(
        """() => new Promise((resolve) => {
          window.sent = [];
          const source = new EventSource('/api/events?after=latest');
          source.addEventListener('notification.sent', ({ data, lastEventId }) => {
            window.sent.push({ cursor: JSON.parse(data).cursor, lastEventId, about: JSON.parse(data).data });
          });
          source.addEventListener('open', resolve);
        })"""
    )
    page.wait_for_timeout(6_000)  # events are written from five seconds after the first reading

    created = dashboard_stack.post("user@example.com")

    page.wait_for_function("(id) => window.sent.some(({ about }) => about.notificationId === id)", arg=created)
    assert all(each["cursor"] == each["lastEventId"] for each in page.evaluate("window.sent"))
