"""A stage as it stands in its account: its region, its stacks, and the keys that its function makes."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

PROJECT: Final = Path(__file__).resolve().parents[1]


class DeployedError(Exception):
    """What was asked of the account was refused, or is not there; the text says what."""


class Deployed:
    """The stage ``stage`` in the account that the shell is signed in to."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.prefix = f"wavecom-{stage}"

    @cached_property
    def region(self) -> str | None:
        """The region that cdk.json gives the stage, None where the shell's is to decide."""
        stages = json.loads((PROJECT / "cdk.json").read_text())["context"]["stages"]
        region: str | None = stages.get(self.stage, {}).get("region")
        return region

    def client(self, service: str, region: str | None = None) -> Any:
        """Return boto3's client of a service, in the stage's region unless another one is given."""
        return boto3.client(service, region_name=region or self.region)

    def make_key(self, *, tenant: str, name: str, role: str) -> dict[str, str]:
        """Return ``keyId`` and ``token`` of a new API key. Raises `DeployedError`."""
        function = f"{self.prefix}-keys"
        payload = json.dumps({"tenant": tenant, "name": name, "role": role})
        try:
            answer = self.client("lambda").invoke(FunctionName=function, Payload=payload)
            made: dict[str, str] = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError) as exc:
            raise DeployedError(f"{function} cannot be invoked: {exc}") from exc
        if "FunctionError" in answer:
            raise DeployedError(f"{function} refused: {made.get('errorMessage', 'see its log')}")
        return made

    def output(self, part: str, name: str) -> str:
        """Return an output of the stack ``part``. Raises `DeployedError` where there is none."""
        stack = f"{self.prefix}-{part}"
        try:
            (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        except (BotoCoreError, ClientError) as exc:
            raise DeployedError(f"{stack} cannot be looked at: {exc}") from exc
        for each in found.get("Outputs", []):
            if each["OutputKey"] == name:
                return str(each["OutputValue"])
        raise DeployedError(f"{stack} has no output {name}: is it deployed whole?")
