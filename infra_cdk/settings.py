"""All settings of a stage: ``cdk.json``'s context, validated before anything is synthesised."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from infra_cdk.connections import CONNECTIONS_OF_TIER, check_broker_connections, check_connections
from infra_cdk.function_settings import FunctionSettings, Part
from wavecom import topology

Cidr = Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$")]
Arn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:[^\s]+$")]
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z0-9/_+=.@-]{0,512}$")]
"""A name, not an ARN (AWS Secrets Manager API reference, "CreateSecret")."""
TIER = f"^({'|'.join(CONNECTIONS_OF_TIER)})$"
ZoneName = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$")]
DomainName = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]


EDGE_REGION = "us-east-1"
"""The region of CloudFront's web ACLs, certificates and metrics (Amazon CloudFront developer guide)."""


class StageError(Exception):
    """A stage's settings are wrong; the text names each wrong setting."""


class Atlas(Part):
    """A MongoDB Atlas cluster that the app creates, by Atlas's resource types for CloudFormation."""

    profile: Annotated[str, Field(description="Atlas profile of the resource types in this account")] = "default"
    project_id: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]
    cluster_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,23}$")] = "wavecom"
    instance_size: Annotated[str, Field(pattern=TIER)] = "M30"


class Domain(Part):
    """A custom domain name, with its certificate of AWS Certificate Manager. Its owner keeps the DNS record.

    The certificate is in us-east-1 for the site, in the stage's region for the API.
    """

    name: DomainName
    certificate_arn: Arn


class Ses(Part):
    """Amazon SES: the identities to send from. The app creates the configuration set for delivery reports."""

    identities: Annotated[tuple[str, ...], Field(min_length=1)]


class Site(Part):
    """The dashboard behind CloudFront."""

    waf: Annotated[bool, Field(description="AWS WAF with managed rules and a rate limit")] = False
    requests_per_five_minutes: Annotated[int, Field(ge=100, description="From one address, with WAF")] = 10_000
    domain: Domain | None = None


class StageSettings(FunctionSettings):
    """One deployment of WaveCom, with the settings of its functions."""

    stage: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,11}$")]
    account: Annotated[str | None, Field(pattern=r"^\d{12}$")] = None
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    queue_engine: Literal["sqs", "rabbitmq"]
    emulator: Annotated[
        bool,
        Field(description="For an emulator of AWS: no broker and mappings, no uploads, no alarms on sums or latency"),
    ] = False
    architecture: Literal["arm64", "x86_64"] = "arm64"
    log_level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"
    log_retention_days: Literal[7, 14, 30, 60, 90, 180, 365, 400, 731] = 30
    keep_data: Annotated[bool, Field(description="Keep keys, secrets and logs when the stacks are destroyed")] = True
    encryption: Annotated[
        Literal["aws", "kms"],
        Field(description="Keys of the AWS services, or one of this account's own; RabbitMQ knows the former only"),
    ] = "kms"
    alarm_email: Annotated[str | None, Field(pattern=r"^[^@\s]+@[^@\s]+$")] = None
    runbook_url: Annotated[str, Field(description="Where this stage's people read docs/runbook.md")] = "docs/runbook.md"

    network: Annotated[Literal["public", "nat", "privatelink"], Field(description="The functions' way to MongoDB")] = (
        "nat"
    )
    cidr: Cidr = "10.60.0.0/20"
    zones: Annotated[int, Field(ge=2, le=3)] = 2
    zone_names: Annotated[
        list[ZoneName] | None,
        Field(description="The zones by name, as many as zones; without, the first ones that the region lists"),
    ] = None
    nat_gateways: Annotated[int, Field(ge=1, le=3)] = 1
    atlas_endpoint_service: Annotated[
        str | None, Field(description="Atlas's endpoint service, with network privatelink")
    ] = None

    mongodb_secret: Annotated[SecretName, Field(description="Of the secret with MongoDB's connection string")] = ""
    mongodb_tier: Annotated[
        str, Field(pattern=TIER, description="The database's tier of Atlas; with atlas, instanceSize says it")
    ] = "M10"
    mongodb_connections: Annotated[
        int | None, Field(ge=1, description="What a node of the database takes, where that is not its tier's limit")
    ] = None
    mongodb_port: Annotated[
        int | None, Field(ge=1, le=65_535, description="Of a database that is not at Atlas's ports, with network nat")
    ] = None
    providers_secret: Annotated[SecretName | None, Field(description="Of the secret with the providers' JSON")] = None
    atlas: Atlas | None = None
    ses: Ses | None = None
    sns_sms: Annotated[bool, Field(description="Let SMS go by Amazon SNS")] = False
    sms_origination_arns: Annotated[tuple[Arn, ...], Field(description="AWS End User Messaging identities")] = ()

    broker_instance: Annotated[str, Field(pattern=r"^mq\.m7g\.(medium|large|[248]?xlarge|1[26]xlarge)$")] = (
        "mq.m7g.medium"
    )
    broker_nodes: Literal[1, 3] = 1
    broker_endpoint: Annotated[
        str | None,
        Field(
            pattern=r"^amqps?://[^/@\s]+$",
            description="With an emulator: a RabbitMQ that stands in for Amazon MQ",
        ),
    ] = None

    sweep_reserved: Annotated[
        int | None, Field(ge=1, description="Reserved concurrency of the sweep; a new account may have none to reserve")
    ] = 1
    api_reserved: Annotated[
        int | None, Field(ge=1, description="Reserved concurrency of the API: requests at once")
    ] = 100
    feed_reserved: Annotated[
        int | None, Field(ge=1, description="Reserved concurrency of the feed of events: readers at once")
    ] = 20
    receipts_reserved: Annotated[int | None, Field(ge=1, description="Reserved concurrency of delivery reports")] = 20
    account_concurrency: Annotated[
        int, Field(ge=10, description="What the account runs at once, which bounds what has nothing reserved")
    ] = 1_000
    high_consumers: Annotated[int, Field(ge=2, le=1000, description="Of the SQS lane, at the most")] = 4
    standard_consumers: Annotated[int, Field(ge=2, le=1000, description="Of the SQS lane, at the most")] = 8
    webhook_consumers: Annotated[
        int, Field(ge=2, le=1000, description="Of each SQS queue of webhooks, at the most")
    ] = 4
    api_requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    api_burst: Annotated[int, Field(ge=1, le=5_000)] = 2_000
    api_domain: Domain | None = None
    site: Site | None = Site()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.queue_engine == "rabbitmq" and self.network == "public" and not self.emulator:
            raise ValueError("network must be nat or privatelink with queueEngine rabbitmq: the broker is private")
        if self.network == "privatelink" and self.atlas_endpoint_service is None:
            raise ValueError("atlasEndpointService is required with network privatelink")
        if self.atlas is not None and self.network != "nat":
            raise ValueError(
                "network must be nat with atlas; for others, make the cluster in Atlas and name its secret"
            )
        if self.zone_names is not None and len(set(self.zone_names)) != self.zones:
            raise ValueError(f"zoneNames must name {self.zones} zones, as zones says")
        if any(not each.startswith(self.region) for each in self.zone_names or ()):
            raise ValueError(f"zoneNames must be zones of {self.region}, such as {self.region}a")
        if self.nat_gateways > self.zones:
            raise ValueError("natGateways must not be more than zones")
        if self.broker_nodes > self.zones:
            raise ValueError("zones must be 3 with brokerNodes 3: a node stands in each")
        if (self.broker_endpoint is not None) != (self.emulator and self.queue_engine == "rabbitmq"):
            raise ValueError("brokerEndpoint goes with emulator and queueEngine rabbitmq")
        self.limits()
        check_connections(self)
        check_broker_connections(self)
        return self

    @classmethod
    def from_context(cls, stages: object, stage: str, overrides: Mapping[str, Any]) -> "StageSettings":
        """Return the settings of ``stage`` from ``cdk.json``'s ``stages``, overridden by ``-c name=value``.

        Raises `StageError`, which names each wrong setting.
        """
        if not isinstance(stages, Mapping) or stage not in stages:
            known = ", ".join(sorted(stages)) if isinstance(stages, Mapping) else "none"
            raise StageError(f"stage {stage!r} is not in the stages of cdk.json, which has: {known}")
        try:
            return cls.model_validate({"stage": stage, **stages[stage], **overrides})
        except ValidationError as exc:
            raise StageError(
                "; ".join(
                    ".".join(["stages", stage, *map(str, error["loc"])])
                    + f": {error['msg'].removeprefix('Value error, ')}"
                    for error in exc.errors(include_url=False)
                )
            ) from None

    @classmethod
    def check_names(cls, given: Iterable[str]) -> None:
        """Raise `StageError` for names that ``-c name=value`` cannot set. Names that are not words are CDK's own."""
        known = cls.names() | {"stage", "stages"}
        every = {to_camel(name) for name in cls.model_fields}
        for name in sorted(each for each in given if re.fullmatch(r"[A-Za-z_]+", each) and each not in known):
            if name in every:
                raise StageError(f"{name} is set in cdk.json, in the stage itself: it is no plain value")
            raise StageError(f"{name} is no setting of a stage; infra_cdk/settings.py has them all")

    @classmethod
    def names(cls) -> frozenset[str]:
        """Return the names that ``-c name=value`` may set: those of plain values."""
        parts = {"stage", "atlas", "ses", "site", "api_domain", "sms_origination_arns", "zone_names"}
        return frozenset(to_camel(name) for name in cls.model_fields if name not in parts)

    def limits(self) -> topology.DeliveryLimits:
        """Return the limits that follow from the lease. Raises ValueError if no send could begin within it."""
        return topology.delivery_limits(self.lease_seconds, self.provider_timeout_seconds, self.sends_at_once)

    @property
    def prefix(self) -> str:
        """The prefix of every name."""
        return f"wavecom-{self.stage}"

    @property
    def mongodb_secret_name(self) -> str:
        """The name of the secret with MongoDB's connection string."""
        return self.mongodb_secret or f"wavecom/{self.stage}/mongodb-uri"

    @property
    def in_vpc(self) -> bool:
        """True if the functions are in a VPC of their own."""
        return self.network != "public"

    @property
    def has_broker(self) -> bool:
        """True if the app creates an Amazon MQ broker."""
        return self.queue_engine == "rabbitmq" and not self.emulator

    @property
    def metrics_namespace(self) -> str:
        """The CloudWatch namespace of this stage's own metrics."""
        return f"WaveCom/{self.stage}"
