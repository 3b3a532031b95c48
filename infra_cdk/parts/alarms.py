"""How an alarm is made: on one metric or sum, to one topic, with the section of the runbook that says what to do."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra_cdk.settings import StageSettings
from wavecom.metrics import Metric

MINUTE = Duration.minutes(1)
SILENCE_IS_BAD = cloudwatch.TreatMissingData.BREACHING
"""For what is published every minute: without it, a dead observer would look like a healthy service."""
SILENCE_IS_GOOD = cloudwatch.TreatMissingData.NOT_BREACHING
"""For what is published only when something happens."""
ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


class Alarms(Construct):
    """Makes alarms and remembers them."""

    def __init__(self, scope: Construct, name: str, *, settings: StageSettings, topic: sns.ITopic) -> None:
        super().__init__(scope, name)
        self._settings = settings
        self._action = actions.SnsAction(topic)
        self.all: list[cloudwatch.Alarm] = []

    def add(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        means: str,
        section: str,
        missing: cloudwatch.TreatMissingData,
        is_bad: cloudwatch.ComparisonOperator = ABOVE,
        minutes: int = 1,
        of: int | None = None,
    ) -> None:
        """Alarm when ``metric`` is on the wrong side of ``threshold`` in ``minutes`` of the last ``of`` periods.

        ``section`` is the heading's anchor in docs/runbook.md.
        """
        if self._settings.emulator and isinstance(metric, cloudwatch.MathExpression):
            return
        alarm = cloudwatch.Alarm(
            self,
            name.title().replace("-", ""),
            alarm_name=f"{self._settings.prefix}-{name}",
            alarm_description=f"{means} See {self._settings.runbook_url}#{section}",
            metric=metric,
            threshold=threshold,
            comparison_operator=is_bad,
            evaluation_periods=of or minutes,
            datapoints_to_alarm=minutes,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        self.all.append(alarm)


def own(
    settings: StageSettings, metric: Metric, statistic: str, *, period: Duration = MINUTE, **dimensions: str
) -> cloudwatch.Metric:
    """Return a metric that WaveCom's own functions publish. Raises ValueError for other dimensions than it has."""
    if tuple(sorted(dimensions)) != tuple(sorted(metric.dimensions)):
        raise ValueError(f"{metric.name} has the dimensions {metric.dimensions}, not {tuple(dimensions)}")
    return cloudwatch.Metric(
        namespace=settings.metrics_namespace,
        metric_name=metric.name,
        dimensions_map={"service": metric.service, **dimensions},
        statistic=statistic,
        period=period,
    )
