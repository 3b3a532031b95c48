"""The places of data: secrets that lead to it, the key that encrypts them, the bucket of attachments, and Atlas."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.parts.atlas import Atlas
from infra_cdk.parts.attachments import Attachments
from infra_cdk.parts.key import encryption_key
from infra_cdk.parts.removal import removal
from infra_cdk.settings import StageSettings
from infra_cdk.stacks.network import NetworkStack


class DataStack(Stack):
    """The secrets that the functions read, and the bucket of attachments.

    Without ``atlas``, the operator has created MongoDB's secret beforehand.
    """

    def __init__(
        self, scope: Construct, name: str, *, settings: StageSettings, network: NetworkStack | None, **stack: Any
    ) -> None:
        super().__init__(scope, name, **stack)
        ssm.StringParameter(
            self,
            "Settings",
            parameter_name=f"/{settings.prefix}/settings",
            description="What this stage was deployed with",
            string_value=settings.model_dump_json(by_alias=True, exclude_defaults=True),
        )
        self.key: kms.Key | None = encryption_key(self, settings)
        if settings.atlas is not None:
            allowed = network.egress_addresses if network else []
            atlas = Atlas(self, "Atlas", atlas=settings.atlas, settings=settings, key=self.key, allowed=allowed)
            self.mongodb_uri: secretsmanager.ISecret = atlas.connection_string
        else:
            self.mongodb_uri = secretsmanager.Secret.from_secret_name_v2(
                self, "MongodbUri", settings.mongodb_secret_name
            )
        self.providers: secretsmanager.ISecret | None = (
            secretsmanager.Secret.from_secret_name_v2(self, "Providers", settings.providers_secret)
            if settings.providers_secret
            else None
        )
        self.sealing_key: secretsmanager.ISecret = secretsmanager.Secret(
            self,
            "LinkKey",  # its first name: another one would draw another secret
            description="Seals links of recipients, and secrets of webhooks",
            encryption_key=self.key,
            removal_policy=removal(settings),
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        )
        self.attachments = Attachments(self, "Attachments", settings=settings, key=self.key)
        acknowledge(self.sealing_key, "What it sealed, in email too, must stay readable", "AwsSolutions-SMG4")


def reference(secret: secretsmanager.ISecret) -> str:
    """Return a function's reference to a secret: the whole ARN of the app's own, the name of the operator's.

    Given an ARN without its last six characters, Secrets Manager does not find a secret whose name ends in a hyphen and
    six characters (AWS Secrets Manager API reference, "GetSecretValue": SecretId).
    """
    return secret.secret_full_arn or secret.secret_name


def may_read(secret: secretsmanager.ISecret) -> iam.PolicyStatement:
    """Return the right to read one secret; if only its name is known, its ARN has six more characters."""
    return iam.PolicyStatement(
        actions=["secretsmanager:GetSecretValue"], resources=[secret.secret_full_arn or f"{secret.secret_arn}-??????"]
    )
