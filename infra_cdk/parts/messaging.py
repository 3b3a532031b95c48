"""The functions' needs of a queue engine: their settings, their rights, and the consumers' event sources."""

from collections.abc import Collection
from typing import Protocol

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager


class Messaging(Protocol):
    """A queue engine, as the functions see it."""

    environment: dict[str, str]
    """Settings of the functions that use queues, by the fields of `wavecom.settings.Settings`."""

    @property
    def credentials(self) -> secretsmanager.ISecret | None:
        """The secret that holds ``amqp_credentials``."""

    def may_publish(self, queues: Collection[str] | None = None) -> list[iam.PolicyStatement]:
        """Return the rights of a function that publishes to ``queues``, or to all, beyond reading the credentials."""

    def may_read_depths(self) -> list[iam.PolicyStatement]:
        """Return the rights of a function that reads depths, beyond reading the credentials."""

    def add_event_sources(self, high: lambda_.Function, standard: lambda_.Function, webhooks: lambda_.Function) -> None:
        """Create the event source mappings of both lanes' consumers, and of that of webhooks."""
