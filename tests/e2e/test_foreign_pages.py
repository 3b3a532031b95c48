"""A page of another origin in a real browser, on a machine whose stack needs no key: it changes nothing."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.integration.conftest import EMAIL, Api, MakeApi, attempted, clock, make_api, make_services, queue
from wavecom.domain.api_keys import Role, new_api_key
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.providers.outcomes import Outcome
from wavecom.domain.senders import Sender

__all__ = ["clock", "make_api", "make_services", "queue"]

CHANGING = ("post", "put", "patch", "delete")
VERSION = {"defaultLocale": "en", "locales": {"en": {"text": "Hello"}}}
ENDPOINT = {"url": "https://theirs.example/hook", "types": ["notification.sent"]}
BODIES: dict[str, Any] = {
    "/api/notifications": EMAIL,
    "/api/attachments": {
        "filename": "a.txt",
        "contentType": "text/plain",
        "size": 1,
        "sha256": "0" * 64,
    },
    "/api/notifications/batch": {"notifications": [EMAIL]},
    "/api/suppressions": {"type": "EMAIL", "recipient": "user@example.com"},
    "/api/keys": {"tenantId": "bank-x", "name": "theirs", "role": "operator"},
    "/api/dlq/replay": {"all": True},
    "/api/categories/{category_id}": {"name": "Theirs", "transactional": False},
    "/api/preferences": {"type": "EMAIL", "recipient": "user@example.com", "categories": {"ours": False}},
    "/api/senders/{sender_id}": {"type": "SMS", "address": "THEIRS"},
    "/api/templates": {"id": "theirs", "channel": "SMS"},
    "/api/templates/{template_id}/versions": VERSION,
    "/api/templates/{template_id}/preview": {"variables": {}},
    "/api/templates/{template_id}/test-send": {"recipient": "+12025550123"},
    "/api/policy": {"onUnknown": "hold"},
    "/api/webhooks": ENDPOINT,
    "/api/webhooks/{endpoint_id}": {"description": "Theirs"},
    "/api/webhooks/{endpoint_id}/recover": {"since": f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"},
}
CALL = """async ([method, url, body, mode, type]) => {
  const headers = body === null || type === null ? {} : {'Content-Type': type};
  try {
    const answer = await fetch(url, {method, mode, headers, body: body === null ? undefined : body});
    return answer.status;
  } catch (error) { return -1; }
}"""
SUBMIT = """([url, value]) => {
  const form = document.createElement('form');
  Object.assign(form, {method: 'POST', action: url, enctype: 'text/plain', target: 'sink'});
  const field = Object.assign(document.createElement('input'), {name: value, value: ''});
  form.append(field); document.body.append(form); form.submit();
}"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!DOCTYPE html><title>Elsewhere</title><iframe name='sink'></iframe>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@contextmanager
def elsewhere() -> Iterator[int]:
    """Serve a page on a port of its own, and yield the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


def targets(api: Api) -> list[tuple[str, str, str]]:
    """Return method, template and path of every documented route that changes something, for things that exist."""
    failed = api.created()["_id"]
    attempted(api, failed, Outcome.PERMANENT)
    waiting = api.created(scheduledAt=f"{api.services.clock().year + 1}-01-01T00:00:00Z")["_id"]
    suppression = api.post("/api/suppressions", {"type": "SMS", "recipient": "+12025550123"}).json()["data"]
    key, _ = new_api_key(tenant_id="bank-a", name="ours", role=Role.TENANT, at=api.services.clock())
    api.services.keys.add(key)
    suppression_id = next(value for name, value in suppression.items() if name in ("id", "_id"))
    ours = Sender(id="ours", channel=Channel.SMS, address="OURS")
    api.services.senders.put("bank-a", ours, default=False)
    api.client.put("/api/categories/ours", json={"name": "Ours", "transactional": False})
    api.post("/api/templates", {"id": "ours", "channel": "SMS"})
    for number in (1, 2):
        api.post("/api/templates/ours/versions", VERSION)
        api.post(f"/api/templates/ours/versions/{number}/publish")
    endpoint, removed = (api.post("/api/webhooks", ENDPOINT).json()["data"]["id"] for _ in range(2))
    event = api.post(f"/api/webhooks/{endpoint}/test").json()["data"]["eventId"]
    names = {
        "event_id": event,
        "key_id": key.key_id,
        "suppression_id": suppression_id,
        "template_id": "ours",
        "number": 1,
        "sender_id": "ours",
        "category_id": "ours",
    }
    found = []
    for template, methods in api.get("/api/openapi.json").json()["paths"].items():
        for method in methods.keys() & set(CHANGING):
            ids = {
                **names,
                "notification_id": waiting if template.endswith("cancel") else failed,
                "endpoint_id": removed if method == "delete" else endpoint,
            }
            found.append((method.upper(), template, template.format(**ids)))
    return found


def state(api: Api) -> dict[str, Any]:
    """Return all that a client can change."""
    database = api.mongo.database
    names = ("notifications", "notificationlogs", "apikeys", "suppressions", "tenants", "templates", "templateversions")
    return {name: sorted(map(str, database[name].find())) for name in (*names, "attachments")}


def attempts(page: Page, address: str, routes: list[tuple[str, str, str]]) -> list[int]:
    """Try every route every way that a page has, and return the statuses that the page saw: -1 and 0 are none."""
    seen = []
    for method, template, path in routes:
        bodies = (None, json.dumps(BODIES.get(template, {})))
        for each in product(bodies, ("cors", "no-cors"), ("application/json", "text/plain", None)):
            seen.append(page.evaluate(CALL, [method, address + path, *each]))  # noqa: PERF401
        if method == "POST":
            page.evaluate(SUBMIT, [address + path, json.dumps(BODIES.get(template, {}))])
            page.wait_for_timeout(50)
            page.evaluate("url => navigator.sendBeacon(url)", address + path)
    page.wait_for_timeout(500)
    return seen


@pytest.mark.parametrize("site", ["localhost", "127.0.0.1"])
def test_a_page_of_another_origin_changes_nothing(api: Api, browser: Browser, site: str) -> None:
    routes = targets(api)
    address = str(api.client.base_url).rstrip("/")
    before = state(api)
    assert len(routes) >= 8

    with elsewhere() as port:
        page = browser.new_context().new_page()
        page.goto(f"http://{site}:{port}/")
        seen = attempts(page, address, routes)
        page.context.close()

    assert state(api) == before
    assert set(seen) <= {-1, 0}


def test_a_page_of_its_own_origin_changes_what_it_likes(api: Api, browser: Browser) -> None:
    routes = targets(api)
    address = str(api.client.base_url).rstrip("/")
    page = browser.new_context().new_page()
    page.goto(f"{address}/api/docs")

    for method, template, path in sorted(routes, key=lambda each: each[0] == "DELETE"):  # what is gone cannot change
        body = json.dumps(BODIES[template]) if template in BODIES else None
        status = page.evaluate(CALL, [method, address + path, body, "cors", "application/json"])
        assert 200 <= status < 300, (method, path, status)
    page.context.close()
