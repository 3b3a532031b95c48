"""The topic of alarms, and the message that an alarm is over."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.settings import StageSettings


def alarm_topic(scope: Construct, name: str, settings: StageSettings, key: kms.IKey | None) -> sns.Topic:
    """Create the topic for this region's alarms, with the stage's address subscribed."""
    topic = sns.Topic(
        scope,
        "AlarmTopic",
        topic_name=name,
        master_key=key,
        enforce_ssl=True,
    )
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        )
    )
    if key is None:
        acknowledge(topic, "CloudWatch cannot publish with the key of SNS itself", "AwsSolutions-SNS2")
    if settings.alarm_email:
        topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))
    return topic


def notify_recovery(scope: Construct, topic: sns.ITopic, alarms: Sequence[str]) -> None:
    """Notify ``topic`` when one of ``alarms``, by name, changes from ALARM to OK.

    An alarm's own OK action would also run on the change from INSUFFICIENT_DATA to OK, for every alarm at the first
    deployment (Amazon CloudWatch user guide, "Alarm actions" and "Alarm events and EventBridge").
    """
    events.Rule(
        scope,
        "AlarmIsOver",
        description="Alarms that page and are over",
        event_pattern=events.EventPattern(
            source=["aws.cloudwatch"],
            detail_type=["CloudWatch Alarm State Change"],
            detail={
                "alarmName": list(alarms),
                "state": {"value": ["OK"]},
                "previousState": {"value": ["ALARM"]},
            },
        ),
        targets=[
            targets.SnsTopic(
                topic,
                message=events.RuleTargetInput.from_text(
                    f"OK: {events.EventField.from_path('$.detail.alarmName')} is over since "
                    f"{events.EventField.from_path('$.time')}. It began at "
                    f"{events.EventField.from_path('$.detail.previousState.timestamp')}."
                ),
            )
        ],
    )
