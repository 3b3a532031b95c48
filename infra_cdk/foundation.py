"""What every stack of functions stands on."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from infra_cdk.parts.messaging import Messaging
from infra_cdk.settings import StageSettings
from infra_cdk.stacks.data import DataStack, may_read
from infra_cdk.stacks.network import NetworkStack
from layers.build import Built


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """The stage's settings, and the stacks below the functions. ``built`` is the code that they run."""

    settings: StageSettings
    built: Built
    data: DataStack
    messaging: Messaging
    network: NetworkStack | None

    @property
    def key(self) -> kms.Key | None:
        """The account's own key, if the stage has one."""
        return self.data.key

    @property
    def placement(self) -> tuple[ec2.IVpc | None, Sequence[ec2.ISecurityGroup] | None]:
        """Where functions stand: a VPC and their security groups, or neither."""
        return (self.network.vpc, [self.network.functions]) if self.network else (None, None)

    def environment(self, *, with_providers: bool) -> dict[str, str]:
        """Return the settings that functions share. Secrets are named, never held."""
        settings = self.settings
        environment = {
            "MONGODB_URI_SECRET": self.data.mongodb_uri.secret_arn,
            "MONGODB_DATABASE": settings.mongodb_database,
            "POWERTOOLS_LOG_LEVEL": settings.log_level,
            "POWERTOOLS_METRICS_NAMESPACE": settings.metrics_namespace,
            "TRACING": str(settings.tracing).lower(),
            "LEASE_SECONDS": str(settings.lease_seconds),
            "PROVIDER_TIMEOUT_SECONDS": str(settings.provider_timeout_seconds),
            "SENDS_AT_ONCE": str(settings.sends_at_once),
            **self.messaging.environment,
        }
        if with_providers and self.data.providers:
            environment["PROVIDERS_SECRET"] = self.data.providers.secret_arn
        return environment

    def may_read_secrets(self, *, with_providers: bool) -> list[iam.PolicyStatement]:
        """Return the rights to read the secrets that `environment` names."""
        rights = [may_read(self.data.mongodb_uri)]
        if with_providers and self.data.providers:
            rights.append(may_read(self.data.providers))
        if self.key:
            rights.append(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[self.key.key_arn]))
        return rights
