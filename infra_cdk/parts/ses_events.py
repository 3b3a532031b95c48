"""Amazon SES's delivery reports: a configuration set whose events come to the receipts function by SNS."""

from aws_cdk import Duration
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.foundation import Foundation
from infra_cdk.parts.function import WaveComFunction

EVENTS = [
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
]


class SesEvents(Construct):
    """The configuration set has the stage's prefix for its name: the provider's ``configurationSet``."""

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
        undelivered = sqs.Queue(
            self,
            "Undelivered",
            queue_name=f"{settings.prefix}-ses-events-undelivered",
            encryption=sqs.QueueEncryption.KMS if foundation.key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=foundation.key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(undelivered, "It is a dead-letter queue", "AwsSolutions-SQS3")
        topic.add_subscription(subscriptions.LambdaSubscription(receipts.function, dead_letter_queue=undelivered))
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
