"""Every function of every engine and stage, run once under exactly the rights that its role has in the templates."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders import PDF, a_draft, an_attachment
from tests.event_files import ENDPOINT, announced_as, endpoint_as, load, passed_on_as, sent_as, status_of, stored_as
from tests.infrastructure.invoke_with_rights import invoke
from tests.infrastructure.resolve import REGION, Resolved, arn, secret_arn
from tests.infrastructure.templates import Assembly
from tests.infrastructure.test_rights import CONSUMERS, FUNCTIONS, LOOK, PUBLISH, USES_QUEUES_FOR
from tests.infrastructure.variants import VARIANTS
from tests.webhook_receiver import Receiver, receiver
from wavecom import topology
from wavecom.adapters.mongo.api_keys import MongoApiKeys
from wavecom.adapters.mongo.attachments.records import MongoAttachments
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.mongo.clock import MongoClock
from wavecom.adapters.mongo.events.wanted import MongoWantedEvents
from wavecom.adapters.mongo.notifications.counters import MongoCounters
from wavecom.adapters.mongo.notifications.store import MongoNotificationStore
from wavecom.adapters.mongo.system import MongoSystemState
from wavecom.adapters.mongo.webhooks.deliveries import MongoDeliveries
from wavecom.adapters.rabbitmq.connection import connect
from wavecom.adapters.rabbitmq.queue import RabbitMQQueue
from wavecom.adapters.s3.files import object_key
from wavecom.domain.api_keys import Role, new_api_key
from wavecom.domain.content.attachments import Attachment, Scan, StoredAttachment
from wavecom.domain.events.event import EventType
from wavecom.domain.notifications import lifecycle
from wavecom.domain.notifications.enums import Channel, Status
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.webhooks.delivery import DeliveryStatus

FIRST, SECOND = "507f1f77bcf86cd799439011", "507f1f77bcf86cd799439012"
THIRD = "507f1f77bcf86cd799439013"
SES_MESSAGE = "0107019a1b2c3d4e-5f607182-93a4-4b5c-8d6e-7f8091a2b3c4-000000"
SES = {"kind": "ses", "name": "ses", "sender": "no-reply@bank.example", "configurationSet": "wavecom-prod"}
SNS = {"kind": "sns", "name": "sns"}
EUM = {
    "kind": "end-user-messaging",
    "name": "eum",
    "sender": "arn:aws:sms-voice:eu-central-1:123456789012:phone-number/phone-0001",
}
SEALING_KEY = "k" * 40
TIMEOUT_SECONDS = 120
Event = dict[str, Any]


@dataclass
class Stage:
    """A variant in an account of its own: a real database and broker, queues and secrets as its templates have them."""

    resolved: Resolved
    mongo: Mongo
    mongodb_uri: str
    rabbitmq_url: str
    providers: list[dict[str, Any]]
    client_system: Receiver
    objects: dict[str, bytes] = field(default_factory=dict)

    def attach(self, **changes: Any) -> Attachment:
        """Keep an attachment whose bytes are in the bucket, and which nobody has used yet."""
        is_scanned = "ATTACHMENT_SCANNER" in self.resolved.environment("api")
        attachment, now = an_attachment(scanned=Scan.PENDING if is_scanned else None), datetime.now(UTC)
        stored = StoredAttachment(
            tenant_id="bank-a", attachment=attachment, created_at=now, **{"due_at": now + timedelta(days=1), **changes}
        )
        MongoAttachments(self.mongo).add(stored)
        self.objects[object_key("bank-a", attachment)] = PDF
        return attachment

    @property
    def store(self) -> MongoNotificationStore:
        return MongoNotificationStore(self.mongo, MongoCounters(self.mongo))

    def environment(self, function: str) -> dict[str, str]:
        """Return a function's own variables, with the places of this machine in them."""
        variables = self.resolved.environment(function) | {"MONGODB_DATABASE": self.mongo.database.name}
        if function == "webhooks":
            variables["WEBHOOKS_TO_LOOPBACK"] = "true"
        if "AMQP_URL" in variables:
            variables["AMQP_URL"] = f"amqp://{self.rabbitmq_url.rpartition('@')[2]}"
        return variables

    def secrets(self) -> dict[str, str]:
        """Return all secrets of the stage, by their whole ARNs."""
        values = {
            "MONGODB_URI_SECRET": self.mongodb_uri,
            "AMQP_CREDENTIALS_SECRET": '{"username": "guest", "password": "guest"}',
            "SEALING_KEY_SECRET": SEALING_KEY,
            "PROVIDERS_SECRET": json.dumps(self.providers),
        }
        named = {
            variable: value
            for function in FUNCTIONS
            for variable, value in self.resolved.environment(function).items()
            if variable in values
        }
        return {
            value if value.startswith("arn:") else secret_arn(value): values[variable]
            for variable, value in named.items()
        }

    def invoke(self, function: str, *events: Event) -> tuple[list[Any], set[str]]:
        """Return a function's answers to ``events`` and the actions that it asked for, all of them allowed."""
        assembly = self.resolved.assembly
        queues = [each["QueueName"] for each in assembly.of_type("SQS::Queue").values()]
        given = {
            "events": events,
            "statements": self.resolved.statements(function),
            "secrets": self.secrets(),
            "queues": queues,
            "objects": {self.resolved.environment("api")["ATTACHMENTS_BUCKET"]: self.objects},
            "key": next((arn("kms", f"key/{name.split('/')[1]}") for name in assembly.of_type("KMS::Key")), None),
        }
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **self.environment(function),
        }
        told = invoke(function.partition("-")[0], given, environment, timeout=TIMEOUT_SECONDS)
        assert [(action, resource) for action, resource, allowed in told["asked"] if not allowed] == []
        assert told["error"] is None, told["error"]
        return told["answers"], {action for action, _, _ in told["asked"]}


@pytest.fixture
def client_system() -> Iterator[Receiver]:
    """A system of a client's, which takes the first event that it gets and fails at the second."""
    with receiver() as system:
        system.answers = lambda received: (204 if FIRST in received.id else 500, {}, b"")
        yield system


@pytest.fixture
def stage(
    variant: str,
    assemblies: dict[str, Assembly],
    mongo: Mongo,
    mongodb_uri: str,
    rabbitmq_url: str,
    client_system: Receiver,
) -> Stage:
    resolved = Resolved(assemblies[variant])
    shards = int(resolved.environment("api").get("LANE_SHARDS", "1"))
    queue = RabbitMQQueue(rabbitmq_url, lane_shards=shards)
    queue.declare()
    queue.close()
    return Stage(resolved, mongo, mongodb_uri, rabbitmq_url, [SES, SNS], client_system)


def _create(stage: Stage) -> list[Event]:
    key, token = new_api_key(tenant_id="bank-a", name="test", role=Role.TENANT, at=datetime.now(UTC))
    MongoApiKeys(stage.mongo).add(key)
    create, count = load("api_create_notification"), load("api_get_notification", **{f"/{FIRST}": "/stats/system"})
    create["body"] = json.dumps({**json.loads(create["body"]), "attachments": [stage.attach().id]})
    for event in (create, count):
        event["headers"]["authorization"] = f"Bearer {token}"
    return [create, count]


def _read_feed(stage: Stage) -> list[Event]:
    """Return a reading of a tenant whose feed is on, and which has an event."""
    key, token = new_api_key(tenant_id="bank-a", name="test", role=Role.TENANT, at=datetime.now(UTC))
    MongoApiKeys(stage.mongo).add(key)
    MongoWantedEvents(stage.mongo, lambda: datetime.now(UTC)).read_feed("bank-a")
    announced_as(stage.mongo, FIRST)
    event = load("feed_read")
    event["headers"]["authorization"] = f"Bearer {token}"
    return [event]


def _deliver(stage: Stage) -> list[Event]:
    """Return a batch with a notification that has an attachment, and one that is retried, and so published again."""
    stored_as(stage.store, FIRST, attachments=(stage.attach(),))
    stored_as(stage.store, SECOND, recipient="fail-once@simulator.example.com")
    on_sqs = stage.environment("deliver-high")["BROKER"] == "sqs"
    return [load("sqs_deliver" if on_sqs else "rmq_deliver")]


def _overdue(stage: Stage) -> list[Event]:
    created = lifecycle.create(a_draft(), tenant_id="bank-a", at=datetime(2026, 1, 1, tzinfo=UTC), timings=Timings())
    stage.store.add([created])
    stage.attach(due_at=datetime(2026, 1, 1, tzinfo=UTC))
    endpoint_as(stage.mongo, SEALING_KEY, stage.client_system.url, EventType.NOTIFICATION_QUEUED)
    announced_as(stage.mongo, FIRST)
    return [load("schedule")]


def _announced(stage: Stage) -> list[Event]:
    """Return a batch with an event that an endpoint takes, and one that it fails at, which is announced again."""
    endpoint_as(stage.mongo, SEALING_KEY, stage.client_system.url, EventType.NOTIFICATION_QUEUED)
    announced_as(stage.mongo, FIRST)
    passed_on_as(stage.mongo, SECOND)
    on_sqs = stage.environment("webhooks")["BROKER"] == "sqs"
    return [load("sqs_webhooks" if on_sqs else "rmq_webhooks")]


def _bounce(stage: Stage) -> list[Event]:
    """Return a report that an endpoint is told of."""
    endpoint_as(stage.mongo, SEALING_KEY, stage.client_system.url, EventType.NOTIFICATION_UNDELIVERED)
    sent_as(stage.store, FIRST, "ses", SES_MESSAGE)
    return [load("receipts_ses_bounce")]


USES_BUCKET_FOR = {
    "api": {"s3:GetObject"},
    **{consumer: {"s3:GetObject"} for consumer in CONSUMERS},
    "sweep": {"s3:DeleteObject"},
}
EVENTS: dict[str, Callable[[Stage], list[Event]]] = {
    "api": _create,
    "feed": _read_feed,
    "receipts": _bounce,
    "keys": lambda _: [load("keys_create")],
    "deliver-high": _deliver,
    "deliver-standard": _deliver,
    "webhooks": _announced,
    "sweep": _overdue,
    "observe": lambda _: [load("schedule")],
    "prepare": lambda _: [{}],
}
"""What each function is invoked with, and what is in the database beforehand: enough for it to do all that it does."""


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_does_its_work_with_the_rights_of_its_role(stage: Stage, variant: str, function: str) -> None:
    answers, asked = stage.invoke(function, *EVENTS[function](stage))

    done = {
        "api": lambda: [each["statusCode"] for each in answers] == [201, 200],
        "feed": lambda: FIRST in json.loads(answers[0]["body"])["data"]["events"][0]["id"],
        "receipts": lambda: status_of(stage.store, FIRST) is Status.UNDELIVERED and _announces(stage, FIRST),
        "keys": lambda: answers[0]["token"].startswith("wc_"),
        "deliver-high": lambda: status_of(stage.store, FIRST) is Status.SENT,
        "deliver-standard": lambda: status_of(stage.store, FIRST) is Status.SENT,
        "webhooks": lambda: _delivered(stage, FIRST, SECOND),
        "sweep": lambda: (
            [answers[0][each] for each in ("published", "attachments_deleted", "webhook_events")] == [1] * 3
        ),
        "observe": lambda: answers == [{"level": 1}],
        "prepare": lambda: "due" in stage.mongo.database["notifications"].index_information(),
    }
    assert done[function](), answers
    on_sqs = stage.resolved.environment("api")["BROKER"] == "sqs"
    expected = USES_QUEUES_FOR.get(function, set()) if on_sqs else set()
    if variant == "everything" and function in CONSUMERS:
        expected = set()  # its emails go out by SES, and nothing is retried
    assert asked & {PUBLISH, LOOK} == expected
    assert "secretsmanager:GetSecretValue" in asked
    assert {each for each in asked if each.startswith("s3:")} == USES_BUCKET_FOR.get(function, set()) | (
        {"s3:GetObjectTagging"} if variant == "everything" and function in CONSUMERS else set()
    )


def _announces(stage: Stage, notification_id: str) -> bool:
    """Return whether an event about a notification is written, and on RabbitMQ is in the queue of webhooks."""
    written = [each["_id"] for each in stage.mongo.database["events"].find({"notificationId": notification_id})]
    if stage.environment("receipts")["BROKER"] == "sqs":
        return len(written) == 1  # its message went to a queue of the process that was invoked
    connection = connect(stage.rabbitmq_url)
    channel = connection.channel()
    bodies = []
    while message := channel.basic_get(topology.WEBHOOKS, no_ack=True):
        bodies.append(message.body)
    connection.close()
    return len(written) == 1 and any(written[0] in body for body in bodies)


def _delivered(stage: Stage, first: str, second: str) -> bool:
    """Return whether the endpoint has had both events, and the second, which it did not take, is to be repeated."""
    got = {each.id for each in stage.client_system.wait_for(2)}
    events = [f"evt_{each}_2" for each in (first, second)]
    deliveries = MongoDeliveries(stage.mongo).get_many([f"{each}.{ENDPOINT}" for each in events])
    statuses = {each.event_id: each.status for each in deliveries}
    return got == set(events) and [statuses[each] for each in events] == [
        DeliveryStatus.SUCCEEDED,
        DeliveryStatus.PENDING,
    ]


@pytest.mark.parametrize("variant", ["everything"])
@pytest.mark.parametrize(("provider", "action"), [(SNS, "sns:Publish"), (EUM, "sms-voice:SendTextMessage")])
def test_consumers_send_with_the_rights_of_their_roles(stage: Stage, provider: dict[str, Any], action: str) -> None:
    stored_as(stage.store, FIRST)
    stored_as(stage.store, SECOND, channel=Channel.SMS, recipient="+4915112345678", subject=None)
    stage.providers[:] = [SES, provider]

    _, asked = stage.invoke("deliver-high", load("sqs_deliver"))

    assert {"ses:SendEmail", action} <= asked
    assert status_of(stage.store, FIRST) is status_of(stage.store, SECOND) is Status.SENT


@pytest.mark.parametrize("variant", ["everything"])
@pytest.mark.parametrize("function", sorted(CONSUMERS))
def test_consumers_send_emails_together_and_with_attachments_with_the_rights_of_their_roles(
    stage: Stage, function: str
) -> None:
    for notification_id in (FIRST, SECOND):
        stored_as(stage.store, notification_id)
    stored_as(stage.store, THIRD, attachments=(stage.attach(),))

    _, asked = stage.invoke(function, load("sqs_deliver"), load("sqs_deliver", **{FIRST: THIRD}))

    assert {each for each in asked if each.startswith("ses:")} == {"ses:SendBulkEmail", "ses:SendRawEmail"}
    assert {status_of(stage.store, each) for each in (FIRST, SECOND, THIRD)} == {Status.SENT}


@pytest.mark.parametrize("variant", ["everything"])
@pytest.mark.parametrize(
    ("provider", "action"), [(SNS, "sns:GetSMSSandboxAccountStatus"), (EUM, "sms-voice:DescribeAccountAttributes")]
)
def test_the_observer_asks_for_sandboxes_with_the_rights_of_its_role(
    stage: Stage, provider: dict[str, Any], action: str
) -> None:
    stage.providers[:] = [SES, provider]

    _, asked = stage.invoke("observe", load("schedule"))

    assert {"ses:GetAccount", action} <= asked
    assert MongoSystemState(stage.mongo, MongoClock(stage.mongo)).sandboxes(datetime(2026, 1, 1, tzinfo=UTC)) == {
        "ses": True,
        provider["name"]: True,
    }


@pytest.mark.parametrize("variant", ["dev-sqs"])
def test_a_right_that_is_missing_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    events = EVENTS["api"](stage)
    monkeypatch.setattr(
        Resolved,
        "statements",
        lambda self, function: [
            self.value(self.stacks[function], each)
            for each in self.assembly.rights(function)
            if "sqs:SendMessage" not in each["Action"]
        ],
    )

    with pytest.raises(AssertionError, match="sqs:SendMessage"):
        stage.invoke("api", *events)
