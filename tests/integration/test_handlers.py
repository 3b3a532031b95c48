"""The Lambda handlers, fed with the files in events/ in a process of their own, on a real database and real queues."""

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.config import PROJECT
from tests.builders import a_draft
from tests.event_files import announced_as, endpoint_as, load, sent_as, status_of, stored_as, unanswered_as
from tests.sendgrid_key import SendGridKey
from wavecom import metrics
from wavecom.adapters.mongo.api_keys import MongoApiKeys
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.providers.breakers import MongoBreakerStates
from wavecom.adapters.mongo.suppressions import MongoSuppressions
from wavecom.adapters.providers.breaker import FAILURES_TO_OPEN, PyBreakers
from wavecom.adapters.rabbitmq.connection import connect
from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
from wavecom.domain.api_keys import Role, new_api_key
from wavecom.domain.events.event import EventType
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Priority, Status
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.suppressions.reason import SuppressionReason

INVOKE = """
import importlib, json, sys
from local.context import LocalContext
handler = importlib.import_module(f"functions.{sys.argv[1]}.handler").lambda_handler
print(json.dumps(handler(json.load(sys.stdin), LocalContext())))
"""


@dataclass
class Invoke:
    """Calls a handler with an event, as a cold start does, and returns its answer."""

    mongo: Mongo
    mongodb_uri: str
    rabbitmq_url: str
    log: list[str] = field(default_factory=list)
    """The lines that the last call has logged."""

    def __call__(self, function: str, event: dict[str, Any], **settings: str) -> Any:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "shared")]),
            "MONGODB_URI": self.mongodb_uri,
            "MONGODB_DATABASE": self.mongo.database.name,
            "BROKER": "rabbitmq",
            "AMQP_URL": self.rabbitmq_url,
            "SIMULATED_LATENCY_MS": "0",
            **settings,
        }
        done = subprocess.run(
            [sys.executable, "-c", INVOKE, function],
            input=json.dumps(event),
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        *self.log, answer = done.stdout.splitlines()
        return json.loads(answer)


@pytest.fixture
def invoke(mongo: Mongo, mongodb_uri: str, rabbitmq_url: str) -> Invoke:
    queue = RabbitMQQueue(rabbitmq_url)
    queue.declare()
    queue.close()
    return Invoke(mongo, mongodb_uri, rabbitmq_url)


@pytest.fixture
def store(mongo: Mongo) -> MongoNotificationStore:
    return MongoNotificationStore(mongo, MongoCounters(mongo))


def test_a_bounce_that_ses_reports_ends_a_notification_and_suppresses_its_recipient(
    invoke: Invoke, mongo: Mongo, store: MongoNotificationStore
) -> None:
    of_event = "0107019a1b2c3d4e-5f607182-93a4-4b5c-8d6e-7f8091a2b3c4-000000"
    sent_as(store, "507f1f77bcf86cd799439011", "ses", of_event)

    for _ in range(2):
        assert invoke("receipts", load("receipts_ses_bounce")) is None

    assert status_of(store, "507f1f77bcf86cd799439011") is Status.UNDELIVERED
    assert [each.reason for each in MongoSuppressions(mongo).page("bank-a", limit=10)] == [
        SuppressionReason.HARD_BOUNCE
    ]


def test_a_callback_that_twilio_signed_long_ago_changes_nothing(invoke: Invoke, store: MongoNotificationStore) -> None:
    sent_as(store, "507f1f77bcf86cd799439011", "twilio")
    twilio = {
        "kind": "twilio",
        "name": "twilio",
        "accountSid": f"AC{'0' * 32}",
        "authToken": "0123456789abcdef0123456789abcdef",
        "sender": "+15005550006",
    }

    answer = invoke("receipts", load("receipts_twilio_delivered"), PROVIDERS=json.dumps([twilio]))

    assert answer["statusCode"] == 401
    assert status_of(store, "507f1f77bcf86cd799439011") is Status.SENT


def test_an_event_of_sendgrid_settles_what_got_no_answer(invoke: Invoke, store: MongoNotificationStore) -> None:
    unanswered_as(store, "507f1f77bcf86cd799439011", "sendgrid")
    key, event = SendGridKey(), load("receipts_sendgrid_delivered")
    sendgrid = {"kind": "sendgrid", "name": "sendgrid", "sender": "no-reply@bank.example", "apiKey": "SG.key"}
    providers = json.dumps([{**sendgrid, "webhookPublicKey": key.public}])

    late = invoke("receipts", event, PROVIDERS=providers)
    assert late["statusCode"] == 401
    assert status_of(store, "507f1f77bcf86cd799439011") is Status.RETRYING
    event["headers"] |= key.headers(event["body"], datetime.now(UTC))
    answer = invoke("receipts", event, PROVIDERS=providers)

    assert answer["statusCode"] == 204
    assert status_of(store, "507f1f77bcf86cd799439011") is Status.DELIVERED


def test_the_api_answers_a_client_with_a_key(invoke: Invoke, mongo: Mongo) -> None:
    key, token = new_api_key(tenant_id="bank-a", name="test", role=Role.TENANT, at=datetime.now(UTC))
    MongoApiKeys(mongo).add(key)
    event = load("api_create_notification")
    event["headers"]["authorization"] = f"Bearer {token}"

    answer = invoke("api", event)

    assert answer["statusCode"] == 201
    created = json.loads(answer["body"])["data"]
    event = load("api_get_notification", **{"507f1f77bcf86cd799439011": created["_id"]})
    event["headers"]["authorization"] = f"Bearer {token}"
    answer = invoke("api", event)
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"], "compressed, as asked for"


def test_without_a_key_the_deployed_api_lets_nobody_in(invoke: Invoke) -> None:
    assert invoke("api", load("api_create_notification"))["statusCode"] == 401


@pytest.mark.parametrize("event", ["rmq_deliver", "sqs_deliver"])
def test_deliver_sends_what_either_kind_of_event_announces(
    invoke: Invoke, store: MongoNotificationStore, event: str
) -> None:
    first, second = "507f1f77bcf86cd799439011", "507f1f77bcf86cd799439012"
    stored_as(store, first)
    stored_as(store, second)

    answer = invoke("deliver", load(event))

    assert status_of(store, first) is status_of(store, second) is Status.SENT
    assert [len(answer["batchItemFailures"])] == [1 if event == "sqs_deliver" else 0]
    again = invoke("deliver", load(event))
    assert again == answer, "the same event again changes nothing"
    assert len(store.audit_trail(store.get_many([first])[0])) == 4


def test_deliver_logs_one_line_a_batch_and_one_a_failure(invoke: Invoke, store: MongoNotificationStore) -> None:
    stored_as(store, "507f1f77bcf86cd799439011", recipient="bounce+secret@simulator.example.com")
    stored_as(store, "507f1f77bcf86cd799439013", priority=Priority.LOW)

    invoke("deliver", load("rmq_deliver"))

    lines = [line for line in map(json.loads, invoke.log) if "message" in line]
    (failure,) = [line for line in lines if line["message"] == "Attempt made"]
    assert failure["notification_id"] == "507f1f77bcf86cd799439011"
    assert failure["tenant_id"] == "bank-a"
    assert failure["lane"] == "high_priority"
    assert failure["attempt"] == 1
    assert failure["duration_ms"] >= 0
    (batch,) = [line for line in lines if line["message"] == "Batch delivered"]
    assert batch["statuses"] == {"FAILED": 1, "SENT": 1}
    assert "secret" not in "".join(invoke.log)


def test_sweep_queues_what_was_never_published(invoke: Invoke, store: MongoNotificationStore) -> None:
    created = lifecycle.create(a_draft(), tenant_id="bank-a", at=datetime(2026, 1, 1, tzinfo=UTC), timings=Timings())
    store.add([created])

    assert invoke("sweep", load("schedule"))["published"] == 1
    assert status_of(store, created.after.id) is Status.QUEUED


def test_a_traced_function_does_the_same(invoke: Invoke, store: MongoNotificationStore) -> None:
    created = lifecycle.create(a_draft(), tenant_id="bank-a", at=datetime(2026, 1, 1, tzinfo=UTC), timings=Timings())
    store.add([created])

    assert invoke("sweep", load("schedule"), TRACING="true")["published"] == 1


def emitted(invoke: Invoke) -> set[tuple[str, str, str, tuple[str, ...]]]:
    """Return each metric of the last call: its name, unit and service, and its dimensions besides that."""
    found = set()
    for document in map(json.loads, invoke.log):
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "WaveCom/test"
            (names,) = directive["Dimensions"]
            for metric in directive["Metrics"]:
                assert isinstance(document[metric["Name"]], list | int | float)
                others = tuple(sorted(set(names) - {"service"}))
                found.add((metric["Name"], metric["Unit"], document["service"], others))
    return found


def test_every_metric_is_published_as_it_is_listed(invoke: Invoke, store: MongoNotificationStore, mongo: Mongo) -> None:
    stored_as(store, "507f1f77bcf86cd799439011", priority=Priority.HIGH)
    namespace = {"POWERTOOLS_METRICS_NAMESPACE": "WaveCom/test"}
    breakers = MongoBreakerStates(mongo)
    PyBreakers(breakers, lambda: datetime.now(UTC)).record("simulated-email", [False] * FAILURES_TO_OPEN)
    providers = json.dumps(
        [{"kind": "simulated", "channel": "EMAIL", "name": name} for name in ("simulated-email", "other")]
    )

    found = set()
    for function, event in (("deliver", "rmq_deliver"), ("sweep", "schedule"), ("observe", "schedule")):
        invoke(function, load(event), PROVIDERS=providers, **namespace)
        found |= emitted(invoke)

    assert found == {(each.name, each.unit, each.service, tuple(sorted(each.dimensions))) for each in metrics.METRICS}


@pytest.mark.changes_indexes
def test_prepare_makes_indexes_and_queues(invoke: Invoke, mongo: Mongo, rabbitmq_url: str) -> None:
    mongo.database.notifications.drop_indexes()
    connection = connect(rabbitmq_url)
    channel = connection.channel()
    channel.queue_delete("notifications_dlq")

    assert invoke("prepare", load("schedule")) is None

    assert "due" in mongo.database.notifications.index_information()
    assert channel.queue_declare("notifications_dlq", passive=True).message_count == 0
    connection.close()


def test_a_wrong_setting_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    program = "from wavecom.bootstrap import container; container()"
    environment = {"PYTHONPATH": str(PROJECT / "shared"), "MONGODB_URI": "x", "SENDS_AT_ONCE": f"secret{uuid.uuid4()}"}

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "SENDS_AT_ONCE" in done.stderr
    assert environment["SENDS_AT_ONCE"] not in done.stderr


def test_the_development_tenant_is_refused_on_lambda() -> None:
    program = "from wavecom.bootstrap import container; container()"
    environment = {
        "PYTHONPATH": str(PROJECT / "shared"),
        "MONGODB_URI": "mongodb://localhost",
        "DEVELOPMENT_TENANT": "development",
        "AWS_LAMBDA_FUNCTION_NAME": "wavecom-api",
    }

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "DEVELOPMENT_TENANT" in done.stderr


@pytest.mark.parametrize("event", ["rmq_webhooks", "sqs_webhooks"])
def test_webhooks_without_a_sealing_key_says_why_once_and_leaves_all_to_the_sweep(
    invoke: Invoke, mongo: Mongo, event: str
) -> None:
    first = "507f1f77bcf86cd799439011"
    endpoint_as(mongo, "k" * 40, "https://api.bank.example/hook", EventType.NOTIFICATION_QUEUED)
    announced_as(mongo, first)

    unreadable = [load(event)["Records"][2]["messageId"]] if event == "sqs_webhooks" else []
    answer = invoke("webhooks", load(event))

    assert answer == {"batchItemFailures": [{"itemIdentifier": each} for each in unreadable]}
    assert len([line for line in invoke.log if "SEALING_KEY" in line]) == 1
    (waiting,) = mongo.database.events.find()
    assert waiting["dueAt"] is not None
    assert mongo.database.webhookdeliveries.count_documents({}) == 0


TRACED = """
import json, sys
from aws_xray_sdk.core import xray_recorder
from wavecom.observability import traced

class Kept:
    def send_entity(self, entity):
        print(entity.serialize(), file=sys.stderr)

def handle(event, context):
    return {"token": "secret-answer"}

handler = traced(handle, "keys")
xray_recorder.configure(emitter=Kept())
handler({}, None)
"""


def test_a_trace_does_not_hold_the_answer() -> None:
    environment = {
        "PYTHONPATH": str(PROJECT / "shared"),
        "LAMBDA_TASK_ROOT": "/var/task",
        "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1",
    }

    done = subprocess.run([sys.executable, "-c", TRACED], env=environment, capture_output=True, text=True, check=True)

    assert '"## handle"' in done.stderr
    assert "secret" not in done.stderr
