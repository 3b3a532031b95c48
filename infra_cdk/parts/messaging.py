"""What the functions need of a queue engine: their settings, their rights, and what feeds the consumers."""

from typing import Protocol

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_


class Messaging(Protocol):
    """A queue engine, as the functions see it."""

    environment: dict[str, str]
    """Settings of every function."""

    def may_publish(self) -> list[iam.PolicyStatement]:
        """Return the rights of a function that publishes messages."""

    def may_look(self) -> list[iam.PolicyStatement]:
        """Return the rights of a function that asks for depths."""

    def feed(self, high: lambda_.Function, standard: lambda_.Function) -> None:
        """Make the event source mappings of both lanes' consumers."""
