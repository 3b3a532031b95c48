"""The functions' settings that a stage may set: each goes to the functions that need it."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from wavecom import topology

SET_ELSEWHERE: Final = {
    "mongodb_uri": "a secret, by mongodbSecret or atlas",
    "mongodb_pool_size": "follows from the function",
    "broker": "queueEngine",
    "amqp_url": "the broker that the app makes",
    "amqp_credentials": "a secret that the app makes",
    "sqs_queue_prefix": "the stage's prefix",
    "aws_region": "set by AWS Lambda",
    "aws_endpoint_url": "for an emulator's functions, set by the emulator",
    "aws_lambda_function_name": "set by AWS Lambda",
    "development_tenant": "refused on AWS Lambda",
    "providers": "a secret, by providersSecret",
    "receipts_url": "the API's own address",
    "links_url": "the API's own address",
    "sealing_key": "a secret that the app makes",
    "attachments_bucket": "a bucket that the app makes",
    "webhooks_to_loopback": "refused on AWS Lambda",
    "uploads_url": "for one machine; clients put attachments into the bucket",
    "simulated_journal": "a file, which a function cannot keep",
}
"""Settings of the functions that a stage does not set by these names, and their sources."""


class Part(BaseModel):
    """Settings that belong together. Unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class FunctionSettings(Part):
    """Settings of the functions, by their names in camel case. See docs/settings.md."""

    mongodb_database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")] = "wavecom"
    lane_shards: Annotated[int, Field(ge=1, le=topology.MAX_SHARDS)] = 1
    rate_limit_per_minute: Annotated[int, Field(ge=1)] = 100
    cors_origins: tuple[Annotated[str, Field(pattern=r"^https?://[^/,\s]+$")], ...] = ()
    max_body_bytes: Annotated[int, Field(ge=1024, le=topology.MAX_BODY_BYTES)] = topology.MAX_BODY_BYTES
    sms_max_segments: Annotated[int, Field(ge=1, le=10)] = 6
    attachment_types: tuple[Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]+$")], ...] = (
        "application/pdf",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "text/calendar",
        "text/csv",
        "text/plain",
    )
    attachment_scanner: Annotated[str | None, Field(pattern=r"^(guardduty|https?://[!-~]+)$")] = None
    elevated_per_minute: Annotated[int, Field(ge=1)] = 50_000
    high_per_minute: Annotated[int, Field(ge=1)] = 100_000
    extreme_per_minute: Annotated[int, Field(ge=1)] = 200_000
    sends_at_once: Annotated[int, Field(ge=1, le=1024)] = topology.SENDS_AT_ONCE
    pending_timeout_seconds: Annotated[int, Field(ge=1, le=86_400)] = 15
    queued_timeout_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    lease_seconds: Annotated[int, Field(ge=20, le=900)] = topology.LEASE_SECONDS
    recipient_retry_seconds: Annotated[int, Field(ge=0, le=432_000)] = 14_400
    retry_margin_seconds: Annotated[int, Field(ge=1, le=86_400)] = 30
    provider_timeout_seconds: Annotated[int, Field(ge=1, le=60)] = topology.PROVIDER_TIMEOUT_SECONDS
    replays_per_second: Annotated[float, Field(gt=0)] = 100
    simulated_latency_ms: Annotated[int, Field(ge=0, le=60_000)] = 50
    simulated_failure_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    simulated_down: tuple[Literal["EMAIL", "SMS", "PUSH"], ...] = ()
    tracing: bool = True

    @field_validator("cors_origins", "attachment_types", "simulated_down", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    def function_variables(self) -> dict[str, str]:
        """Return these settings as environment variables, by the fields of `wavecom.settings.Settings`."""
        given = {name: getattr(self, name) for name in FunctionSettings.model_fields}
        return {name: _text(value) for name, value in given.items() if value not in ((), None)}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)
