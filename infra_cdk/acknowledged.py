"""Accepted findings of cdk-nag, each with its reason."""

from aws_cdk import Acknowledgment, Stack, Token, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *findings: str) -> None:
    """Accept ``findings`` (for example ``AwsSolutions-IAM5[Resource::*]``) of ``construct``, for ``reason``."""
    Validations.of(construct).acknowledge(*(Acknowledgment(id=finding, reason=reason) for finding in findings))


def shown_account(stack: Stack) -> str:
    """Return a stack's account as cdk-nag shows it in a finding."""
    return "<AWS::AccountId>" if Token.is_unresolved(stack.account) else stack.account
