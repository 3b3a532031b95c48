"""The Lambda functions: one construct for all of them, with a role that lists each right."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.foundation import Foundation
from infra_cdk.parts.removal import removal
from infra_cdk.parts.retention import retention
from infra_cdk.settings import StageSettings
from layers.build import Built, handler

NETWORK_RIGHTS = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
"""The rights for a VPC (AWS Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC")."""
RUNTIME = lambda_.Runtime.PYTHON_3_13


class Code(Construct):
    """The two layers and the functions' own code, as one stack deploys them.

    Each stack has its own layer versions: a version that another stack refers to could not be replaced.
    """

    def __init__(self, scope: Construct, name: str, *, built: Built, settings: StageSettings) -> None:
        super().__init__(scope, name)
        architecture = lambda_.Architecture.ARM_64 if built.architecture == "arm64" else lambda_.Architecture.X86_64
        self.architecture = architecture
        self.functions = lambda_.Code.from_asset(str(built.functions.path))
        self.layers = [
            lambda_.LayerVersion(
                self,
                title,
                layer_version_name=f"{settings.prefix}-{title.lower()}",
                description=f"WaveCom: {title.lower()}",
                code=lambda_.Code.from_asset(str(part.path)),
                compatible_runtimes=[RUNTIME],
                compatible_architectures=[architecture],
            )
            for title, part in (("Dependencies", built.dependencies), ("Code", built.code))
        ]


class WaveComFunction(Construct):
    """One function. ``module`` is its folder below ``functions``; ``name`` its name below the stage's prefix.

    Its settings, and the rights to read its secrets, follow from ``wavecom.needs``; ``environment`` has those that only
    its stack knows, by the fields of `wavecom.settings.Settings`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_name: str,
        *,
        name: str,
        module: str,
        code: Code,
        foundation: Foundation,
        description: str,
        memory_mb: int,
        timeout: Duration,
        rights: Sequence[iam.PolicyStatement],
        environment: Mapping[str, str] | None = None,
        reserved: int | None = None,
    ) -> None:
        super().__init__(scope, construct_name)
        settings = foundation.settings
        vpc, security_groups = foundation.placement(module)
        self.short_name = name
        self.name = f"{settings.prefix}-{name}"
        self.log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{self.name}",
            retention=retention(settings.log_retention_days),
            encryption_key=foundation.key,
            removal_policy=removal(settings),
        )
        self._arn = f"arn:{Aws.PARTITION}:lambda:{settings.region}:{Aws.ACCOUNT_ID}:function:{self.name}"
        self.role = self._role(
            [*foundation.may_read_secrets(module), *rights],
            tracing=settings.tracing,
            in_vpc=settings.in_vpc,
        )
        self.timeout = timeout
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=self.name,
            description=description,
            runtime=RUNTIME,
            architecture=code.architecture,
            handler=handler(module),
            code=code.functions,
            layers=code.layers,
            role=self.role,
            memory_size=memory_mb,
            timeout=timeout,
            environment=foundation.environment(module, environment or {}),
            environment_encryption=foundation.key,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE if settings.tracing else lambda_.Tracing.DISABLED,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS) if vpc else None,
            security_groups=security_groups,
            reserved_concurrent_executions=reserved,
        )
        acknowledge(
            self.function, "The layers are built for Python 3.13, which all of it is tested on", "AwsSolutions-L1"
        )

    def _role(self, rights: Sequence[iam.PolicyStatement], *, tracing: bool, in_vpc: bool) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            role_name=f"{self.name}-{Stack.of(self).region}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self.log_group.log_group_arn]
            )
        )
        anywhere = []
        if tracing:
            anywhere += ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        if in_vpc:
            anywhere += NETWORK_RIGHTS
            # Lambda needs them to place the function; the function's code does not.
            role.add_to_policy(
                iam.PolicyStatement(
                    effect=iam.Effect.DENY,
                    actions=list(NETWORK_RIGHTS),
                    resources=["*"],
                    conditions={"ArnEquals": {"lambda:SourceFunctionArn": self._arn}},
                )
            )
        if anywhere:
            role.add_to_policy(iam.PolicyStatement(actions=anywhere, resources=["*"]))
            acknowledge(
                self, "X-Ray and the network interfaces of a VPC have no ARN to name", "AwsSolutions-IAM5[Resource::*]"
            )
        for right in rights:
            role.add_to_policy(right)
        return role
