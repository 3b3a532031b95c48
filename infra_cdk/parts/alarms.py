"""The creation of alarms: on one metric or sum, to one topic, with the section of the runbook on what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra_cdk.settings import StageSettings
from wavecom.metrics import Metric

MINUTE = Duration.minutes(1)
SILENCE_IS_BAD = cloudwatch.TreatMissingData.BREACHING
"""For heartbeats only: they report the silence, so that no other alarm has to."""
SILENCE_SAYS_NOTHING = cloudwatch.TreatMissingData.IGNORE
"""For metrics that are published every minute: the alarm keeps its state."""
SILENCE_IS_GOOD = cloudwatch.TreatMissingData.NOT_BREACHING
"""For metrics that are published only when something happens."""
ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A fault with its own alarm, which explains other alarms while it lasts.

    ``healthy`` is the condition on ``metric`` without the fault, for example ``> 0``; ``default`` replaces missing
    values, and fulfils it.
    """

    name: str
    metric: cloudwatch.IMetric
    healthy: str
    default: float

    @property
    def absent(self) -> str:
        """The condition, in CloudWatch's metric math, that holds without the fault."""
        return f"FILL({self.name}, {self.default:g}) {self.healthy}"


class Alarms(Construct):
    """Creates alarms and keeps them in lists."""

    def __init__(self, scope: Construct, name: str, *, settings: StageSettings, topic: sns.ITopic) -> None:
        super().__init__(scope, name)
        self._settings = settings
        self._action = actions.SnsAction(topic)
        self.all: list[cloudwatch.Alarm] = []
        self.paging: list[str] = []

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
        pages: bool = False,
        unless: Sequence[Explanation] = (),
    ) -> None:
        """Alarm when ``metric`` is on the wrong side of ``threshold`` in ``minutes`` of the last ``of`` periods.

        ``section`` is the heading's anchor in docs/runbook.md. An alarm that ``pages`` needs somebody to act at once,
        and its end is notified too. Minutes that one of ``unless`` explains do not count.
        """
        if self._settings.emulator:
            unless = ()
            if isinstance(metric, cloudwatch.MathExpression):
                return
        alarm = cloudwatch.Alarm(
            self,
            name.title().replace("-", ""),
            alarm_name=f"{self._settings.prefix}-{name}",
            alarm_description=f"{means} See {self._settings.runbook_url}#{section}",
            metric=_unexplained(metric, unless, threshold, missing) if unless else metric,
            threshold=threshold,
            comparison_operator=is_bad,
            evaluation_periods=of or minutes,
            datapoints_to_alarm=minutes,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._action)
        self.all.append(alarm)
        if pages:
            self.paging.append(f"{self._settings.prefix}-{name}")


def _unexplained(
    metric: cloudwatch.IMetric,
    explanations: Sequence[Explanation],
    threshold: float,
    missing: cloudwatch.TreatMissingData,
) -> cloudwatch.MathExpression:
    """Return ``metric`` in unexplained minutes, and ``threshold`` in the others, which raises no alarm."""
    absent = " AND ".join(each.absent for each in explanations)
    value = "FILL(value, 0)" if missing is SILENCE_IS_BAD else "value"
    return cloudwatch.MathExpression(
        expression=f"IF({absent}, {value}, {threshold:g})",
        using_metrics={"value": metric, **{each.name: each.metric for each in explanations}},
        period=MINUTE,
    )


def own(
    settings: StageSettings, metric: Metric, statistic: str, *, period: Duration = MINUTE, **dimensions: str
) -> cloudwatch.Metric:
    """Return a metric that WaveCom's own functions publish. Raises ValueError for dimensions of another metric."""
    if tuple(sorted(dimensions)) != tuple(sorted(metric.dimensions)):
        raise ValueError(f"{metric.name} has the dimensions {metric.dimensions}, not {tuple(dimensions)}")
    return cloudwatch.Metric(
        namespace=settings.metrics_namespace,
        metric_name=metric.name,
        dimensions_map={"service": metric.service, **dimensions},
        statistic=statistic,
        period=period,
    )
