"""Every function as Lambda runs it: the staged code and layers on Python 3.13, under the real runtime interface client.

Each is fed with a file of events/, on a real database and real queues.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import amqp
import pytest

from layers.build import Built, function_names, handler
from local.config import StackError
from local.lambda_runtime import runtime_client
from local.rabbitmq_event import rabbitmq_event
from tests.builders import a_draft
from tests.event_files import (
    ENDPOINT,
    EVENTS,
    announced_as,
    endpoint_as,
    load,
    sent_as,
    status_of,
    stored_as,
)
from tests.standins.lambda_runtime import FunctionError, LambdaFunction
from wavecom import topology
from wavecom.adapters.mongo.api_keys import MongoApiKeys
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.adapters.mongo.webhooks.deliveries import MongoDeliveries
from wavecom.adapters.rabbitmq.connection import connect
from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
from wavecom.adapters.sqs.queue import SqsQueue, sqs_client
from wavecom.domain.api_keys import Role, new_api_key
from wavecom.domain.events.event import EventType
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Status
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.queue_messages import QueueMessage

FIRST, SECOND = "507f1f77bcf86cd799439011", "507f1f77bcf86cd799439012"
SEALING_KEY = "k" * 40
DEPLOY_ONLY = {"prepare": "makes indexes and queues, once a deployment"}
"""Functions that handle no event of events/, and why."""

Start = Callable[..., LambdaFunction]


@pytest.fixture
def python() -> Path:
    """The Python that has the runtime interface client."""
    try:
        return runtime_client()
    except StackError as exc:
        pytest.skip(str(exc))


@pytest.fixture
def start(python: Path, for_this_machine: Built) -> Iterator[Start]:
    """Return a function that starts a function, with settings."""
    with ExitStack() as running:

        def cold_start(function: str, **settings: str) -> LambdaFunction:
            return running.enter_context(
                LambdaFunction(
                    python=python,
                    handler=handler(function),
                    task_root=for_this_machine.functions.path,
                    layers=[part.path / "python" for part in (for_this_machine.dependencies, for_this_machine.code)],
                    environment=settings,
                )
            )

        yield cold_start


@pytest.fixture
def on_rabbitmq(mongo: Mongo, mongodb_uri: str, rabbitmq_url: str) -> dict[str, str]:
    """The settings of a stack on RabbitMQ."""
    queue = RabbitMQQueue(rabbitmq_url)
    queue.declare()
    queue.close()
    broker = {"BROKER": "rabbitmq", "AMQP_URL": rabbitmq_url}
    return {**broker, "MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": mongo.database.name, "SIMULATED_LATENCY_MS": "0"}


@pytest.fixture
def on_sqs(mongo: Mongo, mongodb_uri: str, ministack_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of a stack on SQS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    prefix = f"lambda-{uuid.uuid4().hex[:12]}-"
    SqsQueue(sqs_client(region="us-east-1", endpoint_url=ministack_url), prefix=prefix).declare()
    broker = {"BROKER": "sqs", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": ministack_url, "SQS_QUEUE_PREFIX": prefix}
    return {**broker, "MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": mongo.database.name, "SIMULATED_LATENCY_MS": "0"}


@pytest.fixture
def store(mongo: Mongo) -> MongoNotificationStore:
    return MongoNotificationStore(mongo, MongoCounters(mongo))


def test_every_function_has_events_and_every_event_a_function() -> None:
    prefixes = {path.stem.split("_")[0] for path in EVENTS.glob("*.json")}
    by_prefix = {"api": {"api"}, "feed": {"feed"}, "receipts": {"receipts"}}
    by_prefix["rmq"] = by_prefix["sqs"] = {"deliver", "webhooks"}
    by_prefix["keys"] = {"keys"}
    by_prefix["schedule"] = {"sweep", "observe"}

    assert prefixes == by_prefix.keys()
    assert set().union(*by_prefix.values()) | DEPLOY_ONLY.keys() == set(function_names())


def test_every_function_starts_without_settings_and_connections(start: Start) -> None:
    for each in [start(function) for function in function_names()]:
        each.wait_until_ready()


def test_a_handler_that_is_not_there_is_told_as_an_error_of_the_start(start: Start) -> None:
    with pytest.raises(FunctionError) as told:
        start("missing").wait_until_ready()

    assert told.value.type == "Runtime.ImportModuleError"


def test_api_creates_and_shows_a_notification_and_its_documentation(
    start: Start, on_sqs: dict[str, str], mongo: Mongo, store: MongoNotificationStore
) -> None:
    key, token = new_api_key(tenant_id="bank-a", name="test", role=Role.TENANT, at=datetime.now(UTC))
    MongoApiKeys(mongo).add(key)
    api = start("api", **on_sqs)

    assert api.invoke(load("api_create_notification"))["statusCode"] == 401
    answer = api.invoke(_signed(load("api_create_notification"), token))

    assert answer["statusCode"] == 201
    created = json.loads(answer["body"])["data"]
    (stored,) = store.get_many([created["_id"]])
    assert (stored.tenant_id, stored.recipient, stored.state.status) == ("bank-a", "user@example.com", Status.QUEUED)
    assert api.invoke(_signed(load("api_get_notification"), token))["statusCode"] == 404
    shown = api.invoke(_signed(load("api_get_notification", **{FIRST: created["_id"]}), token))
    assert shown["statusCode"] == 200
    documentation = load("api_get_notification", **{f"/api/notifications/{FIRST}": "/api/docs"})
    assert api.invoke(documentation)["statusCode"] == 200


def test_feed_is_read_without_a_broker_and_answers_nothing_else(start: Start, mongo: Mongo, mongodb_uri: str) -> None:
    key, token = new_api_key(tenant_id="bank-a", name="test", role=Role.TENANT, at=datetime.now(UTC))
    MongoApiKeys(mongo).add(key)
    feed = start("feed", MONGODB_URI=mongodb_uri, MONGODB_DATABASE=mongo.database.name)

    assert feed.invoke(load("feed_read"))["statusCode"] == 401
    assert feed.invoke(_signed(load("feed_read"), token))["statusCode"] == 200  # from now on events are written
    announced_as(mongo, FIRST)
    answer = feed.invoke(_signed(load("feed_read"), token))

    assert answer["statusCode"] == 200
    assert [each["id"] for each in json.loads(answer["body"])["data"]["events"]] == [f"evt_{FIRST}_2"]
    assert feed.invoke(_signed(load("api_get_notification"), token))["statusCode"] == 404


@pytest.mark.parametrize("event", ["sqs_deliver", "rmq_deliver"])
def test_deliver_sends_what_either_kind_of_event_announces(
    start: Start, request: pytest.FixtureRequest, store: MongoNotificationStore, event: str
) -> None:
    settings = request.getfixturevalue("on_sqs" if event == "sqs_deliver" else "on_rabbitmq")
    stored_as(store, FIRST)
    stored_as(store, SECOND)

    answer = start("deliver", **settings).invoke(load(event))

    assert status_of(store, FIRST) is status_of(store, SECOND) is Status.SENT
    unreadable = [load(event)["Records"][2]["messageId"]] if event == "sqs_deliver" else []
    assert answer == {"batchItemFailures": [{"itemIdentifier": each} for each in unreadable]}


def test_deliver_sends_what_a_rabbitmq_queue_held(
    start: Start, on_rabbitmq: dict[str, str], store: MongoNotificationStore
) -> None:
    queued = [_stored_and_queued(store, recipient=f"user-{number}@example.com") for number in range(20)]
    queue = RabbitMQQueue(on_rabbitmq["AMQP_URL"])
    assert len(queue.publish(queued)) == 20
    queue.close()
    connection = connect(on_rabbitmq["AMQP_URL"])
    channel = connection.channel()
    lane = queued[0].lane.value
    event = rabbitmq_event(lane, _take(channel, lane, 20))

    answer = start("deliver", **on_rabbitmq).invoke(event)

    connection.close()
    assert answer == {"batchItemFailures": []}
    assert {each.state.status for each in store.get_many([each.notification_id for each in queued])} == {Status.SENT}


@pytest.mark.parametrize("event", ["sqs_webhooks", "rmq_webhooks"])
def test_webhooks_reads_either_kind_of_event_and_calls_nothing_inside(
    start: Start, request: pytest.FixtureRequest, mongo: Mongo, event: str
) -> None:
    settings = request.getfixturevalue("on_sqs" if event == "sqs_webhooks" else "on_rabbitmq")
    endpoint_as(mongo, SEALING_KEY, "https://localhost:8443/hook", EventType.NOTIFICATION_QUEUED)
    announced_as(mongo, FIRST)

    answer = start("webhooks", **settings, SEALING_KEY=SEALING_KEY).invoke(load(event))

    unreadable = [load(event)["Records"][2]["messageId"]] if event == "sqs_webhooks" else []
    assert answer == {"batchItemFailures": [{"itemIdentifier": each} for each in unreadable]}
    (delivery,) = MongoDeliveries(mongo).get_many([f"evt_{FIRST}_2.{ENDPOINT}"])
    assert [(each.status, each.error is not None) for each in delivery.attempts] == [(None, True)]


def test_keys_makes_a_key_that_opens_the_api(start: Start, on_sqs: dict[str, str]) -> None:
    token = start("keys", **on_sqs).invoke(load("keys_create"))["token"]

    assert start("api", **on_sqs).invoke(_signed(load("api_create_notification"), token))["statusCode"] == 201


@pytest.mark.changes_indexes
def test_prepare_makes_indexes_and_queues(
    start: Start, on_rabbitmq: dict[str, str], rabbitmq_url: str, mongo: Mongo
) -> None:
    mongo.database["notifications"].drop_indexes()
    connection = connect(rabbitmq_url)
    connection.channel().queue_delete(topology.DEAD_LETTERS)

    answer = start("prepare", **on_rabbitmq).invoke({})

    assert answer is None
    assert "due" in mongo.database["notifications"].index_information()
    assert connection.channel().queue_declare(topology.DEAD_LETTERS, passive=True).message_count == 0
    connection.close()


def test_a_function_told_of_a_wrong_setting_by_lambda_names_it(start: Start, on_sqs: dict[str, str]) -> None:
    with pytest.raises(FunctionError, match="SENDS_AT_ONCE"):
        start("deliver", **on_sqs, SENDS_AT_ONCE="many").invoke(load("sqs_deliver"))


def test_sweep_queues_what_was_never_published(
    start: Start, on_sqs: dict[str, str], store: MongoNotificationStore
) -> None:
    created = lifecycle.create(a_draft(), tenant_id="bank-a", at=datetime(2026, 1, 1, tzinfo=UTC), timings=Timings())
    store.add([created])

    assert start("sweep", **on_sqs).invoke(load("schedule"))["published"] == 1

    assert status_of(store, created.after.id) is Status.QUEUED


def test_a_traced_function_does_the_same(start: Start, on_sqs: dict[str, str]) -> None:
    traced = start("sweep", **on_sqs, TRACING="true", AWS_XRAY_CONTEXT_MISSING="LOG_ERROR")

    assert isinstance(traced.invoke(load("schedule")), dict)


def test_observe_publishes_metrics(start: Start, on_sqs: dict[str, str], mongo: Mongo) -> None:
    observe = start("observe", **on_sqs)

    assert observe.invoke(load("schedule")) == {"level": 1}

    documents = [json.loads(line) for line in observe.log.splitlines() if line.startswith("{")]
    metrics = {name["Name"] for each in documents for name in each["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert metrics >= {"QueueDepth", "DegradationLevel"}
    assert mongo.database["system"].count_documents({}) > 0


def test_receipts_apply_a_bounce_and_refuse_an_old_callback(
    start: Start, on_sqs: dict[str, str], mongo: Mongo, store: MongoNotificationStore
) -> None:
    sent_as(store, FIRST, "ses", "0107019a1b2c3d4e-5f607182-93a4-4b5c-8d6e-7f8091a2b3c4-000000")
    twilio = {"kind": "twilio", "name": "twilio-sms", "accountSid": f"AC{'0' * 32}", "sender": "+15005550006"}
    twilio["authToken"] = "0123456789abcdef0123456789abcdef"
    receipts = start("receipts", **on_sqs, PROVIDERS=json.dumps([twilio]))

    assert receipts.invoke(load("receipts_twilio_delivered"))["statusCode"] == 401
    assert status_of(store, FIRST) is Status.SENT
    assert receipts.invoke(load("receipts_ses_bounce")) is None

    assert status_of(store, FIRST) is Status.UNDELIVERED
    assert len(MongoSuppressions(mongo).page("bank-a", limit=10)) == 1


def _signed(event: dict[str, Any], token: str) -> dict[str, Any]:
    event["headers"]["authorization"] = f"Bearer {token}"
    return event


def _stored_and_queued(store: MongoNotificationStore, **changes: Any) -> QueueMessage:
    """Store a notification, QUEUED, and return its message."""
    at = datetime.now(UTC)
    created = lifecycle.create(a_draft(**changes), tenant_id="bank-a", at=at, timings=Timings())
    queued = lifecycle.enqueue(created.after, at=at, timings=Timings())
    store.add([created])
    store.save([queued])
    return QueueMessage.about(queued.after)


def _take(channel: amqp.Channel, queue_name: str, count: int) -> list[amqp.Message]:
    """Take ``count`` messages out of a queue."""
    taken: list[amqp.Message] = []
    until = time.monotonic() + timedelta(seconds=10).total_seconds()
    while len(taken) < count:
        assert time.monotonic() < until, f"{len(taken)} messages of {count}"
        if message := channel.basic_get(queue_name, no_ack=True):
            taken.append(message)
    return taken
