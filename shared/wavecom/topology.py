"""Queues, exchanges, delays and limits: pure data, imported by the code, the CDK app and the tests alike."""

from dataclasses import dataclass
from typing import Final

HIGH_PRIORITY: Final = "high_priority"
STANDARD: Final = "notifications"
LANES: Final = (HIGH_PRIORITY, STANDARD)
DEAD_LETTERS: Final = "notifications_dlq"
WEBHOOKS: Final = "webhooks"
"""Events that are to be passed to endpoints."""
SLOW_WEBHOOKS: Final = "webhooks_slow"
"""Deliveries to endpoints that are not known to answer quickly, so that they delay no other."""
WEBHOOK_QUEUES: Final = (WEBHOOKS, SLOW_WEBHOOKS)

RETRY: Final = "retry"
"""The delay queue of SQS, and the name under which the depth of all delay queues is reported."""

RETRY_DELAYS_SECONDS: Final = (5, 25, 125)
"""5^n seconds for the n-th retry. RabbitMQ has one queue per delay, so a long one never holds up a short one."""

LANES_EXCHANGE: Final = "lanes"
"""RabbitMQ's exchange in front of the lanes: a message's routing key is the lane it goes to."""

MAX_SHARDS: Final = 16
"""Queues that RabbitMQ may spread a lane over; Lambda reads each with one execution environment."""

LANE_MAX_LENGTH: Final = 100_000
"""RabbitMQ refuses a publish beyond this; the notification stays PENDING for the sweep."""

WAITING_MAX_LENGTH: Final = 1_000_000
"""The limit of a delay queue and of the dead letters, which drop their oldest: the database has all of them."""

SQS_MAX_DELAY_SECONDS: Final = 900
"""The longest delay of a message (Amazon SQS developer guide, "Amazon SQS message timers")."""

SQS_MAX_RECEIVES: Final = 10
"""Redrive after this many receives: the last resort, since the handler raises for no single message."""

DEAD_LETTERS_KEPT_SECONDS: Final = 14 * 86_400
"""The longest that SQS keeps a message (Amazon SQS API reference, "SetQueueAttributes"); RabbitMQ does the same."""

LEASE_SECONDS: Final = 90
"""The duration of a claim, unless LEASE_SECONDS overrides it."""

PROVIDER_TIMEOUT_SECONDS: Final = 10
"""The longest wait for a provider, unless PROVIDER_TIMEOUT_SECONDS overrides it."""

WEBHOOK_TIMEOUT_SECONDS: Final = 15
"""The longest wait for an endpoint's whole answer."""
WEBHOOK_CALLS_AT_ONCE: Final = 128
"""Parallel calls of endpoints of a process."""
WEBHOOK_PORTS: Final = (443, 8443)
"""The ports that endpoints may have."""
WEBHOOK_BATCH: Final = 20
"""The most messages of webhooks in one batch."""
WEBHOOK_FUNCTION_TIMEOUT_SECONDS: Final = 60
"""The longest that a batch of webhooks takes: as long as its deliveries are claimed for."""
WEBHOOK_VISIBILITY_SECONDS: Final = 6 * WEBHOOK_FUNCTION_TIMEOUT_SECONDS
"""The time for which a message stays invisible: six invocations, as for the lanes (`DeliveryLimits`)."""

SENDS_AT_ONCE: Final = 256
"""Parallel provider calls of a process, unless SENDS_AT_ONCE overrides it."""

SEND_BOUND: Final = 3
"""The longest send, in timeouts: wait for a connection or token, make the call, repeat it with a new token."""

BATCH_MAX: Final = 1000
"""The most messages in one batch, however long the lease: an invocation holds them in memory."""

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""The largest request. As base64 and with its headers it fits the 6 MB limit of a Lambda invocation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLimits:
    """Limits that follow from the lease: times in seconds, the batch in messages.

    A send begins only while its lease is long enough for it; an invocation ends with the leases it took; a batch is no
    larger than what can begin within them if every send takes its whole timeout; and a message stays invisible for six
    invocations (AWS Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping").
    """

    lease: int
    function_timeout: int
    visibility_timeout: int
    batch_size: int


def delivery_limits(
    lease_seconds: int = LEASE_SECONDS,
    provider_timeout_seconds: int = PROVIDER_TIMEOUT_SECONDS,
    sends_at_once: int = SENDS_AT_ONCE,
) -> DeliveryLimits:
    """Return the limits of delivery. Raises ValueError if no send could begin within the lease."""
    begin_within = lease_seconds - SEND_BOUND * provider_timeout_seconds
    if begin_within <= 0:
        raise ValueError(f"The lease must be longer than {SEND_BOUND} times the provider's timeout")
    return DeliveryLimits(
        lease=lease_seconds,
        function_timeout=lease_seconds,
        visibility_timeout=6 * lease_seconds,
        batch_size=min(BATCH_MAX, max(1, sends_at_once * begin_within // provider_timeout_seconds)),
    )


def delay_queue(seconds: int) -> str:
    """Return the name of RabbitMQ's queue for a delay, for example ``retry.5s``."""
    return f"{RETRY}.{seconds}s"


def delay_at_most(seconds: float) -> int:
    """Return the longest delay queue not above ``seconds``, or the shortest there is."""
    return max((delay for delay in RETRY_DELAYS_SECONDS if delay <= seconds), default=RETRY_DELAYS_SECONDS[0])


def shards(lane: str, count: int) -> tuple[str, ...]:
    """Return the RabbitMQ queues that a lane is spread over. The first has the lane's own name."""
    return (lane, *(f"{lane}.{number}" for number in range(1, count)))


def rabbitmq_queues(lane_shards: int = 1) -> dict[str, dict[str, object]]:
    """Return every RabbitMQ queue with its arguments. All are durable quorum queues.

    A delay queue dead-letters to the exchange of the lanes, where a message's routing key is its lane. It does so at
    least once, which RabbitMQ offers with ``reject-publish`` only (RabbitMQ documentation, "Quorum Queues":
    at-least-once dead-lettering).
    """
    quorum: dict[str, object] = {"x-queue-type": "quorum"}
    lane = quorum | {"x-max-length": LANE_MAX_LENGTH, "x-overflow": "reject-publish"}
    delays = {
        delay_queue(seconds): quorum
        | {
            "x-message-ttl": seconds * 1000,
            "x-dead-letter-exchange": LANES_EXCHANGE,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length": WAITING_MAX_LENGTH,
        }
        for seconds in RETRY_DELAYS_SECONDS
    }
    dead_letters = quorum | {
        "x-max-length": WAITING_MAX_LENGTH,
        "x-overflow": "drop-head",
        "x-message-ttl": DEAD_LETTERS_KEPT_SECONDS * 1000,
    }
    lanes = {queue: lane for name in LANES for queue in shards(name, lane_shards)}
    return {**lanes, **dict.fromkeys(WEBHOOK_QUEUES, lane), **delays, DEAD_LETTERS: dead_letters}


def delay_exchange(seconds: int) -> str:
    """Return the fanout exchange in front of a delay queue.

    Publishing to it with the lane as routing key puts the message in the delay queue and keeps the lane as
    the key with which it is dead-lettered back.
    """
    return delay_queue(seconds)


SQS_QUEUES: Final = (*LANES, RETRY, DEAD_LETTERS, *WEBHOOK_QUEUES)
