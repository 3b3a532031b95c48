"""Who is told, of what, and where to look: the topic, the alarms, the dashboard."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.foundation import Foundation
from infra_cdk.parts.alarms import Alarms
from infra_cdk.parts.api_alarms import add_api_alarms
from infra_cdk.parts.broker_alarms import add_broker_alarms
from infra_cdk.parts.dashboard import Shown, make_dashboard
from infra_cdk.parts.function_alarms import add_function_alarms
from infra_cdk.parts.queue_alarms import add_queue_alarms
from infra_cdk.parts.service_alarms import add_service_alarms
from infra_cdk.stacks.api import ApiStack
from infra_cdk.stacks.delivery import DeliveryStack


class ObservabilityStack(Stack):
    """Every alarm goes to one topic."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        foundation: Foundation,
        api: ApiStack,
        delivery: DeliveryStack,
        **stack: Any,
    ) -> None:
        super().__init__(scope, name, **stack)
        settings = foundation.settings
        topic = self._topic(foundation)
        functions = [*api.functions, *delivery.functions]
        alarms = Alarms(self, "Alarms", settings=settings, topic=topic)
        add_service_alarms(alarms, settings)
        add_queue_alarms(alarms, settings)
        add_function_alarms(alarms, functions)
        add_api_alarms(alarms, api.http_api)
        alarms.add(
            "schedule-undelivered",
            delivery.undelivered.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            threshold=0,
            means="A scheduled function could not be called.",
            section="heartbeat-missing",
            missing=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        if api.ses is not None:
            alarms.add(
                "reports-undelivered",
                api.ses.undelivered.metric_approximate_number_of_messages_visible(statistic="Maximum"),
                threshold=0,
                means="Delivery reports of Amazon SES could not be applied.",
                section="delivery-reports",
                missing=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
        if settings.has_broker:
            add_broker_alarms(alarms, settings)
        make_dashboard(
            self,
            Shown(
                settings=settings,
                alarms=alarms.all,
                api=api.http_api,
                consumers=[delivery.high, delivery.standard],
                functions=functions,
                observe=delivery.observe,
            ),
        )
        CfnOutput(self, "AlarmTopicArn", value=topic.topic_arn, description="Where alarms go")

    def _topic(self, foundation: Foundation) -> sns.Topic:
        settings = foundation.settings
        topic = sns.Topic(
            self,
            "AlarmTopic",
            topic_name=f"{settings.prefix}-alarms",
            master_key=foundation.key,
            enforce_ssl=True,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        if foundation.key is None:
            acknowledge(topic, "CloudWatch cannot publish with the key of SNS itself", "AwsSolutions-SNS2")
        if settings.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))
        return topic
