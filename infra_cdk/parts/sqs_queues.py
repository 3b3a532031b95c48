"""The queues on Amazon SQS, and their event source mappings."""

from collections.abc import Collection
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.settings import StageSettings
from wavecom import topology

WINDOW = Duration.seconds(1)
"""The window; a batch of more than ten needs one (AWS Lambda developer guide, "Amazon SQS event source mappings")."""


class SqsQueues(Construct):
    """Standard queues; every message has its tenant as message group, which makes them fair queues."""

    def __init__(self, scope: Construct, name: str, *, settings: StageSettings, key: kms.IKey | None) -> None:
        super().__init__(scope, name)
        self._settings = settings
        self._key = key
        self.dead_letters = self._queue(
            topology.DEAD_LETTERS, retention_period=Duration.seconds(topology.DEAD_LETTERS_KEPT_SECONDS)
        )
        redrive = sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=topology.SQS_MAX_RECEIVES)
        self.lanes = {
            queue: self._queue(
                queue,
                dead_letter_queue=redrive,
                visibility_timeout=Duration.seconds(
                    topology.WEBHOOK_VISIBILITY_SECONDS
                    if queue in topology.WEBHOOK_QUEUES
                    else settings.limits().visibility_timeout
                ),
                retention_period=Duration.days(14),
            )
            for queue in topology.SQS_QUEUES
            if queue != topology.DEAD_LETTERS
        }
        acknowledge(self.dead_letters, "It is the dead-letter queue", "AwsSolutions-SQS3")
        self.environment = {"broker": "sqs", "sqs_queue_prefix": f"{settings.prefix}-"}
        self.credentials = None

    @property
    def queues(self) -> dict[str, sqs.Queue]:
        """All queues, by their names in the topology."""
        return {**self.lanes, topology.DEAD_LETTERS: self.dead_letters}

    def _queue(self, name: str, **properties: Any) -> sqs.Queue:
        return sqs.Queue(
            self,
            name.title().replace("_", ""),
            queue_name=f"{self._settings.prefix}-{name}",
            encryption=sqs.QueueEncryption.KMS if self._key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=self._key,
            data_key_reuse=Duration.hours(1) if self._key else None,
            enforce_ssl=True,
            **properties,
        )

    def may_publish(self, queues: Collection[str] | None = None) -> list[iam.PolicyStatement]:
        """See `Messaging.may_publish`."""
        arns = [queue.queue_arn for name, queue in self.queues.items() if queues is None or name in queues]
        rights = [iam.PolicyStatement(actions=["sqs:SendMessage", "sqs:GetQueueUrl"], resources=arns)]
        if self._key:
            rights.append(
                iam.PolicyStatement(actions=["kms:GenerateDataKey", "kms:Decrypt"], resources=[self._key.key_arn])
            )
        return rights

    def may_read_depths(self) -> list[iam.PolicyStatement]:
        """See `Messaging.may_read_depths`."""
        arns = [queue.queue_arn for queue in self.queues.values()]
        return [iam.PolicyStatement(actions=["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], resources=arns)]

    def add_event_sources(self, high: lambda_.Function, standard: lambda_.Function, webhooks: lambda_.Function) -> None:
        """See `Messaging.add_event_sources`. The high lane's consumers also take the delay queue's messages."""
        settings = self._settings
        batch = settings.limits().batch_size
        consumers = {
            topology.HIGH_PRIORITY: (high, settings.high_consumers, batch),
            topology.RETRY: (high, settings.high_consumers, batch),
            topology.STANDARD: (standard, settings.standard_consumers, batch),
            **dict.fromkeys(topology.WEBHOOK_QUEUES, (webhooks, settings.webhook_consumers, topology.WEBHOOK_BATCH)),
        }
        for queue, (function, most, batch_size) in consumers.items():
            function.add_event_source(
                sources.SqsEventSource(
                    self.lanes[queue],
                    batch_size=batch_size,
                    max_batching_window=WINDOW,
                    report_batch_item_failures=True,
                    max_concurrency=most,
                )
            )
