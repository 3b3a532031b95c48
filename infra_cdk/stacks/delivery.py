"""Delivery and its upkeep: a consumer for each lane and one for webhooks, the sweep, and the observer."""

from typing import Any

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.foundation import Foundation
from infra_cdk.parts.function import Code, WaveComFunction
from infra_cdk.parts.schedule import EveryMinute
from infra_cdk.settings import StageSettings
from wavecom import topology

CONSUMER_MEMORY_MB = 1769
"""One whole processor (AWS Lambda developer guide, "Configure Lambda function memory")."""
SCHEDULED_TIMEOUT = Duration.seconds(55)


class DeliveryStack(Stack):
    """The consumers and the scheduled functions. ``receipts_url`` is the address for providers' delivery reports."""

    def __init__(self, scope: Construct, name: str, *, foundation: Foundation, receipts_url: str, **stack: Any) -> None:
        super().__init__(scope, name, **stack)
        settings, messaging, attachments = foundation.settings, foundation.messaging, foundation.data.attachments
        code = Code(self, "Code", built=foundation.built, settings=settings)

        def consumer(lane: str) -> WaveComFunction:
            return WaveComFunction(
                self,
                f"Deliver{lane.title()}",
                name=f"deliver-{lane}",
                module="deliver",
                code=code,
                foundation=foundation,
                description=f"Delivers the {lane} lane",
                memory_mb=CONSUMER_MEMORY_MB,
                timeout=Duration.seconds(settings.limits().function_timeout),
                rights=[*messaging.may_publish(), *may_send(settings), *attachments.may_send()],
                environment={"receipts_url": receipts_url},
            )

        self.high, self.standard = consumer("high"), consumer("standard")
        self.webhooks = WaveComFunction(
            self,
            "Webhooks",
            name="webhooks",
            module="webhooks",
            code=code,
            foundation=foundation,
            description="Delivers events to clients' endpoints",
            memory_mb=CONSUMER_MEMORY_MB,
            timeout=Duration.seconds(topology.WEBHOOK_FUNCTION_TIMEOUT_SECONDS),
            rights=messaging.may_publish(topology.WEBHOOK_QUEUES),
        )
        messaging.add_event_sources(self.high.function, self.standard.function, self.webhooks.function)
        self.sweep = WaveComFunction(
            self,
            "Sweep",
            name="sweep",
            module="sweep",
            code=code,
            foundation=foundation,
            description="Puts back what nobody moved in time",
            memory_mb=1024,
            timeout=SCHEDULED_TIMEOUT,
            rights=[*messaging.may_publish(), *messaging.may_read_depths(), *attachments.may_delete()],
            reserved=settings.sweep_reserved,
        )
        self.observe = WaveComFunction(
            self,
            "Observe",
            name="observe",
            module="observe",
            code=code,
            foundation=foundation,
            description="Publishes metrics and sets the degradation level",
            memory_mb=512,
            timeout=SCHEDULED_TIMEOUT,
            rights=[*messaging.may_read_depths(), *may_ask_for_sandboxes(settings)],
        )
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            queue_name=f"{settings.prefix}-schedule-undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(self.undelivered, "It is a dead-letter queue", "AwsSolutions-SQS3")
        for function in (self.sweep, self.observe):
            EveryMinute(self, f"{function.node.id}Schedule", function=function, undelivered=self.undelivered)
        attachments.explain(self.high, self.standard, self.sweep)
        for function in (self.high, self.standard, self.webhooks):
            _acknowledge_polling(function, settings)
        for function in (self.high, self.standard):
            _acknowledge_sends(function, settings)
        if sandbox_actions(settings):
            acknowledge(self.observe, "An account as a whole has no ARN", "AwsSolutions-IAM5[Resource::*]")

    @property
    def functions(self) -> list[WaveComFunction]:
        """All functions of the stack."""
        return [self.high, self.standard, self.webhooks, self.sweep, self.observe]


def may_send(settings: StageSettings) -> list[iam.PolicyStatement]:
    """Return the rights to send by the AWS services that the stage names."""
    rights = []
    if settings.ses is not None:
        where = f"arn:{Aws.PARTITION}:ses:{settings.region}:{Aws.ACCOUNT_ID}"
        identities = [f"{where}:identity/{identity}" for identity in settings.ses.identities]
        rights.append(
            iam.PolicyStatement(
                # SendEmail with raw content, as messages with attachments have it, asks for SendRawEmail.
                actions=["ses:SendEmail", "ses:SendBulkEmail", "ses:SendRawEmail"],
                resources=[*identities, f"{where}:configuration-set/{settings.prefix}"],
            )
        )
    if settings.sns_sms:
        # A phone number is not a resource; topics are denied (Amazon SNS developer guide, "Identity-based policies").
        rights.append(iam.PolicyStatement(actions=["sns:Publish"], resources=["*"]))
        rights.append(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=["sns:Publish"],
                resources=[f"arn:{Aws.PARTITION}:sns:*:*:*"],
            )
        )
    if settings.sms_origination_arns:
        rights.append(
            iam.PolicyStatement(actions=["sms-voice:SendTextMessage"], resources=list(settings.sms_origination_arns))
        )
    return rights


def sandbox_actions(settings: StageSettings) -> list[str]:
    """Return the actions that ask the stage's services whether the account is in a sandbox."""
    asked = {
        "ses:GetAccount": settings.ses is not None,
        "sns:GetSMSSandboxAccountStatus": settings.sns_sms,
        "sms-voice:DescribeAccountAttributes": bool(settings.sms_origination_arns),
    }
    return [action for action, is_asked in asked.items() if is_asked]


def may_ask_for_sandboxes(settings: StageSettings) -> list[iam.PolicyStatement]:
    """Return the right to ask. None of the actions has a resource (AWS service authorization reference)."""
    actions = sandbox_actions(settings)
    return [iam.PolicyStatement(actions=actions, resources=["*"])] if actions else []


def _acknowledge_polling(function: WaveComFunction, settings: StageSettings) -> None:
    if settings.has_broker:
        acknowledge(
            function,
            "Lambda's poller makes network interfaces, which have no ARN beforehand",
            "AwsSolutions-IAM5[Resource::*]",
        )


def _acknowledge_sends(function: WaveComFunction, settings: StageSettings) -> None:
    if settings.sns_sms:
        acknowledge(function, "A phone number has no ARN; topics are denied", "AwsSolutions-IAM5[Resource::*]")
