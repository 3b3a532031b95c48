"""The queues, on the engine of the stage."""

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from infra_cdk.parts.messaging import Messaging
from infra_cdk.parts.rabbitmq_broker import RabbitMQBroker
from infra_cdk.parts.sqs_queues import SqsQueues
from infra_cdk.settings import StageSettings
from infra_cdk.stacks.data import DataStack
from infra_cdk.stacks.network import NetworkStack


class MessagingStack(Stack):
    """The stack of the queues; ``engine`` is `SqsQueues` or a `RabbitMQBroker`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: StageSettings,
        data: DataStack,
        network: NetworkStack | None,
        **stack: Any,
    ) -> None:
        super().__init__(scope, name, **stack)
        self.engine: Messaging
        if settings.queue_engine == "sqs":
            self.engine = SqsQueues(self, "Queues", settings=settings, key=data.key)
        else:
            self.engine = RabbitMQBroker(
                self,
                "Broker",
                settings=settings,
                key=data.key,
                vpc=network.vpc if network else None,
                security_group=network.broker if network else None,
            )
