"""The queues on Amazon MQ for RabbitMQ: the broker, its credentials, and its event source mappings."""

from collections.abc import Collection

from aws_cdk import Fn, Stack
from aws_cdk import aws_amazonmq as amazonmq
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra_cdk.acknowledged import acknowledge, shown_account
from infra_cdk.parts.removal import removal
from infra_cdk.parts.retention import retention
from infra_cdk.settings import StageSettings
from wavecom import topology

ENGINE_VERSION = "4.2"
USER = "wavecom"
LOGS = ("general", "connection", "channel", "queue")
"""RabbitMQ's categories of log lines, each with a log group of CloudWatch (RabbitMQ documentation, "Logging")."""
RETENTION_RIGHTS = (
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
    "AwsSolutions-IAM5[Resource::*]",
)
STANDARD_WINDOW_SECONDS = 1
"""The window of the standard lane; the high lane keeps Lambda's own 500 ms."""
POLLER_RIGHTS = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
"""The execution role's rights (AWS Lambda developer guide, "Using Lambda with Amazon MQ")."""


class RabbitMQBroker(Construct):
    """A private broker with TLS and logs. The prepare function declares the queues.

    With an emulator, ``brokerEndpoint`` replaces Amazon MQ, and the consumers have no event sources.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: StageSettings,
        key: kms.IKey | None,
        vpc: ec2.IVpc | None,
        security_group: ec2.ISecurityGroup | None,
    ) -> None:
        super().__init__(scope, name)
        self._settings = settings
        self.credentials: secretsmanager.ISecret = secretsmanager.Secret(
            self,
            "Credentials",
            description="WaveCom's RabbitMQ user",
            encryption_key=key,
            removal_policy=removal(settings),
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=f'{{"username": "{USER}"}}',
                generate_string_key="password",
                password_length=40,
                exclude_punctuation=True,
            ),
        )
        acknowledge(self.credentials, "Amazon MQ takes a new password with a reboot only", "AwsSolutions-SMG4")
        self.broker = self._broker(vpc, security_group) if vpc and security_group and settings.has_broker else None
        if self.broker:
            self._limit_logs(self.broker)
        endpoint = settings.broker_endpoint or (self.broker and Fn.select(0, self.broker.attr_amqp_endpoints)) or ""
        self.environment = {"broker": "rabbitmq", "amqp_url": endpoint}

    def _broker(self, vpc: ec2.IVpc, security_group: ec2.ISecurityGroup) -> amazonmq.CfnBroker:
        settings = self._settings
        return amazonmq.CfnBroker(
            self,
            "Broker",
            broker_name=settings.prefix,
            engine_type="RABBITMQ",
            engine_version=ENGINE_VERSION,
            host_instance_type=settings.broker_instance,
            deployment_mode="SINGLE_INSTANCE" if settings.broker_nodes == 1 else "CLUSTER_MULTI_AZ",
            publicly_accessible=False,
            auto_minor_version_upgrade=True,
            subnet_ids=vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnet_ids[
                : settings.broker_nodes
            ],
            security_groups=[security_group.security_group_id],
            logs=amazonmq.CfnBroker.LogListProperty(general=True),
            users=[
                amazonmq.CfnBroker.UserProperty(
                    username=USER,
                    # A dynamic reference, which CloudFormation resolves.
                    password=self.credentials.secret_value_from_json("password").unsafe_unwrap(),
                )
            ],
            maintenance_window_start_time=amazonmq.CfnBroker.MaintenanceWindowProperty(
                day_of_week="SUNDAY", time_of_day="03:00", time_zone="UTC"
            ),
        )

    def _limit_logs(self, broker: amazonmq.CfnBroker) -> None:
        """Set the retention of the logs that Amazon MQ creates. It creates them with the broker, so a stack cannot."""
        for category in LOGS:
            logs.LogRetention(
                self,
                f"{category.title()}Log",
                log_group_name=f"/aws/amazonmq/broker/{broker.ref}/{category}",
                retention=retention(self._settings.log_retention_days),
                removal_policy=removal(self._settings),
            )
        stack = Stack.of(self)
        where = f"arn:<AWS::Partition>:logs:{stack.region}:{shown_account(stack)}:log-group:/aws/amazonmq/broker"
        groups = [f"{where}/<{stack.get_logical_id(broker)}>/{category}:*" for category in LOGS]
        findings = [*RETENTION_RIGHTS, *(f"AwsSolutions-IAM5[Resource::{group}]" for group in groups)]
        for construct in stack.node.children:
            if construct.node.id.startswith("LogRetention"):
                acknowledge(construct, "CDK's own function, for the streams of these logs", *findings)

    def may_publish(self, queues: Collection[str] | None = None) -> list[iam.PolicyStatement]:
        """See `Messaging.may_publish`. The broker checks users, the network admits functions; IAM has no part."""
        return []

    def may_read_depths(self) -> list[iam.PolicyStatement]:
        """See `Messaging.may_read_depths`."""
        return []

    def add_event_sources(self, high: lambda_.Function, standard: lambda_.Function, webhooks: lambda_.Function) -> None:
        """See `Messaging.add_event_sources`: a mapping for each queue, since a mapping has only one environment."""
        if self.broker is None:
            return
        consumers = {topology.HIGH_PRIORITY: (high, None), topology.STANDARD: (standard, STANDARD_WINDOW_SECONDS)}
        for lane, (function, window) in consumers.items():
            self._allow_polling(function, self.broker)
            for queue in topology.shards(lane, self._settings.lane_shards):
                self._map(function, self.broker, queue, self._settings.limits().batch_size, window)
        self._allow_polling(webhooks, self.broker)
        for queue in topology.WEBHOOK_QUEUES:
            self._map(webhooks, self.broker, queue, topology.WEBHOOK_BATCH, None)

    def _map(
        self,
        function: lambda_.Function,
        broker: amazonmq.CfnBroker,
        queue: str,
        batch_size: int,
        window_seconds: int | None,
    ) -> None:
        mapping = lambda_.CfnEventSourceMapping(
            function,
            f"Mapping{queue.title().replace('_', '').replace('.', '')}",
            function_name=function.function_arn,
            event_source_arn=broker.attr_arn,
            queues=[queue],
            batch_size=batch_size,
            maximum_batching_window_in_seconds=window_seconds,
            source_access_configurations=[
                lambda_.CfnEventSourceMapping.SourceAccessConfigurationProperty(
                    type="BASIC_AUTH", uri=self.credentials.secret_arn
                ),
                lambda_.CfnEventSourceMapping.SourceAccessConfigurationProperty(type="VIRTUAL_HOST", uri="/"),
            ],
        )
        # The mapping is checked with the role's rights as soon as it is created.
        if function.role is not None:
            mapping.node.add_dependency(function.role)

    @staticmethod
    def _allow_polling(function: lambda_.Function, broker: amazonmq.CfnBroker) -> None:
        function.add_to_role_policy(iam.PolicyStatement(actions=["mq:DescribeBroker"], resources=[broker.attr_arn]))
        function.add_to_role_policy(iam.PolicyStatement(actions=list(POLLER_RIGHTS), resources=["*"]))
