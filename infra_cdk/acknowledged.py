"""Findings of cdk-nag that are meant to be, each with its reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *findings: str) -> None:
    """Let ``findings`` (for example ``AwsSolutions-IAM5[Resource::*]``) of ``construct`` pass, for ``reason``."""
    Validations.of(construct).acknowledge(*(Acknowledgment(id=finding, reason=reason) for finding in findings))
