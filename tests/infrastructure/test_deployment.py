"""The stacks, deployed by the real CDK command line into an emulated account, and used there.

What the emulator has not (Amazon MQ and its mappings, alarms on sums of metrics, uploads to buckets) is left out by
``emulator``, and looked at in the templates instead.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from amqp import Channel

from layers.python313 import NO_PYTHON, PYTHON_VERSION
from local.rabbitmq_event import rabbitmq_event
from tests.conftest import stack_config
from tests.infrastructure.account import EMULATOR_PYTHON, Account, running_account, wait_for
from wavecom import topology
from wavecom.adapters.mongo.client import Mongo
from wavecom.adapters.rabbitmq.connection import connect

EMAIL = {"type": "EMAIL", "recipient": "user@example.com", "subject": "Welcome", "message": "Hello", "priority": "HIGH"}
STACKS = {
    f"wavecom-dev-{part}" for part in ("data", "messaging", "prepare", "api", "delivery", "site", "observability")
}
SHARDS = 2
SMOKE_CHECKS = ("stacks", "mappings", "sends", "webhooks", "feed", "events", "alarms")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account that is prepared for CDK and has nothing in it."""
    version = subprocess.run([EMULATOR_PYTHON, "--version"], capture_output=True, text=True, check=False).stdout
    if f" {PYTHON_VERSION}." not in version:
        pytest.skip(f"The emulator runs functions on its own {version.strip()}. {NO_PYTHON}; then make clean install.")
    state = tmp_path_factory.mktemp("account")
    with running_account(state, stack_config(state, "sqs")) as account:
        account.make("bootstrap")
        yield account


@pytest.fixture(scope="module")
def database(mongodb_uri: str) -> Iterator[Mongo]:
    """The database that the stage's secret leads to: an empty one, without indexes."""
    mongo = Mongo(mongodb_uri, "wavecom")
    mongo.database.client.drop_database("wavecom")
    yield mongo
    mongo.database.client.drop_database("wavecom")
    mongo.close()


@pytest.fixture(scope="module")
def secret(account: Account, mongodb_uri: str) -> None:
    """What the operator makes beforehand."""
    account.client("secretsmanager").create_secret(Name="wavecom/dev/mongodb-uri", SecretString=mongodb_uri)


@pytest.fixture(scope="module")
def on_sqs(account: Account, secret: None, database: Mongo) -> Account:
    """The account with the whole stage dev, on SQS."""
    account.make("deploy")
    return account


@pytest.fixture(scope="module")
def token(on_sqs: Account) -> str:
    """The token of the first API key."""
    return on_sqs.make("api-key", TENANT="bank-a", ROLE="operator").split()[-1]


def sent(account: Account, token: str) -> list[str]:
    """POST a notification, wait until it is SENT, and return the statuses of its audit trail."""
    with account.api(token) as api:
        created = api.post("/api/notifications", json=EMAIL)
        assert created.status_code == 201, created.text
        identifier: str = created.json()["data"]["_id"]

        def shown() -> Any:
            return api.get(f"/api/notifications/{identifier}").json()["data"]

        assert wait_for(lambda: shown()["notification"]["status"] == "SENT"), shown()
        return [entry["status"] for entry in shown()["logs"]]


def test_it_deploys_whole(on_sqs: Account) -> None:
    assert on_sqs.stacks() == STACKS
    assert on_sqs.output("wavecom-dev-site", "Url").startswith("https://")


def test_indexes_are_there_before_anything_is_accepted(on_sqs: Account, database: Mongo) -> None:
    assert {"idempotency", "due", "dead_letters"} <= database.database.notifications.index_information().keys()


def test_what_is_posted_to_the_deployed_api_is_sent_by_the_deployed_consumer(on_sqs: Account, token: str) -> None:
    assert sent(on_sqs, token) == ["PENDING", "QUEUED", "PROCESSING", "SENT"]
    (batch,) = [each for each in on_sqs.log_lines("wavecom-dev-deliver-high") if each.get("claimed") == 1]
    assert batch["statuses"] == {"SENT": 1}


def test_smoke_finds_that_all_is_well(on_sqs: Account, token: str, database: Mongo) -> None:
    on_sqs.invoke("wavecom-dev-sweep", {})
    on_sqs.invoke("wavecom-dev-observe", {})
    put_as_cloudwatch_does(on_sqs, "observe", "sweep")
    evaluate_as_cloudwatch_does(on_sqs)

    printed = on_sqs.make("smoke", SECONDS="60")

    assert [line.split() for line in printed.splitlines()] == [["ok", each] for each in SMOKE_CHECKS]
    with on_sqs.api(token) as api:
        keys = api.get("/api/keys", params={"tenantId": "smoke"}).json()["data"]
    assert len(keys) == 2
    assert all(each["revokedAt"] for each in keys)
    assert database.database.webhookendpoints.count_documents({}) == 0
    (delivery,) = database.database.webhookdeliveries.find()
    assert {each["error"] for each in delivery["attempts"]} == {"The endpoint has no address that may be called"}


def test_smoke_says_what_is_not_well(on_sqs: Account, token: str) -> None:
    functions, cloudwatch = on_sqs.client("lambda"), on_sqs.client("cloudwatch")
    mappings = functions.list_event_source_mappings(FunctionName="wavecom-dev-deliver-high")["EventSourceMappings"]
    (mapping,) = [each for each in mappings if each["EventSourceArn"].endswith(topology.HIGH_PRIORITY)]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    cloudwatch.set_alarm_state(AlarmName="wavecom-dev-high-depth", StateValue="ALARM", StateReason="Deep")
    try:
        done = on_sqs.try_make("smoke", SECONDS="0")
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        cloudwatch.set_alarm_state(AlarmName="wavecom-dev-high-depth", StateValue="OK", StateReason="No longer")

    assert done.returncode != 0
    words = [line.split() for line in done.stdout.splitlines()]
    assert ["ok", "stacks"] in words
    found = [" ".join(each) for each in words if each[0] == "failed"]
    assert any(each.startswith("failed mappings DeliverHigh") and " is Disabled" in each for each in found), found
    assert any(each.startswith("failed sends SMS") for each in found), found
    assert any(each.startswith("failed alarms wavecom-dev-high-depth is ALARM: Deep") for each in found), found


def test_without_a_key_the_deployed_api_refuses(on_sqs: Account) -> None:
    with on_sqs.api("wc_000000000000_wrong") as api:
        assert api.post("/api/notifications", json=EMAIL).status_code == 401


def test_a_poison_message_comes_to_the_deployed_dead_letters(on_sqs: Account, token: str) -> None:
    lane, dead_letters = on_sqs.queue_url(topology.STANDARD), on_sqs.queue_url(topology.DEAD_LETTERS)
    # Ten times nine minutes is what it takes; a second each is enough to see it.
    on_sqs.sqs.set_queue_attributes(QueueUrl=lane, Attributes={"VisibilityTimeout": "1"})

    on_sqs.sqs.send_message(QueueUrl=lane, MessageBody="poison")

    def received() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = on_sqs.sqs.receive_message(QueueUrl=dead_letters, VisibilityTimeout=1).get(
            "Messages", []
        )
        return found

    assert [each["Body"] for each in wait_for(received)] == ["poison"]
    sent(on_sqs, token)


def test_an_alarm_goes_off_by_what_the_deployed_observer_publishes(on_sqs: Account) -> None:
    dead_letters = on_sqs.queue_url(topology.DEAD_LETTERS)
    for start in range(0, 101, 10):
        entries = [{"Id": str(number), "MessageBody": "{}"} for number in range(start, min(start + 10, 101))]
        on_sqs.sqs.send_message_batch(QueueUrl=dead_letters, Entries=entries)

    on_sqs.invoke("wavecom-dev-observe", {})
    put_as_cloudwatch_does(on_sqs, "observe")

    def state(name: str) -> str:
        (alarm,) = on_sqs.client("cloudwatch").describe_alarms(AlarmNames=[f"wavecom-dev-{name}"])["MetricAlarms"]
        return str(alarm["StateValue"])

    assert wait_for(lambda: state("dead-letters") == "ALARM"), state("dead-letters")
    assert state("ledger-mismatch") == "OK"
    assert state("high-depth") == "OK"


def evaluate_as_cloudwatch_does(account: Account) -> None:
    """Let alarms over metrics that nothing was measured for be OK, which the emulator never looks at."""
    cloudwatch = account.client("cloudwatch")
    for each in cloudwatch.describe_alarms()["MetricAlarms"]:
        if each["StateValue"] == "INSUFFICIENT_DATA" and each["TreatMissingData"] == "notBreaching":
            cloudwatch.set_alarm_state(AlarmName=each["AlarmName"], StateValue="OK", StateReason="Nothing measured")


def put_as_cloudwatch_does(account: Account, *functions: str) -> None:
    """Hand the metrics in the functions' logs to CloudWatch, which the real one does by itself."""
    cloudwatch = account.client("cloudwatch")
    for document in (each for name in functions for each in account.log_lines(f"wavecom-dev-{name}")):
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            dimensions = [{"Name": name, "Value": document[name]} for name in directive["Dimensions"][0]]
            for metric in directive["Metrics"]:
                (value,) = document[metric["Name"]]
                datum = {"MetricName": metric["Name"], "Unit": metric["Unit"], "Value": value, "Dimensions": dimensions}
                cloudwatch.put_metric_data(Namespace=directive["Namespace"], MetricData=[datum])


def test_the_schedules_are_on(on_sqs: Account) -> None:
    schedules = on_sqs.client("scheduler").list_schedules()["Schedules"]

    assert {each["Name"]: each["State"] for each in schedules} == {
        "wavecom-dev-observe": "ENABLED",
        "wavecom-dev-sweep": "ENABLED",
    }


def test_a_second_deployment_changes_what_has_changed_and_loses_nothing(
    on_sqs: Account, token: str, database: Mongo
) -> None:
    before = database.database.notifications.count_documents({})

    on_sqs.make("deploy", context={"logLevel": "DEBUG", "rateLimitPerMinute": "77"})

    api = on_sqs.client("lambda").get_function_configuration(FunctionName="wavecom-dev-api")["Environment"]["Variables"]
    assert (api["POWERTOOLS_LOG_LEVEL"], api["RATE_LIMIT_PER_MINUTE"]) == ("DEBUG", "77")
    sent(on_sqs, token)
    assert database.database.notifications.count_documents({}) == before + 1


def test_destroy_leaves_nothing(on_sqs: Account) -> None:
    on_sqs.make("destroy")

    assert on_sqs.stacks() == set()
    assert on_sqs.client("lambda").list_functions()["Functions"] == []
    assert on_sqs.sqs.list_queues().get("QueueUrls", []) == []


@pytest.fixture(scope="module")
def on_rabbitmq(account: Account, secret: None, database: Mongo, rabbitmq_url: str) -> Account:
    """The account with the stage on RabbitMQ: a real broker, which knows the credentials that the stack has made."""
    place = rabbitmq_url.rpartition("@")[2]
    context = {"queueEngine": "rabbitmq", "laneShards": str(SHARDS), "brokerEndpoint": f"amqp://{place}"}
    account.make("deploy", context=context, STACKS="messaging")
    secrets = account.client("secretsmanager")
    (credentials,) = [each["ARN"] for each in secrets.list_secrets()["SecretList"] if "Broker" in each["Name"]]
    made = json.loads(secrets.get_secret_value(SecretId=credentials)["SecretString"])
    assert made["username"] == "wavecom"
    assert len(made["password"]) == 40
    # The broker that stands in was there before the stack, with a user of its own.
    secrets.put_secret_value(SecretId=credentials, SecretString='{"username": "guest", "password": "guest"}')
    account.make("deploy", context=context)
    return account


def test_on_rabbitmq_the_queues_are_declared_and_what_is_posted_is_sent(
    on_rabbitmq: Account, database: Mongo, rabbitmq_url: str
) -> None:
    token = on_rabbitmq.make("api-key", TENANT="bank-b").split()[-1]
    connection = connect(rabbitmq_url)
    channel = connection.channel()
    for queue in topology.rabbitmq_queues(SHARDS):
        assert channel.queue_declare(queue, passive=True).queue == queue
        channel.queue_purge(queue)
    with on_rabbitmq.api(token) as api:
        identifiers = {api.post("/api/notifications", json=EMAIL).json()["data"]["_id"] for _ in range(10)}

    for queue in topology.shards(topology.HIGH_PRIORITY, SHARDS):
        assert poll(on_rabbitmq, channel, queue, "deliver-high"), f"nothing in {queue}"
    connection.close()

    found = database.database.notifications.find({"tenantId": "bank-b"})
    assert {(str(each["_id"]), each["status"]) for each in found} == {
        (identifier, "SENT") for identifier in identifiers
    }


def test_smoke_on_rabbitmq_misses_the_mappings_that_the_emulator_has_not(
    on_rabbitmq: Account, rabbitmq_url: str
) -> None:
    on_rabbitmq.invoke("wavecom-dev-sweep", {})
    on_rabbitmq.invoke("wavecom-dev-observe", {})
    put_as_cloudwatch_does(on_rabbitmq, "observe", "sweep")
    evaluate_as_cloudwatch_does(on_rabbitmq)
    connection = connect(rabbitmq_url)
    channel = connection.channel()
    lanes = {"high": topology.HIGH_PRIORITY, "standard": topology.STANDARD}

    with ThreadPoolExecutor(1) as thread:
        smoke = thread.submit(on_rabbitmq.try_make, "smoke", SECONDS="45")
        while not smoke.done():
            for lane, queue in lanes.items():
                for shard in topology.shards(queue, SHARDS):
                    poll(on_rabbitmq, channel, shard, f"deliver-{lane}")
            for queue in topology.WEBHOOK_QUEUES:
                poll(on_rabbitmq, channel, queue, "webhooks")
            time.sleep(0.2)
        done = smoke.result()
    connection.close()

    assert done.returncode != 0
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines() if not line.startswith(" ")]
    failed = [(check, text) for verdict, check, *rest in lines if verdict == "failed" for text in rest]
    assert failed == [("mappings", "wavecom-dev-delivery has no event source mapping: nothing is consumed")]
    assert [check for _, check, *_ in lines] == list(SMOKE_CHECKS)


def poll(account: Account, channel: Channel, queue: str, function: str) -> int:
    """Hand what is in a queue to its consumer, as Lambda's poller does, and return how many messages that were."""
    batch = []
    while (message := channel.basic_get(queue)) is not None:
        batch.append(message)
    if batch:
        account.invoke(f"wavecom-dev-{function}", rabbitmq_event(queue, batch))
        channel.basic_ack(batch[-1].delivery_tag, multiple=True)
    return len(batch)
