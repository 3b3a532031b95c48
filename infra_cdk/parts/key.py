"""The account's own encryption key, if the stage asks for one."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra_cdk.parts.removal import removal
from infra_cdk.settings import StageSettings

SERVICES = ("cloudwatch.amazonaws.com", "sns.amazonaws.com", "ses.amazonaws.com")
"""Services that publish to encrypted topics and queues on the account's behalf."""


def encryption_key(scope: Construct, settings: StageSettings) -> kms.Key | None:
    """Return a key that the account's queues, topics, logs and secrets share, None with ``encryption: aws``."""
    if settings.encryption == "aws":
        return None
    key = kms.Key(
        scope,
        "Key",
        alias=f"alias/{settings.prefix}",
        description=f"WaveCom {settings.stage}: queues, topics, logs, secrets",
        enable_key_rotation=True,
        removal_policy=removal(settings),
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ServicesThatPublish",
            principals=[iam.ServicePrincipal(service) for service in SERVICES],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Events",
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Logs",
            principals=[iam.ServicePrincipal(f"logs.{settings.region}.amazonaws.com")],
            actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
            resources=["*"],
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": (
                        f"arn:{Aws.PARTITION}:logs:{settings.region}:{Aws.ACCOUNT_ID}:log-group:*{settings.prefix}*"
                    )
                }
            },
        )
    )
    return key
