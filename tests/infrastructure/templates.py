"""The synthesised templates, and questions to them."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True)
class Assembly:
    """What one variant was synthesised to."""

    folder: Path

    @property
    def templates(self) -> list[Path]:
        """The files of all stacks."""
        return sorted(self.folder.glob("*.template.json"))

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """All resources of all stacks, by stack and logical id."""
        return {
            f"{path.name.removesuffix('.template.json')}/{name}": resource
            for path in self.templates
            for name, resource in json.loads(path.read_text()).get("Resources", {}).items()
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of each resource of a type, for example ``AWS::SQS::Queue``."""
        return {
            name: each.get("Properties", {}) for name, each in self.resources.items() if each["Type"] == f"AWS::{kind}"
        }

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        """WaveCom's own functions, by their names below the stage's prefix."""
        return {
            each["FunctionName"].split("-", 2)[2]: each
            for each in self.of_type("Lambda::Function").values()
            if "FunctionName" in each
        }

    @property
    def alarms(self) -> dict[str, dict[str, Any]]:
        """Alarms, by their names below the stage's prefix."""
        return {each["AlarmName"].split("-", 2)[2]: each for each in self.of_type("CloudWatch::Alarm").values()}

    @property
    def end_of_alarms(self) -> Resource:
        """The rule that tells of alarms that are over."""
        (rule,) = self.of_type("Events::Rule").values()
        return rule

    @property
    def paging(self) -> set[str]:
        """The alarms whose end is told, by their names below the stage's prefix."""
        return {each.split("-", 2)[2] for each in self.end_of_alarms["EventPattern"]["detail"]["alarmName"]}

    def rights(self, function: str) -> list[dict[str, Any]]:
        """Return the statements of a function's role."""
        (role,) = [
            name
            for name, each in self.of_type("IAM::Role").items()
            if _text(each.get("RoleName", "")).startswith(f"wavecom-{name.split('-')[1]}-{function}-eu")
        ]
        stack, logical_id = role.split("/")
        return [
            statement
            for name, policy in self.of_type("IAM::Policy").items()
            if name.startswith(f"{stack}/") and {"Ref": logical_id} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def actions(self, function: str) -> set[str]:
        """Return what a function may do, wherever."""
        allowed = [each for each in self.rights(function) if each["Effect"] == "Allow"]
        return {action for each in allowed for action in as_list(each["Action"])}


def as_list(value: Any) -> list[Any]:
    """Return ``value`` if it is a list, else a list of it alone."""
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
