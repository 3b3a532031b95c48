"""The common basis of every stack of functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from infra_cdk.connections import POOL_SIZES
from infra_cdk.parts.messaging import Messaging
from infra_cdk.settings import StageSettings
from infra_cdk.stacks.data import DataStack, may_read, reference
from infra_cdk.stacks.network import NetworkStack
from layers.build import Built
from wavecom.needs import NEEDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """The stage's settings, and the stacks below the functions. ``built`` is their code."""

    settings: StageSettings
    built: Built
    data: DataStack
    messaging: Messaging
    network: NetworkStack | None

    @property
    def key(self) -> kms.Key | None:
        """The account's own key, if the stage has one."""
        return self.data.key

    def placement(self, function: str) -> tuple[ec2.IVpc | None, Sequence[ec2.ISecurityGroup] | None]:
        """Return the VPC and security groups of a function, or None for both."""
        if self.network is None:
            return None, None
        return self.network.vpc, [self.network.webhooks if function == "webhooks" else self.network.functions]

    def environment(self, function: str, stack_settings: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of a function: the settings it needs (`wavecom.needs.NEEDS`) and no others.

        Secrets are given by name, never by value.
        """
        stage = {
            **self.settings.function_variables(),
            **self.messaging.environment,
            "mongodb_pool_size": str(POOL_SIZES[function]),
            "attachments_bucket": self.data.attachments.bucket_name,
            **stack_settings,
        }
        needs = NEEDS[function]
        return {
            "POWERTOOLS_LOG_LEVEL": self.settings.log_level,
            "POWERTOOLS_METRICS_NAMESPACE": self.settings.metrics_namespace,
            **{name.upper(): value for name, value in stage.items() if name in needs},
            **{f"{name.upper()}_SECRET": reference(secret) for name, secret in self._secrets(function).items()},
        }

    def may_read_secrets(self, function: str) -> list[iam.PolicyStatement]:
        """Return the rights to read the secrets that `environment` names."""
        rights = [may_read(secret) for secret in self._secrets(function).values()]
        if self.key:
            rights.append(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[self.key.key_arn]))
        return rights

    def _secrets(self, function: str) -> dict[str, secretsmanager.ISecret]:
        """Return the secrets that a function needs, by the settings that they hold."""
        secrets = {
            "mongodb_uri": self.data.mongodb_uri,
            "amqp_credentials": self.messaging.credentials,
            "providers": self.data.providers,
            "sealing_key": self.data.sealing_key,
        }
        return {name: secret for name, secret in secrets.items() if secret is not None and name in NEEDS[function]}
