"""``python -m tests.infrastructure.synthesise FOLDER``: each engine and stage, and one with everything on."""

import json
import sys
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra_cdk.app import add_stacks
from infra_cdk.settings import StageSettings
from layers.build import build
from local.config import PROJECT

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/5f0e5f0e-0000-4000-8000-000000000000"
EVERYTHING = {
    "account": "123456789012",
    "queueEngine": "rabbitmq",
    "network": "nat",
    "atlas": {"projectId": "0123456789abcdef01234567"},
    "ses": {"identities": ["bank.example"]},
    "snsSms": True,
    "smsOriginationArns": ["arn:aws:sms-voice:eu-central-1:123456789012:phone-number/phone-0001"],
    "providersSecret": "wavecom/everything/providers",
    "alarmEmail": "oncall@bank.example",
    "apiDomain": {"name": "api.bank.example", "certificateArn": ARN.replace("us-east-1", "eu-central-1")},
    "site": {"waf": True, "domain": {"name": "wavecom.bank.example", "certificateArn": ARN}},
}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "dev-sqs": ("dev", {}),
    "dev-rabbitmq": ("dev", {"queueEngine": "rabbitmq", "network": "nat"}),
    "prod-sqs": ("prod", {"queueEngine": "sqs", "network": "privatelink", "atlasEndpointService": "com.example.atlas"}),
    "prod-rabbitmq": ("prod", {}),
    "everything": ("prod", EVERYTHING),
}


def synthesise(into: Path) -> None:
    """Write a cloud assembly for each variant below ``into``."""
    context = json.loads((PROJECT / "cdk.json").read_text())["context"]
    stages = context.pop("stages")
    for variant, (stage, changes) in VARIANTS.items():
        settings = StageSettings.from_context({stage: {**stages[stage], **changes}}, stage, {})
        app = App(context=context, outdir=str(into / variant))
        add_stacks(app, settings, build(settings.architecture))
        app.synth()


if __name__ == "__main__":
    synthesise(Path(sys.argv[1]))
