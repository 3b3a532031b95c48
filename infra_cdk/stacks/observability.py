"""Observability: the topic, the alarms, the dashboard."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra_cdk.foundation import Foundation
from infra_cdk.parts.alarm_topic import alarm_topic, notify_recovery
from infra_cdk.parts.alarms import SILENCE_IS_GOOD, Alarms
from infra_cdk.parts.api_alarms import add_api_alarms
from infra_cdk.parts.broker_alarms import add_broker_alarms
from infra_cdk.parts.dashboard import DashboardContent, make_dashboard
from infra_cdk.parts.function_alarms import add_function_alarms
from infra_cdk.parts.limit_alarms import add_limit_alarms
from infra_cdk.parts.queue_alarms import add_queue_alarms
from infra_cdk.parts.service_alarms import add_service_alarms
from infra_cdk.stacks.api import ApiStack
from infra_cdk.stacks.delivery import DeliveryStack


class ObservabilityStack(Stack):
    """The stack of the alarms, all of which go to one topic."""

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
        topic = alarm_topic(self, f"{settings.prefix}-alarms", settings, foundation.key)
        functions = [*api.functions, *delivery.functions]
        alarms = Alarms(self, "Alarms", settings=settings, topic=topic)
        add_service_alarms(alarms, settings)
        add_queue_alarms(alarms, settings)
        add_function_alarms(alarms, settings, functions)
        add_api_alarms(alarms, settings, api.http_api, api=api.api, feed=api.feed)
        add_limit_alarms(alarms, foundation.network.nat_gateways if foundation.network else [])
        alarms.add(
            "schedule-undelivered",
            delivery.undelivered.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            threshold=0,
            means="A scheduled function could not be called.",
            section="heartbeat-missing",
            missing=SILENCE_IS_GOOD,
        )
        if api.ses is not None:
            alarms.add(
                "reports-undelivered",
                api.ses.undelivered.metric_approximate_number_of_messages_visible(statistic="Maximum"),
                threshold=0,
                means="Delivery reports of Amazon SES could not be applied.",
                section="delivery-reports",
                missing=SILENCE_IS_GOOD,
            )
        if settings.has_broker:
            add_broker_alarms(alarms, settings)
        notify_recovery(self, topic, alarms.paging)
        make_dashboard(
            self,
            DashboardContent(
                settings=settings,
                alarms=alarms.all,
                http_api=api.http_api,
                api=api.api,
                feed=api.feed,
                consumers=[delivery.high, delivery.standard],
                webhooks=delivery.webhooks,
                functions=functions,
                observe=delivery.observe,
            ),
        )
        CfnOutput(self, "AlarmTopicArn", value=topic.topic_arn, description="Where alarms go")
