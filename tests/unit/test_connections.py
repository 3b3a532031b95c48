"""Connections: what the functions may open fits what the database and the broker take, or synth refuses."""

import json
from typing import Any

import pytest

from infra_cdk.connections import (
    ATLAS_RESERVES,
    CONNECTIONS_OF_TIER,
    POOL_SIZES,
    broker_connections,
    connections,
    environments,
    mappings,
)
from infra_cdk.parts.broker_alarms import connections_max
from infra_cdk.settings import StageError, StageSettings
from layers.build import function_names
from local.config import PROJECT
from wavecom import topology

STAGES: dict[str, dict[str, Any]] = json.loads((PROJECT / "cdk.json").read_text())["context"]["stages"]
NAT = {"network": "nat", "zones": 3}
ATLAS = {"projectId": "0123456789abcdef01234567"}


def of(stage: str, **changes: Any) -> StageSettings:
    return StageSettings.from_context({stage: {**STAGES[stage], **NAT, **changes}}, stage, {})


@pytest.mark.parametrize("engine", ["sqs", "rabbitmq"])
@pytest.mark.parametrize("stage", STAGES)
def test_the_stages_fit_their_tiers_on_either_engine(stage: str, engine: str) -> None:
    smaller = {"apiReserved": 20} if engine == "rabbitmq" and stage == "dev" else {}
    settings = of(stage, queueEngine=engine, **smaller)

    assert sum(connections(settings).values()) <= CONNECTIONS_OF_TIER[settings.mongodb_tier] - ATLAS_RESERVES


def test_every_function_has_a_pool() -> None:
    assert POOL_SIZES.keys() == set(function_names())


def test_an_environment_counts_with_its_monitor_and_twice() -> None:
    assert connections(of("dev", apiReserved=100))["api"] == 2 * 100 * (2 + 1)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"apiReserved": 400},
            "a node of Atlas's M10 takes 1,490 (api 2,400, feed 120, deliver-high 80): lower",
        ),
        ({"apiReserved": None}, "(api 6,000, "),
        ({"feedReserved": None}, "(feed 6,000, "),
        ({"receiptsReserved": None}, "(receipts 6,000, "),
        ({"standardConsumers": 200}, "(deliver-standard 2,000, "),
        ({"webhookConsumers": 200}, "(webhooks 2,400, "),
        ({"mongodbConnections": 500}, "and the database takes 500 ("),
        ({"atlas": {**ATLAS, "instanceSize": "M10"}, "apiReserved": 400, "mongodbTier": "M40"}, "Atlas's M10 takes"),
    ],
)
def test_more_than_a_node_takes_is_refused_in_a_sentence(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(StageError, match=r"the functions may open [0-9,]+ connections to MongoDB") as refused:
        of("dev", **changes)

    assert told in str(refused.value)


def test_a_larger_tier_or_a_smaller_account_makes_room() -> None:
    assert of("dev", apiReserved=400, mongodbTier="M30")
    assert of("dev", apiReserved=400, atlas={**ATLAS, "instanceSize": "M30"})
    assert of("dev", apiReserved=None, feedReserved=None, receiptsReserved=None, accountConcurrency=10)


def test_a_mapping_of_rabbitmq_has_one_environment_a_queue() -> None:
    settings = of("dev", queueEngine="rabbitmq", laneShards=4, apiReserved=20)

    assert environments(settings)["deliver-high"] == environments(settings)["deliver-standard"] == 4
    assert environments(settings)["webhooks"] == len(topology.WEBHOOK_QUEUES)


def test_webhooks_have_their_consumers_for_each_sqs_queue() -> None:
    assert environments(of("dev", webhookConsumers=3))["webhooks"] == 3 * len(topology.WEBHOOK_QUEUES)


def test_every_mapping_and_every_function_that_publishes_has_a_connection_to_the_broker() -> None:
    settings = of("dev", queueEngine="rabbitmq", laneShards=4, apiReserved=20)
    publish = {"api": 20, "receipts": 10, "deliver": 2 * 4, "webhooks": 2, "sweep": 1, "observe": 2, "prepare": 1}

    assert mappings(settings) == 2 * 4 + 2
    assert broker_connections(settings) == 2 * sum(publish.values()) + 2 * 4 + 2


def test_a_small_broker_does_not_come_near_its_limit() -> None:
    settings = of("dev", queueEngine="rabbitmq", apiReserved=20)

    assert broker_connections(settings) <= connections_max(settings)


def test_more_than_the_broker_takes_is_refused_in_a_sentence() -> None:
    assert broker_connections(of("dev", queueEngine="rabbitmq", apiReserved=20)) <= 100

    told = r"may open 2\d\d connections to the broker, and 1 of mq\.m7g\.medium take 100: lower apiReserved or"
    with pytest.raises(StageError, match=told):
        of("dev", queueEngine="rabbitmq", apiReserved=100)
    with pytest.raises(StageError, match=r"3 of mq\.m7g\.medium take 200"):
        of("dev", queueEngine="rabbitmq", apiReserved=100, brokerNodes=3)
    assert of("dev", queueEngine="rabbitmq", apiReserved=100, brokerInstance="mq.m7g.large")
    assert of("dev", queueEngine="sqs", apiReserved=100)
