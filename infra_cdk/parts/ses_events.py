"""Amazon SES's delivery reports: a configuration set whose events reach the receipts function by SNS."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.foundation import Foundation
from infra_cdk.parts.function import WaveComFunction

MAX_AGE = Duration.hours(6)
"""The longest that Lambda retries (AWS Lambda API reference, "PutFunctionEventInvokeConfig")."""
EVENTS = [
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.DELIVERY_DELAY,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
    ses.EmailSendingEvent.SEND,
]


class SesEvents(Construct):
    """A configuration set with its queue. Its name, the provider's ``configurationSet``, is the stage's prefix."""

    def __init__(self, scope: Construct, name: str, *, foundation: Foundation, receipts: WaveComFunction) -> None:
        super().__init__(scope, name)
        settings = foundation.settings
        topic = sns.Topic(
            self,
            "Topic",
            topic_name=f"{settings.prefix}-ses-events",
            master_key=foundation.key,
            enforce_ssl=True,
        )
        if foundation.key is None:
            acknowledge(topic, "The stage asks for the keys of AWS, which SES cannot publish with", "AwsSolutions-SNS2")
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            queue_name=f"{settings.prefix}-ses-events-undelivered",
            encryption=sqs.QueueEncryption.KMS if foundation.key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=foundation.key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(self.undelivered, "It is a dead-letter queue", "AwsSolutions-SQS3")
        topic.add_subscription(subscriptions.LambdaSubscription(receipts.function, dead_letter_queue=self.undelivered))
        # SNS is done as soon as Lambda has accepted the event; events that the function fails to apply are kept here.
        role = receipts.role
        role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.undelivered.queue_arn]))
        if foundation.key:
            encrypt = ["kms:GenerateDataKey", "kms:Decrypt"]
            role.add_to_policy(iam.PolicyStatement(actions=encrypt, resources=[foundation.key.key_arn]))
        invocations = lambda_.CfnEventInvokeConfig(
            self,
            "Invocations",
            function_name=receipts.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=int(MAX_AGE.to_seconds()),
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self.undelivered.queue_arn)
            ),
        )
        invocations.node.add_dependency(role)
        configuration_set = ses.ConfigurationSet(
            self,
            "ConfigurationSet",
            configuration_set_name=settings.prefix,
            reputation_metrics=True,
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
        )
        configuration_set.add_event_destination(
            "Reports", destination=ses.EventDestination.sns_topic(topic), events=EVENTS
        )
