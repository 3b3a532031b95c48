"""All settings, read from the environment once a process and validated at once."""

import json
import os
import re
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from wavecom import topology
from wavecom.adapters.providers.configuration import AnyProvider, SimulatedConfig
from wavecom.domain.content.attachments import KNOWN_TYPES, USUAL_TYPES
from wavecom.domain.content.sms import MAX_SEGMENTS
from wavecom.domain.degradation import Thresholds
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.timings import Timings
from wavecom.domain.tenants import TENANT_ID

_SEALING_KEYS: Final = re.compile(r"[!-~]{32,}( [!-~]{32,})*")
SECRET_SETTINGS = ("mongodb_uri", "amqp_credentials", "providers", "sealing_key")
"""Settings that a secret may hold: ``MONGODB_URI_SECRET`` names the one of AWS Secrets Manager for ``MONGODB_URI``."""
Seconds = Annotated[float, Field(gt=0, le=86_400)]


def simulated(channel: Channel) -> SimulatedConfig:
    """Return the simulated provider of a channel."""
    return SimulatedConfig(kind="simulated", name=f"simulated-{channel.lower()}", channel=channel)


def _variable(location: tuple[int | str, ...]) -> str:
    """Return the environment variable with the error, and the place within it if it is JSON."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location[1:])
    return f"{str(location[0]).upper() if location else ''}{path}"


class SettingsError(Exception):
    """A setting is missing or wrong; the text names the environment variable."""


class AmqpCredentials(BaseModel):
    """The user name and password for RabbitMQ, in the format that Lambda's event source mappings require."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    username: str
    password: SecretStr


class Settings(BaseModel):
    """WaveCom's settings. Each field is the environment variable of the same name in capitals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mongodb_uri: Annotated[SecretStr, Field(description="MongoDB connection string; needs a replica set")]
    mongodb_database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}$", description="Database name")] = "wavecom"
    mongodb_pool_size: Annotated[
        int, Field(ge=1, le=1_000, description="Connections of a process to a node of the database")
    ] = 100

    broker: Annotated[Literal["sqs", "rabbitmq"], Field(description="Queue engine")] = "sqs"
    amqp_url: Annotated[SecretStr | None, Field(description="RabbitMQ address, for BROKER=rabbitmq")] = None
    amqp_credentials: Annotated[
        AmqpCredentials | None, Field(description="JSON `username` and `password`, where AMQP_URL has none")
    ] = None
    lane_shards: Annotated[
        int, Field(ge=1, le=topology.MAX_SHARDS, description="RabbitMQ queues that each lane is spread over")
    ] = 1
    aws_region: Annotated[str, Field(description="Region of SQS and SES")] = "us-east-1"
    aws_endpoint_url: Annotated[str | None, Field(description="AWS emulator to use instead of AWS")] = None
    sqs_queue_prefix: Annotated[str, Field(description="Put before every SQS queue name")] = ""

    rate_limit_per_minute: Annotated[int, Field(ge=1, description="Requests a minute and API key")] = 100
    cors_origins: Annotated[
        tuple[str, ...], Field(description="Origins that browsers may call from, separated by commas")
    ] = ()
    max_body_bytes: Annotated[int, Field(ge=1024, description="Largest request body")] = topology.MAX_BODY_BYTES
    sms_max_segments: Annotated[
        int, Field(ge=1, le=MAX_SEGMENTS, description="Segments of the longest SMS that is accepted, 10 at the most")
    ] = 6
    development_tenant: Annotated[
        str | None,
        Field(
            pattern=f"^{TENANT_ID.pattern}$",
            description="Tenant of requests without a key; only for a server on loopback",
        ),
    ] = None
    aws_lambda_function_name: Annotated[str | None, Field(description="Set by AWS Lambda")] = None

    elevated_per_minute: Annotated[int, Field(ge=1, description="Load above which level 2 begins")] = 50_000
    high_per_minute: Annotated[int, Field(ge=1, description="Load above which level 3 begins")] = 100_000
    extreme_per_minute: Annotated[int, Field(ge=1, description="Load above which level 4 begins")] = 200_000

    sends_at_once: Annotated[int, Field(ge=1, le=1024, description="Provider calls at once in a process")] = (
        topology.SENDS_AT_ONCE
    )
    pending_timeout_seconds: Annotated[Seconds, Field(description="PENDING this long: the sweep queues it")] = 15
    queued_timeout_seconds: Annotated[Seconds, Field(description="QUEUED this long: the sweep looks")] = 300
    lease_seconds: Annotated[Seconds, Field(description="How long a claim holds")] = topology.LEASE_SECONDS
    recipient_retry_seconds: Annotated[
        int, Field(ge=0, le=432_000, description="How long a greylisted or full mailbox is tried in all")
    ] = 14_400
    retry_margin_seconds: Annotated[Seconds, Field(description="A retry this late is taken for lost")] = 30

    providers: Annotated[
        tuple[AnyProvider, ...], Field(description="Providers, a JSON list; without it all are simulated")
    ] = ()
    provider_timeout_seconds: Annotated[Seconds, Field(description="Longest wait for a provider")] = (
        topology.PROVIDER_TIMEOUT_SECONDS
    )
    receipts_url: Annotated[
        str | None,
        Field(pattern=r"^https?://[^/]+$", description="Where providers send delivery reports, up to the path"),
    ] = None
    links_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,253}$",
            description="Where recipients reach the API, for links in email",
        ),
    ] = None
    sealing_key: Annotated[
        SecretStr | None,
        Field(
            description="Random text that seals links and the secrets of webhooks; after a space, earlier ones",
        ),
    ] = None
    attachments_bucket: Annotated[str | None, Field(description="S3 bucket that clients put attachments into")] = None
    uploads_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,253}$",
            description="Where clients reach the local server, which keeps attachments in the database",
        ),
    ] = None
    attachment_types: Annotated[
        tuple[str, ...],
        Field(description="Media types of attachments that are accepted, separated by commas"),
    ] = USUAL_TYPES
    attachment_scanner: Annotated[
        str | None,
        Field(
            pattern=r"^(guardduty|https?://[!-~]+)$",
            description="What scans attachments for malware: `guardduty`, or the address of a scanner",
        ),
    ] = None
    webhooks_to_loopback: Annotated[
        bool, Field(description="Whether endpoints may be on this machine and speak plain HTTP, for development")
    ] = False
    replays_per_second: Annotated[float, Field(gt=0, description="Dead letters replayed a second and tenant")] = 100

    simulated_latency_ms: Annotated[int, Field(ge=0, le=60_000, description="Time a simulated provider takes")] = 50
    simulated_failure_rate: Annotated[float, Field(ge=0, le=1, description="Share of sends it refuses for now")] = 0.0
    simulated_down: Annotated[frozenset[Channel], Field(description="Channels whose simulator is down")] = frozenset()
    simulated_journal: Annotated[Path | None, Field(description="File to note accepted messages in")] = None

    tracing: Annotated[bool, Field(description="AWS X-Ray tracing")] = False

    @field_validator("providers", mode="before")
    @classmethod
    def _read_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = None
        if not isinstance(parsed, list):
            raise ValueError("must be a JSON list")  # noqa: TRY004 - Pydantic reports ValueError only
        return parsed

    @field_validator("attachment_types")
    @classmethod
    def _check_types(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        if not types or not set(types) <= set(KNOWN_TYPES):
            raise ValueError(f"must be of these: {', '.join(KNOWN_TYPES)}")
        return types

    @field_validator("sealing_key")
    @classmethod
    def _check_sealing_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None and not _SEALING_KEYS.fullmatch(keys.get_secret_value()):
            raise ValueError("must be 32 or more visible ASCII characters, once or several times with a space between")
        return keys

    @field_validator("amqp_credentials", mode="before")
    @classmethod
    def _read_credentials(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("must be JSON") from None

    @field_validator("cors_origins", "attachment_types", "simulated_down", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> "Settings":
        if self.broker == "rabbitmq" and self.amqp_url is None:
            raise ValueError("AMQP_URL is required with BROKER=rabbitmq")
        if self.development_tenant and self.aws_lambda_function_name:
            raise ValueError("DEVELOPMENT_TENANT lets anyone in without a key and must not be set on AWS Lambda")
        if self.webhooks_to_loopback and self.aws_lambda_function_name:
            raise ValueError("WEBHOOKS_TO_LOOPBACK lets clients call this machine and must not be set on AWS Lambda")
        if self.links_url is not None and self.sealing_key is None:
            raise ValueError("LINKS_URL needs SEALING_KEY")
        if self.attachments_bucket is None and self.attachment_scanner == "guardduty":
            raise ValueError("ATTACHMENT_SCANNER=guardduty needs ATTACHMENTS_BUCKET, since it scans objects of S3")
        names = [provider.name for provider in self.providers]
        if len(set(names)) < len(names):
            raise ValueError("PROVIDERS must have names that differ")
        if timedelta(seconds=self.lease_seconds) <= self.send_bound:
            raise ValueError(
                f"LEASE_SECONDS must be more than {topology.SEND_BOUND} times PROVIDER_TIMEOUT_SECONDS "
                "and each provider's timeoutSeconds"
            )
        if not self.elevated_per_minute < self.high_per_minute < self.extreme_per_minute:
            raise ValueError("ELEVATED_PER_MINUTE, HIGH_PER_MINUTE and EXTREME_PER_MINUTE must rise")
        return self

    @classmethod
    def from_environment(
        cls, read_secret: Callable[[str], str] | None = None, *, secrets: Collection[str] = SECRET_SETTINGS
    ) -> "Settings":
        """Read the environment, and with ``read_secret`` (ARN or name to value) the secrets that it names.

        Only the secrets of the settings in ``secrets`` are read: a function may not read what others need.
        Raises `SettingsError`, which names each wrong variable, never its value.
        """
        names = {name.upper(): name for name in cls.model_fields}
        given = {names[variable]: value for variable, value in os.environ.items() if variable in names and value}
        for name in SECRET_SETTINGS:
            secret = os.environ.get(f"{name.upper()}_SECRET")
            if secret and name in secrets and name not in given and read_secret is not None:
                given[name] = read_secret(secret)
        try:
            return cls.model_validate(given)
        except ValidationError as exc:
            raise SettingsError(
                "; ".join(
                    f"{_variable(error['loc'])}: {error['msg'].removeprefix('Value error, ')}".removeprefix(": ")
                    for error in exc.errors(include_input=False, include_url=False)
                )
            ) from None

    def timings(self) -> Timings:
        """Return the time limits of each status. A send begins only while its lease is long enough for it."""
        return Timings(
            pending=timedelta(seconds=self.pending_timeout_seconds),
            queued=timedelta(seconds=self.queued_timeout_seconds),
            lease=timedelta(seconds=self.lease_seconds),
            begin_within=timedelta(seconds=self.lease_seconds) - self.send_bound,
            retry_margin=timedelta(seconds=self.retry_margin_seconds),
            recipient_limit=timedelta(seconds=self.recipient_retry_seconds),
        )

    def thresholds(self) -> Thresholds:
        """Return the loads at which degradation levels begin."""
        return Thresholds(self.elevated_per_minute, self.high_per_minute, self.extreme_per_minute)

    def configured_providers(self) -> tuple[AnyProvider, ...]:
        """Return the providers; every channel that has none gets a simulated one."""
        served = {provider.channel for provider in self.providers}
        missing = [channel for channel in Channel if channel not in served]
        return (*self.providers, *(simulated(channel) for channel in missing))

    @property
    def broker_url(self) -> str:
        """RabbitMQ's address with its credentials."""
        url = self.amqp_url.get_secret_value() if self.amqp_url else ""
        if self.amqp_credentials is None:
            return url
        parts = urlsplit(url)
        user = quote(self.amqp_credentials.username, safe="")
        password = quote(self.amqp_credentials.password.get_secret_value(), safe="")
        return parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()

    @property
    def send_bound(self) -> timedelta:
        """The longest time that one send can take, at any provider."""
        default = self.provider_timeout
        return topology.SEND_BOUND * max([default, *(each.timeout(default) for each in self.providers)])

    @property
    def provider_timeout(self) -> timedelta:
        """The longest wait for a provider."""
        return timedelta(seconds=self.provider_timeout_seconds)
