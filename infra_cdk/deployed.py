"""A deployed stage in its account: its region, its stacks, and its function for keys."""

import json
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from infra_cdk.settings import StageError, StageSettings

PROJECT: Final = Path(__file__).resolve().parents[1]


class DeployedError(Exception):
    """A request to the account was refused, or its subject does not exist; the text says which."""


class Deployed:
    """The stage ``stage`` in the account that the shell is signed in to."""

    def __init__(self, stage: str) -> None:
        """Read the stage's settings. Raises `DeployedError` if cdk.json has no such stage, or a wrong one."""
        stages = json.loads((PROJECT / "cdk.json").read_text())["context"]["stages"]
        try:
            self.settings = StageSettings.from_context(stages, stage, {})
        except StageError as exc:
            raise DeployedError(str(exc)) from exc

    @property
    def is_missing(self) -> str:
        """The message for a stage that is not in the account."""
        stage, region = self.settings.stage, self.settings.region
        return f"stage {stage} is not deployed in {region}: make deploy STAGE={stage}"

    def client(self, service: str, region: str | None = None) -> Any:
        """Return boto3's client of a service, in the stage's region unless another one is given."""
        return boto3.client(service, region_name=region or self.settings.region)

    def make_key(self, *, tenant: str, name: str, role: str) -> dict[str, str]:
        """Return ``keyId`` and ``token`` of a new API key. Raises `DeployedError`."""
        function = f"{self.settings.prefix}-keys"
        payload = json.dumps({"tenant": tenant, "name": name, "role": role})
        try:
            answer = self.client("lambda").invoke(FunctionName=function, Payload=payload)
            made: dict[str, str] = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError) as exc:
            raise self._error(f"{function} cannot be invoked", exc) from exc
        if "FunctionError" in answer:
            raise DeployedError(f"{function} refused: {made.get('errorMessage', 'see its log')}")
        return made

    def output(self, part: str, name: str) -> str:
        """Return an output of the stack ``part``. Raises `DeployedError` if there is none."""
        stack = f"{self.settings.prefix}-{part}"
        try:
            (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        except (BotoCoreError, ClientError) as exc:
            raise self._error(f"{stack} cannot be looked at", exc) from exc
        for each in found.get("Outputs", []):
            if each["OutputKey"] == name:
                return str(each["OutputValue"])
        raise DeployedError(f"{stack} has no output {name}: is it deployed whole?")

    def stacks(self, region: str) -> list[dict[str, Any]]:
        """Return the stage's stacks in a region, as CloudFormation describes them. Raises `DeployedError`."""
        try:
            pages = self.client("cloudformation", region).get_paginator("describe_stacks").paginate()
            found = [each for page in pages for each in page["Stacks"]]
        except (BotoCoreError, ClientError) as exc:
            raise self._error(f"The stacks in {region} cannot be looked at", exc) from exc
        return [each for each in found if each["StackName"].startswith(f"{self.settings.prefix}-")]

    def _error(self, what: str, exc: BotoCoreError | ClientError) -> DeployedError:
        """Return the error of a call, with advice if the cause is known."""
        if isinstance(exc, NoCredentialsError):
            return DeployedError(f"{what}: sign in to AWS first; aws sts get-caller-identity says who you are")
        if isinstance(exc, ClientError) and exc.response["Error"]["Code"] == "ResourceNotFoundException":
            return DeployedError(f"{what}: {self.is_missing}")
        return DeployedError(f"{what}: {exc}")
