"""A webhook in the browser: its endpoint made, what is delivered to it seen, and what failed tried again."""

import json
import re

from playwright.sync_api import expect

from tests.e2e.browser import Tab
from tests.e2e.stacks import RunningStack
from tests.webhook_receiver import receiver


def test_an_endpoint_is_made_and_its_deliveries_are_seen_and_retried(
    dashboard: Tab, dashboard_stack: RunningStack
) -> None:
    stack = dashboard_stack
    with receiver() as system:
        page = dashboard.open("/webhooks")
        page.get_by_role("button", name="New endpoint").click()
        page.get_by_label("URL").fill("https://10.0.0.1/")
        page.get_by_role("button", name="Make it").click()
        expect(page.get_by_role("alert").filter(has_text=re.compile("public internet|must"))).to_be_visible()
        page.get_by_label("URL").fill(system.url)
        page.get_by_role("button", name="Make it").click()
        secret = page.get_by_label("Secret", exact=True).input_value()
        assert secret.startswith("whsec_")
        page.get_by_role("button", name="I have it").click()
        page.get_by_role("link", name=system.url).click()
        page.get_by_role("heading", name="Endpoint", exact=True).wait_for()
        endpoint_id = page.url.rsplit("/", 1)[1]

        page.get_by_role("button", name="Send a test").click()
        page.get_by_role("button", name="Send it").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("Succeeded")).to_be_visible()
        dialog.get_by_role("button", name="Close").click()
        assert system.received[0].verified(secret)["type"] == "endpoint.test"
        page.wait_for_timeout(6_000)  # a new endpoint gets events from five seconds after

        sent = stack.post("webhook@simulator.example.com")
        delivery = page.get_by_role("button", name=re.compile(f"notification.sent.*{sent}"))
        expect(delivery).to_contain_text("Succeeded")
        delivery.click()
        payload = page.get_by_role("region", name="Payload")
        expect(payload).to_contain_text(f'"notificationId": "{sent}"')
        shown = json.loads(payload.inner_text())
        (received,) = [each for each in system.wait_for(2) if sent in each.id]
        assert shown == received.verified(secret)

        system.answers = lambda _: (500, {}, b"<b>out of order</b>")
        failing = stack.post("webhook@simulator.example.com")
        page.get_by_role("button", name="Waiting").click()
        page.get_by_role("button", name=re.compile(f"notification.sent.*{failing}")).click()
        expect(page.get_by_role("region", name="Answer of attempt 1")).to_have_text("<b>out of order</b>")
        expect(page.get_by_text("next attempt in")).to_be_visible(timeout=40_000)
        system.answers = lambda _: (204, {}, b"")
        page.get_by_role("button", name="Retry now").click()
        expect(page.get_by_text("No such deliveries")).to_be_visible()
        page.get_by_role("button", name="All", exact=True).click()
        expect(page.get_by_role("button", name=re.compile(f"notification.sent.*{failing}"))).to_contain_text(
            "Succeeded"
        )

        page.get_by_role("button", name="Remove", exact=True).click()
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_role("heading", name="Webhooks", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name=system.url)).to_have_count(0)
        assert stack.client.get(f"/api/webhooks/{endpoint_id}").status_code == 404
