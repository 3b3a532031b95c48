"""The parts of CloudFront that must be in us-east-1, whatever the stage's region."""

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from infra_cdk.parts.web_acl import WebAcl
from infra_cdk.settings import Site, StageSettings


class EdgeStack(Stack):
    """The stack of the web ACL."""

    def __init__(self, scope: Construct, name: str, *, settings: StageSettings, site: Site, **stack: Any) -> None:
        super().__init__(scope, name, **stack)
        self.web_acl = WebAcl(self, "WebAcl", settings=settings, site=site)
