"""Queues, exchanges, delays and limits: pure data, imported by the code, the CDK app and the tests alike."""

from typing import Final

HIGH_PRIORITY: Final = "high_priority"
STANDARD: Final = "notifications"
LANES: Final = (HIGH_PRIORITY, STANDARD)
DEAD_LETTERS: Final = "notifications_dlq"

RETRY: Final = "retry"
"""The delay queue of SQS, and the name under which the depth of all delay queues is reported."""

RETRY_DELAYS_SECONDS: Final = (5, 25, 125)
"""5^n seconds for the n-th retry. RabbitMQ has one queue per delay, so a long one never holds up a short one."""

LANE_MAX_LENGTH: Final = 100_000
"""RabbitMQ refuses a publish beyond this; the notification stays PENDING for the sweep."""

WAITING_MAX_LENGTH: Final = 1_000_000
"""Of a delay queue, and of the dead letters, which give up their oldest: the database has them all."""

SQS_MAX_DELAY_SECONDS: Final = 900
"""Amazon SQS developer guide, "Amazon SQS message timers"."""

SQS_MAX_RECEIVES: Final = 10
"""Redrive after this many receives: the last resort, since the handler raises for no single message."""

SQS_VISIBILITY_TIMEOUT_SECONDS: Final = 120
"""Longer than any invocation of the deliver function, so that a batch under way is not handed out again."""


def delay_queue(seconds: int) -> str:
    """Return the name of RabbitMQ's queue for a delay, for example ``retry.5s``."""
    return f"{RETRY}.{seconds}s"


def delay_at_most(seconds: float) -> int:
    """Return the longest delay queue not above ``seconds``, or the shortest there is."""
    return max((delay for delay in RETRY_DELAYS_SECONDS if delay <= seconds), default=RETRY_DELAYS_SECONDS[0])


def rabbitmq_queues() -> dict[str, dict[str, object]]:
    """Return every RabbitMQ queue with its arguments. All are durable quorum queues.

    A delay queue dead-letters to the default exchange, where a message's routing key is the name of the queue
    it goes to: the lane. It does so at least once, which RabbitMQ offers with ``reject-publish`` only
    (RabbitMQ documentation, "Quorum Queues": at-least-once dead-lettering).
    """
    quorum: dict[str, object] = {"x-queue-type": "quorum"}
    lane = quorum | {"x-max-length": LANE_MAX_LENGTH, "x-overflow": "reject-publish"}
    delays = {
        delay_queue(seconds): quorum
        | {
            "x-message-ttl": seconds * 1000,
            "x-dead-letter-exchange": "",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length": WAITING_MAX_LENGTH,
        }
        for seconds in RETRY_DELAYS_SECONDS
    }
    dead_letters = quorum | {"x-max-length": WAITING_MAX_LENGTH, "x-overflow": "drop-head"}
    return {**dict.fromkeys(LANES, lane), **delays, DEAD_LETTERS: dead_letters}


def delay_exchange(seconds: int) -> str:
    """Return the fanout exchange in front of a delay queue.

    Publishing there with the lane as routing key puts the message in the delay queue and keeps the lane as
    the key under which it dead-letters back.
    """
    return delay_queue(seconds)


SQS_QUEUES: Final = (*LANES, RETRY, DEAD_LETTERS)
