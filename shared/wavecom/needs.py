"""The settings that each function needs: a deployment gives it these and no others, and no other's secret."""

from collections.abc import Mapping
from typing import Final

EVERY_FUNCTION: Final = frozenset({"mongodb_uri", "mongodb_database", "mongodb_pool_size", "tracing"})
QUEUES: Final = frozenset({"broker", "amqp_url", "amqp_credentials", "lane_shards", "sqs_queue_prefix"})
PROVIDERS: Final = frozenset({"providers", "provider_timeout_seconds", "lease_seconds"})
"""A lease is checked against the time that the providers may take."""
TIMINGS: Final = frozenset(
    {
        "pending_timeout_seconds",
        "queued_timeout_seconds",
        "lease_seconds",
        "provider_timeout_seconds",
        "recipient_retry_seconds",
        "retry_margin_seconds",
    }
)
LINKS: Final = frozenset({"links_url"})
REQUESTS: Final = frozenset({"rate_limit_per_minute", "cors_origins", "max_body_bytes"})
SECRETS_OF_WEBHOOKS: Final = frozenset({"sealing_key"})
ATTACHMENTS: Final = frozenset({"attachments_bucket", "attachment_scanner"})
SIMULATORS: Final = frozenset({"simulated_latency_ms", "simulated_failure_rate", "simulated_down"})

NEEDS: Final[Mapping[str, frozenset[str]]] = {
    function: EVERY_FUNCTION | needs
    for function, needs in {
        "api": QUEUES
        | PROVIDERS
        | TIMINGS
        | REQUESTS
        | {"sms_max_segments", "replays_per_second"}
        | LINKS
        | SECRETS_OF_WEBHOOKS
        | ATTACHMENTS
        | {"uploads_url", "attachment_types"},
        "feed": REQUESTS,
        "receipts": QUEUES | PROVIDERS | {"receipts_url", "max_body_bytes"},
        "keys": frozenset[str](),
        "deliver": QUEUES | PROVIDERS | TIMINGS | SIMULATORS | {"sends_at_once", "receipts_url"} | ATTACHMENTS,
        "webhooks": QUEUES | SECRETS_OF_WEBHOOKS,
        "sweep": QUEUES | TIMINGS | SECRETS_OF_WEBHOOKS | {"attachments_bucket"},
        "observe": QUEUES | PROVIDERS | {"elevated_per_minute", "high_per_minute", "extreme_per_minute"},
        "prepare": QUEUES - {"sqs_queue_prefix"},  # SQS queues are resources of the stack itself
    }.items()
}
"""Fields of `wavecom.settings.Settings`, by the function's folder below ``functions``."""
