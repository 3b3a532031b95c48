"""A function that runs every minute, and the queue for runs that could not begin."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.parts.function import WaveComFunction

EVERY = Duration.minutes(1)
MAX_AGE = Duration.minutes(1)
"""A late run is useless: the next one does all of its work."""


class EveryMinute(Construct):
    """EventBridge Scheduler calls the function; calls that fail go to ``undelivered``."""

    def __init__(self, scope: Construct, name: str, *, function: WaveComFunction, undelivered: sqs.IQueue) -> None:
        super().__init__(scope, name)
        scheduler_here = iam.ServicePrincipal(
            "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        )
        role = iam.Role(self, "Role", assumed_by=scheduler_here)
        role.add_to_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function.function_arn])
        )
        role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[undelivered.queue_arn]))
        scheduler.Schedule(
            self,
            "Schedule",
            schedule_name=function.name,
            description=f"Runs {function.name} every minute",
            schedule=scheduler.ScheduleExpression.rate(EVERY),
            target=targets.LambdaInvoke(
                function.function,
                role=role.without_policy_updates(),  # it would add every version of the function
                retry_attempts=1,
                max_event_age=MAX_AGE,
                dead_letter_queue=undelivered,
            ),
        )
        lambda_.EventInvokeConfig(
            self, "Invocations", function=function.function, retry_attempts=0, max_event_age=MAX_AGE
        )
