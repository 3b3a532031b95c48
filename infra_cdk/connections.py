"""How many connections a stage may open, and how many its database and broker take: refused at synth if it is more.

The environments that may run at once, times the connections that each keeps to a node, all twice: for a while after a
deployment, environments of the version before keep theirs. Every call goes to the primary, so one node has to take all.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from wavecom import topology
from wavecom.needs import NEEDS

if TYPE_CHECKING:
    from infra_cdk.settings import StageSettings

CONNECTIONS_OF_TIER: Final = {
    "M10": 1_500,
    "M20": 3_000,
    "M30": 3_000,
    "M40": 6_000,
    "M50": 16_000,
    "M60": 32_000,
    "M80": 96_000,
    "M140": 96_000,
    "M200": 128_000,
}
"""Of a node, on AWS in the general class (MongoDB Atlas documentation, "Atlas Service Limits": connection limits)."""
ATLAS_RESERVES: Final = 10
"""Connections to a node that Atlas keeps for itself (the same page)."""
CONNECTIONS_OF_BROKER: Final = {
    "medium": 100,
    "large": 1_500,
    "xlarge": 3_000,
    "2xlarge": 6_000,
    "4xlarge": 12_000,
    "8xlarge": 24_000,
    "12xlarge": 36_000,
    "16xlarge": 48_000,
}
"""What a node of each mq.m7g allows by default from RabbitMQ 4 on (Amazon MQ developer guide, "Default resource
limits"). A configuration of the broker's own could raise it, which WaveCom does not make."""
POOL_SIZES: Final = {"api": 2, "receipts": 2, "keys": 2, "deliver": 4, "sweep": 2, "observe": 2, "prepare": 2}
"""Connections of one environment, by the function's folder.

An environment has one call at a time, which uses one connection, and a second for what it reads within a transaction.
A consumer's sends run in threads of their own, which do without the database but for the delivery reports that
simulated providers leave in it: two more, for which they wait for each other.
"""
MONITORS: Final = 1
"""A client's own connection to each node: on Lambda it polls (MongoDB driver specification, "Server Monitoring")."""
VERSIONS: Final = 2
"""Of the functions, during a deployment."""
BY_HAND: Final = 2
"""Environments of what people call, a few times."""


def environments(settings: "StageSettings") -> dict[str, int]:
    """Return how many environments of each function may run at once."""
    unreserved = settings.account_concurrency
    # A mapping of Amazon MQ for RabbitMQ has one (AWS Lambda developer guide, "Using Lambda with Amazon MQ").
    on_rabbitmq = settings.queue_engine == "rabbitmq"
    return {
        "api": settings.api_reserved or unreserved,
        "receipts": settings.receipts_reserved or unreserved,
        "keys": BY_HAND,
        # The high lane's consumer has the delay queue's mapping as well.
        "deliver-high": settings.lane_shards if on_rabbitmq else 2 * settings.high_consumers,
        "deliver-standard": settings.lane_shards if on_rabbitmq else settings.standard_consumers,
        "sweep": settings.sweep_reserved or BY_HAND,
        "observe": BY_HAND,
        "prepare": 1,
    }


def connections(settings: "StageSettings") -> Mapping[str, int]:
    """Return how many connections to the primary each function may have."""
    return {
        function: VERSIONS * count * (POOL_SIZES[function.split("-")[0]] + MONITORS)
        for function, count in environments(settings).items()
    }


def broker_connections(settings: "StageSettings") -> int:
    """Return how many connections the broker may get: one of each environment that uses it, and one of each mapping."""
    users = {name: count for name, count in environments(settings).items() if "broker" in NEEDS[name.split("-")[0]]}
    return VERSIONS * sum(users.values()) + len(topology.LANES) * settings.lane_shards


def check_broker_connections(settings: "StageSettings") -> None:
    """Raise ValueError where the functions may open more connections than the broker takes with one node away."""
    if not settings.has_broker:
        return
    opened, takes = broker_connections(settings), broker_takes(settings)
    if opened > takes:
        raise ValueError(
            f"the functions may open {opened:,} connections to the broker, and {settings.broker_nodes} of "
            f"{settings.broker_instance} take {takes:,}: lower apiReserved or take a larger brokerInstance"
        )


def broker_takes(settings: "StageSettings") -> int:
    """Return how many connections those nodes allow that are left while one is rebooted."""
    size = settings.broker_instance.rpartition(".")[2]
    return CONNECTIONS_OF_BROKER[size] * max(1, settings.broker_nodes - 1)


def check_connections(settings: "StageSettings") -> None:
    """Raise ValueError where the functions may open more connections than a node of the database takes."""
    tier = settings.atlas.instance_size if settings.atlas else settings.mongodb_tier
    takes = settings.mongodb_connections or CONNECTIONS_OF_TIER[tier] - ATLAS_RESERVES
    opened = connections(settings)
    if sum(opened.values()) <= takes:
        return
    database = "the database" if settings.mongodb_connections else f"a node of Atlas's {tier}"
    most = ", ".join(f"{name} {count:,}" for name, count in sorted(opened.items(), key=lambda each: -each[1])[:3])
    raise ValueError(
        f"the functions may open {sum(opened.values()):,} connections to MongoDB, and {database} takes {takes:,} "
        f"({most}): lower apiReserved, receiptsReserved or the consumers, or take a larger tier"
    )
