"""``python -m tests.infrastructure.synthesise FOLDER``: each engine and stage, and one with everything on."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra_cdk.app import add_stacks
from infra_cdk.settings import StageSettings
from layers.build import Built, build
from local.config import PROJECT

ACCOUNT = "123456789012"
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/5f0e5f0e-0000-4000-8000-000000000000"
EVERYTHING = {
    "account": ACCOUNT,
    "queueEngine": "rabbitmq",
    "network": "nat",
    "zoneNames": ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
    "atlas": {"projectId": "0123456789abcdef01234567"},
    "ses": {"identities": ["bank.example"]},
    "snsSms": True,
    "smsOriginationArns": ["arn:aws:sms-voice:eu-central-1:123456789012:phone-number/phone-0001"],
    "providersSecret": "wavecom/everything/providers-2026ab",
    "alarmEmail": "oncall@bank.example",
    "apiDomain": {"name": "api.bank.example", "certificateArn": ARN.replace("us-east-1", "eu-central-1")},
    "site": {"waf": True, "domain": {"name": "wavecom.bank.example", "certificateArn": ARN}},
}
PROD_SQS = {
    "account": ACCOUNT,
    "queueEngine": "sqs",
    "network": "privatelink",
    "atlasEndpointService": "com.example.atlas",
    "mongodbSecret": "wavecom/prod/mongodb-atlas1",
}
"""The secret's name ends as an ARN does: in a hyphen and six characters; so does that of the providers above."""
CHANGED = "dev-sqs-changed"
"""Stage dev on SQS again, after a change of the package."""
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "dev-sqs": ("dev", {}),
    "dev-rabbitmq": ("dev", {"queueEngine": "rabbitmq", "network": "nat", "apiReserved": 20}),
    "prod-sqs": ("prod", PROD_SQS),
    "prod-rabbitmq": ("prod", {}),
    "everything": ("prod", EVERYTHING),
}


def synthesise(into: Path) -> None:
    """Write a cloud assembly for each variant below ``into``."""
    context = json.loads((PROJECT / "cdk.json").read_text())["context"]
    stages = context.pop("stages")
    for variant, (stage, changes) in VARIANTS.items():
        settings = StageSettings.from_context({stage: {**stages[stage], **changes}}, stage, {})
        built = build(settings.architecture)
        _synthesise(context, settings, built, into / variant)
        if variant == "dev-sqs":
            _synthesise(context, settings, _changed(built, into), into / CHANGED)


def _synthesise(context: dict[str, Any], settings: StageSettings, built: Built, into: Path) -> None:
    app = App(context=context, outdir=str(into))
    add_stacks(app, settings, built)
    app.synth()


def _changed(built: Built, into: Path) -> Built:
    """Return ``built`` with one file of the package changed."""
    code = shutil.copytree(built.code.path, into / "code")
    with (code / "python" / "wavecom" / "topology.py").open("a") as file:
        file.write("# changed\n")
    return replace(built, code=replace(built.code, path=code))


if __name__ == "__main__":
    synthesise(Path(sys.argv[1]))
