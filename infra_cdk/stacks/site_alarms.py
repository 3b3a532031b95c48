"""The alarm on CloudFront, whose metrics are only in us-east-1, whatever the stage's region."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra_cdk.parts.alarm_topic import alarm_topic
from infra_cdk.parts.alarms import MINUTE, SILENCE_IS_GOOD, Alarms
from infra_cdk.settings import StageSettings

ERRORS_PERCENT = 5
MINUTES = 5


class SiteAlarmsStack(Stack):
    """An alarm with its own topic: both must be in the metric's region, and the stage's key is not.

    The metric covers all answers, so it also rises when the API fails because the database is away
    (Amazon CloudFront developer guide, "Types of metrics for CloudFront").
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: StageSettings,
        distribution: cloudfront.IDistribution,
        **stack: Any,
    ) -> None:
        super().__init__(scope, name, **stack)
        topic = alarm_topic(self, f"{settings.prefix}-site-alarms", settings, None)
        alarms = Alarms(self, "Alarms", settings=settings, topic=topic)
        alarms.add(
            "site-errors",
            cloudwatch.Metric(
                namespace="AWS/CloudFront",
                metric_name="5xxErrorRate",
                dimensions_map={"DistributionId": distribution.distribution_id, "Region": "Global"},
                statistic="Average",
                period=MINUTE,
            ),
            threshold=ERRORS_PERCENT,
            minutes=MINUTES,
            means=f"More than {ERRORS_PERCENT} % of CloudFront's answers are 5xx.",
            section="site-errors",
            missing=SILENCE_IS_GOOD,
        )
