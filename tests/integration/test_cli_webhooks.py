"""``wavecom webhooks`` and ``wavecom events``, against the API, with deliveries to a real HTTP server."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.fakes import FakeQueue
from tests.integration.conftest import Api, MakeApi
from tests.integration.test_cli import SOME_ENDPOINT, Wavecom
from tests.webhook_parts import WebhookParts
from tests.webhook_receiver import Receiver, receiver
from wavecom.adapters.mongo.client import Mongo
from wavecom.application.deadline import Deadline

Consume = Callable[[], None]


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api("http")


@pytest.fixture
def wavecom(api: Api) -> Wavecom:
    return Wavecom.of(api)


@pytest.fixture
def client_system() -> Iterator[Receiver]:
    with receiver() as system:
        yield system


@pytest.fixture
def consume(parts: WebhookParts, queue: FakeQueue) -> Consume:
    """Return a function that delivers what is announced, a few times over."""

    def run(rounds: int = 2) -> None:
        for _ in range(rounds):
            parts.deliver.deliver(queue.take_webhooks(), Deadline(timedelta(seconds=30)))

    return run


def added(wavecom: Wavecom, system: Receiver, *options: str) -> str:
    """Make an endpoint for queued notifications, and return its id."""
    return str(wavecom.json("webhooks", "add", system.url, "--type", "notification.queued", *options)["id"])


def test_an_endpoint_is_made_and_only_its_secret_goes_to_stdout(api: Api, wavecom: Wavecom, client_system: Receiver):
    assert wavecom.ok("webhooks", "list") == "There are no endpoints.\n"

    made = wavecom(
        *("webhooks", "add", client_system.url, "--type", "notification.queued", "--type", "notification.failed"),
        *("--description", "Ledger", "--header", "Authorization: Bearer s3cret", "--metadata"),
    )

    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("whsec_")
    assert made.stdout.count("\n") == 1
    assert "shown only now" in made.stderr
    (endpoint,) = api.get("/api/webhooks").json()["data"]
    assert endpoint["types"] == ["notification.queued", "notification.failed"]
    assert (endpoint["headers"], endpoint["metadata"]) == (["Authorization"], True)
    listed = wavecom.ok("webhooks", "list")
    assert all(text in listed for text in (endpoint["id"], "enabled", client_system.url, "Ledger"))
    assert "Authorization" in wavecom.ok("webhooks", "show", endpoint["id"])
    assert "secret" not in wavecom.json("webhooks", "show", endpoint["id"])


def test_what_cannot_be_an_endpoint_is_told_by_its_field(wavecom: Wavecom):
    refused = wavecom("webhooks", "add", "ftp://bank.example/", "--type", "notification.sent")

    assert refused.exit_code == 3
    assert "  url: " in refused.stderr
    assert wavecom.json("webhooks", "show", SOME_ENDPOINT, exit_code=3)["error"]["code"] == "NOT_FOUND"


def test_an_endpoint_is_changed_disabled_and_enabled(wavecom: Wavecom, client_system: Receiver):
    identifier = added(wavecom, client_system, "--header", "X-A: 1")

    changed = wavecom.json("webhooks", "change", identifier, "--type", "notification.sent", "--metadata", "--disable")

    assert (changed["types"], changed["metadata"], changed["enabled"]) == (["notification.sent"], True, False)
    assert changed["headers"] == ["X-A"]
    assert "disabled (byClient)" in wavecom.ok("webhooks", "list")
    assert wavecom.json("webhooks", "change", identifier, "--description", "Ledger")["description"] == "Ledger"
    assert wavecom.json("webhooks", "change", identifier, "--description", "")["description"] is None
    changed = wavecom.json("webhooks", "change", identifier, "--no-headers", "--no-metadata", "--enable")
    assert (changed["headers"], changed["metadata"], changed["enabled"]) == ([], False, True)


def test_a_secret_is_rotated_and_printed_once(wavecom: Wavecom, client_system: Receiver):
    identifier = added(wavecom, client_system)

    rotated = wavecom("webhooks", "rotate", identifier)

    assert rotated.stdout.startswith("whsec_")
    assert rotated.stdout.count("\n") == 1
    assert "signs too until" in rotated.stderr
    assert "old secret until" in wavecom.ok("webhooks", "show", identifier)


def test_an_endpoint_is_removed_once_that_is_confirmed(api: Api, wavecom: Wavecom, client_system: Receiver):
    identifier = added(wavecom, client_system)

    assert wavecom("webhooks", "remove", identifier, stdin="n\n").exit_code == 1
    assert len(api.get("/api/webhooks").json()["data"]) == 1

    assert wavecom("webhooks", "remove", identifier, stdin="y\n").stdout == "Endpoint removed\n"
    assert api.get("/api/webhooks").json()["data"] == []
    assert wavecom("webhooks", "remove", added(wavecom, client_system), "--yes").exit_code == 0


def test_a_test_shows_what_the_endpoint_answers(wavecom: Wavecom, client_system: Receiver, consume: Consume):
    identifier = added(wavecom, client_system)
    client_system.answers = lambda _: (200, {}, b"th\x1b[31mank you")
    ended = threading.Event()

    def consumer() -> None:
        while not ended.wait(0.1):
            consume()

    consuming = threading.Thread(target=consumer)
    consuming.start()
    try:
        succeeded = wavecom("webhooks", "test", identifier)
        client_system.answers = lambda _: (500, {}, b"out of order")
        failed = wavecom("webhooks", "test", identifier)
    finally:
        ended.set()
        consuming.join()

    assert succeeded.exit_code == 0, succeeded.output
    assert "succeeded" in succeeded.stdout
    assert "ank you" in succeeded.stdout
    assert "\x1b" not in succeeded.stdout
    assert '"type":"endpoint.test"' in succeeded.stdout.replace(" ", "")
    assert failed.exit_code == 1
    assert "out of order" in failed.stdout


def test_deliveries_are_listed_shown_and_retried(api: Api, wavecom: Wavecom, client_system: Receiver, consume: Consume):
    identifier = added(wavecom, client_system)
    assert wavecom.ok("webhooks", "deliveries", identifier) == "There are no such deliveries.\n"
    client_system.answers = lambda _: (503, {}, b"later")
    for _ in range(3):
        api.created()
    consume()

    listed = wavecom.json("webhooks", "deliveries", identifier, "--limit", "2")
    assert (len(listed["deliveries"]), listed["more"]) == (2, True)
    assert len(wavecom.json("webhooks", "deliveries", identifier, "--all")["deliveries"]) == 3
    assert wavecom.json("webhooks", "deliveries", identifier, "--status", "failed")["deliveries"] == []
    waiting = wavecom.ok("webhooks", "deliveries", identifier, "--status", "pending")
    assert waiting.count("503") == 3
    event = listed["deliveries"][0]["eventId"]

    client_system.answers = lambda _: (204, {}, b"")
    assert "on its way" in wavecom.ok("webhooks", "retry", identifier, event)
    consume()

    shown = wavecom.ok("webhooks", "deliveries", identifier, event)
    assert all(text in shown for text in ("succeeded", "503", "204", "later", "notificationId"))


def test_what_was_missed_is_counted_then_recovered(
    api: Api, wavecom: Wavecom, client_system: Receiver, consume: Consume, parts: WebhookParts
):
    identifier = added(wavecom, client_system)
    since = (api.services.clock() - timedelta(minutes=1)).isoformat()
    client_system.answers = lambda _: (410, {}, b"")
    api.created()
    consume()
    assert "disabled (gone)" in wavecom.ok("webhooks", "list")
    api.clock.advance(timedelta(hours=12))
    refused = wavecom.json("webhooks", "recover", identifier, "--since", since, "--yes", exit_code=3)
    assert refused["error"]["code"] == "CONFLICT"
    wavecom.ok("webhooks", "change", identifier, "--enable")
    client_system.answers = lambda _: (204, {}, b"")
    client_system.received.clear()

    counted = wavecom("webhooks", "recover", identifier, "--since", since, "--dry-run")
    left = wavecom("webhooks", "recover", identifier, "--since", since, stdin="n\n")
    begun = wavecom("webhooks", "recover", identifier, "--since", since, "--yes")
    assert "recovering" in wavecom.ok("webhooks", "show", identifier)
    parts.sweep.sweep(Deadline(timedelta(seconds=30)))
    consume()

    assert counted.stdout == "1 event since then was missed.\n"
    assert (left.exit_code, "Deliver 1 event?" in left.stderr) == (1, True)
    assert begun.stdout == "The recovery of 1 event has begun, in the background.\n"
    assert len(client_system.received) == 1


def test_the_feed_is_printed_to_its_end_and_from_a_cursor_on(api: Api, wavecom: Wavecom):
    begin = wavecom("events")
    assert begin.stdout == ""
    cursor = begin.stderr.split("--after ")[1].strip()
    ids = []
    for _ in range(3):
        ids.append(api.created()["_id"])
        api.clock.advance(timedelta(milliseconds=1))

    text = wavecom.ok("events", "--after", cursor)
    documents = [json.loads(line) for line in wavecom.ok("events", "--json").splitlines()]

    assert [each["data"]["notificationId"] for each in documents] == ids
    assert all(f"notificationId={each}" in text for each in ids)
    rest = wavecom.ok("events", "--after", documents[0]["cursor"], "--types", "notification.queued")
    assert rest.count("\n") == 2
    assert wavecom.ok("events", "--types", "notification.failed") == ""


def test_an_expired_cursor_exits_with_3_and_names_the_oldest(api: Api, wavecom: Wavecom, mongo: Mongo):
    wavecom.ok("events")
    for _ in range(3):
        api.created()
    documents = [json.loads(line) for line in wavecom.ok("events", "--json").splitlines()]
    mongo.database.events.delete_many({"_id": {"$in": [each["id"] for each in documents[:2]]}})

    expired = wavecom("events", "--after", documents[0]["cursor"])

    assert expired.exit_code == 3
    assert "CURSOR_EXPIRED, 410" in expired.stderr


def test_the_feed_is_followed_until_ctrl_c(api: Api, wavecom: Wavecom):
    wavecom.ok("events")
    first = api.created()["_id"]
    with wavecom.process("events", "--follow", "--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["data"]["notificationId"] == first
        time.sleep(0.5)
        second = api.created()["_id"]
        assert json.loads(process.stdout.readline())["data"]["notificationId"] == second
        process.send_signal(signal.SIGINT)

        assert process.wait(30) == 0
