"""The retention of logs: those of the stage, and those of CDK's own functions and AWS services beside it."""

import jsii
from aws_cdk import App, CfnResource, RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct, IValidation

from infra_cdk.settings import StageSettings


def retention(days: int) -> logs.RetentionDays:
    """Return the retention of logs, in CloudWatch's steps."""
    return {
        7: logs.RetentionDays.ONE_WEEK,
        14: logs.RetentionDays.TWO_WEEKS,
        30: logs.RetentionDays.ONE_MONTH,
        60: logs.RetentionDays.TWO_MONTHS,
        90: logs.RetentionDays.THREE_MONTHS,
        180: logs.RetentionDays.SIX_MONTHS,
        365: logs.RetentionDays.ONE_YEAR,
        400: logs.RetentionDays.THIRTEEN_MONTHS,
        731: logs.RetentionDays.TWO_YEARS,
    }[days]


@jsii.implements(IValidation)
class LimitCdkLogs:
    """Limits the logs of CDK's own functions, which fill buckets and call triggers, and removes them with the stack.

    It is a validation of the app because CDK creates some of these functions only while it prepares the app for
    synthesis, after all aspects, and runs validations right after that. It reports no errors.
    """

    def __init__(self, app: App, settings: StageSettings) -> None:
        self._app = app
        self._settings = settings

    def validate(self) -> list[str]:
        """See `constructs.IValidation.validate`."""
        for construct in self._app.node.find_all():
            if isinstance(construct, CfnResource) and construct.cfn_resource_type == "AWS::Lambda::Function":
                self._limit_log(construct)
        return []

    def _limit_log(self, function: CfnResource) -> None:
        has_log = getattr(function, "logging_config", None) is not None
        scope = function.node.scope
        if has_log or not isinstance(scope, Construct) or scope.node.try_find_child("Log") is not None:
            return
        group = logs.LogGroup(
            scope,
            "Log",
            retention=retention(self._settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        function.add_property_override("LoggingConfig", {"LogGroup": group.log_group_name})
