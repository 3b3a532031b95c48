"""The templates' references resolved to ARNs, names and addresses, and what a role's policy allows."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from tests.infrastructure.templates import Assembly, as_list

ACCOUNT = "123456789012"
REGION = "eu-central-1"
SUFFIX = "Ab3dEf"
"""What Secrets Manager would put behind a secret's name in its ARN."""
PSEUDO = {"AWS::Partition": "aws", "AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::URLSuffix": "amazonaws.com"}


def arn(service: str, resource: str) -> str:
    """Return an ARN of the stage's account and region."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def secret_arn(name: str) -> str:
    """Return the whole ARN of a secret."""
    return arn("secretsmanager", f"secret:{name}-{SUFFIX}")


ATTRIBUTES: dict[str, Callable[[str, dict[str, Any]], Any]] = {
    "SecretsManager::Secret Ref": lambda name, _: secret_arn(name),
    "KMS::Key Arn": lambda name, _: arn("kms", f"key/{name}"),
    "Lambda::Function Arn": lambda _, function: arn("lambda", f"function:{function['FunctionName']}"),
    "SNS::Topic Ref": lambda _, topic: arn("sns", topic["TopicName"]),
    "SES::ConfigurationSet Ref": lambda _, given: given["Name"],
    "SQS::Queue Arn": lambda _, queue: arn("sqs", queue["QueueName"]),
    "Logs::LogGroup Arn": lambda _, group: arn("logs", f"log-group:{group['LogGroupName']}:*"),
    "AmazonMQ::Broker Arn": lambda _, broker: arn("mq", f"broker:{broker['BrokerName']}"),
    "AmazonMQ::Broker AmqpEndpoints": lambda *_: ["amqps://broker.example:5671"],
    "ApiGatewayV2::Api ApiEndpoint": lambda *_: "https://api.example",
}
"""What a resource's logical id and properties make of its attributes."""


@dataclass(frozen=True)
class Resolved:
    """An assembly, with each function's environment and rights as they are once it is deployed."""

    assembly: Assembly

    @cached_property
    def stacks(self) -> dict[str, str]:
        """The stack of each function."""
        return {
            each["FunctionName"].split("-", 2)[2]: name.split("/")[0]
            for name, each in self.assembly.of_type("Lambda::Function").items()
            if "FunctionName" in each
        }

    @cached_property
    def _exports(self) -> dict[str, tuple[str, Any]]:
        """What each stack exports, by the export's name."""
        return {
            output["Export"]["Name"]: (path.name.removesuffix(".template.json"), output["Value"])
            for path in self.assembly.templates
            for output in json.loads(path.read_text()).get("Outputs", {}).values()
            if "Export" in output
        }

    def environment(self, function: str) -> dict[str, str]:
        """Return a function's variables."""
        variables: dict[str, str] = self.value(
            self.stacks[function], self.assembly.functions[function]["Environment"]["Variables"]
        )
        return variables

    def statements(self, function: str) -> list[dict[str, Any]]:
        """Return the statements of a function's role."""
        return [self.value(self.stacks[function], each) for each in self.assembly.rights(function)]

    def value(self, stack: str, expression: Any) -> Any:
        """Return ``expression`` of a stack's template with all that it refers to put in."""
        if isinstance(expression, list):
            return [self.value(stack, each) for each in expression]
        if not isinstance(expression, dict):
            return expression
        name = next(iter(expression), "")
        if name in self._functions:
            return self._functions[name](stack, expression[name])
        return {name: self.value(stack, each) for name, each in expression.items()}

    @cached_property
    def _functions(self) -> dict[str, Callable[[str, Any], Any]]:
        """CloudFormation's functions, by their names; each takes a stack and its argument."""
        return {
            "Ref": lambda stack, of: PSEUDO.get(of) or self._attribute(stack, of, "Ref"),
            "Fn::GetAtt": lambda stack, of: self._attribute(stack, *of),
            "Fn::ImportValue": lambda _, of: self.value(*self._exports[of]),
            "Fn::Join": lambda stack, of: of[0].join(self.value(stack, of[1])),
            "Fn::Split": lambda stack, of: self.value(stack, of[1]).split(of[0]),
            "Fn::Select": lambda stack, of: self.value(stack, of[1])[int(of[0])],
        }

    def _attribute(self, stack: str, name: str, attribute: str) -> Any:
        resource = self.assembly.resources[f"{stack}/{name}"]
        known = ATTRIBUTES[f"{resource['Type'].removeprefix('AWS::')} {attribute}"]
        return known(name, resource.get("Properties", {}))


def allows(statements: list[dict[str, Any]], action: str, resource: str) -> bool:
    """Tell whether a policy allows ``action`` on ``resource``: some statement does, and none denies it.

    Statements with conditions neither allow nor deny: a test of its own holds the templates to the only one.
    """
    effects = {
        each["Effect"]
        for each in statements
        if "Condition" not in each
        and any(fnmatchcase(action, one) for one in as_list(each["Action"]))
        and any(fnmatchcase(resource, one) for one in as_list(each["Resource"]))
    }
    return effects == {"Allow"}
