"""The connections that a stage may open, and the limits of its database and broker: more are refused at synth.

The count is the environments that may run in parallel, times the connections that each keeps to a node, times two: for
a while after a deployment, environments of the old version keep theirs. All calls go to the primary, so one node must
accept all of them.
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
"""The limit of a node, on AWS in the general class (MongoDB Atlas documentation, "Atlas Service Limits")."""
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
"""The default limit of a node of each mq.m7g from RabbitMQ 4 on (Amazon MQ developer guide, "Default resource
limits"). A broker configuration could raise it, which WaveCom does not create."""
POOL_SIZES: Final = {
    "api": 2,
    "feed": 2,
    "receipts": 2,
    "keys": 2,
    "deliver": 4,
    "webhooks": 2,
    "sweep": 2,
    "observe": 2,
    "prepare": 2,
}
"""The connections of one environment, by the function's folder.

An environment has one call at a time, which uses one connection, and a second one for reads within a transaction. A
consumer's sends run in separate threads, which do not use the database except for the delivery reports of simulated
providers: they share two more connections. The calls of endpoints do not use the database at all.
"""
MONITOR_CONNECTIONS: Final = 1
"""A client's own connection to each node: on Lambda it polls (MongoDB driver specification, "Server Monitoring")."""
VERSIONS: Final = 2
"""The versions of the functions that run during a deployment."""
MANUAL_ENVIRONMENTS: Final = 2
"""The environments of functions that people call, a few times."""


def environments(settings: "StageSettings") -> dict[str, int]:
    """Return the number of environments of each function that may run in parallel."""
    unreserved = settings.account_concurrency
    # A mapping of Amazon MQ for RabbitMQ has one (AWS Lambda developer guide, "Using Lambda with Amazon MQ").
    on_rabbitmq = settings.queue_engine == "rabbitmq"
    return {
        "api": settings.api_reserved or unreserved,
        "feed": settings.feed_reserved or unreserved,
        "receipts": settings.receipts_reserved or unreserved,
        "keys": MANUAL_ENVIRONMENTS,
        # The high lane's consumer also has the delay queue's mapping.
        "deliver-high": settings.lane_shards if on_rabbitmq else 2 * settings.high_consumers,
        "deliver-standard": settings.lane_shards if on_rabbitmq else settings.standard_consumers,
        "webhooks": len(topology.WEBHOOK_QUEUES) * (1 if on_rabbitmq else settings.webhook_consumers),
        "sweep": settings.sweep_reserved or MANUAL_ENVIRONMENTS,
        "observe": MANUAL_ENVIRONMENTS,
        "prepare": 1,
    }


def connections(settings: "StageSettings") -> Mapping[str, int]:
    """Return the number of connections to the primary that each function may have."""
    return {
        function: VERSIONS * count * (POOL_SIZES[function.split("-")[0]] + MONITOR_CONNECTIONS)
        for function, count in environments(settings).items()
    }


def broker_connections(settings: "StageSettings") -> int:
    """Return the most connections to the broker: one per environment that uses it, and one per mapping."""
    users = {name: count for name, count in environments(settings).items() if "broker" in NEEDS[name.split("-")[0]]}
    return VERSIONS * sum(users.values()) + mappings(settings)


def mappings(settings: "StageSettings") -> int:
    """Return the number of event source mappings on RabbitMQ: one for each queue of each lane, and of webhooks."""
    return len(topology.LANES) * settings.lane_shards + len(topology.WEBHOOK_QUEUES)


def check_broker_connections(settings: "StageSettings") -> None:
    """Raise ValueError if the functions may open more connections than the broker accepts with one node away."""
    if not settings.has_broker:
        return
    opened, limit = broker_connections(settings), broker_connection_limit(settings)
    if opened > limit:
        raise ValueError(
            f"the functions may open {opened:,} connections to the broker, and {settings.broker_nodes} of "
            f"{settings.broker_instance} take {limit:,}: lower apiReserved or receiptsReserved, or take a larger "
            "brokerInstance"
        )


def broker_connection_limit(settings: "StageSettings") -> int:
    """Return the number of connections that the other nodes accept while one is rebooted."""
    size = settings.broker_instance.rpartition(".")[2]
    return CONNECTIONS_OF_BROKER[size] * max(1, settings.broker_nodes - 1)


def check_connections(settings: "StageSettings") -> None:
    """Raise ValueError if the functions may open more connections than a node of the database accepts."""
    tier = settings.atlas.instance_size if settings.atlas else settings.mongodb_tier
    limit = settings.mongodb_connections or CONNECTIONS_OF_TIER[tier] - ATLAS_RESERVES
    opened = connections(settings)
    if sum(opened.values()) <= limit:
        return
    database = "the database" if settings.mongodb_connections else f"a node of Atlas's {tier}"
    most = ", ".join(f"{name} {count:,}" for name, count in sorted(opened.items(), key=lambda each: -each[1])[:3])
    raise ValueError(
        f"the functions may open {sum(opened.values()):,} connections to MongoDB, and {database} takes {limit:,} "
        f"({most}): lower apiReserved, feedReserved, receiptsReserved or the consumers, or take a larger tier"
    )
