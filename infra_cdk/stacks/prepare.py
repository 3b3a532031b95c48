"""Preparation before anything consumes: indexes and, on RabbitMQ, the queues. A failure stops the deployment."""

from typing import Any

from aws_cdk import Duration, Stack, triggers
from constructs import Construct

from infra_cdk.foundation import Foundation
from infra_cdk.parts.function import Code, WaveComFunction

TIMEOUT = Duration.minutes(14)
"""The time limit of the function, since an index over many notifications takes long; the trigger waits 15 minutes."""


class PrepareStack(Stack):
    """The prepare function, run in each deployment in which it or its settings have changed."""

    def __init__(self, scope: Construct, name: str, *, foundation: Foundation, **stack: Any) -> None:
        super().__init__(scope, name, **stack)
        code = Code(self, "Code", built=foundation.built, settings=foundation.settings)
        prepare = WaveComFunction(
            self,
            "Prepare",
            name="prepare",
            module="prepare",
            code=code,
            foundation=foundation,
            description="Makes indexes and queues, once a deployment",
            memory_mb=512,
            timeout=TIMEOUT,
            rights=[],
        )
        triggers.Trigger(
            self,
            "Run",
            handler=prepare.function,
            timeout=Duration.minutes(15),
            invocation_type=triggers.InvocationType.REQUEST_RESPONSE,
        )
